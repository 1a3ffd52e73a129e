import type { Port } from '../port.js';
import { codeOfNumber, codesOfDigits, type Line, type ReadWord, unpacked, type WordReader } from './reading.js';

/** Lines without comments: `//` to the end of the line, and what lies between the two marks of a block. */
async function* uncommented(lines: AsyncIterable<Line>, from: string, to: string): AsyncGenerator<Line> {
  let inside = false;
  for await (const { text, number } of lines) {
    let rest = text;
    let kept = '';
    while (rest !== '') {
      const at = rest.indexOf(inside ? to : from);
      if (!inside) kept += at < 0 ? rest : rest.slice(0, at);
      if (at < 0) break;
      rest = rest.slice(at + (inside ? to : from).length);
      inside = !inside;
    }
    yield { text: kept.replace(/\/\/.*/, ''), number };
  }
}

/** $readmemh and $readmemb: words by white space, `@` and an address in hex before words that lie elsewhere. */
export function readmemReader(radix: 2 | 16): WordReader {
  return async function* (lines, port, file) {
    let address = 0;
    // A `//` must go before a `/*` behind it can open a block.
    for await (const { text, number } of uncommented(withoutTails(lines), '/*', '*/')) {
      for (const token of text.split(/\s+/).filter(Boolean)) {
        const where = `${file}:${number}`;
        if (token.startsWith('@')) address = addressOf(token.slice(1), 16, where);
        else yield { address: address++, codes: codesOfDigits(token, radix, port, where), line: number };
      }
    }
  };
}

async function* withoutTails(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
  for await (const { text, number } of lines) yield { text: text.replace(/\/\/.*/, ''), number };
}

function addressOf(text: string, radix: number, where: string): number {
  const digits = { 2: /^[01]+$/, 8: /^[0-7]+$/, 10: /^\d+$/, 16: /^[0-9a-f]+$/i }[radix];
  if (digits?.test(text) === true) return Number.parseInt(text, radix);
  throw new Error(`${where}: "${text}" is no address in radix ${radix}`);
}

/** Vivado's .mif: a binary word a line. */
export const readVivadoMif = readmemReader(2);

/** Xilinx .coe: a radix, then words by commas or white space up to a semicolon; lines that begin with one are comments. */
export const readCoe: WordReader = async function* (lines, port, file) {
  let radix = 16;
  let address = 0;
  let inVector = false;
  for await (const { text, number } of lines) {
    if (text.trimStart().startsWith(';')) continue;
    const where = `${file}:${number}`;
    radix = Number(/memory_initialization_radix\s*=\s*(\d+)/i.exec(text)?.[1] ?? radix);
    const vector = /memory_initialization_vector\s*=(.*)/i.exec(text);
    inVector ||= vector !== null;
    if (!inVector) continue;
    for (const token of (vector?.[1] ?? text).split(/[\s,;]+/).filter(Boolean))
      yield { address: address++, codes: codesIn(token, radix, port, where), line: number };
  }
};

function codesIn(token: string, radix: number, port: Port, where: string): ReadWord['codes'] {
  if (radix === 2 || radix === 16) return codesOfDigits(token, radix, port, where);
  if (radix === 10 && /^\d+$/.test(token)) return unpacked(BigInt(token), port, where);
  throw new Error(`${where}: "${token}" in radix ${radix}; words are read in radix 2, 10 or 16`);
}

const RADIX: Readonly<Record<string, number>> = { BIN: 2, OCT: 8, DEC: 10, UNS: 10, HEX: 16 };

/** Intel .mif: radices, then `address : word ...;` and `[from..to] : word;` between CONTENT BEGIN and END. */
export const readIntelMif: WordReader = async function* (lines, port, file) {
  const radix = { ADDRESS: 16, DATA: 16 };
  let inContent = false;
  for await (const { text, number } of uncommented(lines, '%', '%')) {
    const where = `${file}:${number}`;
    const line = text.replace(/--.*/, '').trim();
    const set = /^(ADDRESS|DATA)_RADIX\s*=\s*(\w+)/i.exec(line);
    if (set !== null) radix[set[1].toUpperCase() as 'DATA'] = radixNamed(set[2], where);
    if (/\bBEGIN\b/i.test(line)) inContent = true;
    else if (/^END\b/i.test(line)) return;
    else if (inContent && line !== '') yield* entriesOf(line, radix, port, where, number);
  }
};

function radixNamed(name: string, where: string): number {
  const radix = RADIX[name.toUpperCase()];
  if (radix === undefined) throw new Error(`${where}: radix ${name} is not one of ${Object.keys(RADIX).join(', ')}`);
  return radix;
}

function* entriesOf(
  text: string,
  radix: { ADDRESS: number; DATA: number },
  port: Port,
  where: string,
  line: number,
): Generator<ReadWord> {
  for (const entry of text.split(';').filter((part) => part.trim() !== '')) {
    const match = /^\s*(?:\[(\w+)\.\.(\w+)\]|(\w+))\s*:\s*(.*)$/.exec(entry);
    if (match === null) throw new Error(`${where}: "${entry.trim()}" is no entry; write "address : word;"`);
    const first = addressOf(match[1] ?? match[3], radix.ADDRESS, where);
    const words = match[4].trim().split(/\s+/);
    const last = match[2] === undefined ? first + words.length - 1 : addressOf(match[2], radix.ADDRESS, where);
    for (let address = first; address <= last; address++) {
      const token = words[(address - first) % words.length];
      yield { address, codes: codesIn(token, radix.DATA, port, where), line };
    }
  }
}

/** JSON: an array of words, each an array of codes or, with one lane, a code; numbers, or strings such as "0x1f". */
export const readJson: WordReader = (lines, port, file) => nested(lines, port, file, '[', ']');

/** A C header: the first array in it, of words or of codes. */
export const readC: WordReader = (lines, port, file) =>
  nested(afterEquals(uncommented(lines, '/*', '*/')), port, file, '{', '}');

/** What follows the first `=`. */
async function* afterEquals(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
  let found = false;
  for await (const { text, number } of lines) {
    if (found) yield { text, number };
    else if (text.includes('=')) {
      found = true;
      yield { text: text.slice(text.indexOf('=') + 1), number };
    }
  }
}

/** A list of lists of codes; with one lane also a list of codes. It ends where the outer list is closed. */
async function* nested(
  lines: AsyncIterable<Line>,
  port: Port,
  file: string,
  open: string,
  close: string,
): AsyncGenerator<ReadWord> {
  let depth = 0;
  let address = 0;
  let codes: bigint[] = [];
  for await (const { text, number } of lines) {
    const where = `${file}:${number}`;
    for (const token of text.match(/[[\]{}]|[^\s,;[\]{}"]+/g) ?? []) {
      if (token === open) {
        if (++depth > 2) throw new Error(`${where}: a list within a word; words are lists of codes`);
      } else if (token === close) {
        if (--depth === 0) return;
        if (codes.length !== port.lanes)
          throw new Error(`${where}: a word has ${codes.length} codes; ${port.name} has ${port.lanes}`);
        yield { address: address++, codes, line: number };
        codes = [];
      } else if (depth === 0) throw new Error(`${where}: "${token}" stands before the list of words`);
      else {
        const code = codeOfNumber(token, port, where);
        if (depth === 2) codes.push(code);
        else if (port.lanes === 1) yield { address: address++, codes: [code], line: number };
        else throw new Error(`${where}: a code outside of a word; a word of ${port.name} is a list of ${port.lanes}`);
      }
    }
  }
  throw new Error(`${file}: the list of words is never closed by "${close}"`);
}
