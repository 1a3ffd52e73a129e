import { parse } from 'csv-parse/sync';
import type { Format } from '../formats/format.js';
import { hexDigitsOf, widthOf } from '../formats/format.js';
import { didYouMean } from '../formats/nearest.js';
import { linesOf } from '../outputs/lines.js';

/** CSV files as commands read them: a header line, then a stream of rows, so that memory stays flat. */
export interface Row {
  /** The row as it stands in the file, without the line's end. */
  text: string;
  fields: readonly string[];
  /** Number of the line that the row begins on, from 1. */
  line: number;
}

export interface Table {
  /** As the user named it. */
  path: string;
  header: Row;
  rows: AsyncGenerator<Row>;
}

/** Opens a CSV file, or standard input for `-`, and reads its header. */
export async function openTable(path: string): Promise<Table> {
  const rows = rowsOf(path);
  const first = await rows.next();
  if (first.done === true) throw new Error(`${path} is empty: its first line should name the columns`);
  return { path, header: first.value, rows };
}

/** @throws Error when there is none, naming those there are */
export function columnOf({ path, header }: Table, name: string): number {
  const index = optionalColumn({ path, header }, name);
  if (index !== undefined) return index;
  const names = header.fields.map((field) => field.trim());
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

/** `in.csv:7: column "code"`. */
export function whereIs(table: Table, row: Row, column: number): string {
  return `${table.path}:${row.line}: column "${table.header.fields[column].trim()}"`;
}

async function* rowsOf(path: string): AsyncGenerator<Row> {
  let pending: { text: string; line: number } | undefined;
  let line = 0;
  for await (const text of linesOf(path)) {
    line++;
    if (pending === undefined && !text.includes('"')) {
      if (text !== '') yield { text, fields: text.split(','), line };
      continue;
    }
    // A quoted field may hold line ends: lines are joined until the quotes are closed.
    pending = pending === undefined ? { text, line } : { text: `${pending.text}\n${text}`, line: pending.line };
    if (quotesIn(pending.text) % 2 === 1) continue;
    yield { ...pending, fields: quotedFields(path, pending) };
    pending = undefined;
  }
  if (pending !== undefined) throw new Error(`${path}:${pending.line}: a quoted field is never closed`);
}

function quotesIn(text: string): number {
  return text.split('"').length - 1;
}

function quotedFields(path: string, { text, line }: { text: string; line: number }): string[] {
  try {
    return parse(text)[0];
  } catch (error) {
    throw new Error(`${path}:${line}: ${(error as Error).message}`, { cause: error });
  }
}
