import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { scaleSimCounts } from '../../src/arrays/scalesim.js';
import { addedAgain } from '../../src/arrays/series.js';

const constant = fc.oneof(
  fc.double({ min: 1e-9, max: 4, noNaN: true }),
  fc.integer({ min: 1, max: 64 }).map((n) => n / 64),
  fc.integer({ min: 1, max: 2 ** 26 }).map((n) => 2 ** -n),
);

it('is the additions one after the other, bit for bit', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e16, noNaN: true }),
      fc.integer({ min: 0, max: 20_000 }),
      fc.array(constant, { minLength: 1, maxLength: 3 }),
      (start, times, constants) => {
        const add = (total: number) => constants.reduce((sum, x) => sum + x, total);
        let total = start;
        for (let i = 0; i < times; i++) total = add(total);
        expect(addedAgain(start, times, add)).toBe(total);
      },
    ),
    { numRuns: 3000, seed: 8 },
  );
});

it("averages over SCALE-Sim's folds in their order", () => {
  const side = fc.integer({ min: 1, max: 9 });
  const length = fc.integer({ min: 1, max: 400 });
  fc.assert(
    fc.property(length, length, length, side, side, (m, n, k, rows, cols) => {
      const [{ mappingEfficiency, computeUtil }] = scaleSimCounts([{ name: 'L', shape: { kind: 'gemm', m, n, k } }], {
        rows,
        cols,
        dataflow: 'os',
      });
      const used: number[] = [];
      for (let col = 0; col < n; col += cols)
        for (let row = 0; row < m; row += rows) used.push(Math.min(rows, m - row) * Math.min(cols, n - col));
      const averageOf = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
      const busy = k + rows + cols - 2;
      expect(mappingEfficiency).toBe(averageOf(used.map((pes) => pes / (rows * cols))) * 100);
      expect(computeUtil).toBe(averageOf(used.map((pes) => (pes * k) / (rows * cols * busy))) * 100);
    }),
    { numRuns: 1000, seed: 9 },
  );
});

it('takes no longer for many folds', () => {
  const layer = { name: 'L', shape: { kind: 'gemm', m: 99_999_999, n: 7_654_321, k: 3 } } as const;
  const [count] = scaleSimCounts([layer], { rows: 7, cols: 3, dataflow: 'os' });
  expect(count.mappingEfficiency).toBeCloseTo((100 * 99_999_999 * 7_654_321) / (14_285_715 * 2_551_441 * 21), 6);
});

it('refuses what SCALE-Sim cannot count, and what no count holds', () => {
  const size = { rows: 4, cols: 4, dataflow: 'ws' } as const;
  const gemm = (parts: object) => ({ name: 'L', shape: { kind: 'gemm', m: 4, n: 4, k: 4, ...parts } }) as const;
  expect(() => scaleSimCounts([gemm({ batch: 2 })], size)).toThrow('layer L: SCALE-Sim has no batch');
  expect(() => scaleSimCounts([gemm({ m: 1e8, n: 1e8, k: 1e8 })], size)).toThrow(/^layer L: \w+ would be about /);
});
