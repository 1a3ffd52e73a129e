import { describe, expect, it } from 'vitest';
import { affineOf, checkAffine } from '../../src/data/affine.js';
import { NUMBER_TYPES, type NumberArray, type NumberType } from '../../src/data/numbers.js';
import { numbersFor, typeOfPort } from '../../src/data/portNumbers.js';

const port = (type: string) => ({ name: 'x', type, shape: ['N', 3] });
const doubles = (...values: number[]): NumberArray => ({
  type: 'float64',
  shape: [1, values.length],
  data: Float64Array.from(values),
});
const given = (type: NumberType, array: NumberArray) => numbersFor(port(type), array, undefined, 'x.csv:2').data;

describe('numbers in the type of an input', () => {
  it('reals are rounded once, to nearest even', () => {
    // 1 + 2^-24 is the tie between 1 and 1 + 2^-23.
    expect(given('float32', doubles(1 + 2 ** -24, 1 + 3 * 2 ** -24, 2 ** -149, -0))).toEqual(
      Float32Array.of(1, 1 + 2 ** -22, 2 ** -149, -0),
    );
    expect(given('float16', doubles(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65520, 2 ** -25, -0, NaN))).toEqual(
      Float32Array.of(1, 1 + 2 ** -9, Infinity, 0, -0, NaN),
    );
    // By way of float32 this one would be rounded twice: 1 + 2^-8 + 2^-40 is above the tie of bfloat16.
    expect(given('bfloat16', doubles(1 + 2 ** -8 + 2 ** -40, 1 + 2 ** -8, -Infinity))).toEqual(
      Float32Array.of(1 + 2 ** -7, 1, -Infinity),
    );
    expect(given('float64', { type: 'uint8', shape: [1, 2], data: Uint8Array.of(0, 255) })).toEqual(
      Float64Array.of(0, 255),
    );
  });

  it('numbers that have the type stay where they are', () => {
    const array: NumberArray = { type: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) };
    expect(numbersFor(port('float32'), array, undefined, 'x')).toBe(array);
  });

  it.each<[NumberType, number, number]>([
    ['int8', -128, 127],
    ['uint8', 0, 255],
    ['int16', -32768, 32767],
    ['uint16', 0, 65535],
    ['int32', -(2 ** 31), 2 ** 31 - 1],
    ['uint32', 0, 2 ** 32 - 1],
    ['bool', 0, 1],
    ['int4', -8, 7],
    ['uint4', 0, 15],
    ['int2', -2, 1],
    ['uint2', 0, 3],
  ])('%s holds %i to %i, and no more', (type, low, high) => {
    expect(given(type, doubles(low, high))).toEqual(NUMBER_TYPES[type].array.from([low, high]));
    for (const wrong of [low - 1, high + 1, 0.5, NaN])
      expect(() => given(type, doubles(0, wrong))).toThrow(
        new Error(`x.csv:2: number 1 is ${wrong}, and input "x" reads ${type}: whole numbers from ${low} to ${high}`),
      );
  });

  it('64-bit integers are those that float64 holds', () => {
    expect(given('int64', doubles(1 - 2 ** 53))).toEqual(Float64Array.of(1 - 2 ** 53));
    expect(() => given('int64', doubles(2 ** 53))).toThrow('number 0 is 9007199254740992, and input "x" reads int64');
    expect(() => given('uint64', doubles(-1))).toThrow('whole numbers from 0 up to 2^53');
  });

  it('codes of formats come as bytes, and are no numbers', () => {
    const bytes: NumberArray = { type: 'uint8', shape: [1, 1], data: Uint8Array.of(15) };
    expect(given('float8e4m3fn', bytes)).toEqual(Uint8Array.of(15));
    expect(given('float4e2m1', bytes)).toEqual(Uint8Array.of(15));
    expect(() => given('float4e2m1', { ...bytes, data: Uint8Array.of(16) })).toThrow('whole numbers from 0 to 15');
    expect(() => given('float8e5m2', doubles(1))).toThrow(
      'x.csv:2 holds float64, and input "x" reads float8e5m2: give its codes as uint8',
    );
    expect(() => given('float32', { ...bytes, type: 'float8e5m2' })).toThrow(
      new Error('x.csv:2 holds float8e5m2, and input "x" reads float32'),
    );
  });

  it('every type for every other: numbers stay what they are, codes are for their own format alone', () => {
    for (const [from, { kind, array }] of Object.entries(NUMBER_TYPES))
      for (const [to, { kind: wanted }] of Object.entries(NUMBER_TYPES)) {
        const numbers: NumberArray = { type: from as NumberType, shape: [1, 2], data: array.from([0, 1]) };
        const taken = from === to || (kind !== 'code' && wanted !== 'code') || (from === 'uint8' && wanted === 'code');
        if (taken) {
          const found = numbersFor(port(to), numbers, undefined, 'x');
          expect([found.type, found.shape, ...found.data], `${from} for ${to}`).toEqual([to, [1, 2], 0, 1]);
          expect(found.data).toBeInstanceOf(NUMBER_TYPES[to as NumberType].array);
        } else
          expect(() => numbersFor(port(to), numbers, undefined, 'x'), `${from} for ${to}`).toThrow(
            new Error(
              `x holds ${from}, and input "x" reads ${to}${wanted === 'code' ? ': give its codes as uint8' : ''}`,
            ),
          );
      }
  });

  it('bytes that an int8 input does not hold are shifted by a mean, which is said of them alone', () => {
    const affine = { mean: [0], scale: [1], stride: 0 };
    for (const [to, from, scaled, said] of [
      ['int8', 'uint8', undefined, true],
      ['int8', 'uint8', affine, false],
      ['int8', 'int16', undefined, false],
      ['int4', 'uint8', undefined, false],
    ] as const) {
      const array: NumberArray = { type: from, shape: [1, 1], data: NUMBER_TYPES[from].array.from([200]) };
      const range = to === 'int8' ? 'from -128 to 127' : 'from -8 to 7';
      expect(() => numbersFor(port(to), array, scaled, 'x')).toThrow(
        new Error(
          `x: number 0 is 200, and input "x" reads ${to}: whole numbers ${range}${said ? ' (--mean 128 shifts bytes there)' : ''}`,
        ),
      );
    }
  });

  it('an input of a type that is not known is named', () =>
    expect(() => typeOfPort(port('string'))).toThrow('input "x" is of type string: data can be given for float32, '));
});

describe('mean and scale', () => {
  const scaled = (shape: number[], mean: number[], scale: number[]) => {
    const size = shape.reduce((a, b) => a * b);
    const array: NumberArray = { type: 'uint8', shape, data: Uint8Array.from({ length: size }, (_, i) => i) };
    const affine = affineOf({ name: 'x', type: 'float64', shape }, shape, { mean, scale });
    return Array.from(numbersFor(port('float64'), array, affine, 'x').data);
  };

  it('are one for all, or one for each channel', () => {
    expect(scaled([1, 3], [1], [2])).toEqual([-0.5, 0, 0.5]);
    expect(scaled([1, 3, 1, 2], [0, 1, 2], [1, 2, 4])).toEqual([0, 1, 0.5, 1, 0.5, 0.75]);
    expect(scaled([1, 1, 2, 3], [0, 1, 2], [1])).toEqual([0, 0, 0, 3, 3, 3]);
    expect(scaled([2, 3], [0, 1, 2], [1])).toEqual([0, 0, 0, 3, 3, 3]);
    expect(scaled([2, 2, 1, 1], [0, 1], [1])).toEqual([0, 0, 2, 2]);
    expect(scaled([3, 1, 2], [0, 2, 4], [1])).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it.each<[number[] | undefined, number[] | undefined, string]>([
    [[], undefined, '--mean has no number: one, or one for each channel, is wanted'],
    [[1], [0], '--scale has 0: finite numbers are wanted, none of them 0'],
    [[NaN], undefined, '--mean has NaN: finite numbers are wanted'],
    [[1, 2, 3], [1, 2], '--mean has 3 numbers and --scale 2: one number, or as many as the input has channels'],
  ])('%j and %j are refused', (mean, scale, message) =>
    expect(() => checkAffine(mean, scale)).toThrow(new Error(message)),
  );

  it('as many as there are no channels of', () =>
    expect(() => scaled([1, 3, 2, 2], [1, 2, 3, 4], [1])).toThrow(
      '--mean and --scale have 4 numbers, and input "x" reads 1x3x2x2: no axis of channels has as many',
    ));
});
