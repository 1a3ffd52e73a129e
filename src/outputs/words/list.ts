import type { Port } from './port.js';
import { codeOfNumber, type ReadWord } from './reading.js';
import type { TokenLine } from './tokens.js';

/** How a language writes lists of numbers. */
export interface ListSyntax {
  open: string;
  close: string;
  /** Whether a comma may stand behind the last one. */
  trailingComma: boolean;
  /** A number as `codeOfNumber` takes it; undefined where the language has no such number. */
  number(token: string): string | undefined;
  /** Whether more may follow the list. */
  goesOn: boolean;
}

/** A list of lists of codes; with one lane also a list of codes. */
export async function* wordsInList(
  lines: AsyncIterable<TokenLine>,
  port: Port,
  file: string,
  { open, close, trailingComma, number: numberOf, goesOn }: ListSyntax,
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
