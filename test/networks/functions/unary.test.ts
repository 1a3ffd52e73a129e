import { describe, expect, it } from 'vitest';
import { call, integersOf, isNearest, reals, realsOf } from './calls.js';

const SPECIAL = [
  0,
  -0,
  Number.NaN,
  Infinity,
  -Infinity,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  1e-40,
  -1e-40,
  3.4e38,
  -3.4e38,
];
const f = Math.fround;
const phi = (x: number) => 1 / (1 + Math.exp(-x));

/** By the definitions of the standard, with the engine's functions. */
const DEFINITIONS: readonly [string, (x: number) => number, Record<string, number>?, number?][] = [
  ['Exp', Math.exp],
  ['Log', Math.log, {}, 1e-3],
  ['Sqrt', Math.sqrt, {}, 0],
  ['Reciprocal', (x) => 1 / x],
  ['Floor', Math.floor],
  ['Ceil', Math.ceil],
  ['Tanh', Math.tanh],
  ['Sin', Math.sin],
  ['Cos', Math.cos],
  ['Tan', Math.tan],
  ['Atan', Math.atan],
  ['Sinh', Math.sinh],
  ['Cosh', Math.cosh],
  ['Asinh', Math.asinh],
  ['Acosh', Math.acosh, {}, 1],
  ['Sigmoid', phi],
  ['Softplus', (x) => Math.log1p(Math.exp(x))],
  ['Softsign', (x) => x / (1 + Math.abs(x))],
  ['Mish', (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
  ['LeakyRelu', (x) => (x < 0 ? f(0.1) * x : x), { alpha: f(0.1) }],
  ['Elu', (x) => (x < 0 ? f(0.7) * Math.expm1(x) : x), { alpha: f(0.7) }],
  ['Celu', (x) => Math.max(0, x) + Math.min(0, 0.75 * Math.expm1(x / 0.75)), { alpha: 0.75 }],
  ['Selu', (x) => f(1.0507009873554805) * (x > 0 ? x : f(1.6732632423543772) * Math.expm1(x))],
  ['Swish', (x) => x * phi(1.5 * x), { alpha: 1.5 }],
  ['com.microsoft.QuickGelu', (x) => x * phi(f(1.702) * x)],
  ['HardSigmoid', (x) => Math.max(0, Math.min(1, f(f(0.25 * x) + 0.375))), { alpha: 0.25, beta: 0.375 }],
  ['HardSwish', (x) => x * Math.max(0, Math.min(1, f(f(f(1 / 6) * x) + 0.5)))],
  ['ThresholdedRelu', (x) => (x > 0.5 ? x : 0), { alpha: 0.5 }],
  ['Shrink', (x) => (x < -0.5 ? x + 0.25 : x > 0.5 ? x - 0.25 : 0), { lambd: 0.5, bias: 0.25 }],
  ['Abs', Math.abs],
  ['Neg', (x) => -x],
  ['Sign', Math.sign],
  ['Relu', (x) => Math.max(x, 0)],
];

describe('functions of one real number', () => {
  it.each(DEFINITIONS)(
    '%s is the float32 nearest to its definition',
    (name, definition, attributes = {}, from = -4) => {
      const x = reals([3, 400], 5, from, 4);
      const [y] = call(name, [x], attributes);
      expect(y.shape).toEqual([3, 400]);
      const wrong = Array.from(x.data).filter((value, i) => !isNearest(y.data[i], definition(value)));
      expect(wrong).toEqual([]);
    },
  );

  it.each(['Asin', 'Acos', 'Atanh'] as const)('%s is nearest within [-1, 1]', (name) => {
    const x = reals([1000], 6, -1, 1);
    const definition = { Asin: Math.asin, Acos: Math.acos, Atanh: Math.atanh }[name];
    const [y] = call(name, [x]);
    expect(Array.from(x.data).filter((value, i) => !isNearest(y.data[i], definition(value)))).toEqual([]);
  });

  it('Round goes to the even neighbour of a half, and keeps signs of zero', () => {
    const [y] = call('Round', [realsOf([9], [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.49, Infinity, -0])]);
    expect(Array.from(y.data)).toEqual([0, 2, 2, -0, -2, -2, 2, Infinity, -0]);
  });

  it('has the values of ONNX Runtime 1.30.0 at special numbers', () => {
    const rows: Record<string, readonly number[]> = {
      Floor: [0, -0, Number.NaN, Infinity, -Infinity, 1, -1, 0, -1, 1, 2, -3, 0, -1, f(3.4e38), f(-3.4e38)],
      Relu: [0, 0, Number.NaN, Infinity, 0, 1, 0, 0.5, 0, 1.5, 2.5, 0, f(1e-40), 0, f(3.4e38), 0],
      Sign: [0, 0, Number.NaN, 1, -1, 1, -1, 1, -1, 1, 1, -1, 1, -1, 1, -1],
    };
    for (const [name, row] of Object.entries(rows)) {
      const [y] = call(name, [realsOf([16], SPECIAL)]);
      expect(
        Array.from(y.data, (value) => value + 0),
        name,
      ).toEqual(row.map((value) => value + 0));
    }
  });

  it('tells NaN and infinities', () => {
    const x = realsOf([4], [Number.NaN, Infinity, -Infinity, 1]);
    expect(call('IsNaN', [x])[0]).toMatchObject({ type: 'bool', data: Float64Array.of(1, 0, 0, 0) });
    expect(call('IsInf', [x])[0].data).toEqual(Float64Array.of(0, 1, 1, 0));
    expect(call('IsInf', [x], { detect_negative: 0 })[0].data).toEqual(Float64Array.of(0, 1, 0, 0));
    expect(call('IsInf', [x], { detect_positive: 0 })[0].data).toEqual(Float64Array.of(0, 0, 1, 0));
  });

  it('rounds to a narrower type once', () => {
    const x = { ...realsOf([3], [1, 0.333251953125, -2]), type: 'float16' as const };
    const [y] = call('Exp', [x]);
    // e = 2.71828 lies between 2.716796875 and 2.71875 in binary16, which has 11 bits.
    expect(y).toMatchObject({ type: 'float16', data: Float32Array.of(2.71875, 1.3955078125, 0.1353759765625) });
  });
});

describe('Gelu', () => {
  it('is x times the normal distribution, or near it by tanh', () => {
    const x = reals([500], 9);
    const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
    const below = (value: number) => {
      let sum = 0;
      for (let i = 0; i <= 400; i++)
        sum += density((value * i) / 400) * (i === 0 || i === 400 ? 1 : i % 2 === 1 ? 4 : 2);
      return 0.5 + (sum * value) / 1200;
    };
    const tanh = (v: number) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
    const [exact, near] = [call('Gelu', [x])[0], call('Gelu', [x], { approximate: 'tanh' })[0]];
    x.data.forEach((value, i) => {
      expect(Math.abs(exact.data[i] - value * below(value))).toBeLessThan(2e-7 * Math.max(1, Math.abs(value)));
      expect(Math.abs(near.data[i] - tanh(value))).toBeLessThan(2e-7 * Math.max(1, Math.abs(value)));
    });
  });

  it('of com.microsoft adds a bias in float32 first', () => {
    const [x, bias] = [reals([4, 8], 1), reals([8], 2)];
    const sum = realsOf(
      [4, 8],
      Array.from(x.data, (value, i) => value + bias.data[i % 8]),
    );
    expect(call('com.microsoft.BiasGelu', [x, bias])).toEqual(call('Gelu', [sum]));
    expect(call('com.microsoft.FastGelu', [x, bias])).toEqual(call('Gelu', [sum], { approximate: 'tanh' }));
    expect(call('com.microsoft.FastGelu', [x])).toEqual(call('Gelu', [x], { approximate: 'tanh' }));
  });
});

describe('functions of one integer', () => {
  it('wrap as their type does', () => {
    const x = integersOf([4], 'int8', [-128, -1, 0, 127]);
    expect(call('Abs', [x])[0]).toEqual(integersOf([4], 'int8', [-128, 1, 0, 127]));
    expect(call('Neg', [x])[0]).toEqual(integersOf([4], 'int8', [-128, 1, 0, -127]));
    expect(call('Sign', [x])[0]).toEqual(integersOf([4], 'int8', [-1, -1, 0, 1]));
    expect(call('Relu', [x])[0]).toEqual(integersOf([4], 'int8', [0, 0, 0, 127]));
    expect(call('BitwiseNot', [x])[0]).toEqual(integersOf([4], 'int8', [127, 0, -1, -128]));
    expect(call('BitwiseNot', [integersOf([2], 'uint16', [0, 65535])])[0].data).toEqual(Float64Array.of(65535, 0));
    expect(call('Not', [integersOf([2], 'bool', [0, 1])])[0]).toEqual(integersOf([2], 'bool', [1, 0]));
  });

  it('Clip takes bounds that may be missing, and the upper one wins', () => {
    const x = integersOf([4], 'int32', [-7, -1, 2, 9]);
    const bound = (value: number) => integersOf([], 'int32', [value]);
    expect(call('Clip', [x, bound(-2), bound(3)])[0].data).toEqual(Float64Array.of(-2, -1, 2, 3));
    expect(call('Clip', [x, undefined, bound(0)])[0].data).toEqual(Float64Array.of(-7, -1, 0, 0));
    expect(call('Clip', [x, bound(5), bound(1)])[0].data).toEqual(Float64Array.of(1, 1, 1, 1));
    const y = realsOf([3], [Number.NaN, -3, 3]);
    expect(call('Clip', [y, realsOf([], [-1]), realsOf([], [1])])[0].data).toEqual(Float32Array.of(Number.NaN, -1, 1));
  });
});
