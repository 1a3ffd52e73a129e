import { widthOf } from '../../formats/format.js';
import { linesOf } from '../../text/lines.js';
import { bytesOf } from '../files/bytes.js';
import type { Port } from './port.js';
import { wordBits } from './port.js';

/** A word as it stands in a file. */
export interface ReadWord {
  address: number;
  /** Lane by lane; undefined where the word has an x or z in the lane. */
  codes: readonly (bigint | undefined)[];
  /** Where it stands: a line of a text file, or the word's number in a binary one. */
  line: number;
}

export interface Line {
  text: string;
  /** From 1. */
  number: number;
}

/** Reads one kind of vector file. @throws Error `file:line: what is wrong and what would do` */
export type WordReader = (lines: AsyncIterable<Line>, port: Port, file: string) => AsyncGenerator<ReadWord>;

/** Reads a file line by line. */
export function readingText(reader: WordReader): (path: string, port: Port) => AsyncGenerator<ReadWord> {
  return (path, port) => reader(numbered(path), port, path);
}

async function* numbered(path: string): AsyncGenerator<Line> {
  let number = 0;
  for await (const text of linesOf(path)) yield { text, number: ++number };
}

const DIGIT_BITS = { 2: 1, 16: 4 } as const;

/** A packed word in digits of radix 2 or 16, x and z among them, as codes. A `0x` is a 0 and an unknown digit. */
export function codesOfDigits(digits: string, radix: 2 | 16, port: Port, where: string): ReadWord['codes'] {
  const plain = digits.replaceAll('_', '');
  const known = radix === 2 ? /^[01]+$/ : /^[0-9a-f]+$/i;
  if (known.test(plain)) return unpacked(BigInt(`${radix === 2 ? '0b' : '0x'}${plain}`), port, where);
  if (!(radix === 2 ? /^[01xz?]+$/i : /^[0-9a-fxz?]+$/i).test(plain))
    throw new Error(`${where}: "${digits}" is no word in radix ${radix}`);
  return codesOfBits(bitsOf(plain, radix), DIGIT_BITS[radix], port, where, digits);
}

/** Binary digits of a word with unknown ones. */
function bitsOf(digits: string, radix: 2 | 16): string {
  if (radix === 2) return digits;
  return [...digits]
    .map((digit) => (/[xz?]/i.test(digit) ? 'xxxx' : Number.parseInt(digit, 16).toString(2).padStart(4, '0')))
    .join('');
}

/** A lane is unknown as soon as one of its bits is. */
function codesOfBits(text: string, digit: number, port: Port, where: string, word: string): ReadWord['codes'] {
  const bits = wordBits(port);
  // A simulator writes a whole digit of x where the word has only some bits of its first digit.
  const beyond = text.slice(0, Math.max(0, text.length - Math.ceil(bits / digit) * digit));
  if (!/^0*$/.test(beyond) || text.slice(0, Math.max(0, text.length - bits)).includes('1'))
    throw tooWide(word, port, where);
  const own = text.slice(-bits).padStart(bits, '0');
  const width = bits / port.lanes;
  return Array.from({ length: port.lanes }, (_, lane) => {
    const part = own.slice(bits - (lane + 1) * width, bits - lane * width);
    return /^[01]+$/.test(part) ? BigInt(`0b${part}`) : undefined;
  });
}

/** The codes of a packed word, lane 0 in the least significant bits. */
export function unpacked(word: bigint, port: Port, where: string): bigint[] {
  const bits = wordBits(port);
  if (word < 0n || word >> BigInt(bits) !== 0n) throw tooWide(`0x${word.toString(16)}`, port, where);
  if (port.lanes === 1) return [word];
  const width = bits / port.lanes;
  const text = word.toString(2).padStart(bits, '0');
  return Array.from({ length: port.lanes }, (_, lane) =>
    BigInt(`0b${text.slice(bits - (lane + 1) * width, bits - lane * width)}`),
  );
}

function tooWide(word: string, port: Port, where: string): Error {
  return new Error(`${where}: ${word} is too wide; a word of ${port.name} has ${wordBits(port)} bits`);
}

/** A packed word in radix 2, 8, 10 or 16; a negative decimal one in two's complement of the whole word. */
export function codesInRadix(token: string, radix: 2 | 8 | 10 | 16, port: Port, where: string): ReadWord['codes'] {
  if (radix === 2 || radix === 16) return codesOfDigits(token, radix, port, where);
  if (!(radix === 8 ? /^[0-7]+$/ : /^-?\d+$/).test(token))
    throw new Error(`${where}: "${token}" is no word in radix ${radix}`);
  if (!token.startsWith('-')) return unpacked(BigInt(radix === 8 ? `0o${token}` : token), port, where);
  const bits = wordBits(port);
  if (BigInt(token) < -(1n << BigInt(bits - 1))) throw tooWide(token, port, where);
  return unpacked(BigInt.asUintN(bits, BigInt(token)), port, where);
}

const ADDRESS_DIGITS = { 2: /^[01]+$/, 8: /^[0-7]+$/, 10: /^\d+$/, 16: /^[0-9a-f]+$/i } as const;

export function addressOf(text: string, radix: 2 | 8 | 10 | 16, where: string): number {
  if (ADDRESS_DIGITS[radix].test(text)) return Number.parseInt(text, radix);
  throw new Error(`${where}: "${text}" is no address in radix ${radix}`);
}

/** One code as a number, negative ones in two's complement. @param foreign the number is none of the file's language */
export function codeOfNumber(text: string, port: Port, where: string, foreign = false): bigint {
  const number = foreign ? null : /^(-?)(0x[0-9a-f]+|0o[0-7]+|0b[01]+|\d+)$/i.exec(text);
  if (number === null) throw new Error(`${where}: "${text}" is no code; write it as 0x.. or as a whole number`);
  const width = wordBits(port) / port.lanes;
  const value = number[1] === '-' ? -BigInt(number[2]) : BigInt(number[2]);
  if (value < 1n << BigInt(width) && value >= -(1n << BigInt(width - 1))) return BigInt.asUintN(width, value);
  throw new Error(`${where}: ${text} is too wide; a code of ${port.name} has ${width} bits`);
}

/** Bytes of the C or numpy type that holds one code: 1, 2, 4 or 8. */
export function storageBytes({ format }: Port): number {
  const bytes = bytesOf(widthOf(format));
  return [1, 2, 4, 8].find((size) => size >= bytes) as number;
}

export const hexLiteral = (code: bigint) => `0x${code.toString(16)}`;
