import { afterAll, describe, expect, it } from 'vitest';
import { compile, type Design, discard, INSTALLED, type Simulator, writeBench } from './bench.js';
import { everyPair, sampled } from './rows.js';
import { EIGHT_BIT, ORDERS, UNITS } from './units.js';

/**
 * The units give the reference's bits, signs of zero and NaNs included: all pairs of operands of the 8-bit multipliers,
 * landmarks and random codes of everything else. All go into one simulation, as compiling costs more than running.
 */
const designs: Design[] = [
  ...EIGHT_BIT.map((datapath) => everyPair(datapath)),
  ...UNITS.map((datapath) => sampled(datapath, 1000)),
  ...ORDERS.map(([datapath, k]) => sampled(datapath, 300, k)),
];
const { folder, counts } = writeBench(designs);
afterAll(() => discard(folder));

describe.each(['icarus', 'verilator'] as Simulator[])('%s', (simulator) => {
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
