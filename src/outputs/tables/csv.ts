import { stringify } from 'csv-stringify/sync';
import type { Sink } from '../files/file.js';
import type { Cell } from './table.js';

/**
 * CSV that spreadsheets open without damage (RFC 4180): numbers stay numbers, codes are written with 0x, and text that
 * would become a formula is escaped. Excel reads at most 1,048,576 rows, 16,384 columns and 15 digits.
 */
export interface CsvOptions {
  /** A byte-order mark, so that Excel reads UTF-8. Default false. */
  bom?: boolean;
  /** `;` for locales whose decimal sign is the comma. Default `,`. */
  delimiter?: ',' | ';' | '\t';
}

/** Rows of a spreadsheet on one sheet, header included. */
export const SPREADSHEET_ROWS = 1_048_576;

export function csvText(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: CsvOptions = {},
): string {
  return `${options.bom === true ? '\ufeff' : ''}${lines([header, ...rows], options)}`;
}

function lines(rows: readonly (readonly Cell[])[], { delimiter = ',' }: CsvOptions): string {
  return stringify(rows as Cell[][], {
    delimiter,
    escape_formulas: true,
    cast: {
      boolean: (value) => (value ? 'true' : 'false'),
      // As text: an object with options of its own has all options normalised anew for every number. The sign of a
      // negative number is no formula to it.
      number: String,
    },
  });
}

const BATCH = 1000;

/** A table that is written row by row, in batches; `end` writes what is left. */
export function csvWriter(sink: Sink, header: readonly string[], options: CsvOptions = {}) {
  sink.write(csvText(header, [], options));
  let rows: (readonly Cell[])[] = [];
  function flush(): void {
    sink.write(lines(rows, options));
    rows = [];
  }
  return {
    row(cells: readonly Cell[]): void {
      rows.push(cells);
      if (rows.length === BATCH) flush();
    },
    end: flush,
  };
}
