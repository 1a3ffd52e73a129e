import { hexCode, hexDigitsOf } from '../../formats/format.js';
import { csvRows } from '../files/csvRows.js';
import type { Port } from './port.js';
import { codesOfDigits, type ReadWord } from './reading.js';
import type { WordKind } from './wordFormat.js';

/**
 * CSV with a header: the column named as the port, or `result`, or the only one. Codes are in hex, with or without 0x, by
 * spaces, lane 0 first. Cells may be quoted.
 */
async function* readCsv(file: string, port: Port): AsyncGenerator<ReadWord> {
  const lane = { ...port, lanes: 1 };
  let column: number | undefined;
  let address = 0;
  for await (const { fields, line } of csvRows(file)) {
    if (column === undefined) {
      column = columnOf(
        fields.map((cell) => cell.trim()),
        port.name,
        file,
      );
      continue;
    }
    // A row of blanks is as an empty line.
    if (fields.every((cell) => cell.trim() === '')) continue;
    const where = `${file}:${line}`;
    const words = fields[column].split(/\s+/).filter(Boolean);
    if (words.length !== port.lanes)
      throw new Error(`${where}: a word has ${words.length} codes; ${port.name} has ${port.lanes}`);
    const codes = words.flatMap((word) => codesOfDigits(word.replace(/^0x/i, ''), 16, lane, where));
    yield { address: address++, codes, line };
  }
}

function columnOf(header: readonly string[], name: string, file: string): number {
  for (const wanted of [name, 'result']) {
    if (header.indexOf(wanted) !== header.lastIndexOf(wanted))
      throw new Error(`${file} has two columns "${wanted}": rename one of them`);
    if (header.includes(wanted)) return header.indexOf(wanted);
  }
  if (header.length === 1) return 0;
  throw new Error(`${file}: has no column "${name}" or "result": it has ${header.join(', ')}`);
}

/** All ports side by side, as `lastbit eval` reads them: the one kind of file that holds several. */
export const csv = {
  extension: 'csv',
  read: readCsv,
  begin: (ports: readonly Port[]) => `${ports.map((port) => port.name).join(',')}\n`,
  row(ports: readonly Port[]): (codes: readonly (readonly bigint[])[]) => string {
    const digits = ports.map(({ format }) => hexDigitsOf(format));
    return (codes) => `${codes.map((lanes, i) => lanes.map((code) => hexCode(code, digits[i])).join(' ')).join(',')}\n`;
  },
} satisfies WordKind & Record<string, unknown>;
