import type { Sink } from './file.js';

/** A row as JSON: text, numbers, and null for a number that is infinite or none. */
export type TextRow = Readonly<Record<string, string | number | null | undefined>>;

/** An object whose last field is `rows`, written row by row, so that memory stays flat however many there are. */
export function jsonRows(sink: Sink, head: object) {
  sink.write(`${JSON.stringify(head).slice(0, -1)},"rows":[`);
  let count = 0;
  return {
    row(row: TextRow): void {
      sink.write(`${count++ === 0 ? '\n' : ',\n'}${JSON.stringify(row)}`);
    },
    end(): void {
      sink.write('\n]}\n');
    },
  };
}

/**
 * A sink for CSV without quoted cells that writes each line as a row of JSON: hex codes stay text, other cells become
 * numbers, or null where they are not finite; empty cells are left out.
 */
export function jsonOfCsv(sink: Sink, head: object): Sink & { end(): void } {
  const rows = jsonRows(sink, head);
  let names: readonly string[] | undefined;
  let pending = '';
  return {
    write(chunk) {
      const lines = `${pending}${typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()}`.split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        const cells = line.split(',');
        if (names === undefined) names = cells;
        else rows.row(Object.fromEntries(names.map((name, i) => [name, cellOf(cells[i])])));
      }
    },
    end: rows.end,
  };
}

function cellOf(text: string): TextRow[string] {
  if (text === '') return undefined;
  if (text.startsWith('0x')) return text;
  return Number.isFinite(Number(text)) ? Number(text) : null;
}
