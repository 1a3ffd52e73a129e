import { expect, it } from 'vitest';
import { encoderIn } from '../../../../src/datapaths/kernel/steps/codes.js';
import { FORMATS } from '../../../../src/formats/catalog.js';
import { fitTo } from '../../../../src/formats/codec.js';
import type { FloatFormat } from '../../../../src/formats/format.js';
import { latticeOf } from '../../../../src/formats/lattice.js';
import { toNumber } from '../../../../src/formats/raw.js';

/** Floats of many sizes, some of them beyond float32 in their bits, their smallest or their largest number. */
const SIZES: FloatFormat[] = [2, 4, 5, 8, 9].flatMap((exponentBits) =>
  [1, 3, 10, 22, 23, 24, 30].flatMap((mantissaBits) =>
    [-20, 0, 1, 20].map(
      (moved): FloatFormat => ({
        kind: 'float',
        name: `e${exponentBits}m${mantissaBits} ${moved}`,
        signed: true,
        exponentBits,
        mantissaBits,
        bias: 2 ** (exponentBits - 1) - 1 + moved,
        radix: 2,
        lowest: 'subnormal',
        specials: 'ieee',
      }),
    ),
  ),
);

it('lanes encode the formats whose numbers float32 has, and no others', () => {
  const taken = [0, 0];
  for (const format of [...SIZES, ...FORMATS]) {
    if (format.kind !== 'float' || format.radix !== 2 || !format.signed || format.lowest === 'none') continue;
    if ((format.shift ?? 0) !== 0) continue;
    const lattice = latticeOf(format);
    const max = lattice.maxIndex(false);
    // The smallest, the largest, and the ones with the most bits below each.
    const numbers = [1n, lattice.next(0n), max, max - 1n, max >> 1n].map((index) => toNumber(lattice.valueAt(index)));
    const isContained = numbers.every((value) => Math.fround(value) === value) && format.bias <= 127;
    expect(encoderIn('f32', fitTo(format)) !== undefined, format.name).toBe(isContained);
    taken[Number(isContained)]++;
  }
  expect(taken.every((count) => count > 20)).toBe(true);
});
