import { jsonRows } from '../outputs/files/jsonRows.js';
import { addColumns, refuseColumns, type Row, type Table } from './rows.js';
import { SCHEMA_VERSION, writingTo } from './terminal.js';

/**
 * As `addColumns`, with each row as an object: the input's cells as text, numbers of ours as numbers, and null for one
 * that is infinite or none.
 * @param numbers the added columns that hold numbers
 */
async function addFields(
  table: Table,
  output: string,
  names: readonly string[],
  cellsOf: (row: Row) => readonly (string | number)[],
  numbers: readonly string[],
): Promise<void> {
  refuseColumns(table, names);
  const own = table.header.fields.map((field) => field.trim());
  await writingTo(output, async (sink) => {
    const rows = jsonRows(sink, { schemaVersion: SCHEMA_VERSION });
    for await (const row of table.rows) {
      const cells = cellsOf(row);
      rows.row({
        ...Object.fromEntries(own.map((name, i) => [name, row.fields[i]])),
        ...Object.fromEntries(names.map((name, i) => [name, cellOf(cells[i], numbers.includes(name))])),
      });
    }
    rows.end();
  });
}

function cellOf(cell: string | number, isNumber: boolean): string | number | null {
  if (!isNumber) return String(cell);
  return cell === '' ? null : Number(cell);
}

/** Rows with further columns as CSV, or as JSON. */
export function addTo(json: boolean, numbers: readonly string[] = []): typeof addColumns {
  return json ? (table, output, names, cellsOf) => addFields(table, output, names, cellsOf, numbers) : addColumns;
}
