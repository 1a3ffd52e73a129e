import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { bigEndian, littleEndian } from '../../../src/outputs/files/bytes.js';

/** What plain arithmetic says. */
function digits(word: bigint, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn));
}

const words = fc
  .integer({ min: 1, max: 700 })
  .chain((bits) => fc.tuple(fc.bigInt(0n, (1n << BigInt(bits)) - 1n), fc.constant(bits)));

it('words of any width, in both orders', () => {
  fc.assert(
    fc.property(words, ([word, bits]) => {
      const expected = digits(word, Math.ceil(bits / 8));
      expect([...littleEndian(word, bits)]).toEqual(expected);
      expect([...bigEndian(word, bits)]).toEqual(expected.reverse());
    }),
    { seed: 1, numRuns: 2000 },
  );
});

it('lets nothing through that does not fit', () => {
  expect(() => bigEndian(-1n, 32)).toThrow('a word of 32 bits is 0 to 2^32 - 1, found -1');
  expect(() => littleEndian(256n, 8)).toThrow('a word of 8 bits is 0 to 2^8 - 1, found 256');
  expect(() => bigEndian(0n, 0)).toThrow('a word has at least 1 bit, found 0');
});
