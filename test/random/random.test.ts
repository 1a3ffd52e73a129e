import { describe, expect, it } from 'vitest';
import { drawsFrom } from '../../src/random/draws.js';
import { randomFrom, shuffle } from '../../src/random/random.js';

/** sfc32 as PractRand has it, on big integers: three words and a counter, 15 rounds before the first number. */
function* words(seed: number, stream = 0x9e3779b9, other = 0x243f6a88): Generator<bigint> {
  const cut = (value: bigint) => BigInt.asUintN(32, value);
  let [a, b, c, counter] = [seed, stream, other, 1].map((value) => cut(BigInt(value)));
  for (let round = 0; ; round++) {
    const t = cut(a + b + counter);
    counter = cut(counter + 1n);
    a = b ^ (b >> 9n);
    b = cut(c * 9n);
    c = cut(cut((c << 21n) | (c >> 11n)) + t);
    if (round >= 15) yield t;
  }
}

function first(count: number, from: Generator<bigint>): number[] {
  return Array.from({ length: count }, () => Number(from.next().value));
}

describe('random numbers', () => {
  it.each([
    [0, []],
    [7, []],
    [-1, []],
    [2 ** 31, [3]],
    [9, [3, -4]],
  ])('are those of sfc32: seed %i, stream %o', (seed, stream) => {
    const random = randomFrom(seed, ...stream);
    expect(Array.from({ length: 100 }, () => random.word())).toEqual(first(100, words(seed, ...stream)));
  });

  it('are scaled to their ranges', () => {
    const random = randomFrom(5);
    const [unit, between, below, ...twelve] = first(15, words(5)).map((word) => word / 2 ** 32);
    expect(random.unit()).toBe(unit);
    expect(random.between(-3, 5)).toBe(-3 + 8 * between);
    expect(random.below(1000)).toBe(Math.floor(below * 1000));
    expect(random.normal()).toBe(twelve.reduce((sum, value) => sum + value, -6));
  });

  it('shuffle from the last place to the second', () => {
    const items = Uint32Array.from({ length: 50 }, (_, i) => i);
    const expected = Array.from(items);
    const drawn = words(3, 4);
    for (let i = 49; i > 0; i--) {
      const j = Math.floor((Number(drawn.next().value) / 2 ** 32) * (i + 1));
      [expected[i], expected[j]] = [expected[j], expected[i]];
    }
    shuffle(items, randomFrom(3, 4));
    expect(Array.from(items)).toEqual(expected);
  });

  it('differ by their streams; units are uniform, normals have the moments, a shuffle permutes', () => {
    const random = randomFrom(1, 2);
    expect(randomFrom(1, 3).word()).not.toBe(randomFrom(1, 2).word());
    const [n, units, normals] = [20000, [0, 0], [0, 0]];
    for (let i = 0; i < n; i++) {
      const [u, z] = [random.unit(), random.normal()];
      units[0] += u / n;
      units[1] += (u * u) / n;
      normals[0] += z / n;
      normals[1] += (z * z) / n;
    }
    expect(units[0]).toBeCloseTo(1 / 2, 1.7);
    expect(units[1]).toBeCloseTo(1 / 3, 1.7);
    expect(Math.abs(normals[0])).toBeLessThan(0.04);
    expect(Math.abs(normals[1] - 1)).toBeLessThan(0.05);
    const order = Uint32Array.from({ length: 50 }, (_, i) => i);
    shuffle(order, random);
    expect(Array.from(order)).not.toEqual(Array.from(order.slice().sort()));
    expect(Array.from(order.slice().sort())).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('sfc32 gives the words that its definition gives', () => {
    // a = 1, b = 2, c = 0x243f6a88, counter = 1, fifteen words thrown away; in plain big integers.
    const mask = 0xffffffffn;
    let [a, b, c, counter] = [1n, 2n, 0x243f6a88n, 1n];
    const next = () => {
      const t = (a + b + counter) & mask;
      counter = (counter + 1n) & mask;
      a = b ^ (b >> 9n);
      b = (c + (c << 3n)) & mask;
      c = ((((c << 21n) | (c >> 11n)) & mask) + t) & mask;
      return Number(t);
    };
    for (let i = 0; i < 15; i++) next();
    const random = randomFrom(1, 2);
    for (let i = 0; i < 50; i++) expect(random.word()).toBe(next());
  });
});

describe('draws of training', () => {
  it('begin each step anew, and know how much is done', () => {
    const draws = drawsFrom(8);
    expect(draws.share()).toBe(0);
    expect(draws.unit()).toBe(first(1, words(8, 0xd1ce, -1))[0] / 2 ** 32);
    draws.begin(5, 0.25);
    expect(draws.share()).toBe(0.25);
    expect([draws.unit(), draws.unit()]).toEqual(first(2, words(8, 0xd1ce, 5)).map((word) => word / 2 ** 32));
  });
});
