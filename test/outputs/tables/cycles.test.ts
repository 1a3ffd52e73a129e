import { expect, it } from 'vitest';
import {
  CYCLE_COLUMNS,
  cycleRow,
  cycleTotal,
  SCALE_SIM_COLUMNS,
  scaleSimTotal,
} from '../../../src/outputs/tables/cycles.js';
import { resultJson } from '../../../src/outputs/tables/results.js';

import { leaving, shown } from './shown.js';
import { CYCLES } from './subjects.js';

const ROW = {
  ...{ name: 'L', totalCycles: 65, m: 2, n: 3, k: 4, groups: 5, macs: 120, loadCycles: 11, fillCycles: 12 },
  ...{ streamCycles: 13, drainCycles: 14, stallCycles: 15, utilizationPercent: 25, aReads: 6, bReads: 7 },
  ...{ sumReads: 8, sumWrites: 9 },
};

it('a layer of a topology is its job, its cycles and its counts', () => {
  const counts = { macs: 120, aReads: 6, bReads: 7, sumReads: 8, sumWrites: 9 };
  const cost = { cycles: CYCLES, counts, utilization: 0.25 } as never;
  expect(cycleRow({ layer: 'L', m: 2, n: 3, k: 4, groups: 5 }, cost)).toEqual(ROW);
  expect(cycleRow({ layer: 'L', m: 2, n: 3, k: 4 }, cost)).toEqual({ ...ROW, groups: 1 });
  const [titles, cells] = shown(CYCLE_COLUMNS, ROW);
  expect(titles.join(' | ')).toBe(
    'layer | cycles | m | n | k | load | fill | stream | drain | stall | util. (%) | a reads | b reads | sum reads | sum writes',
  );
  expect(cells.join(' | ')).toBe('L | 65 | 2 | 3 | 4 | 11 | 12 | 13 | 14 | 15 | 25.0 | 6 | 7 | 8 | 9');
  expect(leaving(CYCLE_COLUMNS, ROW).slice(0, 2)).toEqual(['a reads, b reads, sum reads, sum writes', 'm, n, k']);
  expect(resultJson(CYCLE_COLUMNS, ROW)).toEqual(ROW);
});

it('all layers are their sums, the utilization that of all their cycles', () => {
  const { name: _name, m: _m, n: _n, k: _k, groups: _groups, ...summed } = ROW;
  const twice = Object.fromEntries(Object.entries(summed).map(([field, value]) => [field, 2 * value]));
  expect(cycleTotal([ROW, ROW], 16)).toEqual({ ...twice, utilizationPercent: (100 * 240) / (130 * 16) });
  const large = { ...ROW, macs: 2 ** 53 - 1 };
  expect(cycleTotal([large, { ...ROW, macs: 1 }], 16).macs).toBe(2 ** 53);
  expect(() => cycleTotal([large, { ...ROW, macs: 2 }], 16)).toThrow(
    'macs of all 2 layers together would be 9007199254740993, which is beyond 2^53 - 1 and which float64 does not hold exactly; split the file',
  );
  // What is beyond 2^53 in every sum but not in the exact one.
  expect(cycleTotal([large, { ...ROW, macs: 2 }, { ...ROW, macs: 3 }], 16).macs).toBe(2 ** 53 + 4);
});

it("SCALE-Sim's fields are shown with its digits, and what may be added up is", () => {
  const count = {
    ...{ name: 'L', totalCycles: 1, overallUtil: 22.226, mappingEfficiency: 33.336, computeUtil: 44.446 },
    ...{ sramIfmapReads: 5, sramFilterReads: 6, sramOfmapWrites: 7 },
  };
  expect(shown(SCALE_SIM_COLUMNS, count)[1]).toEqual(['L', '1', '22.23', '33.34', '44.45', '5', '6', '7']);
  expect(scaleSimTotal([count, count, count])).toEqual({
    ...{ totalCycles: 3, sramIfmapReads: 15, sramFilterReads: 18, sramOfmapWrites: 21 },
  });
});
