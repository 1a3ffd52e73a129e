import type { Format } from '../formats/format.js';
import { hexDigitsOf, widthOf } from '../formats/format.js';
import { didYouMean } from '../text/nearest.js';
import { csvRows, type Row } from '../outputs/files/csvRows.js';
import { remark, writingTo } from './terminal.js';

export type { Row };

/** CSV files as commands read them: a header line, then a stream of rows, so that memory stays flat. */
export interface Table {
  /** As the user named it; `standard input` for `-`. */
  path: string;
  header: Row;
  /** Each with as many fields as the header: those that a spreadsheet leaves out at a row's end are empty. */
  rows: AsyncGenerator<Row>;
}

/** Opens a CSV file, or standard input for `-`, and reads its header. */
export async function openTable(path: string): Promise<Table> {
  const shown = path === '-' ? 'standard input' : path;
  const rows = csvRows(path, shown);
  const first = await rows.next();
  if (first.done === true) throw new Error(`${shown} is empty: its first line should name the columns`);
  refuseOtherText(shown, first.value.text);
  return { path: shown, header: first.value, rows };
}

/** Text of other systems reads as one long line, or with a zero byte between letters. */
function refuseOtherText(path: string, header: string): void {
  if (header.includes('\0')) throw new Error(`${path} is not text in UTF-8: save it as "CSV UTF-8"`);
  if (header.includes('\r'))
    throw new Error(`${path} ends its lines with a lone carriage return: save it with line feeds`);
}

/** @throws Error when there is none, naming those there are */
export function columnOf({ path, header }: Table, name: string): number {
  const index = optionalColumn({ path, header }, name);
  if (index !== undefined) return index;
  const names = header.fields.map((field) => field.trim());
  const other = names.length === 1 ? /[;\t|]/.exec(names[0])?.[0] : undefined;
  if (other !== undefined)
    throw new Error(
      `${path} has the one column ${JSON.stringify(names[0])}: columns are separated by commas, found ${JSON.stringify(other)}`,
    );
  throw new Error(`${path} has no column "${name}": it has ${names.join(', ')}${didYouMean(name, names)}`);
}

export function optionalColumn({ path, header }: Pick<Table, 'path' | 'header'>, name: string): number | undefined {
  const names = header.fields.map((field) => field.trim());
  const index = names.indexOf(name);
  if (index !== names.lastIndexOf(name)) throw new Error(`${path} has two columns "${name}": rename one of them`);
  return index < 0 ? undefined : index;
}

/** Refuses to write a column that the input has already, since every column of the input is kept. */
export function refuseColumns(table: Table, names: readonly string[]): void {
  for (const name of names)
    if (optionalColumn(table, name) !== undefined)
      throw new Error(`${table.path} has a column "${name}" already, which this command adds: rename it`);
}

/** A code in hexadecimal, with or without 0x, of at most the format's width. */
export function codeAt(table: Table, row: Row, column: number, format: Format): bigint {
  return parseCode((row.fields[column] ?? '').trim(), format, () => whereIs(table, row, column));
}

/** Codes separated by spaces. */
export function codesAt(table: Table, row: Row, column: number, format: Format): bigint[] {
  const text = (row.fields[column] ?? '').trim();
  const words = text === '' ? [] : text.split(/\s+/);
  return words.map((word) => parseCode(word, format, () => whereIs(table, row, column)));
}

const HEX = /^(?:0x)?[0-9a-f]+$/i;

function parseCode(text: string, format: Format, where: () => string): bigint {
  if (!HEX.test(text))
    throw new Error(
      `${where()}: ${text === '' ? 'is empty' : `"${text}" is no code`}; write one in hex, such as ${exampleOf(format)}`,
    );
  const code = BigInt(text.charCodeAt(1) === 0x78 || text.charCodeAt(1) === 0x58 ? text : `0x${text}`);
  if (code >> BigInt(widthOf(format)) === 0n) return code;
  const largest = ((1n << BigInt(widthOf(format))) - 1n).toString(16);
  throw new Error(`${where()}: ${text} is too wide; ${format.name} has ${widthOf(format)} bits, 0x0 to 0x${largest}`);
}

function exampleOf(format: Format): string {
  return `0x${'0'.repeat(hexDigitsOf(format) - 1)}1`;
}

/**
 * Writes each row as it came, with further columns after its own, and says so where there is none.
 * @param cellsOf a row's cells in those columns, in the order of `names`
 */
export async function addColumns(
  table: Table,
  output: string,
  names: readonly string[],
  cellsOf: (row: Row) => readonly (string | number)[],
): Promise<void> {
  refuseColumns(table, names);
  let rows = 0;
  await writingTo(output, async (sink) => {
    sink.write(`${table.header.text},${names.join(',')}\n`);
    for await (const row of table.rows) {
      sink.write(`${row.text},${cellsOf(row).join(',')}\n`);
      rows++;
    }
  });
  if (rows === 0) remark(`${table.path} has no rows`);
}

/** `in.csv:7: column "code"`. */
export function whereIs(table: Table, row: Row, column: number): string {
  return `${table.path}:${row.line}: column "${table.header.fields[column].trim()}"`;
}
