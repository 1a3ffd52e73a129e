import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { runMesh } from '../../src/arrays/clocked.js';
import { macArray, orderOf } from '../../src/arrays/dataflow.js';
import { DATAPATHS } from '../../src/datapaths/catalog.js';
import type { Datapath } from '../../src/datapaths/datapath.js';
import { type CodeArray, codeArray, compileGemm, compileUnit } from '../../src/datapaths/kernel/index.js';
import { type Format, widthOf } from '../../src/formats/format.js';

/** Real units in the mesh: the stepped sums are the kernel's, bit for bit, in the order that the array implies. */
const STEPPABLE = new Set(['sequential', 'chunked', 'interleaved']);
const units = DATAPATHS.filter(({ sum, blockScale }) => widthOf(sum.format) <= 32 && blockScale === undefined).map(
  (unit): Datapath => ({ ...unit, result: undefined, requantize: undefined, nanCode: undefined }),
);
const RUNS = 12;
let sums = 0;

describe.each(units.map((unit) => [unit.name, unit] as const))('%s', (_name, unit) => {
  it("gives the kernel's sums in every dataflow", () => {
    fc.assert(
      fc.property(
        fc.constantFrom('os', 'ws', 'is' as const),
        fc.constantFrom('memory', 'reinject' as const),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 * unit.lanes }),
        fc.integer(),
        (dataflow, accumulation, rows, cols, m, n, k, seed) => {
          const array = macArray({ rows, cols, dataflow, accumulation, doubleBuffer: seed % 2 === 0 });
          const order = orderOf(array, unit);
          if (!STEPPABLE.has(order.kind)) return;
          const a = codes(unit.a, m * k, seed);
          const b = codes(unit.b, k * n, ~seed);
          const stepped = runMesh({
            product: { job: { layer: 'random', m, n, k }, a, b },
            array,
            order,
            unit: compileUnit(unit),
          });
          const direct = compileGemm(unit, order).sums({ m, n, k, a, b });
          expect([...stepped.sums]).toEqual([...direct].map(Number));
          sums += m * n;
        },
      ),
      { numRuns: RUNS, seed: 4 },
    );
  });
});

/** Every code alike, specials and NaN included, but for codes that a format does not use. */
function codes(format: Format, length: number, seed: number): CodeArray {
  const used =
    format.kind === 'table' ? format.values.flatMap((value, code) => (value === null ? [] : [code])) : undefined;
  const array = codeArray(format, length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const code = (state ^ (state >>> 11)) >>> 0;
    array[i] = used === undefined ? code & (2 ** widthOf(format) - 1) : used[code % used.length];
  }
  return array;
}

afterAll(() => {
  expect(sums).toBeGreaterThan(1000);
  console.log(`dataflow law on ${units.length} units of the catalogue: ${sums} sums equal to the kernel's`);
});
