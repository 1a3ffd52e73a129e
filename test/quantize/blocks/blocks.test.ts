import { describe, expect, it } from 'vitest';
import {
  BLOCK_FORMATS,
  dequantizeBlock,
  findBlockFormat,
  quantizeBlocks,
  type BlockFormat,
} from '../../../src/formats/block.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { datapathNamed } from '../../../src/datapaths/catalog.js';
import { exactArithmetic, float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { blocksOf, quantizeRows, realRows } from '../../../src/networks/products/blocks.js';
import { execute } from '../../../src/networks/execute.js';
import { foldBatchNorm } from '../../../src/networks/fold.js';
import { isMacLayer, type Network } from '../../../src/networks/network.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../../src/networks/readers/onnx/write.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { quantizeNetwork } from '../../../src/quantize/quantize.js';
import { recipeNamed } from '../../../src/recipes/catalog.js';
import { run } from '../../../src/simulate/run.js';
import { TARGETS } from '../../../src/targets/catalog.js';
import { unitForJob } from '../../../src/targets/blockUnit.js';
import type { Target } from '../../../src/targets/target.js';
import { lenet } from '../../../src/training/networks/architectures.js';
import { imagesOf } from '../../../src/training/data/dataset.js';
import { digits } from '../../../src/training/data/digits.js';
import { randomFrom } from '../../../src/random/random.js';

const random = randomFrom(31);
/** Magnitudes over many binades, with zeros, a whole block of them, and values on the format's edges. */
const samples = Float32Array.from({ length: 50 * 70 }, (_, i) => {
  if (i % 13 === 0 || (i >= 350 && i < 420)) return i % 2 === 0 ? 0 : -0;
  if (i % 29 === 0) return [448, 464, 6, 7, 0.25, 5, -2.5, 1.984375, 1.9921875][i % 9];
  return random.normal() * 2 ** (random.below(30) - 15);
});
const images = imagesOf(digits(2, 5));
const float = foldBatchNorm(lenet(1));

function named(name: string): BlockFormat {
  const format = findBlockFormat(name);
  if (format === undefined) throw new Error(`no block format ${name}`);
  return format;
}

describe.each(BLOCK_FORMATS.map((format) => [format.name, format] as const))('%s', (name, format) => {
  it.each([1, 0.0123])('rows are blocks of the definition, code for code, tensor scale %f', (scale) => {
    const tensorScale = format.tensorScale ? Math.fround(scale) : 1;
    const k = 70;
    const rows = quantizeRows(format, samples, k, tensorScale);
    const perRow = Math.ceil(k / format.size);
    const real = realRows(rows, k);
    for (let row = 0; row < samples.length / k; row++) {
      const blocks = quantizeBlocks(format, samples.subarray(row * k, (row + 1) * k), { tensorScale });
      expect(blocks.map((block) => block.scale)).toEqual(
        Array.from(rows.scales.subarray(row * perRow, (row + 1) * perRow)),
      );
      expect(blocks.flatMap((block) => block.codes)).toEqual(Array.from(rows.codes.subarray(row * k, (row + 1) * k)));
      const values = blocks.flatMap((block) => dequantizeBlock(format, block, tensorScale).map(Math.fround));
      expect(Array.from(real.subarray(row * k, (row + 1) * k))).toEqual(values);
    }
  });

  it('a NaN or infinity takes its block along, and no other', () => {
    const x = Float32Array.from({ length: 64 }, (_, i) => i + 1);
    x[3] = Number.NaN;
    const real = realRows(quantizeRows(format, x, 64), 64);
    expect(real.subarray(0, format.size).every(Number.isNaN)).toBe(true);
    expect(real.subarray(format.size).some(Number.isNaN)).toBe(false);
  });

  it('a network lies on its blocks, in memory and in a file, and computes what plain products of its blocks give', () => {
    const network = quantizeNetwork(float, recipeNamed(name), images);
    const output = dequantize(execute(network, images, exactArithmetic)).data;
    const read = readOnnx(writeOnnx(network), 'file');
    expect(read.layers.filter(isMacLayer).map(({ result }) => result)).toEqual(
      network.layers.filter(isMacLayer).map(({ result }) => result),
    );
    expect(dequantize(execute(read, images, exactArithmetic)).data).toEqual(output);
    const byHand = execute(plain(network), images, {
      ...exactArithmetic,
      values(a, b, job) {
        const { result } = network.layers.filter(isMacLayer).find((layer) => layer.name === job.layer) as never as {
          result: { format: BlockFormat; aScale: number; bScale: number };
        };
        return exactArithmetic.values(blocked(result.format, a, job.k, result.aScale), b, job);
      },
    });
    expect(dequantize(byHand).data).toEqual(output);
  });
});

/** The same network without the word that its operands are in blocks. */
function plain(network: Network): Network {
  const layers = network.layers.map((layer) =>
    isMacLayer(layer) ? { ...layer, result: { kind: 'float' } as const } : layer,
  );
  return { ...network, layers };
}

function blocked(format: BlockFormat, a: Float32Array, k: number, tensorScale: number): Float32Array {
  const rows = Array.from({ length: a.length / k }, (_, i) => a.subarray(i * k, (i + 1) * k));
  return Float32Array.from(
    rows.flatMap((row) =>
      quantizeBlocks(format, row, { tensorScale }).flatMap((block) => dequantizeBlock(format, block, tensorScale)),
    ),
  );
}

describe('blocks on arrays', () => {
  const base = TARGETS.find(({ name }) => name === 'fp8-fp32') as Target;
  const entry = { source: 'test', node: '4 nm', extrapolated: true };

  function targetFor(unit: string, operands: string): Target {
    const entries = [{ ...entry, action: `mac:${operands}*${operands}+fp32`, pj: 1 }, ...base.energy.entries];
    return { ...base, name: unit, datapath: datapathNamed(unit), others: [], energy: { name: 'test', entries } };
  }

  it.each([
    ['mxfp8', 'blackwell-mxfp8', 'e4m3fn'],
    ['mxfp4', 'blackwell-mxfp4', 'e2m1fn'],
    ['nvfp4', 'blackwell-nvf4', 'e2m1fn'],
  ])("%s through %s lies within the unit's truncation of exact sums", (recipe, unit, operands) => {
    const random = randomFrom(3);
    const weight = floatTensor(
      [10, 784],
      Float32Array.from({ length: 7840 }, () => random.normal() / 30),
    );
    const network = quantizeNetwork(
      {
        name: 'one',
        inputs: [{ name: 'image', shape: [1, 1, 28, 28] }],
        batch: 'free',
        outputs: ['y'],
        layers: [
          { op: 'flatten', name: 'flat', inputs: ['image'], outputs: ['flat'] },
          { op: 'dense', name: 'y', inputs: ['flat'], outputs: ['y'], weight, result: { kind: 'float' } },
        ],
        metadata: {},
      },
      recipeNamed(recipe),
      images,
    );
    const result = run(network, targetFor(unit, operands), digits(2, 5));
    expect(result.sqnrExactDb).toBeGreaterThan(100);
    expect(result.cost.macs).toBe(7840);
    expect(result.layers.map((layer) => layer.unit)).toEqual([unit]);
  });

  it('a unit without the scales is none for blocks', () => {
    const job = {
      layer: 'fc',
      aFormat: named('mxfp8').element,
      bFormat: named('mxfp8').element,
      blocks: named('mxfp8'),
    };
    expect(() => unitForJob(base, job)).toThrow(
      'layer fc multiplies blocks of mxfp8 (32 of e4m3fn with a scale of e8m0fnu), and target fp8-fp32 has no unit with such a blockScale',
    );
    expect(() => blocksOf(new Float32Array(1), new Float32Array(1), { layer: 'fc', m: 1, n: 1, k: 1 })).toThrow(
      'layer fc: its operands are not in blocks',
    );
  });

  it('fewer bits lose more', () => {
    const reference = dequantize(execute(float, images, float32Arithmetic)).data;
    const error = (name: string) => {
      const y = dequantize(execute(quantizeNetwork(float, recipeNamed(name), images), images, exactArithmetic)).data;
      return y.reduce((sum, value, i) => sum + (value - reference[i]) ** 2, 0);
    };
    const [int8, fp8, fp6, fp4] = ['mxint8', 'mxfp8', 'mxfp6-e2m3', 'mxfp4'].map(error);
    expect(int8).toBeLessThan(fp8);
    expect(fp6).toBeLessThan(fp4 / 4);
  });
});

it.each(['ternary', 'radix4', 'e8m0fnu', 'dlfloat16'])(
  'elements of %s are refused: they have no subnormals',
  (name) => {
    const format = { ...BLOCK_FORMATS[0], element: formatNamed(name) };
    expect(() => quantizeRows(format, Float32Array.of(1, 2), 2)).toThrow(
      `blocks of ${name}: elements are integers or floats with subnormals`,
    );
  },
);
