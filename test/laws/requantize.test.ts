import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../src/formats/catalog.js';
import { fitTo } from '../../src/formats/codec.js';
import { exactArithmetic } from '../../src/networks/arithmetic.js';
import { executeLayer } from '../../src/networks/execute.js';
import type { Arithmetic, ConvLayer, DenseLayer, MacResult } from '../../src/networks/network.js';
import { codeTensor } from '../../src/networks/quantization.js';
import { type CodeTensor, floatTensor, type Quantization } from '../../src/networks/tensor.js';
import { randomFrom } from '../../src/random/random.js';
import { exactly, float32, nearest, productOf, quotientOf, sumOf } from './rationals.js';

/**
 * What becomes of the sums of a product, by the documents: ONNX Runtime's QLinearConv (int32 sum and bias, float32,
 * times float32 s_in s_w / s_out, half to even, zero point, saturation) and ONNX's DequantizeLinear-MatMul-Add in float32
 * steps, in exact rationals, on sums around zero, 2^24 (float32's integers end) and 2^31 (int32's end).
 */

/** Sums that an arithmetic is said to give, whatever it was asked: [group][row * filters of the group]. */
function giving(groups: readonly (readonly number[])[]): Arithmetic {
  let next = 0;
  return {
    name: 'given',
    whole: true,
    values: () => Float32Array.from(groups[next++]),
    codes: () => Float64Array.from(groups[next++]),
  };
}

const AROUND = [0, 2 ** 24, 2 ** 25, 2 ** 31].flatMap((edge) => [-3, -2, -1, 0, 1, 2, 3, 5].map((step) => edge + step));
const SUMS = [...AROUND, ...AROUND.map((sum) => -sum), 127, 128, 255, 256, 2 ** 32 + 1, 1000003];
const BIASES = [0, 1, -1, 7, 2 ** 24 + 1, 2 ** 31 - 1, -(2 ** 31)];

function quantization(format: string, scale: Float32Array | number, zeroPoint: Quantization['zeroPoint'] = 0) {
  const fit = fitTo(formatNamed(format), { overflow: 'saturate' });
  return { fit, scale: typeof scale === 'number' ? Float32Array.of(scale) : scale, axis: 0, zeroPoint };
}

/** One input, one weight, one filter for each sum. */
function denseOn(
  sums: readonly number[],
  result: MacResult,
  scales: [number, Float32Array],
  bias?: DenseLayer['bias'],
) {
  const filters = sums.length;
  const weight = codeTensor([filters, 1], new Uint8Array(filters), quantization('int8', scales[1]));
  const layer: DenseLayer = { op: 'dense', name: 'd', inputs: ['x'], outputs: ['d'], weight, bias, result };
  const x = codeTensor([1, 1], new Uint8Array(1), quantization('int8', scales[0]));
  return executeLayer(layer, [x], giving([sums]))[0];
}

/** (sum + bias) mod 2^32 as two's complement. */
function int32(value: number): number {
  const rest = ((BigInt(value) % 2n ** 32n) + 2n ** 32n) % 2n ** 32n;
  return Number(rest >= 2n ** 31n ? rest - 2n ** 32n : rest);
}

const f32 = (x: Parameters<typeof float32>[0]) => exactly(float32(x));

/** Input, weight and output scale: factors that reach every code, ties among them, and quotients that float32 rounds. */
const SCALES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [0.5, 1, 1],
  [0.25, 0.5, 1],
  [0.1, 0.3, 0.7],
  [2 ** -10, 2 ** -9, 1],
  [1, 2 ** -17, 0.5],
  [2 ** -20, 0.003, 0.0071],
  [0.02, 2 ** -20, 1.3],
];

const OUTPUTS: readonly [format: string, zeroPoint: number][] = [
  ...[-128, -3, 0, 5, 127].map((zero): [string, number] => ['int8', zero]),
  ...[0, 3, 128, 255].map((zero): [string, number] => ['uint8', zero]),
  ...[-8, 0, 7].map((zero): [string, number] => ['int4', zero]),
  ...[0, 11].map((zero): [string, number] => ['uint4', zero]),
  ...[0, -32768].map((zero): [string, number] => ['int16', zero]),
  ...[0, 65535].map((zero): [string, number] => ['uint16', zero]),
];

const known = new Map<string, number>();

/** What a register stands for in units of the output, rounded: the same for all formats. */
function integerOf(register: number, [sIn, sW, sOut]: readonly [number, number, number]): number {
  const key = `${register} ${sIn} ${sW} ${sOut}`;
  let integer = known.get(key);
  if (integer === undefined) {
    const scale = f32(productOf(exactly(sIn), exactly(sW)));
    const multiplier = f32(quotientOf(scale, exactly(sOut)));
    integer = Number(nearest(f32(productOf(f32(exactly(register)), multiplier))));
    known.set(key, integer);
  }
  return integer;
}

describe.each(OUTPUTS)('requantized to %s with zero point %i', (format, zeroPoint) => {
  const { bits, signed } = formatNamed(format) as { bits: number; signed: boolean };
  const least = signed ? -(2 ** (bits - 1)) : 0;

  /** The code of a sum. */
  function codeOf(sum: number, bias: number | undefined, scales: readonly [number, number, number]): number {
    const value = integerOf(bias === undefined ? sum : int32(sum + bias), scales) + zeroPoint;
    const kept = Math.max(least, Math.min(value, least + 2 ** bits - 1));
    return kept < 0 ? kept + 2 ** bits : kept;
  }

  it.each(SCALES.map((scales) => [scales.join(' '), scales] as const))('scales %s', (_, given) => {
    const scales = given.map(Math.fround) as [number, number, number];
    const output = quantization(format, scales[2], zeroPoint);
    const result: MacResult = { kind: 'requantize', output, convention: 'onnx' };
    const perFilter = new Float32Array(SUMS.length).fill(scales[1]);
    const run = (bias?: Int32Array) => Array.from(denseOn(SUMS, result, [scales[0], perFilter], bias).data);
    expect(run()).toEqual(SUMS.map((sum) => codeOf(sum, undefined, scales)));
    for (const bias of BIASES)
      expect(run(new Int32Array(SUMS.length).fill(bias)), `bias ${bias}`).toEqual(
        SUMS.map((sum) => codeOf(sum, bias, scales)),
      );
  });
});

/** What float32 steps give, the sign of a zero included: a product has the sign of its factors, a sum of zeros is -0 where both are. */
function stepped(sum: number, scale: number, bias: number): number {
  if (sum === 0) return sum * scale + bias; // exact
  const scaled = float32(productOf(f32(exactly(sum)), exactly(scale)));
  if (scaled === 0) return scaled + bias;
  const total = sumOf(exactly(scaled), exactly(bias));
  return total.over === 0n ? 0 : float32(total);
}

describe('dequantized sums', () => {
  const sums = [...SUMS, -0];
  const biases = [undefined, 0, -0, 1, -0.1, 3e6, 2 ** -30, -(2 ** 24)];

  it.each(SCALES.map((scales) => [scales.join(' '), scales] as const))('scales %s', (_, [sIn, sW]) => {
    const [input, weight] = [sIn, sW].map(Math.fround);
    const scale = float32(productOf(exactly(input), exactly(weight)));
    for (const bias of biases) {
      const own = bias === undefined ? undefined : Float32Array.from(sums, () => bias);
      const scales = new Float32Array(sums.length).fill(weight);
      const found = Array.from(denseOn(sums, { kind: 'dequantize' }, [input, scales], own).data);
      expect(found, `bias ${bias}`).toEqual(sums.map((sum) => stepped(sum, scale, Math.fround(bias ?? 0))));
    }
  });
});

it('sums of real numbers keep the sign of zeros, and take a bias in float32', () => {
  const sums = [0, -0, 1, -1, 2 ** 24, -(2 ** -149), 1.5];
  const run = (bias?: Float32Array) => {
    const weight = floatTensor([sums.length, 1]);
    const layer: DenseLayer = {
      op: 'dense',
      name: 'd',
      inputs: ['x'],
      outputs: ['d'],
      weight,
      bias,
      result: { kind: 'float' },
    };
    return Array.from(executeLayer(layer, [floatTensor([1, 1])], giving([sums]))[0].data);
  };
  expect(run()).toEqual(sums);
  for (const bias of [0, -0, 1, -1, 0.1])
    expect(run(new Float32Array(sums.length).fill(bias)), `bias ${bias}`).toEqual(
      sums.map((sum) => stepped(sum, 1, Math.fround(bias))),
    );
});

describe('scales and biases of filters', () => {
  /** Sums of two groups over 2 images of 2 x 3 pixels, all different. */
  const [images, pixels, groups, each] = [2, 6, 2, 3];
  const sums = Array.from({ length: groups }, (_, g) =>
    Array.from({ length: images * pixels * each }, (_sum, i) => 1000 * g + 7 * i - 50),
  );
  const filters = groups * each;
  const scales = Float32Array.from({ length: filters }, (_, f) => 2 ** (f - 4));
  const conv = (scale: Float32Array | number, result: MacResult, bias?: ConvLayer['bias']): ConvLayer => ({
    ...{ op: 'conv', name: 'c', inputs: ['x'], outputs: ['c'], bias, result, groups },
    weight: codeTensor([filters, 1, 1, 1], new Uint8Array(filters), quantization('int8', scale)),
    ...{ stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1] },
  });
  const x = codeTensor([images, groups, 2, 3], new Uint8Array(images * groups * pixels), quantization('int8', 0.5));
  const run = (layer: ConvLayer) => executeLayer(layer, [x], giving(sums))[0];
  /** Of every output [image, filter, pixel]. */
  const expected = (valueOf: (sum: number, filter: number) => number) =>
    Array.from({ length: images * filters * pixels }, (_, at) => {
      const [image, f, pixel] = [Math.floor(at / (filters * pixels)), Math.floor(at / pixels) % filters, at % pixels];
      return valueOf(sums[Math.floor(f / each)][(image * pixels + pixel) * each + (f % each)], f);
    });

  it('each filter of each group has its own', () => {
    const bias = Float32Array.from({ length: filters }, (_, f) => 10 ** f);
    expect(Array.from(run(conv(scales, { kind: 'dequantize' }, bias)).data)).toEqual(
      expected((sum, f) => Math.fround(Math.fround(sum * scales[f] * 0.5) + bias[f])),
    );
    expect(Array.from(run(conv(0.25, { kind: 'dequantize' }, bias)).data)).toEqual(
      expected((sum, f) => Math.fround(sum * 0.125 + bias[f])),
    );
  });

  it('each filter of each group has its own where codes come out', () => {
    const result: MacResult = { kind: 'requantize', output: quantization('int16', 0.5, 3), convention: 'onnx' };
    const bias = Int32Array.from({ length: filters }, (_, f) => 5 * f * f - 20);
    const codes = (factor: (f: number) => number, own: (f: number) => number) =>
      expected((sum, f) => (Number(nearest(exactly((sum + own(f)) * factor(f)))) + 3) & 0xffff);
    expect(Array.from(run(conv(scales, result, bias)).data)).toEqual(
      codes(
        (f) => scales[f],
        (f) => bias[f],
      ),
    );
    expect(Array.from(run(conv(0.25, result)).data)).toEqual(
      codes(
        () => 0.25,
        () => 0,
      ),
    );
  });
});

describe('zero points (draws of seed 31)', () => {
  const draw = randomFrom(31);
  const values = (format: string, codes: CodeTensor['data']) => {
    const { bits, signed } = formatNamed(format) as { bits: number; signed: boolean };
    return Array.from(codes, (code) => (signed && code >= 2 ** (bits - 1) ? code - 2 ** bits : code));
  };
  const codes = (format: string, length: number) => {
    const { bits } = formatNamed(format) as { bits: number };
    const drawn = bits > 8 ? new Uint16Array(length) : new Uint8Array(length);
    for (let i = 0; i < length; i++) drawn[i] = draw.below(2 ** bits);
    return drawn;
  };
  const cases = (['int8', 'uint8', 'int4', 'uint4', 'int16'] as const).flatMap((a) =>
    (['int8', 'uint8', 'int3'] as const).flatMap((w) =>
      [0, 3].flatMap((za) => [0, -2, 'each'].map((zw) => [a, w, za, zw] as const)),
    ),
  );

  it.each(cases)('%s x %s, %i and %s: a convolution of differences, padding included', (a, w, za, zw) => {
    const [channels, height, width, filters, groups] = [4, 3, 4, 4, 2];
    const data = codes(a, 2 * channels * height * width);
    const x = codeTensor([2, channels, height, width], data, quantization(a, 1, za));
    const zeros = zw === 'each' ? Int32Array.of(1, -1, 2, 0) : Number(zw);
    const weight = codeTensor([filters, 2, 2, 2], codes(w, filters * 8), quantization(w, 1, zeros));
    const layer: ConvLayer = {
      ...{ op: 'conv', name: 'c', inputs: ['x'], outputs: ['c'], weight, result: { kind: 'dequantize' }, groups },
      ...{ stride: [1, 2], pad: [1, 0, 0, 1], dilation: [1, 1] },
    };
    const [xs, ws] = [values(a, data), values(w, weight.data)];
    const zero = (f: number) => (typeof zeros === 'number' ? zeros : zeros[f]);
    const expected: number[] = [];
    for (let image = 0; image < 2; image++)
      for (let f = 0; f < filters; f++)
        for (let y = 0; y < 3; y++)
          for (let z = 0; z < 2; z++) {
            let sum = 0;
            for (let c = 0; c < 2; c++)
              for (let i = 0; i < 2; i++)
                for (let j = 0; j < 2; j++) {
                  const [row, col] = [y + i - 1, 2 * z + j];
                  if (row < 0 || col >= width) continue;
                  const channel = Math.floor(f / 2) * 2 + c;
                  const at = ((image * channels + channel) * height + row) * width + col;
                  sum += (xs[at] - za) * (ws[(f * 2 + c) * 4 + i * 2 + j] - zero(f));
                }
            expected.push(Math.fround(sum) + 0);
          }
    expect(Array.from(executeLayer(layer, [x], exactArithmetic)[0].data)).toEqual(expected);
  });

  it('a weight that is no number is refused by its layer', () => {
    const x = codeTensor([1, 2], Uint8Array.of(0x38, 0x38), quantization('e4m3fn', 1));
    const weight = codeTensor([1, 2], Uint8Array.of(0x38, 0x7f), quantization('e4m3fn', 1));
    const layer: DenseLayer = {
      op: 'dense',
      name: 'd',
      inputs: ['x'],
      outputs: ['d'],
      weight,
      result: { kind: 'dequantize' },
    };
    expect(() => executeLayer(layer, [x], exactArithmetic)).toThrow(
      'layer d: a weight is not a number (a NaN code of e4m3fn)',
    );
  });
});
