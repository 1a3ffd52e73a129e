/** Tables for the terminal: columns aligned, numbers to the right, units in the headers. */
export type Cell = string | number | bigint | boolean | undefined;

export interface Column<Row> {
  /** With its unit, as in `energy (nJ)`. */
  title: string;
  value(row: Row): Cell;
  /** Digits after the point of numbers; whole numbers are never given any. */
  digits?: number;
}

/** Lines without trailing spaces; the header is underlined. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const texts = cells.map((line) => line.map((cell, i) => cellText(cell, columns[i].digits)));
  const titles = columns.map(({ title }) => title);
  const widths = titles.map((title, i) => Math.max(title.length, ...texts.map((line) => line[i].length)));
  const right = titles.map((_, i) => cells.some((line) => typeof line[i] === 'number' || typeof line[i] === 'bigint'));
  const lineOf = (line: readonly string[]) =>
    line
      .map((text, i) => (right[i] ? text.padStart(widths[i]) : text.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [lineOf(titles), widths.map((width) => '-'.repeat(width)).join('  '), ...texts.map(lineOf)].join('\n');
}

/** A cell as text: digits after the point of numbers that are not whole, yes and no. */
export function cellText(cell: Cell, digits: number | undefined): string {
  if (cell === undefined) return '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (typeof cell !== 'number' || digits === undefined || !Number.isFinite(cell)) return String(cell);
  return Number.isInteger(cell) && digits === 0 ? String(cell) : cell.toFixed(digits);
}
