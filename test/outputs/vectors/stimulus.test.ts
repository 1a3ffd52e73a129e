import { expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { widthOf } from '../../../src/formats/format.js';
import { type RowCodes, exhaustiveCount, exhaustiveRows, sampledRows } from '../../../src/outputs/vectors/stimulus.js';

function ports(a: string, b: string, c: string, lanes = 1) {
  return [
    { name: 'a', format: formatNamed(a), lanes },
    { name: 'b', format: formatNamed(b), lanes },
    { name: 'c', format: formatNamed(c), lanes: 1 },
  ];
}

const text = (codes: RowCodes) => codes.map((lanes) => lanes.join(' ')).join(',');

it('narrow units: every combination of operands and sum, once', () => {
  const inputs = ports('int3', 'radix4', 'int6');
  const rows = [...exhaustiveRows(inputs, 1)].map(text);
  expect(rows).toHaveLength(2 ** 13);
  expect(new Set(rows).size).toBe(2 ** 13);
  expect(exhaustiveCount(inputs)).toBe(2 ** 13);
});

it('wider sums: every pair with a zero sum, and every pair with another', () => {
  const inputs = ports('e4m3fn', 'int4', 'fp16');
  const rows = [...exhaustiveRows(inputs, 1)];
  expect(rows).toHaveLength(2 * 2 ** 12);
  for (const half of [rows.slice(0, 2 ** 12), rows.slice(2 ** 12)])
    expect(new Set(half.map((codes) => text(codes.slice(0, 2)))).size).toBe(2 ** 12);
  expect(new Set(rows.slice(2 ** 12).map((codes) => codes[2][0])).size).toBeGreaterThan(1000);
});

it('codes that a table leaves out are never drawn', () => {
  const inputs = ports('ternary', 'ternary', 'int8', 3);
  const rows = [...sampledRows(inputs, 500, 1), ...exhaustiveRows(ports('ternary', 'ternary', 'int8'), 1)];
  expect(rows.flatMap(([a, b]) => [...a, ...b])).not.toContain(2n);
  expect(exhaustiveCount(ports('ternary', 'ternary', 'int8'))).toBe(3 * 3 * 256);
});

it('landmarks come first: all pairs, then mixed lanes; after them any code can come', () => {
  const inputs = ports('e4m3fn', 'e5m2', 'fp16', 4);
  const rows = [...sampledRows(inputs, 5000, 3)];
  expect(rows).toHaveLength(5000);
  expect(text(rows[0]).startsWith('0 0 0 0,0 0 0 0,')).toBe(true);
  // The largest times the largest in every lane: 0x7e is 448, 0x7b is 57344.
  expect(rows.map((codes) => text(codes.slice(0, 2)))).toContain('126 126 126 126,123 123 123 123');
  const drawn = new Set(rows.slice(2000).flatMap(([a]) => [...a]));
  expect(drawn.size).toBe(256);
});

it('codes fit their ports, wide ones too', () => {
  const inputs = ports('int64', 'uint48', 'fp64', 2);
  for (const codes of sampledRows(inputs, 2000, 5))
    codes.forEach((lanes, i) => {
      for (const code of lanes) expect(code >> BigInt(widthOf(inputs[i].format))).toBe(0n);
    });
});

it('a seed gives the same rows again', () => {
  const inputs = ports('fp16', 'fp16', 'fp32', 2);
  const rows = (seed: number) => [...sampledRows(inputs, 3000, seed)].map(text).join('\n');
  expect(rows(4)).toBe(rows(4));
  expect(rows(4)).not.toBe(rows(5));
});
