import { expect, it } from 'vitest';
import { evaluate } from '../../src/gates/liberty/expression.js';
import { type Netlist, ONE } from '../../src/gates/netlist.js';
import { CASES, simulatorOf } from '../../src/gates/simulator.js';
import { randomFrom } from '../../src/random/random.js';
import { drawn } from './drawn.js';

const WORD = CASES / 8;

/** One case, by its definition: net after net, cycle after cycle. @returns outputs by cycle, toggles of each net, and cycles in which a register's is 1 */
function alone(netlist: Netlist, inputs: readonly (readonly boolean[])[]) {
  const { nets, gates, registers, ports } = netlist;
  const values = new Array<boolean>(nets).fill(false);
  values[ONE] = true;
  const toggles = new Array<number>(nets).fill(0);
  const ones = new Array<number>(nets).fill(0);
  let states = registers.map(() => false);
  const outputs = inputs.map((bits, cycle) => {
    const before = [...values];
    ports.get('a')?.bits.forEach((net, i) => (values[net] = bits[i]));
    registers.forEach(({ outputs: [q] }, r) => q !== undefined && (values[q] = states[r]));
    const valueIn =
      ({ cell, inputs: pins }: (typeof gates)[number]) =>
      (name: string) =>
        values[pins[cell.inputs.findIndex((pin) => pin.name === name)]];
    for (const gate of gates)
      gate.outputs.forEach(
        (net, pin) => net !== undefined && (values[net] = evaluate(gate.cell.outputs[pin].value, valueIn(gate))),
      );
    states = registers.map((register) => valueIn(register)('D'));
    values.forEach((value, net) => (toggles[net] += Number(cycle > 0 && value !== before[net])));
    for (const {
      outputs: [q],
    } of registers)
      if (q !== undefined) ones[q] += Number(values[q]);
    return ports.get('y')?.bits.map((net) => values[net]);
  });
  return { outputs, toggles, ones };
}

it.each([
  [1, 20, 1, 5],
  [2, 60, 8, 31],
  // Blocks of cycles that are not full, and more cycles than a counter of a byte could hold.
  [3, 40, 5, 8],
  [4, 40, 5, 9],
  [5, 25, 5, 603],
])(
  'netlist %d of %d gates and %d registers over %d cycles: every output and every toggle',
  (seed, gates, registers, cycles) => {
    const netlist = drawn(seed, gates, registers);
    const simulator = simulatorOf(netlist);
    const random = randomFrom(seed, 7);
    const width = simulator.inputs.length;
    expect(simulator.inputs).toEqual(Array.from({ length: 6 }, (_, i) => `a[${i}]`));
    const words = Uint8Array.from({ length: cycles * width * WORD }, () => random.below(256));
    const bitOf = (bytes: Uint8Array, place: number, c: number) =>
      ((bytes[place * WORD + (c >> 3)] >> (c & 7)) & 1) === 1;
    const outputs = simulator.run(words, cycles);
    const toggles = new Float64Array(netlist.nets);
    const ones = new Float64Array(netlist.nets);
    for (let c = 0; c < CASES; c++) {
      const own = alone(
        netlist,
        Array.from({ length: cycles }, (_, t) =>
          Array.from({ length: width }, (_bit, i) => bitOf(words, t * width + i, c)),
        ),
      );
      own.toggles.forEach((count, net) => (toggles[net] += count));
      own.ones.forEach((count, net) => (ones[net] += count));
      const given = own.outputs.map((bits, t) =>
        bits?.map((_, i) => bitOf(outputs, t * simulator.outputs.length + i, c)),
      );
      expect(given).toEqual(own.outputs);
    }
    expect(simulator.activity()).toEqual({ toggles, ones });
    const weights = { toggles: toggles.map((_, net) => net % 7), ones: ones.map((_, net) => net % 5) };
    const sum = toggles.reduce(
      (all, count, net) => all + count * weights.toggles[net] + ones[net] * weights.ones[net],
      0,
    );
    expect(simulator.weighed(simulator.weightsOf(weights))).toBe(sum);
    expect(toggles.some((count) => count > 0)).toBe(true);
    // It goes on where it was, and counts on until it forgets.
    simulator.run(words.subarray(0, width * WORD), 1);
    const sumOf = (counts: Float64Array) => counts.reduce((x, y) => x + y);
    expect(sumOf(simulator.activity().toggles)).toBeGreaterThan(sumOf(toggles));
    const none = new Float64Array(netlist.nets);
    simulator.forget();
    expect(simulator.activity()).toEqual({ toggles: none, ones: none });
    // And begins anew.
    simulator.restart();
    expect(simulator.run(words, cycles)).toEqual(outputs);
    expect(simulator.activity()).toEqual({ toggles, ones });
  },
);

it('words of another number of cycles are refused', () => {
  const simulator = simulatorOf(drawn(1, 5, 1));
  expect(() => simulator.run(new Uint8Array(16), 1)).toThrow('simulator: 16 bytes for 1 cycles of 6 bits in 128 cases');
});
