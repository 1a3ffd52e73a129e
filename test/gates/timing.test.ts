import { expect, it } from 'vitest';
import { readNetlist } from '../../src/gates/netlist.js';
import { energyOfToggles, spent } from '../../src/gates/power.js';
import { loadsOf, timingOf } from '../../src/gates/timing.js';
import { CAPACITANCE, CLOCK_ENERGY, DELAY, ENERGY, LIBERTY, madeUp, module, plane, SETUP, SLEW } from './cells.js';

const library = madeUp();
/** A register, two inverters and another register in a row; the second drives an output too. */
const row = readNetlist(
  module(
    {
      clk: { direction: 'input', bits: [2] },
      d: { direction: 'input', bits: [3] },
      q: { direction: 'output', bits: [7] },
    },
    [
      ['DFF', { D: 3, CK: 2, Q: 4 }],
      ['INV', { A: 4, Y: 5 }],
      ['INV', { A: 5, Y: 6 }],
      ['DFF', { D: 6, CK: 2, Q: 7 }],
    ],
  ),
  'row',
  library,
);

it('the longest path, from edge to edge, is what the tables give one after another', () => {
  const slew = SLEW.base + SLEW.byLoad * CAPACITANCE;
  const stage = (before: number) => DELAY.base + DELAY.bySlew * before + DELAY.byLoad * CAPACITANCE;
  // The clock is ideal: its edge takes no time.
  const expected = stage(0) + stage(slew) + stage(slew) + SETUP;
  const { period, path, slews } = timingOf(row);
  expect(period * 1e9).toBeCloseTo(expected, 9);
  expect(path).toEqual(['register u0', 'DFF', 'INV', 'INV']);
  const net = row.gates[0].inputs[0];
  expect(slews[net] * 1e9).toBeCloseTo(slew, 9);
});

it('a path may begin in the register of a neighbour, and end in one', () => {
  const through = readNetlist(
    module(
      {
        clk: { direction: 'input', bits: [2] },
        a: { direction: 'input', bits: [3] },
        y: { direction: 'output', bits: [5] },
        q: { direction: 'output', bits: [6] },
      },
      [
        ['INV', { A: 3, Y: 4 }],
        ['XOR', { A: 4, B: 3, Y: 5 }],
        ['DFF', { D: 3, CK: 2, Q: 6 }],
      ],
    ),
    'through',
    library,
  );
  const { period, path } = timingOf(through);
  const load = 3 * CAPACITANCE;
  const launch = DELAY.base + DELAY.byLoad * load;
  const first = DELAY.base + DELAY.bySlew * (SLEW.base + load) + DELAY.byLoad * CAPACITANCE;
  // The output drives nothing that is known.
  const second = DELAY.base + DELAY.bySlew * (SLEW.base + CAPACITANCE);
  expect(period * 1e9).toBeCloseTo(launch + first + second + SETUP, 9);
  expect(path).toEqual(['input a', 'DFF', 'INV', 'XOR']);
});

it('a rising edge through gates that turn it around is a falling one after each', () => {
  const ports = {
    clk: { direction: 'input', bits: [5] },
    a: { direction: 'input', bits: [2] },
    y: { direction: 'output', bits: [4] },
  };
  const chain = module(ports, [
    ['INV', { A: 2, Y: 3 }],
    ['INV', { A: 3, Y: 4 }],
    ['DFF', { D: 4, CK: 5, Q: 6 }],
  ]);
  const [quick, slow] = [library, madeUp(withSlowFall())].map(
    (each) => timingOf(readNetlist(chain, 'chain', each)).period,
  );
  // Of two inverters in a row one output rises and one falls: one slow edge, never two.
  expect((slow - quick) * 1e9).toBeCloseTo(5, 9);
});

it('a register without a set-up time ends paths too', () => {
  const free = madeUp(LIBERTY.replace('timing_type : setup_rising', 'timing_type : hold_rising'));
  const ports = { clk: { direction: 'input', bits: [2] }, d: { direction: 'input', bits: [3] } };
  const text = module(ports, [
    ['DFF', { D: 3, CK: 2, Q: 4 }],
    ['INV', { A: 4, Y: 5 }],
    ['DFF', { D: 5, CK: 2, Q: 6 }],
  ]);
  const [tied, open] = [library, free].map((each) => timingOf(readNetlist(text, 'free', each)).period);
  expect((tied - open) * 1e9).toBeCloseTo(SETUP, 9);
});

/** The library with 5 ns more where an inverter's output falls. */
function withSlowFall(): string {
  const [before, inverter, after] = /^([^]*cell \(INV\))([^]*?)(cell \(NAND\)[^]*)$/.exec(LIBERTY)?.slice(1) ?? [];
  const slow = `${before}${inverter.replace(/cell_fall [^}]*\}/, `cell_fall ${plane(DELAY.base + 5, DELAY.bySlew, DELAY.byLoad)}`)}${after}`;
  expect(slow).not.toBe(LIBERTY);
  return slow;
}

it('loads are the pins on a net, energies their half C V^2 and what the driver takes inside', () => {
  const loads = loadsOf(row);
  const [q, y, z] = [row.gates[0].inputs[0], row.gates[0].outputs[0] as number, row.gates[1].outputs[0] as number];
  expect([q, y, z].map((net) => loads[net] * 1e12)).toEqual(
    [CAPACITANCE, CAPACITANCE, CAPACITANCE].map((c) => expect.closeTo(c, 12)),
  );
  const energy = energyOfToggles(row, library, timingOf(row));
  for (const net of [q, y, z]) expect(energy.perToggle[net] * 1e12).toBeCloseTo(ENERGY.base + CAPACITANCE / 2, 12);
  // Two clock pins are charged and discharged, and two registers see either edge.
  expect(energy.clock * 1e12).toBeCloseTo(2 * CAPACITANCE + 2 * 2 * CLOCK_ENERGY, 12);
  expect(energy.leakage * 1e12).toBeCloseTo(3 + 3 + 10 + 10, 12);
});

it('what is spent is linear in toggles and cycles, and told by what drives the nets', () => {
  const energy = energyOfToggles(row, library, timingOf(row));
  const toggles = Float64Array.from({ length: row.nets }, (_, net) => net);
  const ones = new Float64Array(row.nets);
  const one = spent(row, energy, { toggles, ones, cycles: 3 });
  expect(one.clock).toBe(3 * energy.clock);
  const [first, second] = row.registers.map(({ outputs: [net] }) => net as number);
  expect(one.registers).toBeCloseTo(first * energy.perToggle[first] + second * energy.perToggle[second], 24);
  const all = toggles.reduce((sum, count, net) => sum + count * energy.perToggle[net], 0);
  expect(one.logic + one.registers).toBeCloseTo(all, 24);
  const twice = spent(row, energy, { toggles: toggles.map((count) => 2 * count), ones, cycles: 6 });
  expect(twice.logic).toBeCloseTo(2 * one.logic, 24);
});

it('edges that a pin tied to a constant would cause, and states that it forbids, cost nothing', () => {
  const own = (related: string, when: string, picojoules: number) =>
    `internal_power () { ${related && `related_pin : "${related}";`} ${when && `when : "${when}";`} power (scalar) { values ("${picojoules}"); } }`;
  const power = [own('CK', '', 0.3), own('RN', '', 9)].join(' ');
  const clocked = [own('', '(D RN)', 0.1), own('', '(!D RN)', 0.2), own('', '!RN', 7)].join(' ');
  const text = LIBERTY.replace('next_state : "D"; }', 'next_state : "D"; clear : "!RN"; }')
    .replace('pin (CK) {', `pin (RN) { direction : input; } pin (CK) { ${clocked}`)
    .replace(/(pin \(CK\) [^]*?)internal_power \(\) \{ rise_power \(scalar\) [^\n]*\n/, '$1 }\n')
    .replace(/(pin \(Q\) [^]*?)internal_power \(\) \{ related_pin : "CK";[^]*?\}\s*\}\s*(?=\})/, `$1${power} `);
  const ports = { clk: { direction: 'input', bits: [2] }, d: { direction: 'input', bits: [3] } };
  const netlist = readNetlist(module(ports, [['DFF', { D: 3, CK: 2, RN: '1', Q: 4 }]]), 'tied', madeUp(text));
  const { perToggle, perOne, clock } = energyOfToggles(netlist, library, timingOf(netlist));
  const q = netlist.registers[0].outputs[0] as number;
  expect(perToggle[q] * 1e12).toBeCloseTo(0.3, 9);
  // Two edges of a cycle, while it holds a 0 and while it holds a 1.
  expect(clock * 1e12).toBeCloseTo(2 * 0.2 + CAPACITANCE, 9);
  expect((clock + perOne[q]) * 1e12).toBeCloseTo(2 * 0.1 + CAPACITANCE, 9);
});
