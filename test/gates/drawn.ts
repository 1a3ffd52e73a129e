import { type Netlist, readNetlist } from '../../src/gates/netlist.js';
import { randomFrom } from '../../src/random/random.js';
import { madeUp, module } from './cells.js';

const library = madeUp();

/** A random netlist of the made-up library: gates over what is there before them, registers anywhere. */
export function drawn(seed: number, gates: number, registers: number): Netlist {
  const random = randomFrom(seed);
  const kinds = [...library.cells.values()].filter(
    ({ register, other }) => register === undefined && other === undefined,
  );
  const INPUTS = 6;
  const first = 3 + INPUTS;
  const states = Array.from({ length: registers }, (_, i) => first + i);
  const known: (number | string)[] = [...Array.from({ length: INPUTS }, (_, i) => 3 + i), ...states, '0', '1'];
  const cells: [string, Record<string, number | string>][] = [];
  for (let i = 0; i < gates; i++) {
    const cell = kinds[random.below(kinds.length)];
    const net = first + registers + i;
    const pins = cell.inputs.map(({ name }) => [name, known[random.below(known.length)]]);
    cells.push([cell.name, { ...Object.fromEntries(pins), Y: net }]);
    known.push(net);
  }
  for (const state of states) cells.push(['DFF', { CK: 2, Q: state, D: known[random.below(known.length)] }]);
  const last = known.slice(-4);
  const ports = {
    clk: { direction: 'input', bits: [2] },
    a: { direction: 'input', bits: Array.from({ length: INPUTS }, (_, i) => 3 + i) },
    y: { direction: 'output', bits: [...last, ...states.slice(0, 2)] },
  };
  return readNetlist(module(ports, cells), 'drawn', library);
}
