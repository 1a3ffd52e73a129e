import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../src/formats/catalog.js';
import { fitTo } from '../../src/formats/codec.js';
import { dequantizeBlock, findBlockFormat, quantizeBlocks } from '../../src/formats/block.js';
import { aciq } from '../../src/quantize/ranges/aciq.js';
import { correctedWeights, correctionOf } from '../../src/quantize/codes/biasCorrection.js';
import { allocateBits, allocateMeanBits } from '../../src/quantize/ranges/bitAllocation.js';
import { dorefaGradients } from '../../src/quantize/learned/dorefa.js';
import { entropyThreshold } from '../../src/quantize/ranges/entropy.js';
import { lsqForward, lsqGradient, lsqLevels } from '../../src/quantize/learned/lsq.js';
import { luq } from '../../src/quantize/learned/luq.js';
import { magnitudeThreshold } from '../../src/quantize/ranges/magnitudeEntropy.js';
import { minMax } from '../../src/quantize/ranges/minmax.js';
import { pactForward } from '../../src/quantize/learned/pact.js';
import { sawbForward, sawbGradient, sawbRow } from '../../src/quantize/learned/sawbRows.js';
import { xnorWeightGradient, type XnorRule } from '../../src/quantize/learned/xnor.js';
import { quantizeRows, realRows } from '../../src/networks/products/blocks.js';
import { randomFrom } from '../../src/random/random.js';

/** What papers' public code gave for these numbers, under numpy 1.24.2, scipy 1.10.1 and torch 1.13.0 on a CPU. */

const f32 = (...values: number[]) => Float32Array.from(values);

const tailed = Float32Array.from({ length: 20000 }, (_, i) => {
  const u = ((i * 7919) % 20011) / 20011 - 0.5;
  return u / (0.26 - u * u);
});
const oneSided = tailed.map((x) => Math.max(x, 0));

it.each([
  [tailed, { bits: 8 }, 50, 0.003750895380145004],
  [tailed, { bits: 4, bins: 512, start: 16 }, 19.53125, 0.2020506973426613],
  [oneSided, { bits: 8, unsigned: true, bins: 512, start: 256 }, 49.74641799926758, 0.0010198113419959218],
])(
  'relative entropy of magnitudes: NVIDIA/TensorRT at 35477bd, pytorch-quantization, %#',
  (x, options, edge, least) => {
    const { threshold, divergence } = magnitudeThreshold(x, options);
    expect(threshold).toBeCloseTo(edge, 5);
    expect(divergence).toBeCloseTo(least, 12);
  },
);

describe('relative entropy: submission2019/cnn-quantization at cc580c8, kld_threshold.py', () => {
  it.each([
    ['tailed', tailed, 2001, 15, 0.1657380908727646, 42.05397415161133],
    ['tailed', tailed, 8001, 255, 0.004389498382806778, 50],
    ['one sign', oneSided, 2001, 15, 1.049625277519226, 5.941726207733154],
    ['one sign', oneSided, 8001, 511, 0.0018067609053105116, 49.6096305847168],
  ])('%s, bit for bit: %#', (_name, values, bins, levels, divergence, threshold) => {
    expect(entropyThreshold(values, { bins, levels })).toEqual({ divergence, threshold });
  });

  it.each([
    [1, 0.045313313603401184, 3.1962082386016846, 3.1717965602874756],
    [11, 0.059304311871528625, 3.1131601333618164, 3.0904242992401123],
  ])('thresholds that only rounding tells apart: seed %i', (seed, divergence, threshold, inFloat64) => {
    const random = randomFrom(seed);
    const values = Float32Array.from({ length: 2000 }, () => Math.max(random.normal(), 0));
    expect(entropyThreshold(values, { bins: 2001, levels: 255 })).toEqual({ divergence, threshold });
    expect(entropyThreshold(values, { bins: 2001, levels: 255, precision: 'float64' }).threshold).toBe(inFloat64);
  });
});

describe('PACT and SAWB: foundation-model-stack/fms-model-optimizer at 308643f, quantizers.py', () => {
  it('PACT_STE: ties of float32 products, 0.3 * 15 among them', () => {
    const x = f32(0.1, 0.3, 0.5, 0.7, 0.9, 1.1, 0, 1);
    expect(pactForward(x, 1, 4)).toEqual(
      f32(0.13333334028720856, 0.2666666805744171, 0.5333333611488342, 0.6666666865348816, 0.9333333373069763, 1, 0, 1),
    );
    expect(pactForward(x, Math.fround(1.7), 3)).toEqual(
      f32(
        ...[0, 0.2428571581840515, 0.485714316368103, 0.7285714745521545, 0.971428632736206, 1.2142858505249023],
        ...[0, 0.971428632736206],
      ),
    );
  });

  const w = f32(0.4, -1.3, 0.02, -0.02, 2.5, -3, 1e-9, -1e-9);
  it.each([
    // A number too small to be seen beside the clip is the level above zero there, whatever its sign.
    ['4bit', 6.954835891723633, [1, -3, 1, -1, 5, -7, 1, 1]],
    ['102', 2.693686008453369, [1, -1, 1, -1, 3, -3, 1, 1]],
    ['403', 6.708662033081055, [0, -1, 0, 0, 3, -3, 0, 0]],
  ])('row %s', (name, clip, codes) => {
    const row = sawbRow(name);
    const half = { '4bit': 15, '102': 3, '403': 7 }[name] ?? 0;
    expect(Array.from(sawbForward(w, row), (x) => Math.round((x * half) / clip) + 0)).toEqual(codes);
    expect(Math.max(...sawbForward(f32(...w, 100), row, clip))).toBeCloseTo(clip, 6);
  });

  it('SAWBSTE stops the gradient beyond the clip, SAWBPlusSTE does not', () => {
    const g = f32(1, 2, 3, 4, 5, 6, 7, 8);
    expect(sawbGradient(w, 2.693686008453369, g, 'clipped')).toEqual(f32(1, 2, 3, 4, 5, 0, 7, 8));
    expect(sawbGradient(w, 2.693686008453369, g)).toEqual(g);
  });

  it('LUQ’s own code has 17 levels: openreview.net/forum?id=yTbNYYcopd, UniformQuantizeSawb', () => {
    const held = sawbForward(w, sawbRow('luq-17'));
    [0, -1.662461519241333, 0, 0, 2.493692398071289, -3.324923038482666, 0, 0].forEach((value, i) =>
      expect(held[i]).toBeCloseTo(value, 5),
    );
  });
});

describe('LSQ: zhutmost/lsq-net at 1f644e9, hustzxd/LSQuantization at 86cf511', () => {
  it('rounds float32 quotients', () => {
    const v = f32(-11.25, -5.25, 5.25, 11.25);
    expect(lsqForward(v, Math.fround(0.3), lsqLevels(8, true))).toEqual(
      f32(-11.40000057220459, -5.400000095367432, 5.400000095367432, 11.40000057220459),
    );
  });

  it('the ends of the range are inside there, and outside in the paper', () => {
    const [v, g] = [f32(-3, -1, -0.3, 0.25, 0.5, 0.75, 5), f32(1, 2, 3, 4, 5, 6, 7)];
    const theirs = lsqGradient(v, 0.5, lsqLevels(2, true), g, 1, 'inside');
    expect(theirs.v).toEqual(f32(0, 2, 3, 4, 5, 0, 0));
    expect(theirs.step).toBeCloseTo(7.8, 6);
    expect(lsqGradient(v, 0.5, lsqLevels(2, true), g, 1).v).toEqual(f32(0, 0, 3, 4, 0, 0, 0));
  });
});

describe('MX: microsoft/microxcaling at 7bc4195, mx_ops.py', () => {
  const block = f32(-1.9999, 1.9999, 0.3, -0.0117, 0.0078125 * 2.5, 1, -0.3, 0.7);
  const formatOf = (name: string) => {
    const format = findBlockFormat(name);
    if (format === undefined) throw new Error(name);
    return format;
  };

  it.each([
    ['mxint8', 'rne', [-1.984375, 1.984375, 0.296875, -0.015625, 0.015625, 1, -0.296875, 0.703125]],
    ['mxint8', 'rtz', [-1.984375, 1.984375, 0.296875, 0, 0.015625, 1, -0.296875, 0.6875]],
    ['mxfp4', 'rne', [-1.5, 1.5, 0.25, 0, 0, 1, -0.25, 0.75]],
    ['mxfp4', 'rtz', [-1.5, 1.5, 0.25, 0, 0, 1, -0.25, 0.5]],
    ['mxfp6-e2m3', 'rna', [-1.875, 1.875, 0.3125, 0, 0.03125, 1, -0.3125, 0.6875]],
    ['mxfp6', 'rne', [-1.75, 1.75, 0.3125, -0.01171875, 0.01953125, 1, -0.3125, 0.75]],
    ['mxfp8', 'rtz', [-1.75, 1.75, 0.28125, -0.0107421875, 0.01953125, 1, -0.28125, 0.6875]],
    ['mxfp8-e5m2', 'rne', [-1.75, 1.75, 0.3125, -0.01171875, 0.01953125, 1, -0.3125, 0.75]],
  ] as const)('%s, %s', (name, rounding, values) => {
    // OCP lets an implementation leave -2 out of mxint8; that code does.
    const format = { ...formatOf(name), symmetric: true };
    const held = quantizeBlocks(format, block, { rounding }).flatMap((b) => dequantizeBlock(format, b));
    expect(held.map((x) => x + 0)).toEqual(values);
    if (rounding === 'rne')
      expect(Array.from(realRows(quantizeRows(format, block, 8), 8), (x) => x + 0)).toEqual(values);
  });

  it('has -2 where it is not left out', () => {
    expect(realRows(quantizeRows(formatOf('mxint8'), block, 8), 8)[0]).toBe(-2);
  });

  it('mx_flush_fp32_subnorms: a block without a normal float32 is zero', () => {
    const small = f32(3e-39, -1e-40, 0, 2e-39);
    const kept = [2.938735877055719e-39, -1.0331493317774011e-40, 0, 2.0203809154758067e-39];
    expect(Array.from(realRows(quantizeRows(formatOf('mxfp8'), small, 4), 4))).toEqual(kept);
    const flushing = { ...formatOf('mxfp8'), subnormals: 'flush' } as const;
    expect(Array.from(realRows(quantizeRows(flushing, small, 4), 4))).toEqual([0, 0, 0, 0]);
    expect(quantizeBlocks(flushing, small).flatMap((b) => dequantizeBlock(flushing, b))).toEqual([0, 0, 0, 0]);
  });
});

describe('ACIQ and bits by channel: submission2019/cnn-quantization at cc580c8, int_quantizer.py', () => {
  it('clipping without clip2max: the offset, and a range of 2 alpha from it; its table has three digits', () => {
    const x = f32(0.5, -0.25, 1.5, -2, 0.1, 0.3, -0.4, 0.9);
    const windowOf = (prior: 'laplace' | 'gauss', oneSided: boolean) => {
      const options = { bits: 4, oneSided, withinValues: false };
      const { low, high } = aciq(prior, options)(oneSided ? x.map(Math.abs) : x, fitTo(formatNamed('int4')));
      return [low, high - low];
    };
    for (const [prior, oneSided, offset, range] of [
      ['laplace', false, -2, 7.2777814865112305],
      ['laplace', true, 0, 4.105312526226044],
    ] as const) {
      const [low, width] = windowOf(prior, oneSided);
      expect([low, Math.abs(width / range - 1) < 2e-3]).toEqual([offset, true]);
    }
    // Its deviation divides by n - 1; here by n.
    const [low, width] = windowOf('gauss', false);
    expect([low, Math.abs((width / 5.306972026824951) * Math.sqrt(8 / 7) - 1) < 5e-3]).toEqual([-2, true]);
  });

  it('ten allocations at most: one that has not settled by then', () => {
    const spreads = [0.73, 0.25, 2.4, 2.4, 0.72].map(Math.fround);
    expect(allocateMeanBits(spreads, 3, 'round')).toEqual([3, 2, 4, 4, 3]);
  });

  it.each([
    [3, 'round', [0, 1, 3, 3, 4, 5, 2, 0], [0, 2, 3, 4, 5, 6, 3, 1]],
    [4, 'ceil', [0, 3, 4, 4, 5, 6, 4, 1], [1, 3, 4, 5, 6, 7, 4, 2]],
  ] as const)('%i bits, %s', (bits, rounding, once, settled) => {
    const spreads = [0.02, 0.3, 1, 1.5, 4, 9, 0.7, 0.05];
    expect(allocateBits(spreads, bits, rounding).map((b) => b + 0)).toEqual(once);
    expect(allocateMeanBits(spreads, bits, rounding).map((b) => b + 0)).toEqual(settled);
  });
});

it('corrected weights: submission2019/cnn-quantization at cc580c8, inference_quantization_manager.py', () => {
  const [w, rounded] = [f32(0.3, -0.7, 1.1, 0.05, -0.2), f32(0.5, -0.5, 1, 0, 0)];
  const correction = correctionOf(w, rounded);
  const theirs = [
    0.46025270223617554, -0.7072561383247375, 1.0440070629119873, -0.12350176274776459, -0.12350176274776459,
  ];
  correctedWeights(rounded, correction, 'code').forEach((value, i) => expect(value).toBeCloseTo(theirs[i], 6));
  // Either has the deviation of w; the mean of the paper's form is that of w times the norm.
  const mean = (x: Float32Array) => x.reduce((sum, value) => sum + value, 0) / x.length;
  expect(mean(correctedWeights(rounded, correction, 'code'))).toBeCloseTo(mean(w), 6);
  expect(mean(correctedWeights(rounded, correction))).toBeCloseTo(mean(w) * correction.norm, 6);
});

it('LUQ: openreview.net/forum?id=yTbNYYcopd, GradStochasticClippingQ, with these draws', () => {
  const draws = [0.6, 0.7, 0.2, 0.1, 0.5, 0.99];
  const held = luq(f32(0.5, -1.75, 0.001, -0.02, 1, -6), () => draws.shift() ?? 0, { levels: 8, maximum: 'value' });
  expect(held).toEqual(f32(0.5, -2, 0, -0.015625, 1, -8));
});

it('zero points: torch 1.13.0, MinMaxObserver, ties to even', () => {
  const zeroPointOf = (format: string, ...values: number[]) =>
    minMax(f32(...values), fitTo(formatNamed(format))).zeroPoint;
  expect(zeroPointOf('uint8', -3.5, 251.5)).toBe(4);
  expect(zeroPointOf('uint8', -1.5, 253.5)).toBe(2);
  expect(zeroPointOf('int8', -3.5, 251.5)).toBe(-124);
  expect(zeroPointOf('uint4', -1.5, 13.5)).toBe(2);
});

it.each([
  [
    'authors',
    [
      1.1666667461395264, 0.6666667461395264, -1.0000001192092896, 2.8333334922790527, 0.3541666865348816,
      -0.7083333730697632,
    ],
  ],
  [
    'chain',
    [-0.5000000596046448, 3.0, -3.833333730697632, 2.3333334922790527, -0.6458333134651184, 0.4583333134651184],
  ],
] as const)('XNOR-Net, gradient by the rule %s, before (1 - 1 / c) n', (rule: XnorRule, gradient) => {
  const [w, g] = [f32(0.5, -1, 1, -0.25, 0.75, -0.125), f32(1, 2, -3, 4, 0.5, -1)];
  xnorWeightGradient(w, 2, g, rule).forEach((value, i) => expect(value).toBeCloseTo(gradient[i], 6));
});

it('DoReFa gradients, a maximum for each image: tensorpack/tensorpack at 1547a54, examples/DoReFa-Net/dorefa.py', () => {
  const gradient = f32(0.5, -0.25, 0.1, 1, -0.02, 0.01, 0.005, 0);
  const heldBy = (bits: number) => {
    const noise = [0.25, -0.5, 0.4, 0, -0.1, 0.3, 0.2, -0.4];
    return dorefaGradients(gradient, bits, () => noise.shift() ?? 0, 2);
  };
  [1 / 3, -1 / 3, 1 / 3, 1, -0.02, 0.02, 0.02 / 3, -0.02 / 3].forEach((value, i) =>
    expect(heldBy(2)[i]).toBeCloseTo(value, 6),
  );
  [0.6, -1 / 3, 0.2, 1, -0.02, 0.012, 0.02 / 3, -0.004 / 3].forEach((value, i) =>
    expect(heldBy(4)[i]).toBeCloseTo(value, 6),
  );
});
