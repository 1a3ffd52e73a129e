import { counted } from '../../text/plural.js';
import { hexWord, type Port, wordBits } from './port.js';
import { addressOf, codesInRadix, readingText, type ReadWord, type WordReader } from './reading.js';
import { tokenLines } from './tokens.js';
import type { WordFormat } from './wordFormat.js';

type Radix = 2 | 8 | 10 | 16;
const RADIX: Readonly<Record<string, Radix>> = { BIN: 2, OCT: 8, DEC: 10, UNS: 10, HEX: 16 };

interface Settings {
  address: Radix;
  data: Radix;
  /** Words in the memory. */
  depth: number | undefined;
}

const COMMENTS = [{ from: '--' }, { from: '%', to: '%' }];
const TOKEN = /\.\.|[=;:[\].]|[^\s=;:[\].]+/g;

/**
 * Intel .mif (Quartus help, "Memory Initialization File Definition"): settings, then between CONTENT BEGIN and END entries
 * `address : words;` and `[from..to] : words;`, whose words repeat. Entries end with a semicolon wherever lines do; later
 * ones override earlier ones, as they come.
 */
const readIntelMif: WordReader = async function* (lines, port, file) {
  const settings: Settings = { address: 16, data: 16, depth: undefined };
  let statement: string[] = [];
  let inContent = false;
  let last = 1;
  for await (const { tokens, number } of tokenLines(lines, COMMENTS, TOKEN, file)) {
    const where = `${file}:${number}`;
    last = number;
    for (const token of tokens) {
      if (!inContent && token.toUpperCase() === 'BEGIN') {
        if (statement.join(' ').toUpperCase() !== 'CONTENT') throw new Error(`${where}: BEGIN stands behind CONTENT`);
        [inContent, statement] = [true, []];
      } else if (token !== ';') statement.push(token);
      else {
        if (inContent && isEnd(statement)) return;
        if (inContent) yield* wordsOf(statement, settings, port, where, number);
        else set(settings, statement, port, where);
        statement = [];
      }
    }
  }
  if (inContent && !isEnd(statement)) throw new Error(`${file}:${last}: the entries are never closed by "END;"`);
  if (!inContent && (statement.length > 0 || settings.depth !== undefined))
    throw new Error(`${file}: has no CONTENT BEGIN before its entries`);
};

const isEnd = (statement: readonly string[]) => statement.length === 1 && statement[0].toUpperCase() === 'END';

function set(settings: Settings, statement: readonly string[], port: Port, where: string): void {
  const [name = '', equals, value = '', ...more] = statement;
  const key = name.toUpperCase();
  if (equals !== '=' || more.length > 0 || !['WIDTH', 'DEPTH', 'ADDRESS_RADIX', 'DATA_RADIX'].includes(key))
    throw new Error(
      `${where}: "${statement.join(' ')}" is no setting; there are WIDTH, DEPTH, ADDRESS_RADIX and DATA_RADIX, then CONTENT BEGIN`,
    );
  if (key === 'ADDRESS_RADIX') settings.address = radixNamed(value, where);
  else if (key === 'DATA_RADIX') settings.data = radixNamed(value, where);
  else if (!/^\d+$/.test(value)) throw new Error(`${where}: ${key} is a whole number, found "${value}"`);
  else if (key === 'DEPTH') settings.depth = Number(value);
  else if (Number(value) !== wordBits(port))
    throw new Error(`${where}: WIDTH is ${value}; a word of ${port.name} has ${wordBits(port)} bits`);
}

function radixNamed(name: string, where: string): Radix {
  const radix = RADIX[name.toUpperCase()];
  if (radix === undefined) throw new Error(`${where}: radix ${name} is not one of ${Object.keys(RADIX).join(', ')}`);
  return radix;
}

function* wordsOf(
  statement: readonly string[],
  { address: radix, data, depth }: Settings,
  port: Port,
  where: string,
  line: number,
): Generator<ReadWord> {
  const entry = /^(?:\[ (\S+) \.\. (\S+) \]|([^\s[\]]+)) : ([^:=[\]]+)$/.exec(statement.join(' '));
  if (entry === null)
    throw new Error(`${where}: "${shortened(statement.join(' '))}" is no entry; write "address : word;"`);
  const words = entry[4].split(' ').map((token) => codesInRadix(token, data, port, where));
  const first = addressOf(entry[1] ?? entry[3], radix, where);
  const last = entry[2] === undefined ? first + (words.length - 1) : addressOf(entry[2], radix, where);
  if (last < first) throw new Error(`${where}: the range ${entry[1]}..${entry[2]} runs backwards`);
  if (words.length > last - first + 1)
    throw new Error(`${where}: ${counted(words.length, 'word')} for a range of ${last - first + 1}`);
  if (depth !== undefined && last >= depth) throw new Error(`${where}: address ${last}; DEPTH is ${depth}`);
  for (let address = first; address <= last; address++)
    yield { address, codes: words[(address - first) % words.length], line };
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Intel (Altera) Quartus. */
export const intelMif: WordFormat = {
  extension: 'mif',
  read: readingText(readIntelMif),
  begin: (port, depth) =>
    `DEPTH = ${depth};\nWIDTH = ${wordBits(port)};\nADDRESS_RADIX = UNS;\nDATA_RADIX = HEX;\nCONTENT BEGIN\n`,
  word: (port, codes, address) => `${address} : ${hexWord(port, codes)};\n`,
  end: () => 'END;\n',
};
