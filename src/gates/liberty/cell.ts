import type { DelayTable } from '../nldm.js';
import type { Expression } from './expression.js';

/** Cells of a technology at one corner, as a liberty file describes them; all figures in SI units. */
export interface CellLibrary {
  /** Of the library, or of the first where several files make one. */
  name: string;
  /** Volts. */
  voltage: number;
  /** Degrees Celsius, where the file says. */
  temperature?: number;
  cells: ReadonlyMap<string, LibraryCell>;
  /** Liberty text of the cells that synthesis may take: gates of one output and plain registers. */
  forSynthesis(): string;
}

/** Mapping takes libraries of so many gates and more: abc refuses those with fewer. */
const LEAST_GATES = 3;

/**
 * The gate that drives what comes from outside: the smallest buffer.
 * @throws RangeError where there is none, too few gates to map onto, or no register
 */
export function driverOf({ name, cells }: CellLibrary): LibraryCell {
  const offered = [...cells.values()].filter((cell) => cell.offered);
  if (!offered.some(({ register }) => register?.falling === false))
    throw new RangeError(
      `library ${name} has no register of a rising edge that is neither kept from synthesis nor for scan; mapping needs one`,
    );
  const gates = offered.filter(({ register }) => register === undefined);
  const buffers = gates.filter(({ inputs, outputs: [first] }) => inputs.length === 1 && first.value.kind === 'name');
  const [smallest] = buffers.sort((x, y) => x.area - y.area);
  if (smallest === undefined || gates.length < LEAST_GATES)
    throw new RangeError(
      `library ${name} has ${gates.length} gates and ${smallest === undefined ? 'no' : 'a'} buffer; mapping needs a buffer among at least ${LEAST_GATES}`,
    );
  return smallest;
}

/** What of a cell a simulation without delays looks at. */
export interface PlainCell {
  name: string;
  /** Input pins in the order of the file. */
  inputs: readonly { name: string }[];
  /** Each a function of the input pins, or of a register's state. */
  outputs: readonly { name: string; value: Expression }[];
  /** A register that takes `next` at the rising edge of `clock`, or at the falling one. */
  register?: { clock: string; falling: boolean; next: Expression; names: [string, string]; clears: Expression[] };
}

export interface LibraryCell extends PlainCell {
  /** In the library's unit, square micrometres by custom. */
  area: number;
  /** Watts, the mean over the cell's states where the file gives no value of its own. */
  leakage: number;
  inputs: InputPin[];
  outputs: OutputPin[];
  /** Why the cell is neither a gate nor a register: "a latch", "no function"; undefined for those. */
  other?: string;
  /** Whether synthesis may take it. */
  offered: boolean;
}

export interface InputPin {
  name: string;
  /** Farads. */
  capacitance: number;
  power: Power[];
  /** Of a register's data: seconds before its clock's edge, over the transitions of the pin and of the clock. */
  setup: Transitions[];
}

export interface OutputPin {
  name: string;
  /** Of the input pins, or of a register's state. */
  value: Expression;
  power: Power[];
  arcs: Arc[];
}

export interface Transitions {
  rise: DelayTable;
  fall: DelayTable;
}

/** Joules of one transition of a pin, the load's own energy apart; of several supplies the sum. */
export interface Power {
  related?: string;
  when?: Expression;
  rise: DelayTable[];
  fall: DelayTable[];
}

/** Seconds from an input to an output. */
export interface Arc {
  from: string;
  /** Whether a rising input makes the output rise (positive), fall (negative), or either. */
  sense: 'positive' | 'negative' | 'either';
  delay: Transitions;
  transition: Transitions;
}
