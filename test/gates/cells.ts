import { macArray } from '../../src/arrays/dataflow.js';
import type { CellLibrary } from '../../src/gates/liberty/cell.js';
import { readLibrary } from '../../src/gates/liberty/library.js';

/** A small library of made-up figures, in nanoseconds, picofarads and picowatts at 1 V: what a test computes by hand. */

const numbers = (values: readonly number[]) => `"${values.join(', ')}"`;

/** A table over transition and load that is `base + bySlew * slew + byLoad * load`. */
export function plane(base: number, bySlew: number, byLoad: number): string {
  const [slews, loads] = [
    [0, 1],
    [0, 0.5, 1],
  ];
  const rows = slews.map((slew) => numbers(loads.map((load) => base + bySlew * slew + byLoad * load)));
  return `(by_both) { index_1 (${numbers(slews)}); index_2 (${numbers(loads)}); values (${rows.join(', \\\n')}); }`;
}

interface Gate {
  name: string;
  inputs: readonly string[];
  value: string;
  sense?: string;
}

/** Nanoseconds, nanoseconds and picojoules of every gate: by its transition and load. */
export const DELAY = { base: 0.1, bySlew: 0.5, byLoad: 2 };
export const SLEW = { base: 0.05, bySlew: 0, byLoad: 1 };
export const ENERGY = { base: 0.004, bySlew: 0, byLoad: 0 };
export const CAPACITANCE = 0.01;
export const AREA = 2;

const planeOf = ({ base, bySlew, byLoad }: typeof DELAY) => plane(base, bySlew, byLoad);

function gate({ name, inputs, value, sense = 'non_unate' }: Gate): string {
  const arcs = inputs.map(
    (pin) => `
      timing () { related_pin : "${pin}"; timing_sense : ${sense};
        cell_rise ${planeOf(DELAY)} cell_fall ${planeOf(DELAY)}
        rise_transition ${planeOf(SLEW)} fall_transition ${planeOf(SLEW)} }
      internal_power () { related_pin : "${pin}"; rise_power ${planeOf(ENERGY)} fall_power ${planeOf(ENERGY)} }`,
  );
  return `
  cell (${name}) { area : ${AREA}; cell_leakage_power : 3;
    ${inputs.map((pin) => `pin (${pin}) { direction : input; capacitance : ${CAPACITANCE}; }`).join('\n    ')}
    pin (Y) { direction : output; function : "${value}"; ${arcs.join('')} } }`;
}

/** Set-up time in nanoseconds; picojoules of either edge of the clock. */
export const SETUP = 0.2;
export const CLOCK_ENERGY = 0.007;

export const REGISTER = `
  cell (DFF) { area : 5; cell_leakage_power : 10;
    ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; }
    pin (D) { direction : input; capacitance : ${CAPACITANCE};
      timing () { related_pin : "CK"; timing_type : setup_rising;
        rise_constraint (scalar) { values ("${SETUP}"); } fall_constraint (scalar) { values ("${SETUP}"); } } }
    pin (CK) { direction : input; clock : true; capacitance : ${CAPACITANCE};
      internal_power () { rise_power (scalar) { values ("${CLOCK_ENERGY}"); } fall_power (scalar) { values ("${CLOCK_ENERGY}"); } } }
    pin (Q) { direction : output; function : "IQ";
      timing () { related_pin : "CK"; timing_type : rising_edge; timing_sense : non_unate;
        cell_rise ${planeOf(DELAY)} cell_fall ${planeOf(DELAY)}
        rise_transition ${planeOf(SLEW)} fall_transition ${planeOf(SLEW)} }
      internal_power () { related_pin : "CK"; rise_power ${planeOf(ENERGY)} fall_power ${planeOf(ENERGY)} } } }`;

const GATES: readonly Gate[] = [
  { name: 'BUF', inputs: ['A'], value: 'A', sense: 'positive_unate' },
  { name: 'INV', inputs: ['A'], value: "A'", sense: 'negative_unate' },
  { name: 'NAND', inputs: ['A', 'B'], value: '!(A & B)', sense: 'negative_unate' },
  { name: 'NOR', inputs: ['A', 'B'], value: '!(A | B)', sense: 'negative_unate' },
  { name: 'XOR', inputs: ['A', 'B'], value: 'A ^ B' },
  { name: 'MUX', inputs: ['A', 'B', 'S'], value: "(A S') + (B S)" },
  { name: 'AOI', inputs: ['A', 'B', 'C'], value: '!((A*B)+C)', sense: 'negative_unate' },
];

const HEAD = `
  delay_model : table_lookup;
  time_unit : "1ns";
  voltage_unit : "1V";
  capacitive_load_unit (1, pf);
  leakage_power_unit : "1pW";
  nom_voltage : 1.0;
  nom_temperature : 25;
  lu_table_template (by_both) { variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("0, 1"); index_2 ("0, 0.5, 1"); }`;

const LATCH = `
  cell (LATCH) { latch (IQ, IQN) { enable : "G"; data_in : "D"; }
    pin (D) { direction : input; } pin (G) { direction : input; } pin (Q) { direction : output; function : "IQ"; } }`;

export const LIBERTY = `/* made up */ library (made_up) {${HEAD}${GATES.map(gate).join('')}${REGISTER}${LATCH}
}
`;

export const madeUp = (text = LIBERTY): CellLibrary => readLibrary([{ name: 'made.lib', text }]);

/** An array of PEs that keep their sums. */
export const OUTPUTS = macArray({ rows: 16, cols: 16, dataflow: 'os' });

type Connections = Readonly<Record<string, number | string>>;

/** A module as yosys writes it: a clock `clk` on net 2 where a register is there. */
export function module(
  ports: Readonly<Record<string, { direction: string; bits: (number | string)[] }>>,
  cells: readonly (readonly [type: string, connections: Connections])[],
): string {
  const placed = cells.map(([type, connections], i) => [
    `u${i}`,
    { type, connections: Object.fromEntries(Object.entries(connections).map(([pin, net]) => [pin, [net]])) },
  ]);
  return JSON.stringify({ modules: { top: { ports, cells: Object.fromEntries(placed) } } });
}
