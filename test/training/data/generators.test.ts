import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generate, TEST_SEED, TRAIN_SEED } from '../../../src/training/data/generator.js';
import { GENERATORS, generatorFor } from '../../../src/training/data/generators.js';
import { lenet } from '../../../src/training/networks/architectures.js';
import { separable } from '../../../src/training/networks/separable.js';

const digestOf = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** Of the first 100 images to judge by, and their labels: they are the same on every machine. */
const DIGESTS: Readonly<Record<string, string>> = {
  digits: '499a37775ccc375b1091ebb663e1ebc2ae5cd9f9b8c5d757fec5f81b79c95973',
  flags: '8ba6457e49982ff816be8a7593482437c92667890d6765e175b70fdf6aa38281',
};

describe.each(GENERATORS.map((generator) => [generator.name, generator] as const))(
  'generated %s',
  (name, generator) => {
    const size = generator.shape.reduce((a, b) => a * b);

    it('image i depends on the seed and i alone', () => {
      const [few, many] = [5, 12].map((count) => generate(generator, count, 3));
      expect(many.images.subarray(0, 5 * size)).toEqual(few.images);
      expect(Array.from(many.labels.subarray(0, 5))).toEqual(Array.from(few.labels));
      expect(generate(generator, 5, 4).images).not.toEqual(few.images);
    });

    it('pixels are bytes over 255, as a file of bytes would give', () => {
      const { images, shape } = generate(generator, 20, 3);
      expect(shape).toEqual(generator.shape);
      expect(images).toHaveLength(20 * size);
      expect(images.every((pixel) => pixel === Math.fround(Math.round(pixel * 255) / 255))).toBe(true);
      expect(images.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true);
    });

    it('labels are even, images differ, and the two parts share none', () => {
      const [train, test] = [generate(generator, 2000, TRAIN_SEED), generate(generator, 300, TEST_SEED)];
      expect(generator.classes).toBe(10);
      for (let label = 0; label < 10; label++) {
        const count = train.labels.filter((other) => other === label).length;
        // Binomial(2000, 0.1): five deviations of 13.4.
        expect(Math.abs(count - 200)).toBeLessThan(68);
      }
      const hashes = [train, test].flatMap(({ images, count }) =>
        Array.from({ length: count }, (_, i) =>
          createHash('md5')
            .update(images.subarray(i * size, (i + 1) * size))
            .digest('hex'),
        ),
      );
      expect(new Set(hashes).size).toBe(2300);
    });

    it('is the same on every machine', () => {
      const { images, labels } = generate(generator, 100);
      const bytes = Uint8Array.from(images, (pixel) => Math.round(pixel * 255));
      expect(digestOf(bytes, labels as Uint8Array)).toBe(DIGESTS[name]);
    });

    it('more than memory holds are refused before any is drawn', () => {
      expect(() => generate(generator, 10 ** 12)).toThrow(
        `at most 1048576 ${name} are generated, and 1000000000000 images were asked for`,
      );
    });
  },
);

it('a network finds the generator of the images that it reads, and what is generated is said where there is none', () => {
  expect([lenet(1), separable(1), undefined].map((network) => generatorFor(network).name)).toEqual([
    'digits',
    'flags',
    'digits',
  ]);
  const reading = (...shapes: number[][]) => ({
    ...lenet(1),
    inputs: shapes.map((shape, i) => ({ name: `x${i}`, shape })),
  });
  expect(() => generatorFor(reading([1, 3, 32, 32]))).toThrow(
    'network lenet reads x0 (1x3x32x32), and generated digits are 1x28x28 and flags are 3x24x24: give data of your own, --data or --input',
  );
  expect(() => generatorFor(reading([1, 1, 28, 28], [1, 4]))).toThrow(
    'network lenet reads x0 (1x1x28x28), x1 (1x4), and',
  );
});
