import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { delaysOf, type NetlistDelays } from '../../src/gates/delays.js';
import { eventSimulatorOf } from '../../src/gates/events.js';
import { type Netlist, readNetlist } from '../../src/gates/netlist.js';
import { CASES, simulatorOf } from '../../src/gates/simulator.js';
import { settled, stepped, tablesOf } from '../../src/gates/tables.js';
import { timingOf } from '../../src/gates/timing.js';
import { characterise } from '../../src/outputs/benches/characterise.js';
import { randomFrom } from '../../src/random/random.js';
import { INSTALLED } from '../rtl/bench.js';
import { madeUp, module, OUTPUTS } from './cells.js';
import { togglesInIcarus } from './delayedBench.js';
import { drawn } from './drawn.js';

const library = madeUp();

/** As many as the netlist has. */
function delaysBy(draw: () => number, { gates, registers, ports, clock }: Netlist): NetlistDelays {
  const some = (length: number) => Array.from({ length }, draw);
  const inputs = [...ports].filter(([name, { direction }]) => direction === 'input' && name !== clock);
  return {
    gates: gates.map(({ inputs, outputs }) => some(2 * inputs.length * outputs.length)),
    registers: registers.map(({ outputs }) => some(2 * outputs.length)),
    inputs: inputs.flatMap(([, { bits }]) => bits.map(() => some(2))),
  };
}

function drawnDelays(netlist: Netlist, longest: number, seed: number): NetlistDelays {
  const random = randomFrom(seed, 0xde1a);
  return delaysBy(() => 1 + random.below(longest), netlist);
}

const drawnBits = (width: number, cycles: number, seed: number) => {
  const random = randomFrom(seed, 0xb175);
  return Array.from({ length: cycles }, () => Array.from({ length: width }, () => random.below(2)));
};

/** The first row of bits settles, and the others are cycles. */
function counted(netlist: Netlist, delays: NetlistDelays, [first, ...rest]: readonly number[][]) {
  const simulator = eventSimulatorOf(netlist, delays);
  const start = settled(simulator.tables, first);
  return { start, ...simulator.run(start, rest.flat(), rest.length) };
}

/** Icarus counts the clock too. */
const inIcarus = (netlist: Netlist, delays: NetlistDelays, bits: readonly number[][]) =>
  togglesInIcarus(netlist, delays, bits).map((count, net) =>
    net === netlist.ports.get(netlist.clock as string)?.bits[0] ? 0 : count,
  );

// Of short delays many arrive together, of long ones none.
const DRAWN = [
  [1, 30, 2, 1],
  [2, 60, 6, 3],
  [3, 120, 8, 10],
  [4, 200, 10, 100],
  [5, 300, 10, 5000],
  [6, 300, 1, 40],
] as const;

describe.each(DRAWN)(
  'netlist %d of %d gates and %d registers, delays of 1 to %d',
  (seed, gates, registers, longest) => {
    const netlist = drawn(seed, gates, registers);
    const delays = drawnDelays(netlist, longest, seed);
    const bits = drawnBits(6, 200, seed);

    it.skipIf(!INSTALLED.icarus)('every net toggles as often as in Icarus', () => {
      const { toggles, settledToggles } = counted(netlist, delays, bits);
      expect([...toggles]).toEqual(inIcarus(netlist, delays, bits));
      expect(toggles.some((count, net) => count > settledToggles[net])).toBe(true);
    });

    it('it settles where the simulator without delays does, in every cycle, and toggles differ by glitches of two', () => {
      const simulator = simulatorOf(netlist);
      // All its cases alike.
      const words = Uint8Array.from(bits.flat().flatMap((bit) => new Array<number>(CASES / 8).fill(255 * bit)));
      const width = (simulator.inputs.length * CASES) / 8;
      simulator.run(words.subarray(0, width), 1);
      simulator.forget();
      simulator.run(words.subarray(width), bits.length - 1);
      const { toggles, settledToggles, start, end } = counted(netlist, delays, bits);
      expect(settledToggles.map((count) => count * CASES)).toEqual(simulator.activity().toggles);
      for (const [net, count] of toggles.entries()) expect((count - settledToggles[net]) % 2).toBe(0);
      const tables = tablesOf(netlist);
      expect(end).toEqual(bits.slice(1).reduce((values, row) => stepped(tables, values, row), start));
    });

    it('a run goes on where another ended, and the order of cells is no matter', () => {
      const simulator = eventSimulatorOf(netlist, delays);
      const whole = counted(netlist, delays, bits);
      const first = simulator.run(whole.start, bits.slice(1, 80).flat(), 79);
      const second = simulator.run(first.end, bits.slice(80).flat(), bits.length - 80);
      expect(second.end).toEqual(whole.end);
      expect(first.toggles.map((count, net) => count + second.toggles[net])).toEqual(whole.toggles);
      const turned = { ...netlist, registers: [...netlist.registers].reverse() };
      const own = { ...delays, registers: [...delays.registers].reverse() };
      expect(counted(turned, own, bits).toggles).toEqual(whole.toggles);
    });
  },
);

describe.skipIf(!INSTALLED.icarus || !INSTALLED.yosys)('a PE', () => {
  it('every net toggles as often as in Icarus with the delays of the library', async () => {
    const int4 = datapathNamed('int4');
    const { netlist: text } = await characterise(int4, OUTPUTS, library, 1);
    const netlist = readNetlist(text, 'pe.json', library);
    const delays = delaysOf(netlist, timingOf(netlist));
    const { inputs } = tablesOf(netlist);
    const bits = drawnBits(inputs.length, 150, 3).map((row) =>
      row.map((bit, i) => (inputs[i].name === 'reset[0]' ? 0 : bit)),
    );
    const { toggles, settledToggles } = counted(netlist, delays, bits);
    expect([...toggles]).toEqual(inIcarus(netlist, delays, bits));
    const [all, without] = [toggles, settledToggles].map((counts) => counts.reduce((sum, count) => sum + count));
    expect(all).toBeGreaterThan(1.3 * without);
  }, 120_000);
});

/** Inputs a and b, what is made of them, no registers. */
const made = (cells: Parameters<typeof module>[1], y: number) =>
  readNetlist(
    module({ a: { direction: 'input', bits: [2, 3] }, y: { direction: 'output', bits: [y] } }, cells),
    'made',
    library,
  );

it('along one path nothing glitches, whatever the delays', () => {
  const chain = made(
    Array.from({ length: 9 }, (_, i) => [i % 2 === 0 ? 'INV' : 'BUF', { A: i === 0 ? 2 : 3 + i, Y: 4 + i }] as const),
    12,
  );
  for (const seed of [1, 2, 3]) {
    const { toggles, settledToggles } = counted(chain, drawnDelays(chain, 100, seed), drawnBits(2, 50, seed));
    expect(toggles).toEqual(settledToggles);
  }
});

it('where all paths are as long as each other nothing glitches', () => {
  const tree = made(
    [
      ['XOR', { A: 2, B: 3, Y: 4 }],
      ['NAND', { A: 3, B: 2, Y: 5 }],
      ['XOR', { A: 4, B: 5, Y: 6 }],
    ],
    6,
  );
  const { toggles, settledToggles } = counted(
    tree,
    delaysBy(() => 7, tree),
    drawnBits(2, 50, 4),
  );
  expect(toggles).toEqual(settledToggles);
});

it.each([
  ['shorter than the pulse', 4, 2],
  ['as long as the pulse', 5, 2],
  ['longer than the pulse', 6, 0],
])('a and not a is a pulse, and comes out of a gate whose delay is %s', (_what, delay, expected) => {
  const hazard = made(
    [
      ['INV', { A: 2, Y: 4 }],
      ['NAND', { A: 2, B: 4, Y: 5 }],
    ],
    5,
  );
  const y = hazard.gates[1].outputs[0] as number;
  const delays: NetlistDelays = {
    gates: [[5, 5], new Array<number>(4).fill(delay)],
    registers: [],
    inputs: [
      [1, 1],
      [1, 1],
    ],
  };
  const rising = counted(hazard, delays, [
    [0, 0],
    [1, 0],
  ]);
  expect(rising.toggles[y]).toBe(expected);
  expect(rising.settledToggles[y]).toBe(0);
  // A falling one blocks the gate before the inverter opens it.
  expect(
    counted(hazard, delays, [
      [1, 0],
      [0, 0],
    ]).toggles[y],
  ).toBe(0);
});

it('an edge takes the time of the pin that it came through', () => {
  const netlist = made(
    [
      ['XOR', { A: 2, B: 3, Y: 4 }],
      ['NAND', { A: 4, B: 4, Y: 5 }],
    ],
    5,
  );
  const gates = [
    [9, 9, 3, 3],
    [1, 1, 1, 1],
  ];
  const run = (inputs: number[][], row: number[]) => {
    const { events } = counted(netlist, { gates, registers: [], inputs }, [[0, 0], row]);
    return events;
  };
  // Through A at 1 + 9; b comes at 8 and takes the edge back before it is there.
  expect(
    run(
      [
        [1, 1],
        [8, 8],
      ],
      [1, 1],
    ),
  ).toBe(3);
  // Through B at 1 + 3: the pulse is out before a comes at 8, and back at 8 + 9.
  expect(
    run(
      [
        [8, 8],
        [1, 1],
      ],
      [1, 1],
    ),
  ).toBe(6);
});

it('bits of other cycles and values of other nets are refused', () => {
  const netlist = drawn(1, 5, 1);
  const simulator = eventSimulatorOf(netlist, drawnDelays(netlist, 9, 1));
  const start = settled(simulator.tables, new Uint8Array(6));
  const message = (bits: number, nets: number) =>
    `events: ${bits} bits and ${nets} nets for 2 cycles of 6 bits and ${netlist.nets} nets`;
  expect(() => simulator.run(start, new Uint8Array(6), 2)).toThrow(message(6, netlist.nets));
  expect(() => simulator.run(new Uint8Array(3), new Uint8Array(12), 2)).toThrow(message(12, 3));
});
