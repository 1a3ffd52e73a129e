import { describe, expect, it } from 'vitest';
import { fitTo } from '../../../src/formats/codec.js';
import { formatNamed } from '../../../src/formats/catalog.js';
import { exactArithmetic } from '../../../src/networks/arithmetic.js';
import type { Attributes } from '../../../src/networks/functions/attributes.js';
import { functionNamed } from '../../../src/networks/functions/index.js';
import { codeTensor, perTensor } from '../../../src/networks/quantization.js';
import { type CodeTensor, type Quantization, sizeOf } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';
import { exactly, float32, nearest, productOf, type Rational, rational, sumOf } from '../../laws/rationals.js';
import { at, indicesOf } from './calls.js';

/** What runtimes compute from codes to codes in one step, by their formulas (NETWORKS 2) in exact rationals. */

type Type = 'uint2' | 'int4' | 'uint4' | 'int8' | 'uint8';
const draw = randomFrom(11);
const f = Math.fround;

function meaning(type: Type): Quantization {
  const format = formatNamed(type);
  const [least, most] = rangeOf(type);
  const zero = least + draw.below(most - least + 1);
  return perTensor(fitTo(format, { overflow: 'saturate' }), f(draw.between(0.01, 0.12)), zero);
}

function rangeOf(type: Type): [number, number] {
  const bits = Number(type.replace(/\D+/, ''));
  return type.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

const numberOf = (code: number, type: Type) => (code > rangeOf(type)[1] ? code - 2 * (rangeOf(type)[1] + 1) : code);

/** A tensor of a shape with every code as often as any other. */
function codes(shape: readonly number[], type: Type, quantization = meaning(type)): CodeTensor {
  const count = 2 ** Number(type.replace(/\D+/, ''));
  const data = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => i % count);
  for (let i = data.length - 1; i > 0; i--) {
    const j = draw.below(i + 1);
    [data[i], data[j]] = [data[j], data[i]];
  }
  return codeTensor(shape, data, quantization);
}

const scaleOf = ({ scale }: Quantization) => scale[0];
const zeroOf = ({ zeroPoint }: Quantization) => zeroPoint as number;

/** The code of a number with its zero point in it, which is rounded half to even and saturated. */
function codeOf(value: number, type: Type, shift = 0): number {
  const [least, most] = rangeOf(type);
  const whole = Number(nearest(exactly(value))) - shift;
  return Math.min(Math.max(whole, least), most) & (2 ** Number(type.replace(/\D+/, '')) - 1);
}

const rounded = (x: Rational) => exactly(float32(x));
const fused = (a: number, b: number, c: Rational) => rounded(sumOf(productOf(exactly(a), exactly(b)), c));

const PAIRS: Readonly<
  Record<string, (a: number, b: number, scales: readonly number[], zeros: readonly number[]) => Rational>
> = {
  Add(a, b, [sa, sb, sc], [za, zb, zc]) {
    const [ra, rb] = [f(sa / sc), f(sb / sc)];
    const moved = fused(ra, za, rounded(productOf(exactly(rb), exactly(zb))));
    const rest = rounded(sumOf(exactly(zc), productOf(rational(-1n), moved)));
    return fused(a, ra, fused(b, rb, rest));
  },
  Mul(a, b, [sa, sb, sc], [za, zb, zc]) {
    const scale = f(f(sa * sb) / sc);
    const product = productOf(exactly((a - za) * (b - zb)), exactly(scale));
    return rounded(sumOf(rounded(product), exactly(zc)));
  },
};

/** Runs what a function has in one step. */
function run(
  name: string,
  inputs: readonly CodeTensor[],
  output: Quantization,
  rule?: string,
  attributes: Attributes = {},
) {
  const around = { layer: 'y', arithmetic: exactArithmetic, outputs: 1, ...(rule && { rule }) };
  return functionNamed(name).fused?.(inputs, attributes, output, around) as CodeTensor;
}

describe.each(['Add', 'Mul'])('%s of codes', (name) => {
  it.each<[string, Type, Type, Type]>([
    ['ort', 'int4', 'int4', 'int4'],
    ['ort', 'uint4', 'uint2', 'int4'],
    ['ort-node', 'int4', 'int4', 'int4'],
    ['ort-node', 'uint2', 'int4', 'uint4'],
  ])('by the rule %s: %s, %s to %s, fewer elements than pairs of codes, as many, and more', (rule, a, b, c) => {
    for (const [left, right] of [
      [
        [2, 3],
        [2, 3],
      ],
      [
        [3, 1],
        [1, 5],
      ],
      [[16, 16], [16]],
      [[1], [300]],
      [
        [16, 17],
        [16, 17],
      ],
    ])
      for (let trial = 0; trial < 2; trial++) {
        const [x, y, output] = [codes(left, a), codes(right, b), meaning(c)];
        const found = run(name, [x, y], output, rule);
        const all = [x.quantization, y.quantization, output];
        // Fused nodes have signed codes as unsigned ones inside.
        const shifts = [a, b, c].map((type) => (rule === 'ort' ? -Math.min(0, rangeOf(type)[0]) : 0));
        const zeros = all.map((each, i) => zeroOf(each) + shifts[i]);
        const wanted = indicesOf(found.shape).map((index) => {
          const [p, q] = [numberOf(at(x, index), a) + shifts[0], numberOf(at(y, index), b) + shifts[1]];
          return codeOf(float32(PAIRS[name](p, q, all.map(scaleOf), zeros)), c, shifts[2]);
        });
        expect(Array.from(found.data)).toEqual(wanted);
        expect(found.quantization).toBe(output);
      }
  });

  it('of other scales in turn, each time with its own', () => {
    const [x, y] = [codes([4, 4], 'uint2'), codes([4, 4], 'uint2')];
    const outputs = Array.from({ length: 70 }, () => meaning('uint4'));
    const alone = outputs.map((output) => run(name, [x, y], output).data);
    for (const [i, output] of outputs.entries()) expect(run(name, [x, y], output).data).toEqual(alone[i]);
    expect(new Set(alone.map(String)).size).toBeGreaterThan(9);
  });

  it('gives integers alone', () => {
    const output = perTensor(fitTo(formatNamed('e4m3fn'), {}), 1);
    const x = codes([4], 'uint4');
    expect(() => run(name, [x, x], output)).toThrow('gives codes of e4m3fn: integers are wanted');
  });
});

describe.each<Type>(['int4', 'uint8', 'int8'])('averages of %s', (type) => {
  it('of whole planes: the sum of differences, times one float32 number', () => {
    for (const shape of [
      [2, 3, 4, 5],
      [1, 2, 7],
      [3, 1, 2, 2, 3],
    ]) {
      const [x, output] = [codes(shape, type), meaning(type)];
      const found = run('GlobalAveragePool', [x], output);
      expect(found.shape).toEqual([...shape.slice(0, 2), ...shape.slice(2).map(() => 1)]);
      const count = sizeOf(shape.slice(2));
      const wanted = Array.from(found.data, (_, plane) => {
        const own = Array.from(x.data.subarray(plane * count, (plane + 1) * count), (code) => numberOf(code, type));
        const sum = own.reduce((total, value) => total + value - zeroOf(x.quantization), 0);
        const scale = f(scaleOf(x.quantization) / f(scaleOf(output) * count));
        const mean = Number(nearest(rounded(productOf(exactly(f(sum)), exactly(scale)))));
        return codeOf(mean + zeroOf(output), type);
      });
      expect(Array.from(found.data)).toEqual(wanted);
    }
  });

  it.each(['ort', 'ort-node'])('under windows, by the rule %s: the zero point comes in before the rounding', (rule) => {
    const [x, output] = [codes([1, 2, 4, 6], type), meaning(type)];
    const attributes = {
      kernel_shape: [2, 3],
      strides: [2, 3],
      auto_pad: 'NOTSET',
      ceil_mode: 0,
      count_include_pad: 0,
    };
    const found = run('AveragePool', [x], output, rule, attributes);
    const shift = rule === 'ort' ? -Math.min(0, rangeOf(type)[0]) : 0;
    const wanted = indicesOf([1, 2, 2, 2]).map(([n, c, p, q]) => {
      let sum = 0;
      for (const [r, s] of indicesOf([2, 3])) {
        const number = numberOf(at(x, [n, c, 2 * p + r, 3 * q + s]), type);
        sum = f(sum + f((number - zeroOf(x.quantization)) * scaleOf(x.quantization)));
      }
      return codeOf(f(f(f(sum / 6) / scaleOf(output)) + zeroOf(output) + shift), type, shift);
    });
    expect(found.shape).toEqual([1, 2, 2, 2]);
    expect(Array.from(found.data)).toEqual(wanted);
  });
});

it('averages whose code hangs on one rounding to float32: of the scales times their number, or of their quotient', () => {
  const count = 3;
  const even = (value: number) => Number(nearest(exactly(value)));
  let tried = 0;
  while (tried < 20) {
    const [sx, sy] = [f(draw.between(0.01, 0.1)), f(draw.between(0.01, 0.1))];
    const scale = f(sx / f(sy * count));
    const others = [f(sx / (sy * count)), sx / f(sy * count)];
    for (let sum = 1; sum <= 3 * 255; sum++) {
      const mean = f(sum * scale);
      // Only a mean in the middle between two codes, or next to it, tells them apart.
      if (mean > 255 || Math.abs((mean % 1) - 0.5) > 2 ** -15) continue;
      if (others.every((other) => even(f(sum * other)) === even(mean))) continue;
      const fit = fitTo(formatNamed('uint8'), { overflow: 'saturate' });
      const data = Uint8Array.from({ length: count }, (_, i) => Math.floor((sum + i) / count));
      const x = codeTensor([1, 1, count], data, perTensor(fit, sx));
      expect(Array.from(run('GlobalAveragePool', [x], perTensor(fit, sy)).data)).toEqual([even(mean)]);
      tried++;
    }
  }
});
