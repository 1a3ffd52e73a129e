import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { digits, TEST_SEED, TRAIN_SEED } from '../../../src/training/data/digits.js';
import { randomFrom, shuffle } from '../../../src/random/random.js';

it('image i depends on the seed and i alone', () => {
  const [few, many] = [digits(5, 3), digits(12, 3)];
  expect(many.images.subarray(0, 5 * 784)).toEqual(few.images);
  expect(Array.from(many.labels.subarray(0, 5))).toEqual(Array.from(few.labels));
});

it('pixels are bytes over 255, as a file of bytes would give', () => {
  const { images } = digits(20, 3);
  for (const pixel of images) expect(pixel).toBe(Math.fround(Math.round(pixel * 255) / 255));
  expect(images.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true);
});

it('labels are even, images differ, and the two parts share none', () => {
  const [train, test] = [digits(2000, TRAIN_SEED), digits(300, TEST_SEED)];
  for (let digit = 0; digit < 10; digit++) {
    const count = train.labels.filter((label) => label === digit).length;
    // Binomial(2000, 0.1): five deviations of 13.4.
    expect(Math.abs(count - 200)).toBeLessThan(68);
  }
  const hashes = [train, test].flatMap(({ images, count }) =>
    Array.from({ length: count }, (_, i) =>
      createHash('md5')
        .update(images.subarray(i * 784, (i + 1) * 784))
        .digest('hex'),
    ),
  );
  expect(new Set(hashes).size).toBe(2300);
});

it('is the same on every machine', () => {
  const { images, labels } = digits(100, TEST_SEED);
  const bytes = Uint8Array.from(images, (pixel) => Math.round(pixel * 255));
  expect(createHash('sha256').update(bytes).update(labels).digest('hex')).toBe(
    '499a37775ccc375b1091ebb663e1ebc2ae5cd9f9b8c5d757fec5f81b79c95973',
  );
});

it('random: streams differ, units are uniform, normals have the moments, a shuffle permutes', () => {
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

it('more digits than memory holds are refused before any is drawn', () => {
  expect(() => digits(10 ** 12)).toThrow(
    'at most 1048576 digits are generated, and 1000000000000 images were asked for',
  );
});
