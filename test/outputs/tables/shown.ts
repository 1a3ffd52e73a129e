import { type ResultColumn, resultJson, resultTable } from '../../../src/outputs/tables/results.js';

/** What leaves of one row, every field of which has a value of its own: for people, and for machines. */
export const json = <Row>(columns: readonly ResultColumn<Row>[], row: Row) => JSON.stringify(resultJson(columns, row));
export const shown = <Row>(columns: readonly ResultColumn<Row>[], row: Row) =>
  resultTable(columns, [row])
    .split('\n')
    .filter((_, i) => i !== 1)
    .map((line) =>
      line
        .split(/ {2,}/)
        .map((cell) => cell.trim())
        .filter(Boolean),
    );
/** Titles of the columns in the order in which they go when the table gets narrower, those that go together in one. */
export function leaving<Row>(columns: readonly ResultColumn<Row>[], row: Row): string[] {
  const gone: string[] = [];
  for (let width = 400; width > 8; width--) {
    const last = resultTable(columns, [row], width).replaceAll('\n', ' ').split('left out to fit: ')[1];
    const names = last === undefined ? [] : last.replace(/; --wide shows all$/, '').split(', ');
    const more = names.filter((name) => !gone.some((titles) => titles.split(', ').includes(name)));
    if (more.length > 0) gone.push(more.join(', '));
  }
  return gone;
}
