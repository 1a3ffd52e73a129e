import { type Format, hexDigitsOf, widthOf } from '../../formats/format.js';
import { bigEndian } from '../files/bytes.js';

/** A port of a unit as vector files have it: `lanes` codes of one format, packed into one word. */
export interface Port {
  name: string;
  format: Format;
  lanes: number;
}

export function wordBits({ format, lanes }: Port): number {
  return widthOf(format) * lanes;
}

/** Lane 0 in the least significant bits. */
export function packed({ format }: Port, codes: readonly bigint[]): bigint {
  if (codes.length === 1) return codes[0];
  const width = widthOf(format);
  // Wide words are built from their digits where lanes end on digits: shifting a word for each lane is quadratic.
  if (width % 4 === 0)
    return BigInt(
      `0x${codes
        .map((code) => code.toString(16).padStart(hexDigitsOf(format), '0'))
        .reverse()
        .join('')}`,
    );
  return codes.reduceRight((word, code) => (word << BigInt(width)) | code, 0n);
}

/** Lower-case hex of fixed width, most significant digit first. */
export function hexWord(port: Port, codes: readonly bigint[]): string {
  const bits = wordBits(port);
  const digits = Math.ceil(bits / 4);
  return bigEndian(packed(port, codes), bits).toString('hex').slice(-digits);
}

export function binaryWord(port: Port, codes: readonly bigint[]): string {
  return packed(port, codes).toString(2).padStart(wordBits(port), '0');
}
