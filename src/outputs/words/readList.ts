import type { Port } from '../port.js';
import { codeOfNumber, type Line, type ReadWord, type WordReader } from './reading.js';
import { type TokenLine, tokenLines } from './tokens.js';

/** How a language writes lists of numbers. */
interface Syntax {
  open: string;
  close: string;
  /** Whether a comma may stand behind the last one. */
  trailingComma: boolean;
  /** A number as `codeOfNumber` takes it; undefined where the language has no such number. */
  number(token: string): string | undefined;
  /** Whether more may follow the list. */
  goesOn: boolean;
}

/** RFC 8259's numbers that are whole; text of any number that has bits (a code in hex is no number there). */
const JSON_SYNTAX: Syntax = {
  open: '[',
  close: ']',
  trailingComma: false,
  goesOn: false,
  number: (token) =>
    token.startsWith('"') ? token.slice(1, -1) : /^-?(?:0|[1-9]\d*)$/.test(token) ? token : undefined,
};

/** JSON (RFC 8259): an array of words, each an array of codes or, with one lane, a code; whole numbers or "0x1f". */
export const readJson: WordReader = (lines, port, file) =>
  nested(tokenLines(lines, [], /[[\]{},:]|"[^"]*"|"|[^\s[\]{},:"]+/g, file), port, file, JSON_SYNTAX);

/** C11 6.4.4.1, with C23's binary constants and digit separators: a leading 0 is octal. */
const C_SYNTAX: Syntax = {
  open: '{',
  close: '}',
  trailingComma: true,
  goesOn: true,
  number(token) {
    const plain = token.replaceAll("'", '').replace(/(?<=[\da-f])(?:u(?:ll?)?|ll?u?)$/i, '');
    if (!/^-?0\d/.test(plain)) return plain;
    const octal = /^(-?)0([0-7]+)$/.exec(plain);
    return octal === null ? undefined : `${octal[1]}0o${octal[2]}`;
  },
};

const C_COMMENTS = [{ from: '//' }, { from: '/*', to: '*/' }, { from: '"', to: '"' }];

/** A C header (C11 6.7.9): the first array that is initialised in it, of words or, with one lane, of codes. */
export const readC: WordReader = (lines, port, file) =>
  nested(
    fromList(tokenLines(withoutDirectives(lines), C_COMMENTS, /[{}[\]()=,;]|[^\s{}[\]()=,;]+/g, file)),
    port,
    file,
    C_SYNTAX,
  );

async function* withoutDirectives(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
  for await (const { text, number } of lines) yield { text: /^\s*#/.test(text) ? '' : text, number };
}

/** What follows the first `= {`, that brace included. */
async function* fromList(lines: AsyncIterable<TokenLine>): AsyncGenerator<TokenLine> {
  let found = false;
  let afterEquals = false;
  for await (const { tokens, number } of lines) {
    let from: number = found ? 0 : tokens.length;
    for (let i = 0; !found && i < tokens.length; i++) {
      if (afterEquals && tokens[i] === '{') [found, from] = [true, i];
      afterEquals = tokens[i] === '=';
    }
    yield { tokens: tokens.slice(from), number };
  }
}

/** A list of lists of codes; with one lane also a list of codes. */
async function* nested(
  lines: AsyncIterable<TokenLine>,
  port: Port,
  file: string,
  { open, close, trailingComma, number: numberOf, goesOn }: Syntax,
): AsyncGenerator<ReadWord> {
  let depth = 0;
  let address = 0;
  let codes: bigint[] = [];
  /** What came last: nothing yet in this list, a code or list, or a comma. */
  let before: 'start' | 'value' | 'comma' = 'start';
  let closed = false;
  for await (const { tokens, number } of lines) {
    const where = `${file}:${number}`;
    for (const token of tokens) {
      if (closed) throw new Error(`${where}: "${token}" stands behind the list of words`);
      if (token === ',') {
        if (before !== 'value') throw new Error(`${where}: a comma without a code before it`);
        before = 'comma';
      } else if (token === close) {
        if (before === 'comma' && !trailingComma) throw new Error(`${where}: a comma before "${close}"`);
        if (depth === 0) throw new Error(`${where}: "${token}" stands before the list of words`);
        if (--depth === 0) {
          if (goesOn) return;
          closed = true;
          continue;
        }
        if (codes.length !== port.lanes)
          throw new Error(`${where}: a word has ${codes.length} codes; ${port.name} has ${port.lanes}`);
        yield { address: address++, codes, line: number };
        [codes, before] = [[], 'value'];
      } else {
        if (before === 'value') throw new Error(`${where}: a comma is missing before ${token}`);
        before = token === open ? 'start' : 'value';
        if (token === open) {
          if (++depth > 2) throw new Error(`${where}: a list within a word; words are lists of codes`);
          continue;
        }
        if (depth === 0) throw new Error(`${where}: "${token}" stands before the list of words`);
        const code = codeOfNumber(numberOf(token) ?? token, port, where, numberOf(token) === undefined);
        if (depth === 2) codes.push(code);
        else if (port.lanes === 1) yield { address: address++, codes: [code], line: number };
        else throw new Error(`${where}: a code outside of a word; a word of ${port.name} is a list of ${port.lanes}`);
      }
    }
  }
  if (depth > 0) throw new Error(`${file}: the list of words is never closed by "${close}"`);
}
