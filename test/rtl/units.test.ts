import { afterAll, describe, expect, it } from 'vitest';
import { compile, type Design, discard, INSTALLED, read, type Simulator, writeBench } from './bench.js';
import { THOROUGH } from '../programs.js';
import { everyPair, sampled } from './rows.js';
import { EIGHT_BIT, ORDERS, UNITS } from './units.js';

/**
 * The units give the reference's bits, signs of zero and NaNs included: all pairs of operands of the 8-bit multipliers,
 * landmarks and random codes of everything else. All go into one simulation, as compiling costs more than running.
 */
const others = (rows = [1000, 300]): Design[] => [
  ...UNITS.map((datapath) => sampled(datapath, rows[0])),
  ...ORDERS.map(([datapath, k]) => sampled(datapath, rows[1], k)),
];
const pairs = () => EIGHT_BIT.map((datapath) => everyPair(datapath));
const all = () => [...pairs(), ...others()];
/** A row goes through one simulator: the one that compiles quickly, or for many rows the one that runs quickly. */
const some = () => [...EIGHT_BIT.map((datapath) => sampled(datapath, 1000)), ...others()];
/** .ci/run takes every row through both. */
const SHARED = !THOROUGH && INSTALLED.icarus && INSTALLED.verilator;

const folders: string[] = [];
afterAll(() => folders.forEach(discard));

describe.each([
  ['icarus', SHARED ? some : all],
  ['verilator', SHARED ? pairs : all],
] as [Simulator, () => Design[]][])('%s', (simulator, made) => {
  const designs = made();
  const { folder, counts } = writeBench(designs);
  folders.push(folder);
  // Without the simulator this is skipped where it can be seen, and never in CI.
  it.skipIf(!INSTALLED[simulator])(
    `${counts.length} units, ${counts.reduce((sum, count) => sum + count, 0)} rows`,
    () => {
      const run = compile(simulator, folder);
      const verdicts = run()
        .split('\n')
        .filter((line) => !line.includes('$finish') && line !== '');
      expect(verdicts).toEqual(
        expect.arrayContaining(designs.map(({ datapath }, i) => `PASS ${datapath.name} ${counts[i]} of ${counts[i]}`)),
      );
      expect(verdicts.filter((line) => !line.startsWith('PASS'))).toEqual([]);
      // The negative control: one flipped bit of each unit's expected words is seen.
      const failures = run(['+corrupt'])
        .split('\n')
        .filter((line) => line.startsWith('FAIL'));
      expect(failures).toHaveLength(designs.length);
    },
    600_000,
  );
});

it.skipIf(!INSTALLED.verilator)('the second simulator reads every unit', () => {
  const { folder } = writeBench(others([10, 10]));
  folders.push(folder);
  expect(read(folder)).toMatch(/^(%Warning-UNOPTFLAT: [^%]*)*$/);
});
