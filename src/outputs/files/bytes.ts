import { toBufferBE, toBufferLE } from 'bigint-buffer/dist/browser.js';

/**
 * The one place that meets bigint-buffer. Its pure-JavaScript build alone is taken: the package's own entry takes a
 * native addon where an install has built one (CVE-2025-3194), prints a warning where not, and the two disagree on
 * values that do not fit. What follows lets only values through that do.
 */

/** Bytes that a word of so many bits takes. */
export function bytesOf(bits: number): number {
  return Math.ceil(bits / 8);
}

/** An unsigned word as bytes, most significant first. @throws RangeError unless 0 <= word < 2^bits */
export function bigEndian(word: bigint, bits: number): Buffer {
  return toBufferBE(checked(word, bits), bytesOf(bits));
}

/** An unsigned word as bytes, least significant first. @throws RangeError unless 0 <= word < 2^bits */
export function littleEndian(word: bigint, bits: number): Buffer {
  return toBufferLE(checked(word, bits), bytesOf(bits));
}

function checked(word: bigint, bits: number): bigint {
  if (!Number.isSafeInteger(bits) || bits < 1) throw new RangeError(`a word has at least 1 bit, found ${bits}`);
  if (word < 0n || word >> BigInt(bits) !== 0n)
    throw new RangeError(`a word of ${bits} bits is 0 to 2^${bits} - 1, found ${word}`);
  return word;
}
