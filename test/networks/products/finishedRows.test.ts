import { describe, expect, it } from 'vitest';
import { datapath, sumFit } from '../../../src/datapaths/datapath.js';
import { compileGemm } from '../../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import { exactArithmetic } from '../../../src/networks/arithmetic.js';
import { executeLayer } from '../../../src/networks/execute.js';
import type { Arithmetic, ConvLayer } from '../../../src/networks/network.js';
import { type CodeTensor, sizeOf } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';

/** Codes straight from integer sums are those of ONNX Runtime's QLinearConv: rne(f32(f32(sum + bias) * multiplier)) + zy. */
interface Case {
  input: string;
  output: string;
  zeros: readonly [number, number];
  kernel: readonly number[];
  images: number;
  pad?: number;
  stride?: number;
  bias?: 'small' | 'wrapping';
  scale?: number;
}

const CASES: readonly Case[] = [
  { input: 'int8', output: 'int8', zeros: [0, 0], kernel: [5, 3, 3, 3], images: 1 },
  { input: 'int8', output: 'int8', zeros: [-128, -128], kernel: [8, 16, 1, 1], images: 3, bias: 'small' },
  { input: 'int8', output: 'uint8', zeros: [7, 100], kernel: [6, 32, 1, 1], images: 2, bias: 'small', scale: 40 },
  {
    input: 'int8',
    output: 'int4',
    zeros: [3, -2],
    kernel: [21, 4, 3, 3],
    images: 2,
    pad: 1,
    bias: 'small',
    scale: 300,
  },
  { input: 'int4', output: 'uint4', zeros: [1, 5], kernel: [4, 6, 2, 2], images: 2, stride: 2 },
  {
    input: 'int8',
    output: 'int8',
    zeros: [-3, 4],
    kernel: [7, 5, 3, 3],
    images: 1,
    pad: 1,
    bias: 'wrapping',
    scale: 1e7,
  },
  { input: 'int8', output: 'int8', zeros: [0, 9], kernel: [4, 5, 1, 1], images: 1, scale: 1e-30 },
  { input: 'int8', output: 'int8', zeros: [0, 9], kernel: [4, 5, 1, 1], images: 1, scale: 1e-45 },
];

const signed = (code: number, bits: number) => (code >= 2 ** (bits - 1) ? code - 2 ** bits : code);

function halfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

describe.each(CASES)('$input to $output, $kernel, $images images, bias $bias, scale $scale', (each) => {
  const { input, output, zeros, kernel, images, pad = 0, stride = 1, bias, scale = 20 } = each;
  const random = randomFrom(11);
  const [x, y] = [input, output].map((name) => formatNamed(name));
  if (x.kind !== 'int' || y.kind !== 'int') throw new Error('integers are wanted');
  const { bits, signed: isSigned } = y;
  const { bits: xBits } = x;
  const [filters, channels, r, s] = kernel;
  const [height, width] = [9, 7];
  const shape = [images, channels, height, width];
  const draw = (length: number) => Uint8Array.from({ length }, () => random.below(2 ** x.bits));
  const scales = Float32Array.from({ length: filters }, () => random.between(0.5, 2));
  const quantized = { fit: fitTo(x, { overflow: 'saturate' }), axis: 0 } as const;
  const weight: CodeTensor = {
    ...{ kind: 'codes', shape: kernel, data: draw(sizeOf(kernel)) },
    quantization: { ...quantized, scale: scales, zeroPoint: 0 },
  };
  const image: CodeTensor = {
    ...{ kind: 'codes', shape, data: draw(sizeOf(shape)) },
    quantization: { ...quantized, scale: Float32Array.of(0.5), zeroPoint: zeros[0] },
  };
  const largest = bias === 'wrapping' ? 2 ** 31 : 500;
  const biases =
    bias && Int32Array.from({ length: filters }, (_, f) => (f % 2 === 0 ? 1 : -1) * (largest - random.below(99)));
  const result = {
    fit: fitTo(y, { overflow: 'saturate' }),
    scale: Float32Array.of(scale),
    axis: 0,
    zeroPoint: zeros[1],
  };
  const layer: ConvLayer = {
    ...{ op: 'conv', name: 'c', inputs: ['x'], outputs: ['c'], weight, groups: 1, dilation: [1, 1] },
    ...{ stride: [stride, stride], pad: [pad, pad, pad, pad] },
    ...(biases && { bias: biases }),
    result: { kind: 'requantize', output: result, convention: 'onnx' },
  };
  const { integers } = compileGemm(datapath({ name: 'own', a: x, b: x, sum: sumFit('int32') }));
  let blocks = 0;
  const quick: Arithmetic = {
    ...exactArithmetic,
    integerRows(a, b, { m, n, k }) {
      blocks++;
      return integers?.rows({ m, n, k, a, b });
    },
  };

  function wanted(): number[] {
    const [p, q] = [height, width].map((length, i) => Math.floor((length + 2 * pad - [r, s][i]) / stride) + 1);
    const codes: number[] = [];
    for (let n = 0; n < images; n++)
      for (let f = 0; f < filters; f++)
        for (let at = 0; at < p * q; at++) {
          let sum = 0;
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < r; i++)
              for (let j = 0; j < s; j++) {
                const [row, column] = [Math.floor(at / q) * stride + i - pad, (at % q) * stride + j - pad];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                const own = signed(image.data[((n * channels + c) * height + row) * width + column], xBits) - zeros[0];
                sum += own * signed(weight.data[((f * channels + c) * r + i) * s + j], xBits);
              }
          const multiplier = Math.fround(Math.fround(0.5 * scales[f]) / result.scale[0]);
          const held = biases === undefined ? sum : Number(BigInt.asIntN(32, BigInt(sum) + BigInt(biases[f])));
          const real = Math.fround(Math.fround(held) * multiplier);
          const [low, high] = isSigned ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
          // No number becomes 0.
          const code = Number.isNaN(real) ? zeros[1] : Math.max(low, Math.min(high, halfEven(real) + zeros[1]));
          codes.push(code < 0 ? code + 2 ** bits : code);
        }
    return codes;
  }

  it('is what the formula says, and what sums in float64 become', () => {
    const [found] = executeLayer(layer, [image], quick);
    expect(blocks).toBeGreaterThan(0);
    expect(Array.from(found.data)).toEqual(wanted());
    expect(found).toEqual(executeLayer(layer, [image], exactArithmetic)[0]);
  });
});
