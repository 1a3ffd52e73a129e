import { describe, expect, it } from 'vitest';
import type { NetlistDelays } from '../../src/gates/delays.js';
import { eventSimulatorOf } from '../../src/gates/events.js';
import { type Netlist, readNetlist } from '../../src/gates/netlist.js';
import { settled, stepped, tablesOf } from '../../src/gates/tables.js';
import { randomFrom } from '../../src/random/random.js';
import { INSTALLED } from '../rtl/bench.js';
import { madeUp, module } from './cells.js';
import { togglesInIcarus } from './delayedBench.js';
import { drawn } from './drawn.js';

const library = madeUp();

/** Delays drawn from 1 to a longest one. */
function drawnDelays({ gates, registers, ports, clock }: Netlist, longest: number, seed: number): NetlistDelays {
  const random = randomFrom(seed, 0xde1a);
  const some = (length: number) => Array.from({ length }, () => 1 + random.below(longest));
  const inputs = [...ports].filter(([name, { direction }]) => direction === 'input' && name !== clock);
  return {
    gates: gates.map(({ inputs, outputs }) => some(2 * inputs.length * outputs.length)),
    registers: registers.map(({ outputs }) => some(2 * outputs.length)),
    inputs: inputs.flatMap(([, { bits }]) => bits.map(() => some(2))),
  };
}

const drawnBits = (width: number, cycles: number, seed: number) => {
  const random = randomFrom(seed, 0xb175);
  return Array.from({ length: cycles }, () => Array.from({ length: width }, () => random.below(2)));
};

describe.skipIf(!INSTALLED.icarus)('random netlists', () => {
  it.each([
    // Of short delays many arrive together, of long ones none.
    [1, 30, 2, 1],
    [2, 60, 6, 3],
    [3, 120, 8, 10],
    [4, 200, 10, 100],
    [5, 300, 10, 5000],
    [6, 300, 1, 40],
  ])('netlist %d of %d gates and %d registers, delays up to %d...', (seed, gates, registers, longest) => {
    const netlist = drawn(seed, gates, registers);
    const delays = drawnDelays(netlist, longest, seed);
    const simulator = eventSimulatorOf(netlist, delays);
    const [first, ...rest] = drawnBits(simulator.tables.inputs.length, 200, seed);
    const { toggles, settledToggles } = simulator.run(settled(simulator.tables, first), rest.flat(), rest.length);
    const counted = togglesInIcarus(netlist, delays, [first, ...rest]);
    counted[netlist.ports.get(netlist.clock as string)?.bits[0] as number] = 0;
    expect([...toggles]).toEqual(counted);
    expect(toggles.some((count, net) => count > settledToggles[net])).toBe(true);
  });
});
