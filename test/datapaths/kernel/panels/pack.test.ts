import { expect, it } from 'vitest';
import { layoutOf, packColumns, packRows } from '../../../../src/datapaths/kernel/panels/pack.js';

/** Places of three runs out of order, filled up to whole steps: [tile][place / group][line][group], zero where nothing is. */
it.each([
  [4, 1],
  [4, 2],
  [8, 2],
  [2, 3],
])('lines lie side by side, %i of them, %i places together', (width, group) => {
  const sequence = Int32Array.of(3, 0, 6, 1, 5, 2, 4);
  const layout = layoutOf({ runs: [2, 4, 1], sequence, direct: true, pairwise: false }, group);
  const places = layout.source.length;
  const [k, lines, skipped] = [7, 11, 2];
  const table = Array.from({ length: 256 }, (_, code) => 1000 + code);
  const codes = Uint8Array.from({ length: (lines + skipped) * k }, (_, i) => (i * 37) % 256);
  const count = Math.ceil(lines / width) * width;

  /** @param codeAt of a line's element */
  const expected = (codeAt: (line: number, element: number) => number) => {
    const panels = new Float64Array(count * places);
    for (let line = 0; line < lines; line++)
      layout.source.forEach((element, place) => {
        const step = Math.floor(line / width) * (places / group) + Math.floor(place / group);
        const at = (step * width + (line % width)) * group + (place % group);
        if (element >= 0) panels[at] = 1000 + codeAt(line, element);
      });
    return panels;
  };

  const rows = new Float64Array(count * places);
  packRows(rows, codes, table, layout, { k, first: skipped, count: lines, width, group });
  expect(rows).toEqual(expected((line, element) => codes[(line + skipped) * k + element]));
  const columns = new Float64Array(count * places);
  packColumns(columns, codes, table, layout, { n: lines, width, group });
  expect(columns).toEqual(expected((line, element) => codes[element * lines + line]));
});
