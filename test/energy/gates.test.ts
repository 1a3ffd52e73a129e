import { expect, it } from 'vitest';
import { type GateEnergy, withGates } from '../../src/energy/gates.js';
import { energyTableNamed, energyOf } from '../../src/index.js';
import { textOf } from '../../src/energy/action.js';

const table = energyTableNamed('horowitz-45nm');
const byTable = energyOf(
  [
    { action: { kind: 'mac', a: 'int4', b: 'int4', sum: 'int16' }, count: 100 },
    { action: { kind: 'read', level: 'sram', kilobytes: 32 }, count: 10 },
  ],
  table,
);

/** Of round numbers: a clock of 2 pJ a cycle, and 30 pJ more for ones in 50 cycles. */
const GATES = {
  gates: {
    ...{ unit: 'u', technology: { name: 'lib', volts: 0.7, source: 'a source' } },
    energy: { clock: 2e-12, leakage: 1e-3, perToggle: new Float64Array(), perOne: new Float64Array() },
  },
  nets: { logic: 7e-12, registers: 5e-12, wires: 3e-12, clock: 30e-12 },
  glitches: { factor: 3, low: 2, high: 4 },
} as unknown as GateEnergy;

it("what the PEs take comes in place of the table's products and additions, memories stay", () => {
  const energy = withGates(byTable, GATES, { firings: 20, cycles: 50, clockMhz: 500 });
  const parts = Object.fromEntries(energy.parts.map(({ action, energyPj }) => [textOf(action), energyPj]));
  const memory = byTable.parts[1].energyPj;
  const expected = {
    ...{ 'pe:logic': 7, 'pe:registers': 5, 'pe:wires': 3, 'pe:glitches': 2 * (7 + 5 + 3) },
    // The clock's own 2 pJ and its share of what ones take, for 20 cycles of work and 30 idle ones.
    ...{ 'pe:clock': 20 * (2 + 30 / 50), 'pe:idle': 30 * (2 + 30 / 50) },
    // 1 mW for 50 cycles of 2 ns.
    ...{ 'pe:leakage': 100, 'read:sram32KB': memory },
  };
  expect(Object.keys(parts).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) expect(parts[name], name).toBeCloseTo(value, 9);
  expect(energy.totalPj).toBeCloseTo(
    Object.values(expected).reduce((sum, value) => sum + value, 0),
    9,
  );
  expect(energy.sources[0]).toBe('gates of u in a source');
  for (const { count, energyPj, entry } of energy.parts) expect(count * entry.pj).toBeCloseTo(energyPj, 9);
  // Wires are an estimate.
  expect(energy.parts.filter(({ entry }) => entry.extrapolated).map(({ action }) => textOf(action))).toEqual([
    'pe:wires',
  ]);
  expect(energy.extrapolated).toBe(true);
});

it('an array that does nothing takes its clock and leakage', () => {
  const { parts } = withGates(byTable, GATES, { firings: 0, cycles: 50, clockMhz: 500 });
  for (const { entry } of parts) expect(Number.isFinite(entry.pj)).toBe(true);
  expect(parts.find(({ action }) => textOf(action) === 'pe:idle')?.energyPj).toBeCloseTo(50 * 2 + 30, 9);
});
