import { CsvError, parse } from 'csv-parse/sync';
import { linesOf } from '../../text/lines.js';

/** A row of a CSV file (RFC 4180: a quoted field may hold commas, quotes and line ends). */
export interface Row {
  /** The row as it stands in the file, without the line's end. */
  text: string;
  fields: readonly string[];
  /** Number of the line that the row begins on, from 1. */
  line: number;
}

/**
 * The rows of a CSV file one by one, the header among them, so that memory stays flat; empty lines are left out. Each has
 * as many fields as the first: those that a spreadsheet leaves out at a row's end are empty.
 * @param shown how errors name the file
 * @throws Error `file:line: ...` where a quoted field is wrong or a row too long
 */
export async function* csvRows(path: string, shown = path): AsyncGenerator<Row> {
  let pending: { texts: string[]; line: number; quotes: number } | undefined;
  let line = 0;
  let width: number | undefined;
  for await (const text of linesOf(path)) {
    line++;
    if (pending === undefined && !text.includes('"')) {
      if (text === '') continue;
      const row = { text, fields: text.split(','), line };
      yield fitted(shown, row, (width ??= row.fields.length));
      continue;
    }
    // A quoted field may hold line ends: lines are joined until the quotes are closed.
    pending ??= { texts: [], line, quotes: 0 };
    pending.texts.push(text);
    pending.quotes += text.split('"').length - 1;
    if (pending.quotes % 2 === 1) continue;
    const whole = { text: pending.texts.join('\n'), line: pending.line };
    const row = { ...whole, fields: quotedFields(shown, whole) };
    yield fitted(shown, row, (width ??= row.fields.length));
    pending = undefined;
  }
  if (pending !== undefined) throw new Error(`${shown}:${pending.line}: a quoted field is never closed`);
}

/** A row with as many fields as the header: missing last ones become empty, and surplus ones may only be empty. */
function fitted(path: string, row: Row, width: number): Row {
  const { text, fields, line } = row;
  const surplus = fields.length - width;
  if (surplus === 0) return row;
  if (surplus < 0)
    return { text: text + ','.repeat(-surplus), fields: [...fields, ...Array<string>(-surplus).fill('')], line };
  if (fields.slice(width).some((field) => field.trim() !== ''))
    throw new Error(
      `${path}:${line}: ${fields.length} fields, and the header has ${width}: quote a field with a comma`,
    );
  let kept = text;
  for (let i = 0; i < surplus; i++) kept = kept.replace(/,(?:\s*|"\s*")$/, '');
  return { text: kept, fields: fields.slice(0, width), line };
}

function quotedFields(path: string, { text, line }: { text: string; line: number }): string[] {
  try {
    return parse(text)[0];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new Error(
      `${path}:${line}: a quote within a field that is not quoted, or text behind its last quote; write "" for a quote`,
      { cause: error },
    );
  }
}
