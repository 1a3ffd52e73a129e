import { expect, it } from 'vitest';
import { planOf } from '../../../../src/datapaths/kernel/contract/plan.js';
import { layoutOf } from '../../../../src/datapaths/kernel/panels/pack.js';
import { zeroProducts } from '../../../../src/datapaths/kernel/steps/zeros.js';
import type { Order } from '../../../../src/datapaths/order.js';
import { randomFrom } from '../../../../src/random/random.js';

/** Rows of a tile. */
const ROWS = 4;

/** Of a tile of whole products, padding included, one after the other. */
function counted(
  [m, n]: readonly number[],
  source: Iterable<number>,
  isZero: (row: number, place: number, column: number) => boolean,
  [row, rows, column, columns]: readonly number[],
): number {
  let total = 0;
  for (const place of source)
    for (let i = row; i < row + rows; i++)
      for (let j = column; j < column + columns; j++)
        total += Number(place < 0 || i >= m || j >= n || isZero(i, place, j));
  return total;
}

it('products of zero are counted with the padding of every tile (seed 3)', () => {
  const random = randomFrom(3);
  const orders: Order[] = [{ kind: 'sequential' }, { kind: 'chunked', length: 3 }, { kind: 'interleaved', ways: 2 }];
  for (const width of [4, 8])
    for (const order of orders)
      for (const [m, n, k] of [
        [1, 1, 1],
        [4, 8, 7],
        [5, 9, 6],
        [3, 17, 5],
      ]) {
        const codes = (length: number) => Uint8Array.from({ length }, () => random.below(4));
        const job = { m, n, k, a: codes(m * k), b: codes(k * n) };
        // Of these values -0 is a zero, NaN is none.
        const tables = [Float64Array.of(0, 1, -0, Number.NaN), Float64Array.of(2, 0, 3, Infinity)];
        const layout = layoutOf(planOf(order, k, 1), 2);
        const { all, tile } = zeroProducts(job, tables, layout, width);
        const isZero = (i: number, place: number, j: number) =>
          tables[0][job.a[i * k + place]] === 0 || tables[1][job.b[place * n + j]] === 0;
        const of = (part: readonly number[]) => counted([m, n], layout.source, isZero, part);
        expect(all()).toBe(of([0, ROWS * Math.ceil(m / ROWS), 0, width * Math.ceil(n / width)]));
        for (let row = 0; row < m; row += ROWS)
          for (let column = 0; column < n; column += width)
            expect(tile(row, column)).toBe(of([row, ROWS, column, width]));
      }
});
