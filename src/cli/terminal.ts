import { isatty } from 'node:tty';
import { type Column, formatTable } from '../outputs/tables/table.js';
import { type ResultColumn, resultTable } from '../outputs/tables/column.js';
import { type Sink, writeFully, writingFiles } from '../outputs/files/file.js';
import { forWriting } from '../outputs/files/place.js';

/** What is piped or shown: standard output, written at once. */
export const stdout: Sink = {
  write(chunk) {
    forWriting('standard output', () => writeFully(1, typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  },
};

/** One or more whole lines on standard output. */
export function print(text: string): void {
  stdout.write(`${text}\n`);
}

/** Of what `--json` prints: it changes where a field is renamed or goes. */
export const SCHEMA_VERSION = 1;

/**
 * A result as JSON on standard output, for machines: an object whose first field is `schemaVersion`, with a list as its
 * `rows`. "lastbit schema" prints the JSON Schema of each.
 */
export function printJson(value: object): void {
  print(versionedJson(value));
}

export function versionedJson(value: object): string {
  return jsonText({ schemaVersion: SCHEMA_VERSION, ...(Array.isArray(value) ? { rows: value } : value) });
}

/** JSON without a version of ours. Integers are numbers as far as float64 holds them, and text beyond. */
export function jsonText(value: object): string {
  return JSON.stringify(value, (_key, field) => (typeof field === 'bigint' ? plainInteger(field) : field), 2);
}

function plainInteger(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/** Columns where nothing says how many there are: in pipes and files. */
const COLUMNS = 100;

/** Columns of text that fit: a terminal's own (in a worker thread, as the launcher says), or 100. */
export function terminalWidth(): number {
  const { LASTBIT_COLUMNS, COLUMNS: shells } = process.env;
  const { columns } = process.stdout as { columns?: number };
  const known = columns ?? LASTBIT_COLUMNS ?? (isatty(1) ? shells : undefined);
  const width = Number(known);
  return Number.isSafeInteger(width) && width > 0 ? width : COLUMNS;
}

/** @param wide every column, however wide that is */
export function widthFor(wide: boolean): number {
  return wide ? Infinity : terminalWidth();
}

export function printTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], wide: boolean): void {
  print(formatTable(columns, rows, widthFor(wide)));
}

export function printResults<Row>(columns: readonly ResultColumn<Row>[], rows: readonly Row[], wide: boolean): void {
  print(resultTable(columns, rows, widthFor(wide)));
}

/** A remark on standard error, which no pipe reads as data. */
export function remark(text: string): void {
  try {
    writeFully(2, Buffer.from(`lastbit: ${text}\n`));
  } catch {
    // No one is left to tell; the exit code still says it.
  }
}

/** Milliseconds after which somebody at a terminal is told what is waited for. */
const LONG_MS = 4000;

/** Waits, and where that is long and standard error a terminal says for what. */
export async function waitingFor<T>(what: string, result: Promise<T>): Promise<T> {
  const timer = setTimeout(() => isatty(2) && remark(what), LONG_MS);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
  }
}

/** Gathers small writes, so that standard output costs one call for many rows. */
class Gathered implements Sink {
  private text = '';

  write(chunk: string | Uint8Array): void {
    this.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    if (this.text.length > 1 << 16) this.flush();
  }

  flush(): void {
    stdout.write(this.text);
    this.text = '';
  }
}

/** Runs `body` with a sink for the output that the user named: a file, whole or not at all, or `-`. */
export async function writingTo<T>(path: string, body: (sink: Sink) => T | Promise<T>): Promise<T> {
  if (path !== '-') return writingFiles([path], ([file]) => body(file));
  const sink = new Gathered();
  const result = await body(sink);
  sink.flush();
  return result;
}
