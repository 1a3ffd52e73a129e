import { codesOfDigits, type WordReader } from './reading.js';

/**
 * CSV with a header: the column named as the port, or `result`, or the only one. Codes are in hex, with or without 0x, by
 * spaces, lane 0 first.
 */
export const readCsv: WordReader = async function* (lines, port, file) {
  let column: number | undefined;
  let address = 0;
  for await (const { text, number } of lines) {
    if (text.trim() === '') continue;
    const cells = text.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    if (column === undefined) {
      column = columnOf(cells, port.name, file);
      continue;
    }
    const where = `${file}:${number}`;
    const words = (cells[column] ?? '').split(/\s+/).filter(Boolean);
    if (words.length !== port.lanes)
      throw new Error(`${where}: a word has ${words.length} codes; ${port.name} has ${port.lanes}`);
    const lane = { ...port, lanes: 1 };
    const codes = words.flatMap((word) => codesOfDigits(word.replace(/^0x/i, ''), 16, lane, where));
    yield { address: address++, codes, line: number };
  }
};

function columnOf(header: readonly string[], name: string, file: string): number {
  for (const wanted of [name, 'result']) if (header.includes(wanted)) return header.indexOf(wanted);
  if (header.length === 1) return 0;
  throw new Error(`${file}: has no column "${name}" or "result": it has ${header.join(', ')}`);
}
