import { writeOnnx } from '../../../src/networks/readers/onnx/write.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { conv, dense, integers, mixed, network, random, reals } from '../../networks/readers/onnx/samples.js';
import { Chance } from '../mutator.js';

/** Valid files by name, and valid command lines that read them. */
export type Files = Readonly<Record<string, Uint8Array>>;

export const text = (content: string): Uint8Array => Buffer.from(content);

/** A convolution and a dense layer on images of 8 x 8, and the same in integers and in fp8. */
export function networks(): Files {
  const draw = random(7);
  const float = network(
    'float',
    [1, 8, 8],
    [
      conv('conv1', 'image', floatTensor([2, 1, 3, 3], reals(draw, 18)), { bias: reals(draw, 2), stride: [2, 2] }),
      { op: 'relu', name: 'relu1', inputs: ['conv1'], outputs: ['relu1'] },
      { op: 'flatten', name: 'flat', inputs: ['relu1'], outputs: ['flat'] },
      dense('fc1', 'flat', floatTensor([4, 18], reals(draw, 72)), { bias: reals(draw, 4) }),
      { op: 'relu', name: 'relu2', inputs: ['fc1'], outputs: ['relu2'] },
      dense('fc2', 'relu2', floatTensor([3, 4], reals(draw, 12)), { bias: reals(draw, 3) }),
    ],
  );
  const named = (format: string) => mixed.find(({ name }) => name === format) ?? mixed[0];
  return {
    'float.onnx': writeOnnx(float),
    'int8.onnx': writeOnnx(named('int8 x int8')),
    'fp8.onnx': writeOnnx(named('e4m3fn x e4m3fn')),
    'binary.onnx': writeOnnx(named('binary x binary')),
    // Integers from layer to layer, on images of two channels: shown, but not run.
    'integer.onnx': writeOnnx(integers[1]),
  };
}

/** Forty images of 8 x 8 with labels 0 to 2. */
export function images(): Files {
  const chance = new Chance(11);
  const rows = Array.from({ length: 40 }, (_, i) => [i % 3, ...Array.from({ length: 64 }, () => chance.below(256))]);
  const header = (magic: number, ...dimensions: number[]) => {
    const bytes = Buffer.alloc(4 * (1 + dimensions.length));
    [magic, ...dimensions].forEach((word, i) => bytes.writeUInt32BE(word, 4 * i));
    return bytes;
  };
  const pixels = Uint8Array.from(rows.flatMap((row) => row.slice(1)));
  const labels = Uint8Array.from(rows.map(([label]) => label));
  return {
    'data.csv': text(rows.map((row) => `${row.join(',')}\n`).join('')),
    't10k-images-idx3-ubyte': Buffer.concat([header(0x803, 40, 8, 8), pixels]),
    't10k-labels-idx1-ubyte': Buffer.concat([header(0x801, 40), labels]),
  };
}

const UNIT = `name: my-unit
a: e4m3fn
b: e4m3fn
lanes: 4
combine: {kind: aligned, fractionBits: 13, truncate: rtz, productExponent: unnormalised, sumInside: true}
sum: {format: fp32, keptMantissaBits: 13, rounding: rtz, overflow: infinity}
`;
const OWN = `name: chunked
a: {name: mine, exponentBits: 4, mantissaBits: 2, bias: 7, specials: ieee, lowest: subnormal, signed: true}
b: int8
product: {format: fp16, rounding: rne, overflow: saturate}
sum: {format: fp16, rounding: {stochastic: {bits: 8}}, subnormals: flush}
order: {kind: chunked, length: 8}
operands: flush
`;
export const UNITS = [
  'int8',
  'fp8-fp16',
  'radix4-fp16',
  'blackwell-nvf4',
  'cdna1-bf16-fp32',
  'gemmini-ws',
  'hopper-mma-e4m3fn-fp16',
];
export const TARGET = `name: mine
array: {rows: 4, cols: 4, dataflow: ws, accumulation: memory, edge: partial, doubleBuffer: true, multiplyStages: 1}
datapath: int8
others: [fp8-fp16, {name: wide, a: int8, b: int8, sum: {format: int32, overflow: wrap}}]
memories: {a: 4, b: 8, sum: 4, bandwidth: {a: 64, b: 64, sum: 128, dram: 32}}
clockMhz: 500
sparsity: {kind: gated}
energy:
  table: horowitz-45nm
  entries:
    - {action: 'mac:int8*int8+int32', pj: 0.3, source: measured, node: 45 nm, voltage: 0.9}
source: {array: chosen}
`;
export const SWEEP = `networks: [int8.onnx]
datapaths: [int8, unit.yaml]
rows: [4, 8]
cols: 4
dataflow: [os, ws]
data: data.csv
images: 4
reference: float.onnx
energy: horowitz-45nm
`;
const CONVS = `Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides, groups,
Conv1,32,32,3,3,3,8,1,1,
Conv2,16,16,3,3,8,16,2,2,
FC,1,1,1,1,256,10,1,1,
`;
const GEMMS = 'Layer, M, N, K,\ng1, 16, 24, 32,\ng2, 8, 100, 3,\n';
const CODES =
  'code,note\n0x3f8ccccd,1.1\n0x43e80000,tie\n0x44000000,512\n0x3a000000,small\n0x7f800000,inf\n0x7fc00000,nan\n';
const OPS =
  'a,b,c\n0x38 0x08 0x08 0x38,0x38 0x08 0x08 0x38,0x00000000\n0x7e 0x01 0xfe 0x00,0x7e 0x01 0x7e 0x00,0x3f800000\n';
const SCALARS = 'a,b,c\n0x38,0x38,0x3c00\n0x7e,0x01,0x0000\n0x81,0x7f,0xfc00\n';
const VALUES = 'value\n1\n0.5\n-2.25\n3e-3\n100\n';

export function documents(): Files {
  return Object.fromEntries(
    Object.entries({
      'unit.yaml': UNIT,
      'own.yaml': OWN,
      'target.yaml': TARGET,
      'sweep.yaml': SWEEP,
      'convs.csv': CONVS,
      'gemms.csv': GEMMS,
      'codes.csv': CODES,
      'ops.csv': OPS,
      'scalars.csv': SCALARS,
      'values.csv': VALUES,
    }).map(([name, content]) => [name, text(content)]),
  );
}

/** Valid command lines of every command that ends soon. */
export const LINES = [
  'run int8.onnx --target int8 --images 2 --data data.csv --verbose --out out',
  'run fp8.onnx --target target.yaml --images 2 --data data.csv --json',
  'sweep sweep.yaml --threads 1 --out out',
  'cycles convs.csv --rows 4 --cols 4 --dataflow os',
  'cycles gemms.csv --rows 4 --cols 4 --dataflow ws --out out.csv',
  'trace int8.onnx --layer conv1 --target int8 --image 1 --data data.csv --cycles 0-20 --rows 0-1 --cols 0 --format csv',
  'trace int8.onnx --layer fc1 --data data.csv --cycles 0-20 --out out.vcd',
  'quantize float.onnx --recipe int8 --data data.csv --images 10 --out q.onnx',
  'train --recipe lsq --network float.onnx --data data.csv --images 10 --judged 5 --batch 5 --epochs 1 --rate 0.01 --seed 2',
  'convert --from fp32 --to e5m2 --rounding stochastic:4 --overflow saturate --subnormals flush --seed 3 --input codes.csv',
  'eval --op add --formats e4m3fn,e4m3fn,fp16 --tininess before --input scalars.csv --out out.csv',
  'eval --datapath unit.yaml --input ops.csv',
  'check --datapath unit.yaml --input ops.csv --dut ops.csv --first 2',
  'accumulate --datapath fp8-fp16 unit.yaml --lengths 4..16 --distribution uniform(1,2) --seed 2 --plot p.svg',
  'accumulate --datapath int8 --lengths 4,8 --distribution normal --json',
  'vectors fp8-fp16 --count 20 --k 3 --seed 2 --format coe --module m --out out',
  'vectors --tile --target int8 --count 4 --out out',
  'vectors --network int8.onnx --layer conv1 --pack 2 --data data.csv --image 1 --out out',
  'rtl fp8-fp16 --out out --count 10 --k 2 --steps 8 --seed 2',
  'list formats --json',
  'list datapaths',
  'show e4m3fn',
  'show int8 --json',
  'show fp8.onnx',
  'schema sweep',
  'study float.onnx --recipes int8 --targets int8 --images 5 --data data.csv --epochs 0 --threads 1 --out out',
];
