import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse, stringify } from 'yaml';
import { DATAPATHS } from '../../../src/datapaths/catalog.js';
import { describeDatapath } from '../../../src/datapaths/describe.js';
import { decodeModel, encodeModel } from '../../../src/networks/onnx/proto.js';
import { writeOnnx } from '../../../src/networks/onnx/write.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { WORD_FORMATS } from '../../../src/outputs/words/index.js';
import { conv, dense, integers, mixed, network, random, reals } from '../../networks/onnx/samples.js';
import {
  Chance,
  type Mutated,
  mutateBytes,
  mutateHead,
  mutateJson,
  mutateMessage,
  mutateText,
  mutateWords,
} from '../mutator.js';

export type Files = Readonly<Record<string, Uint8Array>>;

/** A valid command line with the files that it reads, and how to spoil one of them. */
export interface Seed {
  /** The kind of input that is spoilt: a row of the report. */
  kind: string;
  /** How often it is drawn, compared with others. */
  weight: number;
  files: Files;
  args: readonly string[];
  /** The file that is changed; none where the command line itself is. */
  target?: string;
  mutate(chance: Chance, seed: Seed): Spoilt;
}

export interface Spoilt {
  files: Files;
  args: readonly string[];
  note: string;
}

type MutateBytes = (bytes: Uint8Array, chance: Chance) => Mutated<Uint8Array>;

const text = (content: string): Uint8Array => Buffer.from(content);

function fileSeed(kind: string, weight: number, files: Files, target: string, args: string, by: MutateBytes): Seed {
  return {
    kind,
    weight,
    files,
    args: args.split(' '),
    target,
    mutate(chance, { files, args }) {
      const { value, note } = by(files[target], chance);
      return { files: { ...files, [target]: value }, args, note };
    },
  };
}

/** Half by its text, half by its values. */
const yaml: MutateBytes = (bytes, chance) => {
  if (chance.below(2) === 0) return mutateText(bytes, chance);
  const { value, note } = mutateJson(parse(Buffer.from(bytes).toString()), chance);
  return { value: text(stringify(value)), note };
};

const json: MutateBytes = (bytes, chance) => {
  if (chance.below(2) === 0) return mutateText(bytes, chance);
  const { value, note } = mutateJson(JSON.parse(Buffer.from(bytes).toString()), chance);
  return { value: text(JSON.stringify(value)), note };
};

/** One line of a file of JSON lines by its values, or the whole by its text. */
const jsonLines: MutateBytes = (bytes, chance) => {
  if (chance.below(2) === 0) return mutateText(bytes, chance);
  const lines = Buffer.from(bytes).toString().trimEnd().split('\n');
  const at = chance.below(lines.length);
  const { value, note } = mutateJson(JSON.parse(lines[at]), chance);
  lines[at] = JSON.stringify(value);
  return { value: text(`${lines.join('\n')}\n`), note: `line ${at + 1}: ${note}` };
};

/** The header line by its values, what follows by its bytes. */
const checkpoint: MutateBytes = (bytes, chance) => {
  if (chance.below(2) === 0) return mutateBytes(bytes, chance);
  const end = bytes.indexOf(0x0a);
  const { value, note } = mutateJson(JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()), chance);
  return { value: Buffer.concat([text(JSON.stringify(value)), bytes.subarray(end)]), note: `header: ${note}` };
};

/** One in four by its bytes, else by the fields of its messages, written again. */
const onnx: MutateBytes = (bytes, chance) => {
  if (chance.below(4) === 0) return mutateBytes(bytes, chance);
  const model = decodeModel(bytes);
  const note = mutateMessage(model, chance);
  try {
    return { value: encodeModel(model), note };
  } catch {
    // The change cannot be written: a number beyond its field's width.
    return mutateBytes(bytes, chance);
  }
};

const idx: MutateBytes = (bytes, chance) =>
  chance.below(2) === 0 ? mutateHead(bytes, chance, 16) : mutateBytes(bytes, chance);
const unpackedFirst: MutateBytes = (bytes, chance) => {
  const { value, note } = idx(bytes, chance);
  return { value: gzipSync(value), note };
};

/** A convolution and a dense layer on images of 8 x 8, and the same in integers and in fp8. */
function networks(): Files {
  const draw = random(7);
  const float = network(
    'float',
    [1, 8, 8],
    [
      conv('conv1', 'image', floatTensor([2, 1, 3, 3], reals(draw, 18)), { bias: reals(draw, 2), stride: [2, 2] }),
      { op: 'relu', name: 'relu1', input: 'conv1' },
      { op: 'flatten', name: 'flat', input: 'relu1' },
      dense('fc1', 'flat', floatTensor([4, 18], reals(draw, 72)), { bias: reals(draw, 4) }),
      { op: 'relu', name: 'relu2', input: 'fc1' },
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
function images(): Files {
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
const UNITS = [
  'int8',
  'fp8-fp16',
  'radix4-fp16',
  'blackwell-nvf4',
  'cdna1-bf16-fp32',
  'gemmini-ws',
  'hopper-mma-e4m3fn-fp16',
];
const TARGET = `name: mine
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
const SWEEP = `networks: [int8.onnx]
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

function documents(): Files {
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

/** Runs a command line in a folder and fails where it fails; the files that it left are what a later one reads. */
export type Make = (args: readonly string[], files: Files) => Promise<string>;

const only = (files: Files, ...names: readonly string[]): Files =>
  Object.fromEntries(names.map((name) => [name, files[name]]));

/** Every kind of file that the program reads, with commands that read it. */
export async function seedsOf(make: Make): Promise<Seed[]> {
  const files: Files = { ...networks(), ...images(), ...documents() };
  return [
    ...datapathSeeds(files),
    ...targetSeeds(files),
    ...tableSeeds(files),
    ...dataSeeds(files),
    ...networkSeeds(files),
    ...(await sweepSeeds(files, make)),
    ...(await trainSeeds(files, make)),
    ...(await memorySeeds(make)),
    ...wordSeeds(files),
  ];
}

function datapathSeeds(files: Files): Seed[] {
  const shown = Object.fromEntries(
    UNITS.map((name) => {
      const unit = DATAPATHS.find((candidate) => candidate.name === name);
      if (unit === undefined) throw new Error(`there is no datapath ${name}`);
      return [`${name}.yaml`, text(stringify(describeDatapath(unit)))];
    }),
  );
  const sources = { ...only(files, 'unit.yaml', 'own.yaml'), ...shown };
  const commands: readonly [string, number][] = [
    ['show FILE', 6],
    ['accumulate --datapath FILE --lengths 16,64', 6],
    ['vectors FILE --count 20 --out out', 4],
    ['rtl FILE --count 20 --out out', 3],
  ];
  return Object.entries(sources).flatMap(([name, bytes]) => [
    ...commands.map(([args, weight]) =>
      fileSeed('datapath YAML', weight, { 'd.yaml': bytes }, 'd.yaml', args.replace('FILE', 'd.yaml'), yaml),
    ),
    fileSeed(
      'datapath JSON',
      6,
      { 'd.json': text(JSON.stringify(parse(Buffer.from(bytes).toString()), undefined, 1)) },
      'd.json',
      'show d.json --json',
      json,
    ),
    ...(name === 'unit.yaml'
      ? [
          fileSeed(
            'datapath YAML',
            20,
            { 'd.yaml': bytes, ...only(files, 'ops.csv') },
            'd.yaml',
            'eval --datapath d.yaml --input ops.csv',
            yaml,
          ),
        ]
      : []),
  ]);
}

function targetSeeds(files: Files): Seed[] {
  const rest = only(files, 'int8.onnx', 'float.onnx', 'data.csv');
  const asJson = { 't.json': text(JSON.stringify(parse(TARGET))) };
  const run = 'run int8.onnx --data data.csv --images 2 --target';
  return [
    fileSeed('target YAML', 60, { ...rest, ...only(files, 'target.yaml') }, 'target.yaml', `${run} target.yaml`, yaml),
    fileSeed(
      'target YAML',
      20,
      { ...rest, ...only(files, 'target.yaml') },
      'target.yaml',
      'vectors --tile --count 4 --target target.yaml --out out',
      yaml,
    ),
    fileSeed(
      'target YAML',
      20,
      { ...rest, ...only(files, 'target.yaml') },
      'target.yaml',
      'trace int8.onnx --layer conv1 --data data.csv --cycles 0-9 --target target.yaml',
      yaml,
    ),
    fileSeed('target JSON', 25, { ...rest, ...asJson }, 't.json', `${run} t.json --json`, json),
  ];
}

/** CSV of layers, of codes and of values. */
function tableSeeds(files: Files): Seed[] {
  const seed = (kind: string, weight: number, target: string, args: string, ...rest: string[]) =>
    fileSeed(kind, weight, only(files, target, ...rest), target, args, mutateText);
  const array = '--rows 4 --cols 8 --dataflow';
  return [
    seed('topology CSV', 60, 'convs.csv', `cycles convs.csv ${array} ws`),
    seed('topology CSV', 30, 'convs.csv', `cycles convs.csv ${array} os --compat scalesim`),
    seed('topology CSV', 60, 'gemms.csv', `cycles gemms.csv ${array} is --json`),
    seed('codes CSV', 80, 'codes.csv', 'convert --from fp32 --to e4m3fn --input codes.csv'),
    seed(
      'codes CSV',
      30,
      'codes.csv',
      'convert --from fp32 --to int8 --rounding stochastic:8 --input codes.csv --out out.csv',
    ),
    seed('codes CSV', 50, 'scalars.csv', 'eval --op fma --formats e4m3fn,e4m3fn,fp16,fp16 --input scalars.csv'),
    seed('codes CSV', 50, 'ops.csv', 'eval --datapath unit.yaml --input ops.csv', 'unit.yaml'),
    seed('codes CSV', 30, 'values.csv', 'accumulate --datapath fp8-fp16 --lengths 4,16 --distribution values.csv'),
  ];
}

function dataSeeds(files: Files): Seed[] {
  const [images, labels] = ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'];
  const run = 'run int8.onnx --target int8 --images 2 --data';
  const rest = only(files, 'int8.onnx', images, labels);
  const zipped = {
    ...only(files, 'int8.onnx'),
    [`${images}.gz`]: gzipSync(files[images]),
    [`${labels}.gz`]: gzipSync(files[labels]),
  };
  const unpacked = { ...only(files, 'int8.onnx', labels), [`${images}.gz`]: files[images] };
  return [
    fileSeed('data CSV', 50, only(files, 'int8.onnx', 'data.csv'), 'data.csv', `${run} data.csv`, mutateText),
    fileSeed('IDX', 35, rest, images, `${run} .`, idx),
    fileSeed('IDX', 15, rest, labels, `${run} .`, idx),
    fileSeed('IDX .gz', 15, zipped, `${images}.gz`, `${run} .`, mutateBytes),
    fileSeed('IDX .gz', 15, unpacked, `${images}.gz`, `${run} .`, unpackedFirst),
  ];
}

function networkSeeds(files: Files): Seed[] {
  const seed = (weight: number, name: string, args: string, ...rest: string[]) =>
    fileSeed('ONNX', weight, only(files, name, ...rest), name, args, onnx);
  const data = '--data data.csv';
  return [
    seed(45, 'integer.onnx', 'show integer.onnx'),
    seed(25, 'float.onnx', 'show float.onnx --json'),
    seed(15, 'binary.onnx', 'show binary.onnx'),
    seed(25, 'int8.onnx', `run int8.onnx --target int8 --images 2 ${data}`, 'data.csv'),
    seed(12, 'fp8.onnx', `run fp8.onnx --target fp8-fp16 --images 2 ${data} --json`, 'data.csv'),
    seed(12, 'binary.onnx', `run binary.onnx --target xnor --images 2 ${data}`, 'data.csv'),
    seed(18, 'float.onnx', `quantize float.onnx --recipe int8 --images 20 --out q.onnx ${data}`, 'data.csv'),
    seed(15, 'int8.onnx', `trace int8.onnx --layer conv1 --cycles 0-9 ${data}`, 'data.csv'),
    seed(10, 'int8.onnx', `vectors --network int8.onnx --out out ${data}`, 'data.csv'),
    seed(
      10,
      'float.onnx',
      `run int8.onnx --reference float.onnx --target int8 --images 2 ${data}`,
      'int8.onnx',
      'data.csv',
    ),
  ];
}

/** What a command left in its folder, by name. */
function left(folder: string, ...names: string[]): Files {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name))]));
}

async function sweepSeeds(files: Files, make: Make): Promise<Seed[]> {
  const inputs = only(files, 'int8.onnx', 'float.onnx', 'data.csv', 'unit.yaml', 'sweep.yaml');
  // A unit that the network's operands fit.
  const fitting = { ...inputs, 'unit.yaml': text('a: int8\nb: int8\nsum: {format: int32, overflow: saturate}\n') };
  const asJson = { ...fitting, 's.json': text(JSON.stringify(parse(SWEEP))) };
  const args = ['sweep', 'sweep.yaml', '--threads', '1', '--out', 'done'];
  const folder = await make(args, fitting);
  const done = { ...fitting, ...left(folder, 'done/journal.ndjson') };
  return [
    fileSeed('sweep YAML', 30, fitting, 'sweep.yaml', 'sweep sweep.yaml --threads 1 --out out', yaml),
    fileSeed('sweep JSON', 8, asJson, 's.json', 'sweep s.json --threads 1 --out out --json', json),
    fileSeed('journal', 18, done, 'done/journal.ndjson', args.join(' '), jsonLines),
  ];
}

async function trainSeeds(files: Files, make: Make): Promise<Seed[]> {
  const inputs = only(files, 'float.onnx', 'data.csv');
  const args =
    'train --recipe fp32 --network float.onnx --data data.csv --images 20 --judged 10 --batch 10 --epochs 1 --out done';
  const folder = await make(args.split(' '), inputs);
  const done = { ...inputs, ...left(folder, 'done/checkpoint.bin') };
  return [fileSeed('checkpoint', 20, done, 'done/checkpoint.bin', args, checkpoint)];
}

/** Golden vectors in every kind of memory file, and a dump that agrees with them. */
async function memorySeeds(make: Make): Promise<Seed[]> {
  const kinds = [...Object.keys(WORD_FORMATS), 'csv'];
  const seeds: Seed[] = [];
  for (const kind of kinds) {
    const folder = await make(['vectors', 'fp8-fp16', '--count', '24', '--format', kind, '--out', 'set'], {});
    const manifest = readFileSync(join(folder, 'set', 'manifest.json'));
    const { ports } = JSON.parse(manifest.toString()) as { ports: { direction: string; file: string }[] };
    const output = ports.find(({ direction }) => direction === 'out')?.file ?? '';
    const set = { 'set/manifest.json': manifest, ...left(folder, ...ports.map(({ file }) => `set/${file}`)) };
    const dump = `dump${output.slice(output.lastIndexOf('.'))}`;
    const files = { ...set, [dump]: set[`set/${output}` as keyof typeof set] };
    const args = `check --manifest set/manifest.json --dut ${dump} --format ${kind}`;
    const by =
      kind === 'npy'
        ? (bytes: Uint8Array, chance: Chance) =>
            chance.below(2) === 0 ? mutateHead(bytes, chance, 128) : mutateBytes(bytes, chance)
        : mutateText;
    seeds.push(fileSeed('memory files', 28, files, dump, args, by));
    seeds.push(fileSeed('manifest', 8, files, 'set/manifest.json', args, json));
  }
  return seeds;
}

/** Valid command lines of every command that ends soon. */
const LINES = [
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

function wordSeeds(files: Files): Seed[] {
  const kept = only(files, 'int8.onnx', 'fp8.onnx', 'float.onnx', 'data.csv', 'sweep.yaml', 'convs.csv', 'gemms.csv');
  const all = { ...kept, ...only(files, 'codes.csv', 'ops.csv', 'scalars.csv', 'unit.yaml', 'target.yaml') };
  return LINES.map((line) => ({
    kind: 'command lines',
    weight: 9,
    files: all,
    args: line.split(' '),
    mutate(chance, { files, args }) {
      const { value, note } = mutateWords(args, chance);
      return { files, args: value, note };
    },
  }));
}

/** Writes the files of one case into its folder. */
export function writeFiles(folder: string, files: Files, made: (folder: string) => void): void {
  for (const [name, bytes] of Object.entries(files)) {
    if (name.includes('/')) made(join(folder, name.slice(0, name.lastIndexOf('/'))));
    writeFileSync(join(folder, name), bytes);
  }
}
