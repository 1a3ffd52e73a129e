import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATAPATHS } from '../../src/datapaths/catalog.js';
import { emitDot } from '../../src/datapaths/rtl/index.js';
import { anyDatapath } from '../datapaths/kernel/arbitrary.js';
import { compile, type Design, discard, type Simulator, writeBench } from '../rtl/bench.js';
import { everyCode, everyPair, inParts, sampled } from '../rtl/rows.js';
import { EIGHT_BIT, FOUR_BIT, ORDERS, UNITS } from '../rtl/units.js';

/** What test/rtl and test/laws prove on some rows, on many. Needs Icarus and Verilator, and hours for all. */
const ROWS = 100_000;
/** Programs that share a unit's rows, so that each ends within the limit that every program of a test has. */
const PARTS: Readonly<Record<Simulator, number>> = { verilator: 1, icarus: 8 };

/** @returns how many rows they had */
function prove(simulator: Simulator, designs: readonly Design[]): number {
  const { folder, counts } = writeBench(designs);
  try {
    const lines = compile(simulator, folder)()
      .split('\n')
      .filter((line) => line !== '' && !line.includes('$finish'));
    expect(lines.sort()).toEqual(
      designs.map(({ datapath }, i) => `PASS ${datapath.name} ${counts[i]} of ${counts[i]}`).sort(),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  } finally {
    discard(folder);
  }
}

const built = DATAPATHS.filter(({ blockScale }) => blockScale === undefined);

describe.each(['verilator', 'icarus'] as Simulator[])('%s', (simulator) => {
  const all = [
    ...UNITS.map((unit) => [unit.name, unit.lanes, unit] as const),
    ...ORDERS.map(([unit, k]) => [unit.name, k, unit] as const),
  ];
  it.each(all)(
    `%s, %i products: ${ROWS} rows`,
    (_name, k, unit) => {
      const parts = PARTS[simulator];
      const rows = inParts(sampled(unit, ROWS, k), ROWS / parts, parts).map((part) => prove(simulator, [part]));
      expect(rows.reduce((sum, count) => sum + count, 0)).toBe(ROWS);
    },
    3_600_000,
  );
  it('all pairs of 8-bit operands', () => {
    prove(
      simulator,
      EIGHT_BIT.map((unit) => everyPair(unit, 2)),
    );
  }, 3_600_000);
});

describe('verilator', () => {
  it.each(FOUR_BIT.map((unit) => [unit.name, unit] as const))(
    '%s: all codes of both operands and of the sum',
    (_name, unit) => void prove('verilator', everyCode(unit, 16)),
    7_200_000,
  );
  it.each(built.map((unit) => [unit.name, unit] as const))(
    `%s: ${ROWS} rows`,
    (_name, unit) => void prove('verilator', [sampled(unit, ROWS)]),
    3_600_000,
  );
});

it('icarus: 2000 random datapaths', () => {
  const drawn = fc.sample(fc.tuple(anyDatapath, fc.integer({ min: 1, max: 12 })), { numRuns: 2000, seed: 7 });
  const able = drawn.filter(([datapath, k]) => {
    try {
      return emitDot(datapath, k, 'dut').length > 0;
    } catch {
      return false;
    }
  });
  for (let start = 0; start < able.length; start += 200)
    prove(
      'icarus',
      able
        .slice(start, start + 200)
        .map(([datapath, k], i) => sampled({ ...datapath, name: `random${start + i}` }, 60, k, 800)),
    );
}, 3_600_000);
