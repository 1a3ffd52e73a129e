import { hexWord } from './port.js';
import { codesInRadix, readingText, type WordReader } from './reading.js';
import { tokenLines } from './tokens.js';
import type { WordFormat } from './wordFormat.js';

const RADIX_KEYWORDS = ['MEMORY_INITIALIZATION_RADIX', 'RADIX'];
const DATA_KEYWORDS = ['MEMORY_INITIALIZATION_VECTOR', 'COEFDATA', 'MEMDATA'];

/**
 * Xilinx .coe (UG896, "COE File Syntax"): `keyword = value;` in any case over any lines, the radix among them, then the
 * words, parted by commas or white space, up to a semicolon. What follows a semicolon on its line is a comment, and what
 * follows the words' own is ignored.
 */
const readCoe: WordReader = async function* (lines, port, file) {
  let radix: 2 | 10 | 16 | undefined;
  let address = 0;
  let afterComma = false;
  let setting: string[] = [];
  let inVector = false;
  for await (const { tokens, number } of tokenLines(lines, [], /[=,;]|[^\s=,;]+/g, file)) {
    const where = `${file}:${number}`;
    for (const token of tokens) {
      if (token === ';') {
        if (inVector) return;
        radix = radixIn(setting, where) ?? radix;
        setting = [];
        break;
      }
      if (inVector) {
        if (token === '=') throw new Error(`${where}: "=" among the words; they end with a semicolon`);
        if (token === ',' && (afterComma || address === 0))
          throw new Error(`${where}: a comma without a word before it`);
        afterComma = token === ',';
        if (!afterComma)
          yield { address: address++, codes: codesInRadix(token, radix ?? 16, port, where), line: number };
        continue;
      }
      setting.push(token);
      // A radix may lack its semicolon: the words' keyword ends it.
      const [keyword] = setting.slice(-2);
      if (token !== '=' || !DATA_KEYWORDS.includes(keyword.toUpperCase())) continue;
      radix = radixIn(setting.slice(0, -2), where) ?? radix;
      if (radix === undefined)
        throw new Error(`${where}: no radix stands before the words; write memory_initialization_radix = 16; first`);
      inVector = true;
    }
  }
  if (!inVector && setting.length > 0)
    throw new Error(`${file}: has no memory_initialization_vector: a .coe file names it before the words`);
};

/** The radix that a setting gives, where it is one of the radix. */
function radixIn([keyword, equals, value]: readonly string[], where: string): 2 | 10 | 16 | undefined {
  if (keyword === undefined) return undefined;
  if (equals !== '=') throw new Error(`${where}: "${keyword}" is no setting of a .coe file; write "keyword = value;"`);
  if (!RADIX_KEYWORDS.includes(keyword.toUpperCase())) return undefined;
  if (value === '2' || value === '10' || value === '16') return Number(value) as 2 | 10 | 16;
  throw new Error(`${where}: radix ${value ?? 'without a value'} is not one of 2, 10, 16`);
}

/** Xilinx memory initialisation for block RAM generators. */
export const coe: WordFormat = {
  extension: 'coe',
  read: readingText(readCoe),
  begin: () => 'memory_initialization_radix=16;\nmemory_initialization_vector=\n',
  word: (port, codes, _address, last) => `${hexWord(port, codes)}${last ? ';' : ','}\n`,
  end: () => '',
};
