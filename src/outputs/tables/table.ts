/** Tables for the terminal: columns aligned, numbers to the right, units in the headers, no wider than asked. */
export type Cell = string | number | bigint | boolean | undefined;

export interface Column<Row> {
  /** With its unit, as in `energy (nJ)`. */
  title: string;
  value(row: Row): Cell;
  /** Digits after the point of numbers. */
  digits?: number;
  /** 1 (default) is the most important; where room is short, the columns of the largest number are left out together. */
  priority?: number;
  /** Long text that may take several lines. */
  wrap?: boolean;
}

/** A column as it will stand: its cells as text, and how wide it must and may be. */
interface Layout {
  title: string;
  texts: readonly string[];
  right: boolean;
  priority: number;
  wrap: boolean;
  /** Width of the widest cell. */
  widest: number;
}

const GAP = 2;
/** Text that wraps is not made narrower than this. */
const LEAST_WRAPPED = 36;
const LEAST_CUT = 8;

/**
 * Lines without trailing spaces; the header is underlined. Where the table is wider than `width`, headers take two lines,
 * then the least important columns are left out, and a last line names them.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width = Infinity): string {
  const all = columns.map((column) => layoutOf(column, rows));
  const shown = chosen(all, width);
  const single = total(shown.map(oneLine)) <= width;
  const least = shown.map(single ? oneLine : twoLines);
  const widths = fitted(shown, least, width);
  const titles = shown.map(({ title }, i) => (single ? [title] : wrapped(title, widths[i])));
  const lines = [
    ...linesOf(shown, titles, widths),
    widths.map((each) => '-'.repeat(each)).join(' '.repeat(GAP)),
    ...rows.flatMap((_, row) =>
      linesOf(
        shown,
        shown.map((column, i) => cellLines(column, row, widths[i])),
        widths,
      ),
    ),
  ];
  const missing = all.filter((column) => !shown.includes(column)).map(({ title }) => title);
  if (missing.length > 0) lines.push(...wrapped(`left out to fit: ${missing.join(', ')}; --wide shows all`, width));
  return lines.join('\n');
}

function layoutOf<Row>(column: Column<Row>, rows: readonly Row[]): Layout {
  const cells = rows.map((row) => column.value(row));
  const texts = cells.map((cell) => cellText(cell, column.digits));
  return {
    title: column.title,
    texts,
    right: cells.some((cell) => typeof cell === 'number' || typeof cell === 'bigint'),
    priority: column.priority ?? 1,
    wrap: column.wrap ?? false,
    widest: Math.max(0, ...texts.map((text) => text.length)),
  };
}

const total = (widths: readonly number[]) =>
  widths.reduce((sum, width) => sum + width, 0) + GAP * Math.max(widths.length - 1, 0);

const cellWidth = ({ wrap, widest }: Layout) => (wrap ? Math.min(widest, LEAST_WRAPPED) : widest);
const oneLine = (column: Layout) => Math.max(column.title.length, cellWidth(column));
const twoLines = (column: Layout) => Math.max(halved(column.title), cellWidth(column));

/** The width of a title on two lines. */
function halved(title: string): number {
  const words = title.split(' ');
  const splits = words.map((_, i) => Math.max(words.slice(0, i).join(' ').length, words.slice(i).join(' ').length));
  return Math.min(...splits);
}

/** The columns that fit, at least one; those of equal priority go together, but for the most important ones. */
function chosen(all: readonly Layout[], width: number): Layout[] {
  let shown = [...all];
  while (shown.length > 1 && total(shown.map(twoLines)) > width) {
    const last = shown.reduce((worst, column) => (column.priority >= worst.priority ? column : worst));
    shown = shown.filter((column) => column !== last && (last.priority === 1 || column.priority !== last.priority));
  }
  return shown;
}

/** Room that is left goes to the text that wraps; where even one column is too wide, the widest text is cut. */
function fitted(shown: readonly Layout[], least: readonly number[], width: number): number[] {
  const widths = [...least];
  for (const [i, { wrap, widest }] of shown.entries())
    if (wrap) widths[i] += Math.max(0, Math.min(widest - widths[i], width - total(widths)));
  const excess = total(widths) - width;
  if (excess <= 0) return widths;
  const cut = shown.reduce((best, { right }, i) => (!right && (best < 0 || widths[i] > widths[best]) ? i : best), -1);
  if (cut >= 0) widths[cut] = Math.min(widths[cut], Math.max(LEAST_CUT, widths[cut] - excess));
  return widths;
}

function cellLines({ texts, wrap }: Layout, row: number, width: number): string[] {
  const text = texts[row];
  if (text.length <= width) return [text];
  return wrap ? wrapped(text, width) : [`${text.slice(0, width - 1)}…`];
}

/** Lines of cells that may have several lines each. */
function linesOf(shown: readonly Layout[], cells: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, i) =>
        shown[i].right ? (lines[line] ?? '').padStart(widths[i]) : (lines[line] ?? '').padEnd(widths[i]),
      )
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** Broken between words, and within those that are too long. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) line = longer;
    else {
      if (line !== '') lines.push(line);
      line = word;
      for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
    }
  }
  return [...lines, line];
}

/** Significant digits of a figure that is not exact. */
const SIGNIFICANT = 6;

/** A figure as it leaves: whole numbers keep all their digits, others have six significant ones. */
export function figure(value: number): number {
  return Number.isSafeInteger(value) ? value : Number(value.toPrecision(SIGNIFICANT));
}

/** A cell as text: digits after the point of numbers, at most six significant ones; yes and no. */
export function cellText(cell: Cell, digits: number | undefined): string {
  if (cell === undefined) return '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (typeof cell !== 'number' || !Number.isFinite(cell))
    return typeof cell === 'number' ? numberText(cell) : String(cell);
  if (digits === undefined) return String(cell);
  if (Number.isInteger(cell)) return cell.toFixed(digits);
  const before = Math.max(1, Math.floor(Math.log10(Math.abs(cell))) + 1);
  return figure(cell).toFixed(Math.max(0, Math.min(digits, SIGNIFICANT - before)));
}

/** `inf`, `-inf` and `nan` where a number is not finite: for readers; files leave such a cell empty. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}
