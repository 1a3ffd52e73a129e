import { binaryWord, hexWord, type Port, wordBits } from './port.js';
import { addressOf, codesOfDigits, readingText, type WordReader } from './reading.js';
import { tokenLines } from './tokens.js';
import type { WordFormat } from './wordFormat.js';

const COMMENTS = [{ from: '//' }, { from: '/*', to: '*/' }];

/**
 * $readmemh and $readmemb (IEEE 1800-2017, 21.4): words parted by white space or comments (5.4), `@` and an address in hex
 * before words that lie elsewhere, in any order. Addresses that no word is given for are left out.
 */
function readmemReader(radix: 2 | 16): WordReader {
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

/**
 * $readmemh and $readmemb: one word a line in fixed width, comments only at the head, every word written, and a final
 * newline, without which Verilator reads the last word as zero.
 */
function readmem(
  radix: 2 | 16,
  text: (port: Port, codes: readonly bigint[]) => string,
  endings: Pick<WordFormat, 'extension' | 'others'>,
): WordFormat {
  return {
    ...endings,
    read: readingText(readmemReader(radix)),
    begin: (port, depth) =>
      `// ${port.name}: ${depth} words of ${wordBits(port)} bits, ${port.lanes} x ${port.format.name}, lane 0 least significant\n`,
    word: (port, codes) => `${text(port, codes)}\n`,
    end: () => '',
  };
}

export const readmemh = readmem(16, hexWord, { extension: 'memh', others: ['hex', 'mem'] });
export const readmemb = readmem(2, binaryWord, { extension: 'memb', others: ['bin'] });

/** Vivado's: one binary word a line and nothing else. */
export const vivadoMif: WordFormat = {
  extension: 'mif',
  begins: /^\s*[01xz_]+\s*$/i,
  read: readmemb.read,
  begin: () => '',
  word: (port, codes) => `${binaryWord(port, codes)}\n`,
  end: () => '',
};
