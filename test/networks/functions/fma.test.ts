import { expect, it } from 'vitest';
import { fma, halfEven } from '../../../src/networks/functions/fma.js';
import { random } from '../readers/onnx/samples.js';

/** A float32 number as an integer times 2^-200, exactly. */
function exactly(value: number): bigint {
  const [word] = new Int32Array(Float32Array.of(value).buffer);
  const exponent = (word >>> 23) & 0xff;
  const fraction = BigInt(word & 0x7fffff) + (exponent === 0 ? 0n : 1n << 23n);
  const scaled = fraction << BigInt(200 + Math.max(exponent, 1) - 150);
  return word < 0 ? -scaled : scaled;
}

/** The float32 number nearest to an integer times 2^-400, ties to even, by its bits. */
function nearest(value: bigint): number {
  const size = value < 0n ? -value : value;
  const drop = BigInt(Math.max(size.toString(2).length - 24, 0));
  const half = drop === 0n ? 0n : 1n << (drop - 1n);
  const rest = size - ((size >> drop) << drop);
  const kept =
    (size >> drop) + (drop > 0n && (rest > half || (rest === half && ((size >> drop) & 1n) === 1n)) ? 1n : 0n);
  const magnitude = Number(kept) * 2 ** (Number(drop) - 400);
  return value < 0n ? -magnitude : magnitude;
}

const exact = (a: number, b: number, c: number) => nearest(exactly(a) * exactly(b) + (exactly(c) << 200n));

it('a b + c is rounded once', () => {
  const draw = random(3);
  const number = () => Math.fround((draw() - 0.5) * 2 ** Math.floor(draw() * 24 - 12));
  for (let i = 0; i < 20_000; i++) {
    const [a, b] = [number(), number()];
    const c = i % 3 === 0 ? Math.fround(number() * 2 ** 24) : number();
    expect(fma(a, b, c) + 0).toBe(exact(a, b, c) + 0);
  }
});

it('and where float64 would round to the middle between two float32 numbers', () => {
  // (1 + 2^-12)^2 is 1 + 2^-11 + 2^-24, in the middle between two; c moves it up or down by less than float64 holds.
  const a = 1 + 2 ** -12;
  for (const [c, expected] of [
    [2 ** -60, 1 + 2 ** -11 + 2 ** -23],
    [-(2 ** -60), 1 + 2 ** -11],
    [0, 1 + 2 ** -11],
  ]) {
    expect(exact(a, a, c)).toBe(expected);
    expect(fma(a, a, c)).toBe(expected);
    expect(fma(-a, a, -c)).toBe(-expected);
  }
  expect(Math.fround(a * a + 2 ** -60)).toBe(1 + 2 ** -11); // what two roundings give
});

it('halves go to the even integer', () => {
  const found = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994, 127.5].map((value) => halfEven(value) + 0);
  expect(found).toEqual([-2, -2, 0, 0, 2, 2, 0, 128]);
});
