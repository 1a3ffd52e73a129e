import { csvText } from './csv.js';
import { type Cell, cellText, type Column, figure, formatTable } from './table.js';

/**
 * What a command finds, as a list of columns: the terminal shows their titles, CSV and JSON have their fields, with the
 * same names and units. What is not exact has six significant digits. A number that is infinite or none (an SQNR without
 * any error, an error in ulp of an infinite sum) is an empty cell in CSV and null in JSON, and another column says why,
 * since CSV readers take a column with `inf` in it for text or dates.
 */
export interface ResultColumn<Row> extends Column<Row> {
  /** Name in CSV and JSON, with its unit. */
  field: string;
  /**
   * Default: `figure` with `digits`, `count` without. Counts are whole; figures have six significant digits; an exact
   * number keeps all of them, and a wide one is text in JSON where it is an integer beyond 2^53.
   */
  kind?: 'count' | 'figure' | 'exact number' | 'wide number' | 'text' | 'flag';
  /**
   * Name of a column beside a figure that may be unbounded: 1 (true) where it is, since nothing differs; 0 where the
   * figure stands, or where there is none because a sum is not finite.
   */
  exact?: string;
  /** CSV and JSON only. */
  hidden?: boolean;
  /** Not of every row: an empty cell in CSV, no field in JSON. */
  optional?: boolean;
  /** What the terminal shows where it is not the value. */
  shown?(row: Row): Cell;
}

/** Energies leave in pJ, and the terminal shows nJ. */
export const PICO_PER_NANO = 1000;

export function energyColumn<Row>(value: (row: Row) => number | undefined, digits: number): ResultColumn<Row> {
  const shown = (row: Row) => {
    const energyPj = value(row);
    return energyPj === undefined ? undefined : energyPj / PICO_PER_NANO;
  };
  return { field: 'energyPj', title: 'energy (nJ)', digits, value, shown };
}

/** A share from 0 to 1 as it leaves. */
export function percent(share: number): number;
export function percent(share: number | undefined): number | undefined;
export function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : 100 * share;
}

export function kindOf({ kind, digits }: ResultColumn<never>): NonNullable<ResultColumn<never>['kind']> {
  return kind ?? (digits === undefined ? 'count' : 'figure');
}

/** A cell as it leaves for a file: undefined where a number is not finite. */
function leaving(cell: Cell, kind: ResultColumn<never>['kind']): Cell {
  if (typeof cell !== 'number') return cell;
  return Number.isFinite(cell) ? (kind === 'figure' ? figure(cell) : cell) : undefined;
}

/** For the terminal, no wider than asked; columns that no row fills are left out. */
export function resultTable<Row>(
  columns: readonly ResultColumn<Row>[],
  rows: readonly Row[],
  width = Infinity,
): string {
  const shown = columns.filter((column) => !column.hidden && rows.some((row) => column.value(row) !== undefined));
  return formatTable(
    shown.map((column) => ({ ...column, value: (row: Row) => (column.shown ?? column.value)(row) })),
    rows,
    width,
  );
}

/** A Markdown table of what the terminal shows; a column that rows may lack, and all do, is left out. */
export function resultMarkdown<Row>(columns: readonly ResultColumn<Row>[], rows: readonly Row[]): string {
  const isGiven = ({ optional, value }: ResultColumn<Row>) => !optional || rows.some((row) => value(row) !== undefined);
  const shown = columns.filter((column) => !column.hidden && isGiven(column));
  const cells = (row: Row) => shown.map((column) => cellText((column.shown ?? column.value)(row), column.digits));
  const lines = [shown.map(({ title }) => title), shown.map(() => '---'), ...rows.map(cells)];
  return `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n`;
}

type Field<Row> = readonly [string, (row: Row) => Cell];

function csvFields<Row>(column: ResultColumn<Row>): Field<Row>[] {
  const { field, exact } = column;
  const own: Field<Row> = [field, (row) => leaving(column.value(row), kindOf(column))];
  if (exact === undefined) return [own];
  return [own, [exact, (row) => unbounded(column.value(row), (yes) => Number(yes))]];
}

/** Whether a figure is unbounded; nothing where there is no figure. */
function unbounded<T>(cell: Cell, as: (yes: boolean) => T): T | undefined {
  return cell === undefined ? undefined : as(cell === Infinity);
}

/** For spreadsheets: every column. */
export function resultCsv<Row>(
  columns: readonly ResultColumn<Row>[],
  rows: readonly Row[],
  lead: readonly Field<Row>[] = [],
): string {
  const fields = [...lead, ...columns.flatMap(csvFields)];
  return csvText(
    fields.map(([name]) => name),
    rows.map((row) => fields.map(([, value]) => value(row))),
  );
}

export type JsonRow = Record<string, Cell | null>;

/** For machines: the fields of CSV, flags as true and false; what a row has not is left out. */
export function resultJson<Row>(columns: readonly ResultColumn<Row>[], row: Row): JsonRow {
  const json: JsonRow = {};
  for (const column of columns) {
    const cell = column.value(row);
    if (cell === undefined) continue;
    json[column.field] = leaving(cell, kindOf(column)) ?? null;
    if (column.exact !== undefined) json[column.exact] = cell === Infinity;
  }
  return json;
}
