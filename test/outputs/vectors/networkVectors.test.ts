import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeOnnx } from '../../../src/networks/readers/onnx/write.js';
import type { Network } from '../../../src/networks/network.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { VECTOR_FORMATS, type VectorFormat } from '../../../src/outputs/words/index.js';
import { type Manifest, manifestSchema } from '../../../src/outputs/vectors/manifest.js';
import { writeNetworkVectors } from '../../../src/outputs/vectors/networkVectors.js';
import { writeTileVectors } from '../../../src/outputs/vectors/tileVectors.js';
import { writeLayerVectors } from '../../../src/outputs/vectors/layerVectors.js';
import { readWords } from '../../../src/outputs/words/read.js';
import { type GoldenProduct, goldenRun } from '../../../src/simulate/golden.js';
import { loadTarget } from '../../../src/targets/catalog.js';
import { imagesOf } from '../../../src/training/data/dataset.js';
import { digits } from '../../../src/training/data/digits.js';
import { folderWith, lastbit } from '../../cli/command.js';
import { codes, conv, dense, network, quantization, random } from '../../networks/readers/onnx/samples.js';

/** Integers from the first layer to the last, asymmetric activations, grouped and strided. */
function integerNetwork(): Network {
  const draw = random(11);
  const requantize = (scale: number) =>
    ({ kind: 'requantize', output: quantization('int8', scale, -3), convention: 'onnx' }) as const;
  const biases = (length: number) => Int32Array.from({ length }, () => Math.floor((draw() - 0.5) * 2000));
  return network(
    'small',
    [1, 28, 28],
    [
      { op: 'quantize', name: 'q', inputs: ['image'], outputs: ['q'], quantization: quantization('int8', 1 / 100, -3) },
      conv('c/1', 'q', codes(draw, 'int8', [4, 1, 3, 3]), {
        stride: [4, 3],
        pad: [1, 0, 0, 1],
        bias: biases(4),
        result: requantize(0.05),
      }),
      conv('c.2', 'c/1', codes(draw, 'int8', [6, 2, 3, 3]), { groups: 2, result: requantize(0.1) }),
      { op: 'flatten', name: 'flat', inputs: ['c.2'], outputs: ['flat'] },
      dense('fc', 'flat', codes(draw, 'int8', [5, 210]), { bias: biases(5), result: requantize(0.4) }),
      { op: 'dequantize', name: 'real', inputs: ['fc'], outputs: ['real'] },
    ],
  );
}

function written(): string {
  const folder = folderWith();
  writeFileSync(join(folder, 'small.onnx'), writeOnnx(integerNetwork()));
  return folder;
}

/** Writes a set with the real command, and reads all of its memory images. */
async function vectors(folder: string, ...args: string[]) {
  const result = lastbit(folder, ['vectors', '--network', 'small.onnx', '--target', 'int8', ...args, '--out', 'x']);
  expect(result.stderr).toBe('');
  return readSet(folder);
}

async function readSet(folder: string) {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'x', 'manifest.json'), 'utf8')));
  const images = new Map<string, bigint[]>();
  for (const { name, file, format, lanes } of manifest.ports) {
    const port = { name, format: formatNamed(String(format)), lanes };
    const all: bigint[] = [];
    for await (const word of readWords(join(folder, 'x', file), port, manifest.format as VectorFormat))
      all.push(...(word.codes as bigint[]));
    images.set(name, all);
  }
  return { manifest, images };
}

const int8 = (code: bigint) => Number(BigInt.asIntN(8, code));
const int32 = (code: bigint) => Number(BigInt.asIntN(32, code));
const float = (code: bigint) => new Float32Array(Uint32Array.of(Number(code)).buffer)[0];
const get = (images: Map<string, bigint[]>, name: string) => images.get(name) as bigint[];

/** ONNX QLinearConv's last step, from the three images that hold its parameters. */
function requantized(sum: number, bias: number, multiplier: number): number {
  const scaled = Math.fround(Math.fround(sum + bias) * multiplier);
  const down = Math.floor(scaled);
  const even = scaled - down > 0.5 || (scaled - down === 0.5 && down % 2 !== 0) ? down + 1 : down;
  return Math.max(-128, Math.min(127, even - 3));
}

/** The sum of one output of the first layer by the definition of a convolution: padding is the zero point's code. */
function convSum(x: readonly bigint[], w: readonly bigint[], f: number, p: number, q: number, zero: number): number {
  let sum = 0;
  for (let r = 0; r < 3; r++)
    for (let s = 0; s < 3; s++) {
      const [row, col] = [4 * p + r - 1, 3 * q + s];
      const inside = row >= 0 && row < 28 && col < 28;
      sum += ((inside ? int8(x[row * 28 + col]) : -3) - zero) * int8(w[f * 9 + r * 3 + s]);
    }
  return sum;
}

/** Both conv1's sums and its outputs, computed from the exported input, weights, bias and multipliers alone. */
function checkFirstLayer(images: Map<string, bigint[]>, input: string): number {
  const [x, w] = [get(images, input), get(images, 'c_1_weights')];
  const [bias, multipliers] = [get(images, 'c_1_bias').map(int32), get(images, 'c_1_multipliers').map(float)];
  const [sums, output] = [get(images, 'c_1_sums').map(int32), get(images, 'c_1').map(int8)];
  const [high, wide] = [7, 9];
  expect([sums.length, output.length]).toEqual([high * wide * 4, high * wide * 4]);
  for (let f = 0; f < 4; f++)
    for (let p = 0; p < high; p++)
      for (let q = 0; q < wide; q++) {
        expect(sums[(p * wide + q) * 4 + f]).toBe(convSum(x, w, f, p, q, 0));
        const exact = convSum(x, w, f, p, q, -3);
        expect(output[(f * high + p) * wide + q]).toBe(requantized(exact, bias[f], multipliers[f]));
      }
  return sums.length;
}

const ABOUT = {
  generator: 'test',
  command: 'test',
  network: { file: 'x', sha256: '0'.repeat(64) },
  image: 0,
  data: 'digits',
};

function ran() {
  const [net, target] = [integerNetwork(), loadTarget('int8')];
  return { net, target, run: goldenRun(net, target, imagesOf(digits(1), 0, 1)) };
}

it('a network: every tensor, and each layer follows from what lies before it', async () => {
  const { net, target, run } = ran();
  const folder = folderWith();
  await writeNetworkVectors(net, run, target, { format: 'readmemh', pack: 1 }, join(folder, 'x'), ABOUT);
  const { manifest, images } = await readSet(folder);
  expect(manifest).toMatchObject({ ...ABOUT, kind: 'network', input: 'image', output: 'real', target: 'int8' });
  const { layers } = manifest as Extract<Manifest, { kind: 'network' }>;
  expect(layers.map(({ name, op, reads }) => [name, op, ...reads])).toEqual([
    ['q', 'quantize', 'image'],
    ['c/1', 'conv', 'q'],
    ['c.2', 'conv', 'c/1'],
    ['flat', 'flatten', 'c.2'],
    ['fc', 'dense', 'flat'],
    ['real', 'dequantize', 'fc'],
  ]);
  // What runs on the array has a product and its cycles, m x n x k of a group.
  expect(layers.map(({ product }) => product && Object.values(product))).toEqual([
    undefined,
    [63, 4, 9, 1],
    [35, 3, 18, 2],
    undefined,
    [1, 5, 210, 1],
    undefined,
  ]);
  expect(layers[2]).toMatchObject({ parameters: { groups: 2, stride: [1, 1], result: 'requantize' }, datapath: {} });
  expect([...images.keys()]).toEqual(
    [
      ['image', 'q'],
      ['c_1_weights', 'c_1_bias', 'c_1_multipliers', 'c_1_sums', 'c_1'],
      ['c_2_weights', 'c_2_multipliers', 'c_2_sums', 'c_2', 'flat'],
      ['fc_weights', 'fc_bias', 'fc_multipliers', 'fc_sums', 'fc', 'real'],
    ].flat(),
  );
  expect(checkFirstLayer(images, 'q')).toBe(252);
  expect(get(images, 'flat')).toEqual(get(images, 'c_2'));
  const [x, w, bias, multipliers] = ['flat', 'fc_weights', 'fc_bias', 'fc_multipliers'].map((name) =>
    get(images, name),
  );
  const output = Array.from({ length: 5 }, (_, f) => {
    const sum = x.reduce((total, code, i) => total + (int8(code) + 3) * int8(w[f * 210 + i]), 0);
    return requantized(sum, int32(bias[f]), float(multipliers[f]));
  });
  expect(get(images, 'fc').map(int8)).toEqual(output);
  expect(get(images, 'real').map(float)).toEqual(output.map((code) => Math.fround((code + 3) * Math.fround(0.4))));
});

it.each(VECTOR_FORMATS)('a layer in %s, three codes a word', async (format) => {
  const folder = folderWith();
  const { target, run } = ran();
  const product = run.products.get('c/1') as GoldenProduct;
  await writeLayerVectors(run, product, target, { format, pack: 3 }, join(folder, 'x'), ABOUT);
  const { manifest, images } = await readSet(folder);
  expect(manifest.kind).toBe('layer');
  for (const { name, depth, lanes, tensor } of manifest.ports) {
    const size = (tensor?.shape ?? []).reduce((a, b) => a * b, 1);
    expect([depth, lanes], name).toEqual([Math.ceil(size / 3), 3]);
    expect(
      get(images, name)
        .slice(size)
        .every((code) => code === 0n),
    ).toBe(true);
    images.set(name, get(images, name).slice(0, size));
  }
  expect(checkFirstLayer(images, 'q')).toBe(252);
  // The two matrices give the same sums.
  const [a, b, sums] = ['c_1_a', 'c_1_b', 'c_1_sums'].map((name) => get(images, name));
  for (let i = 0; i < 63; i++)
    for (let f = 0; f < 4; f++) {
      const products = Array.from({ length: 9 }, (_, k) => int8(a[i * 9 + k]) * int8(b[k * 4 + f]));
      expect(int32(sums[i * 4 + f])).toBe(products.reduce((x, y) => x + y, 0));
    }
});

it('the manifest says where all is from, and its command gives the same files', async () => {
  const folder = written();
  const { manifest } = await vectors(folder, '--layer', 'c.2', '--image', '2');
  const layer = manifest as Extract<Manifest, { kind: 'layer' }>;
  expect(layer).toMatchObject({
    layer: 'c.2',
    target: 'int8',
    image: 2,
    data: 'digits',
    product: { m: 35, n: 3, k: 18, groups: 2 },
    parameters: { groups: 2, stride: [1, 1], result: 'requantize' },
    order: { kind: 'sequential' },
    datapath: { a: 'int8', b: 'int8', sum: { format: 'int32' } },
  });
  const output = layer.ports.find(({ name }) => name === 'c_2');
  expect(output?.tensor).toEqual({
    shape: [6, 5, 7],
    layer: 'c.2',
    scale: [Math.fround(0.1)],
    zeroPoint: -3,
    fit: 'int8 rne saturate',
  });
  lastbit(folder, [...layer.command.split(' ').slice(1), '--out', 'y']);
  expect(JSON.parse(readFileSync(join(folder, 'y', 'manifest.json'), 'utf8'))).toEqual(layer);
});

it('a layer has what it multiplies by and adds, where it has that, and ends on the ports of the array with its sums', async () => {
  const { target, run } = ran();
  for (const [name, own] of [
    ['c/1', ['q', 'c_1_weights', 'c_1_bias', 'c_1_multipliers', 'c_1_a', 'c_1_b', 'c_1_sums', 'c_1']],
    ['c.2', ['c_1', 'c_2_weights', 'c_2_multipliers', 'c_2_a', 'c_2_b', 'c_2_sums', 'c_2']],
    ['fc', ['flat', 'fc_weights', 'fc_bias', 'fc_multipliers', 'fc_a', 'fc_b', 'fc_sums', 'fc']],
  ] as const) {
    const folder = folderWith();
    const product = run.products.get(name) as GoldenProduct;
    await writeLayerVectors(run, product, target, { format: 'readmemh', pack: 1 }, join(folder, 'x'), ABOUT);
    const { images } = await readSet(folder);
    expect([...images.keys()]).toEqual(own);
    const tile = await writeTileVectors(target, product, 'readmemh', join(folder, 't'), ABOUT);
    expect(tile.kind).toBe('tile');
    const sums: bigint[] = [];
    const port = { name: 'sums', format: formatNamed('int32'), lanes: 1 };
    for await (const { codes } of readWords(join(folder, 't', 'sums.memh'), port)) sums.push(codes[0] as bigint);
    expect(sums).toEqual(get(images, own.at(-2) as string));
  }
});
