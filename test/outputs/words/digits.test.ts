import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../../src/formats/catalog.js';
import { widthOf } from '../../../src/formats/format.js';
import { binaryWord, hexWord, type Port } from '../../../src/outputs/words/port.js';
import {
  addressOf,
  codeOfNumber,
  codesInRadix,
  codesOfDigits,
  storageBytes,
  unpacked,
} from '../../../src/outputs/words/reading.js';

/** Every format of the catalogue as a port of one to five lanes: what a word is, digit by digit, and that no wider one is taken. */
const ports: fc.Arbitrary<Port> = fc.record({
  name: fc.constant('x'),
  format: fc.constantFrom(...FORMATS),
  lanes: fc.integer({ min: 1, max: 5 }),
});
const RUNS = { numRuns: 2000, seed: 41 } as const;

type Codes = (bigint | undefined)[];

/** A word's codes from its binary digits, first to last: lane 0 is the last `width` of them. Undefined where one is no 0 or 1. */
function lanesOf(bits: readonly string[], width: number, lanes: number): Codes {
  return Array.from({ length: lanes }, (_, lane) => {
    const end = bits.length - lane * width;
    const own = bits.slice(end - width, end);
    return own.every((bit) => bit === '0' || bit === '1')
      ? own.reduce((code, bit) => 2n * code + BigInt(bit), 0n)
      : undefined;
  });
}

/** What a word in digits is: codes, or `wide` where a bit stands beyond those that the port has. */
function wordOf(digits: string, radix: 2 | 16, { format, lanes }: Port): Codes | 'wide' {
  const width = widthOf(format);
  const each = radix === 2 ? 1 : 4;
  const bits = [...digits.replaceAll('_', '')].flatMap((digit) =>
    /[xz?]/i.test(digit)
      ? Array<string>(each).fill('x')
      : [...Array(each).keys()].map((bit) => String((Number.parseInt(digit, 16) >> (each - 1 - bit)) & 1)),
  );
  while (bits.length < width * lanes) bits.unshift('0');
  const beyond = bits.slice(0, bits.length - width * lanes);
  // An unknown digit may stand for some bits of the word and some beyond: simulators write it so.
  const partly = (width * lanes) % each === 0 ? 0 : each - ((width * lanes) % each);
  const wrong = beyond.some((bit, i) => bit === '1' || (bit === 'x' && i < beyond.length - partly));
  return wrong ? 'wide' : lanesOf(bits.slice(beyond.length), width, lanes);
}

const TOO_WIDE = /^Error: f:1: \S+ is too wide; a (?:word|code) of x has \d+ bits$/;

/** What is read, or `wide` where that is said. */
function read(reading: () => readonly (bigint | undefined)[]): Codes | 'wide' {
  try {
    return [...reading()];
  } catch (error) {
    if (!TOO_WIDE.test(String(error))) throw error;
    return 'wide';
  }
}

describe.each([2, 16] as const)('digits of radix %i', (radix) => {
  const known = radix === 2 ? '01' : '0123456789abcdefABCDEF';
  it('are the word that they say, unknown ones too, and no bit is dropped', () => {
    const seen = { wide: 0, known: 0, unknown: 0 };
    fc.assert(
      fc.property(
        ports,
        fc.integer({ min: -3, max: 2 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (port, more, some, draw) => {
          const next = () => draw.next().value as number;
          const count = Math.max(1, Math.ceil((widthOf(port.format) * port.lanes) / (radix === 2 ? 1 : 4)) + more);
          const letters = some ? `${known}xXzZ?` : known;
          // Zeros often in front: a word may be longer than its port, and no wider.
          const text = Array.from({ length: count }, (_, i) =>
            i < 3 && next() % 2 === 0 ? '0' : letters[next() % letters.length],
          ).join('_');
          const expected = wordOf(text, radix, port);
          expect(
            read(() => codesOfDigits(text, radix, port, 'f:1')),
            text,
          ).toEqual(expected);
          expect(
            read(() => codesInRadix(text, radix, port, 'f:1')),
            text,
          ).toEqual(expected);
          seen[expected === 'wide' ? 'wide' : expected.includes(undefined) ? 'unknown' : 'known']++;
        },
      ),
      RUNS,
    );
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(100);
  });

  it('of a word whose first digit holds more bits than the port are taken as far as the port goes', () => {
    for (let bits = 1; bits <= 7; bits++) {
      const port: Port = { name: 'x', format: { kind: 'int', name: 'i', signed: true, bits, exponent: 0 }, lanes: 1 };
      const words = Array.from({ length: 2 ** (bits + 5) }, (_, word) => word);
      expect(words.map((word) => read(() => codesOfDigits(word.toString(radix), radix, port, 'f:1')))).toEqual(
        words.map((word) => (word < 2 ** bits ? [BigInt(word)] : 'wide')),
      );
    }
  });
});

it('numbers are words from the least negative to the largest, in radix 8 and 10, and codes lane by lane', () => {
  const port = (bits: number, lanes: number): Port => ({
    name: 'x',
    format: { kind: 'int', name: 'i', signed: true, bits, exponent: 0 },
    lanes,
  });
  for (let bits = 1; bits <= 8; bits++) {
    const [least, most] = [-(2 ** (bits - 1)), 2 ** bits - 1];
    for (let value = 2 * least - 2; value <= 2 * most + 2; value++) {
      const code = value < least || value > most ? 'wide' : [BigInt(value < 0 ? value + 2 ** bits : value)];
      expect(read(() => codesInRadix(String(value), 10, port(bits, 1), 'f:1'))).toEqual(code);
      expect(read(() => [codeOfNumber(String(value), port(bits, 3), 'f:1')])).toEqual(code);
      if (value < 0) continue;
      expect(read(() => codesInRadix(value.toString(8), 8, port(bits, 1), 'f:1'))).toEqual(code);
      for (const literal of [`0x${value.toString(16)}`, `0o${value.toString(8)}`, `0b${value.toString(2)}`])
        expect(read(() => [codeOfNumber(literal, port(bits, 1), 'f:1')])).toEqual(code);
      if (value > 0)
        expect(read(() => [codeOfNumber(`-0x${value.toString(16)}`, port(bits, 1), 'f:1')])).toEqual(
          -value < least ? 'wide' : [BigInt(2 ** bits - value)],
        );
    }
  }
  // A negative word is that in two's complement of all lanes together.
  expect(codesInRadix('-2', 10, port(4, 3), 'f:1')).toEqual([14n, 15n, 15n]);
  expect(codesInRadix('3777', 8, port(4, 3), 'f:1')).toEqual([15n, 15n, 7n]);
  for (const text of ['8', '-1', 'x', ''])
    expect(() => codesInRadix(text, 8, port(4, 1), 'f:1')).toThrow('no word in radix 8');
  for (const text of ['a', '--1', '1.0', ''])
    expect(() => codesInRadix(text, 10, port(4, 1), 'f:1')).toThrow('no word in radix 10');
  expect(() => codeOfNumber('1', port(4, 1), 'f:1', true)).toThrow(
    'f:1: "1" is no code; write it as 0x.. or as a whole number',
  );
});

it('a negative word is none', () => {
  const port: Port = { name: 'x', format: FORMATS[0], lanes: 1 };
  expect(() => unpacked(-1n, port, 'f:1')).toThrow('f:1: 0x-1 is too wide');
});

it('addresses are whole numbers of their radix', () => {
  for (const radix of [2, 8, 10, 16] as const) {
    for (const at of [0, 1, radix - 1, radix, 1000]) expect(addressOf(at.toString(radix), radix, 'f:1')).toBe(at);
    expect(addressOf(`000${(radix - 1).toString(radix)}`, radix, 'f:1')).toBe(radix - 1);
    for (const text of [radix === 16 ? 'g' : radix.toString(16 + radix), '', '-1', '1.0', ' 1'])
      expect(() => addressOf(text, radix, 'f:1')).toThrow(`f:1: "${text}" is no address in radix ${radix}`);
  }
});

it('a word is written with all its digits, lane 0 last', () => {
  fc.assert(
    fc.property(ports, fc.infiniteStream(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), (port, draw) => {
      const width = widthOf(port.format);
      const codes = Array.from({ length: port.lanes }, () => BigInt.asUintN(width, draw.next().value as bigint));
      const word = codes.reduce((sum, code, lane) => sum + code * 2n ** BigInt(width * lane), 0n);
      const text = binaryWord(port, codes);
      expect([BigInt(`0b${text}`), text.length]).toEqual([word, width * port.lanes]);
      const hex = hexWord(port, codes);
      expect([BigInt(`0x${hex}`), hex.length]).toEqual([word, Math.ceil((width * port.lanes) / 4)]);
      expect(hex).toBe(hex.toLowerCase());
      expect(unpacked(word, port, 'f:1')).toEqual(codes);
    }),
    { numRuns: 1000, seed: 42 },
  );
});

it('a code is stored in the smallest of 1, 2, 4 and 8 bytes', () => {
  for (const format of FORMATS) {
    const width = widthOf(format);
    const bytes = width <= 8 ? 1 : width <= 16 ? 2 : width <= 32 ? 4 : 8;
    expect(storageBytes({ name: 'x', format, lanes: 3 }), format.name).toBe(bytes);
  }
});
