import { addressOf, codesOfDigits, type WordReader } from './reading.js';
import { tokenLines } from './tokens.js';

const COMMENTS = [{ from: '//' }, { from: '/*', to: '*/' }];

/**
 * $readmemh and $readmemb (IEEE 1800-2017, 21.4): words parted by white space or comments (5.4), `@` and an address in hex
 * before words that lie elsewhere, in any order. Addresses that no word is given for are left out.
 */
export function readmemReader(radix: 2 | 16): WordReader {
  return async function* (lines, port, file) {
    let address = 0;
    for await (const { tokens, number } of tokenLines(lines, COMMENTS, /\S+/g, file))
      for (const token of tokens) {
        const where = `${file}:${number}`;
        if (token.startsWith('@')) address = addressOf(token.slice(1).replaceAll('_', ''), 16, where);
        else if (token.startsWith(':'))
          throw new Error(`${where}: "${token}" looks like Intel HEX, which is not read; write it for $readmemh`);
        else yield { address: address++, codes: codesOfDigits(token, radix, port, where), line: number };
      }
  };
}
