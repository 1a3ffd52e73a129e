import { expect, it } from 'vitest';
import { readNetlist } from '../../src/gates/netlist.js';
import { energyOfToggles, spent } from '../../src/gates/power.js';
import { timingOf } from '../../src/gates/timing.js';
import { randomFrom } from '../../src/random/random.js';
import { CAPACITANCE, LIBERTY, madeUp, module } from './cells.js';

/** An entry of internal power, in picojoules of a rising and a falling edge. */
function entry(rise: number, fall: number, { related = '', when = '' } = {}): string {
  const table = (kind: string, value: number) => `${kind} (scalar) { values ("${value}"); }`;
  return `internal_power () { ${related && `related_pin : "${related}";`} ${when && `when : "${when}";`}
    ${table('rise_power', rise)} ${table('fall_power', fall)} }`;
}

const arc = (pin: string, type = 'combinational') => `timing () { related_pin : "${pin}"; timing_type : ${type};
  cell_rise (scalar) { values ("0.1"); } cell_fall (scalar) { values ("0.1"); }
  rise_transition (scalar) { values ("0.1"); } fall_transition (scalar) { values ("0.1"); } }`;
const input = (name: string, power = '') =>
  `pin (${name}) { direction : input; capacitance : ${CAPACITANCE}; ${power} }`;
const withCells = (...cells: string[]) => madeUp(LIBERTY.replace(/\}\s*$/, `${cells.join('\n')}\n}`));

/** The register of a library where Q or its inverse leaves, with some entries at its pins. */
function register(name: string, out: string, power: { clock?: string; data?: string; output?: string }): string {
  return `cell (${name}) { area : 5; ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; }
    ${input('D', power.data)} pin (CK) { direction : input; clock : true; ${power.clock ?? ''} }
    pin (Q) { direction : output; function : "${out}"; ${power.output ?? ''} ${arc('CK', 'rising_edge')} } }`;
}

/** Of a clock's edges: a 0 or a 1 is kept, or the other one taken; the falling edge sees what is taken next. */
const CYCLE = { keeps0: [0.11, 0.12], keeps1: [0.13, 0.17], takes1: [0, 0.4], takes0: [0, 0.8] } as const;

function clockEntries(q: string, notQ: string): string {
  const [keeps0, keeps1, takes1, takes0] = Object.values(CYCLE).map(([rise, fall]) => ({ rise, fall }));
  return [
    entry(keeps0.rise, keeps0.fall, { when: `!D * ${notQ}` }),
    entry(keeps1.rise, keeps1.fall, { when: `D * ${q}` }),
    entry(takes1.rise, takes1.fall, { when: `D * ${notQ}` }),
    entry(takes0.rise, takes0.fall, { when: `!D * ${q}` }),
    // Stands for states that no other is of: there are none.
    entry(9, 9),
  ].join('\n');
}

it.each([
  ['Q', 'IQ', clockEntries('Q', '!Q')],
  ['its inverse', 'IQN', clockEntries('!Q', 'Q')],
] as const)('a register of %s costs what its cycles do, one by one', (_name, out, clock) => {
  const output = entry(0.5, 0.7, { related: 'CK' });
  const library = withCells(register('REG', out, { clock, output }));
  const ports = { clk: { direction: 'input', bits: [2] }, d: { direction: 'input', bits: [3] } };
  const netlist = readNetlist(module(ports, [['REG', { D: 3, CK: 2, Q: 4 }]]), 'one', library);
  const random = randomFrom(8);
  const cycles = 500;
  // What it holds in each cycle; it ends where it began, so that it takes a 0 as often as a 1.
  const bits = Array.from({ length: cycles }, () => (random.below(5) === 0 ? 1 : 0));
  let [expected, toggles, ones] = [0, 0, 0];
  bits.forEach((held, t) => {
    const next = bits[(t + 1) % cycles];
    const kind = held === next ? (`keeps${held}` as 'keeps0') : (`takes${next}` as 'takes0');
    expected += CYCLE[kind][0] + CYCLE[kind][1] + (held === next ? 0 : 0.6);
    ones += held;
    toggles += held === next ? 0 : 1;
  });
  const q = netlist.registers[0].outputs[0] as number;
  const counts = new Float64Array(netlist.nets);
  counts[q] = toggles;
  const high = new Float64Array(netlist.nets);
  high[q] = out === 'IQ' ? ones : cycles - ones;
  const energy = energyOfToggles(netlist, library, timingOf(netlist));
  const { clock: clocked, registers } = spent(netlist, energy, { toggles: counts, ones: high, cycles });
  expect((clocked + registers) * 1e12).toBeCloseTo(expected, 9);
  const [zero, one] = [CYCLE.keeps0, CYCLE.keeps1].map(([rise, fall]) => rise + fall);
  const low = out === 'IQ' ? zero : one;
  expect(energy.clock * 1e12).toBeCloseTo(low, 9);
  expect((energy.clock + energy.perOne[q]) * 1e12).toBeCloseTo(zero + one - low, 9);
  expect(energy.perToggle[q] * 1e12).toBeCloseTo(0.6 + (0.4 + 0.8) / 2 - (zero + one) / 2, 9);
});

it('the data of a register move while its clock is high', () => {
  const data = [entry(0.1, 0.3, { when: 'CK' }), entry(5, 5, { when: '!CK' }), entry(7, 7)].join(' ');
  const library = withCells(register('REG', 'IQ', { data }));
  const ports = { clk: { direction: 'input', bits: [2] }, d: { direction: 'input', bits: [3] } };
  const netlist = readNetlist(module(ports, [['REG', { D: 3, CK: 2, Q: 4 }]]), 'one', library);
  const d = netlist.registers[0].inputs[0];
  expect(energyOfToggles(netlist, library, timingOf(netlist)).perToggle[d] * 1e12).toBeCloseTo(
    0.2 + CAPACITANCE / 2,
    9,
  );
});

/** Joules of a toggle of nets 2 to 4, on pins A, B and C, and 5, the output, in picojoules and without what the pins take. */
function ofGate(value: string, pins: Record<string, string>, power: string, ones?: readonly (number | undefined)[]) {
  const names = Object.keys(pins);
  const cell = `cell (GATE) { area : 2; ${names.map((name) => input(name, pins[name])).join(' ')}
    pin (Y) { direction : output; function : "${value}"; ${names.map((name) => arc(name)).join(' ')} ${power} } }`;
  const library = withCells(cell);
  const ports = { a: { direction: 'input', bits: names.map((_, i) => 2 + i) }, y: { direction: 'output', bits: [5] } };
  const wires = Object.fromEntries(names.map((name, i) => [name, 2 + i]));
  const netlist = readNetlist(module(ports, [['GATE', { ...wires, Y: 5 }]]), 'gate', library);
  const { inputs, outputs } = netlist.gates[0];
  const nets = [...inputs, outputs[0] as number];
  const share = ones && new Float64Array(netlist.nets);
  if (share !== undefined) nets.forEach((net, i) => (share[net] = ones?.[i] ?? 0.5));
  const { perToggle } = energyOfToggles(netlist, library, timingOf(netlist), share);
  return nets.map((net) => perToggle[net] * 1e12 - (net === outputs[0] ? 0 : CAPACITANCE / 2));
}

it('an input costs in the states that an entry is of, and one without a condition stands for the others', () => {
  const both = entry(0.1, 0.3, { when: '!B' });
  expect(ofGate('!(A & B)', { A: both, B: '' }, '')[0]).toBeCloseTo(0.2 / 2, 9);
  expect(ofGate('!(A & B)', { A: both + entry(0.4, 0.8), B: '' }, '')[0]).toBeCloseTo((0.2 + 0.6) / 2, 9);
  expect(ofGate('!(A & B)', { A: both + entry(0.4, 0.8), B: '' }, '', [0.9, 0.25])[0]).toBeCloseTo(
    0.75 * 0.2 + 0.25 * 0.6,
    9,
  );
  // A condition may name the output: it holds where the edge leaves that alone.
  expect(ofGate('!(A & B)', { A: entry(0.1, 0.3, { when: '!B * Y' }), B: '' }, '')[0]).toBeCloseTo(0.2 / 2, 9);
  expect(ofGate('!(A & B)', { A: entry(0.1, 0.3, { when: 'Y' }), B: '' }, '')[0]).toBeCloseTo(0.2 / 2, 9);
});

it('an output costs what its edges do, each of a pin in a state that makes it move', () => {
  // C makes it move in three states of A and B, each of A and B in one.
  const power = [
    entry(0.1, 0.1, { related: 'A' }),
    entry(0.2, 0.2, { related: 'B' }),
    entry(0.4, 0.4, { related: 'C', when: 'A * !B' }),
    entry(0.8, 0.8, { related: 'C' }),
  ].join(' ');
  const pins = { A: '', B: '', C: '' };
  const even = ofGate('!((A * B) + C)', pins, power)[3];
  // Of four states of the other two A and B move it in one, C by the first entry in one and by the second in two.
  expect(even).toBeCloseTo((0.1 + 0.2 + 0.4 + 2 * 0.8) / 5, 9);
  const ones = [0.5, 0.25, 0.1];
  const weights = { a: 0.25 * 0.9, b: 0.5 * 0.9, c1: 0.5 * 0.75, c2: 0.5 };
  const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  expect(ofGate('!((A * B) + C)', pins, power, ones)[3]).toBeCloseTo(
    (0.1 * weights.a + 0.2 * weights.b + 0.4 * weights.c1 + 0.8 * weights.c2) / all,
    9,
  );
});
