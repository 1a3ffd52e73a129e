import { describe, expect, it } from 'vitest';
import { broadcastShape } from '../../../src/networks/functions/broadcast.js';
import type { IntegerType, Tensor } from '../../../src/networks/tensor.js';
import { at, call, factsOf, indicesOf, integers, integersOf, isNearest, reals, realsOf } from './calls.js';

const SHAPES: readonly (readonly (readonly number[])[])[] = [
  [
    [2, 3, 4, 5],
    [2, 3, 4, 5],
  ],
  [[2, 3, 4, 5], []],
  [[], [3, 5]],
  [
    [2, 3, 4, 5],
    [3, 1, 5],
  ],
  [
    [3, 1, 1],
    [2, 3, 4, 5],
  ],
  [
    [4, 1],
    [1, 6],
  ],
  [[2, 1, 4, 1], [1]],
  [
    [5, 1, 3, 1, 2],
    [4, 1, 7, 1],
  ],
];

/** What a function of numbers gives element by element, found by indices. */
function byIndex(operands: readonly Tensor[], each: (...values: number[]) => number): number[] {
  const shape = broadcastShape(operands.map((operand) => operand.shape));
  return indicesOf(shape).map((index) => each(...operands.map((operand) => at(operand, index))));
}

const REALS: readonly [string, (x: number, y: number) => number, Record<string, number>?][] = [
  ['Add', (x, y) => x + y],
  ['Sub', (x, y) => x - y],
  ['Mul', (x, y) => x * y],
  ['Div', (x, y) => x / y],
  ['PRelu', (x, y) => (x < 0 ? x * y : x)],
  ['Max', Math.max],
  ['Min', Math.min],
  ['Mod', (x, y) => x % y, { fmod: 1 }],
];

describe('functions of two real numbers', () => {
  it.each(REALS)('%s is broadcast, and rounded to float32 once', (name, definition, attributes) => {
    for (const [left, right] of SHAPES) {
      const operands = [reals(left, 1), reals(right, 2)];
      const [y] = call(name, operands, attributes);
      expect(y.shape).toEqual(broadcastShape([left, right]));
      expect(factsOf(name, operands, attributes)).toEqual([{ shape: y.shape }]);
      expect(Array.from(y.data)).toEqual(byIndex(operands, (x, v) => Math.fround(definition(x, v))));
    }
  });

  it('Pow is nearest, of the type of its base, and cubes in two steps of float32', () => {
    const [x, y] = [reals([40, 1], 1, 0.1, 4), reals([30], 2, -3, 3)];
    const [z] = call('Pow', [x, y]);
    const exact = byIndex([x, y], Math.pow);
    expect(exact.filter((value, i) => !isNearest(z.data[i], value))).toEqual([]);
    expect(call('Pow', [x, realsOf([], [3])])[0].data).toEqual(x.data.map((v) => Math.fround(v * v) * v));
    const base = integersOf([4], 'int32', [-3, 2, 5, 10]);
    expect(call('Pow', [base, realsOf([], [2.5])])[0]).toEqual(integersOf([4], 'int32', [-(2 ** 31), 5, 55, 316]));
    expect(call('Pow', [base, integersOf([], 'int64', [3])])[0].data).toEqual(Float64Array.of(-27, 8, 125, 1000));
    expect(call('Pow', [reals([2], 4), integersOf([2], 'int64', [0, 0])])[0].data).toEqual(Float32Array.of(1, 1));
  });

  it('refuses what has no shape or type together', () => {
    expect(() => call('Add', [reals([2, 3], 1), reals([4], 1)])).toThrow('has operands of shapes 2x3 and 4');
    expect(() => call('Mul', [reals([2], 1), integersOf([2], 'int8', [1, 2])])).toThrow(
      'takes real numbers and int8: one type is wanted',
    );
    expect(() => factsOf('Mod', [reals([2], 1), reals([2], 1)])).toThrow('has fmod = 0 over real numbers: 1 is wanted');
  });
});

const TYPES: readonly IntegerType[] = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32'];
const bits = (type: IntegerType) => Number(/\d+/.exec(type)?.[0]);
const held = (type: IntegerType, value: bigint) =>
  Number(type.startsWith('u') ? BigInt.asUintN(bits(type), value) : BigInt.asIntN(bits(type), value));
const ofType = (type: IntegerType, shape: readonly number[], seed: number) =>
  type.startsWith('u')
    ? integers(shape, type, seed, 0, 2 ** bits(type) - 1)
    : integers(shape, type, seed, -(2 ** (bits(type) - 1)), 2 ** (bits(type) - 1) - 1);

const WHOLES: readonly [string, (x: bigint, y: bigint) => bigint, Record<string, number | string>?][] = [
  ['Add', (x, y) => x + y],
  ['Sub', (x, y) => x - y],
  ['Mul', (x, y) => x * y],
  ['Div', (x, y) => x / y],
  ['Mod', (x, y) => ((x % y) + y) % y],
  ['Mod', (x, y) => x % y, { fmod: 1 }],
  ['Max', (x, y) => (x > y ? x : y)],
  ['BitwiseAnd', (x, y) => x & y],
  ['BitwiseOr', (x, y) => x | y],
  ['BitwiseXor', (x, y) => x ^ y],
];

describe('functions of two integers', () => {
  it.each(WHOLES)('%s wraps as the type does', (name, definition, attributes) => {
    for (const type of TYPES) {
      const operands = [ofType(type, [20, 1], 3), ofType(type, [30], 4)];
      const [y] = call(name, operands, attributes);
      expect(y).toMatchObject({ kind: 'integers', type });
      const wanted = byIndex(operands, (x, v) => held(type, definition(BigInt(x), BigInt(v))));
      expect(Array.from(y.data), type).toEqual(wanted);
    }
  });

  it.each(['LEFT', 'RIGHT'])('BitShift %s drops what is shifted out', (direction) => {
    for (const type of ['uint8', 'uint16', 'uint32'] as const) {
      const operands = [ofType(type, [20, 1], 3), integers([40], type, 5, 0, bits(type) - 1)];
      const [y] = call('BitShift', operands, { direction });
      const shifted = (x: bigint, by: bigint) => (direction === 'LEFT' ? x << by : x >> by);
      expect(Array.from(y.data)).toEqual(byIndex(operands, (x, by) => held(type, shifted(BigInt(x), BigInt(by)))));
    }
  });

  it('holds 64 bits up to 2^53 and says where not', () => {
    const x = integersOf([2], 'int64', [2 ** 52, -5]);
    expect(call('Add', [x, x])[0].data).toEqual(Float64Array.of(2 ** 53, -10));
    expect(() => call('Mul', [x, x])).toThrow('int64');
    expect(() => call('Sub', [integersOf([1], 'uint64', [3]), integersOf([1], 'uint64', [5])])).toThrow(
      'gives -2, which uint64 cannot hold',
    );
    const wide = [integersOf([2], 'int64', [2 ** 40 + 5, -1]), integersOf([2], 'int64', [2 ** 40 + 3, 2 ** 45])];
    expect(call('BitwiseAnd', wide)[0].data).toEqual(Float64Array.of(2 ** 40 + 1, 2 ** 45));
    expect(() => call('Div', [x, integersOf([], 'int64', [0])])).toThrow('divides an integer by 0');
  });
});

describe('comparisons, logic and choice', () => {
  it('compare numbers of either kind; NaN is like none', () => {
    const x = realsOf([4, 1], [Number.NaN, -0, 2, Infinity]);
    const y = realsOf([4], [Number.NaN, 0, 2, Infinity]);
    const definitions: [string, (a: number, b: number) => boolean][] = [
      ['Equal', (a, b) => a === b],
      ['Greater', (a, b) => a > b],
      ['Less', (a, b) => a < b],
      ['GreaterOrEqual', (a, b) => a >= b],
      ['LessOrEqual', (a, b) => a <= b],
    ];
    for (const [name, holds] of definitions) {
      const [z] = call(name, [x, y]);
      expect(z).toMatchObject({ type: 'bool', shape: [4, 4] });
      expect(factsOf(name, [x, y])).toEqual([{ shape: [4, 4], type: 'bool' }]);
      expect(Array.from(z.data), name).toEqual(byIndex([x, y], (a, b) => Number(holds(a, b))));
      const whole = [integers([7, 1], 'int8', 1, -3, 3), integers([9], 'int8', 2, -3, 3)];
      expect(Array.from(call(name, whole)[0].data)).toEqual(byIndex(whole, (a, b) => Number(holds(a, b))));
    }
  });

  it('join truth values', () => {
    const operands = [integersOf([2, 1], 'bool', [0, 1]), integersOf([2], 'bool', [0, 1])];
    expect(call('And', operands)[0]).toEqual(integersOf([2, 2], 'bool', [0, 0, 0, 1]));
    expect(call('Or', operands)[0]).toEqual(integersOf([2, 2], 'bool', [0, 1, 1, 1]));
    expect(call('Xor', operands)[0]).toEqual(integersOf([2, 2], 'bool', [0, 1, 1, 0]));
    expect(() => call('And', [realsOf([1], [1]), integersOf([1], 'bool', [1])])).toThrow('wants integers as operand 1');
  });

  it('Where broadcasts all three', () => {
    const operands = [integers([3, 1, 5], 'bool', 1, 0, 1), reals([4, 5], 2), reals([3, 4, 1], 3)];
    const [y] = call('Where', operands);
    expect(Array.from(y.data)).toEqual(byIndex(operands, (c, a, b) => (c !== 0 ? a : b)));
    const whole = [operands[0], integersOf([], 'int64', [7]), integersOf([], 'int64', [9])];
    expect(call('Where', whole)[0]).toMatchObject({ type: 'int64', shape: [3, 1, 5] });
  });

  it('Sum, Mean, Max and Min take any number of operands', () => {
    const operands = [reals([2, 3, 1], 1), reals([3, 4], 2), reals([], 3), reals([2, 1, 4], 4)];
    const sum = (...values: number[]) => values.reduce((a, b) => a + b);
    const definitions: [string, (...values: number[]) => number][] = [
      ['Sum', sum],
      ['Mean', (...values) => sum(...values) / values.length],
      ['Max', Math.max],
      ['Min', Math.min],
    ];
    for (const [name, definition] of definitions)
      expect(Array.from(call(name, operands)[0].data), name).toEqual(
        byIndex(operands, (...values) => Math.fround(definition(...values))),
      );
    expect(call('Sum', [operands[0]])[0]).toEqual(operands[0]);
  });
});
