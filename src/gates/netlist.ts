import { evaluate } from './liberty/expression.js';
import type { PlainCell, CellLibrary, LibraryCell } from './liberty/cell.js';

/** A synthesised module of one clock: its gates in an order in which each comes after those that drive it. */
export interface Netlist<C extends PlainCell = LibraryCell> {
  name: string;
  /** Nets are numbered from 0; the two constants are the first. */
  nets: number;
  /** Ports with the nets of their bits, lowest first. */
  ports: ReadonlyMap<string, NetlistPort>;
  /** The port that clocks all registers; undefined where there are none. */
  clock?: string;
  gates: readonly PlacedCell<C>[];
  registers: readonly PlacedCell<C>[];
}

export interface NetlistPort {
  direction: 'input' | 'output';
  bits: readonly number[];
}

export interface PlacedCell<C extends PlainCell = LibraryCell> {
  cell: C;
  name: string;
  /** Nets in the order of the cell's inputs. */
  inputs: readonly number[];
  /** Nets in the order of the cell's outputs; undefined where one is left open. */
  outputs: readonly (number | undefined)[];
}

/** Nets of constants. */
export const ZERO = 0;
export const ONE = 1;

interface YosysModule {
  attributes?: Record<string, string>;
  ports: Record<string, { direction: string; bits: (number | string)[] }>;
  cells: Record<string, { type: string; connections: Record<string, (number | string)[]> }>;
}

/**
 * Reads the netlist that yosys writes (`write_json`), mapped onto a library and flattened.
 * @param top the module; the file's only one, or the one that yosys calls the top, where it is not given
 * @throws RangeError in one line naming the cell or net: unknown cells, latches, loops, several clocks, nets without a driver
 */
export function readNetlist(text: string, file: string, library: CellLibrary, top?: string): Netlist {
  let modules: Record<string, YosysModule>;
  try {
    ({ modules } = JSON.parse(text) as { modules: Record<string, YosysModule> });
  } catch {
    throw new RangeError(`${file}: no JSON; yosys writes a netlist with write_json`);
  }
  if (typeof modules !== 'object' || modules === null)
    throw new RangeError(`${file}: no modules; yosys writes a netlist with write_json`);
  const names = Object.keys(modules);
  const name =
    top ??
    names.find((each) => String(modules[each]?.attributes?.top).endsWith('1')) ??
    (names.length === 1 ? names[0] : undefined);
  if (name === undefined || modules[name] === undefined)
    throw new RangeError(`${file}: no module ${top ?? 'is its top'}; it has ${names.join(', ')}`);
  if (!isModule(modules[name]))
    throw new RangeError(`${file}: module ${name} has not the ports and cells that yosys writes`);
  return new Building(modules[name], name, file, library).build();
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const areBits = (value: unknown) =>
  Array.isArray(value) && value.every((bit) => Number.isSafeInteger(bit) || /^[01xz]$/.test(String(bit)));
const isPort = (port: unknown) => isRecord(port) && typeof port.direction === 'string' && areBits(port.bits);
const isCell = (cell: unknown) =>
  isRecord(cell) &&
  typeof cell.type === 'string' &&
  isRecord(cell.connections) &&
  Object.values(cell.connections).every(areBits);

const isModule = (module: unknown): boolean =>
  isRecord(module) &&
  isRecord(module.ports) &&
  isRecord(module.cells) &&
  Object.values(module.ports).every(isPort) &&
  Object.values(module.cells).every(isCell);

class Building {
  private readonly numbers = new Map<number, number>();
  private readonly drivers = new Map<number, string>();
  private readonly gates: PlacedCell[] = [];
  private readonly registers: PlacedCell[] = [];
  private readonly module: YosysModule;
  private readonly name: string;
  private readonly file: string;
  private readonly known: CellLibrary;

  constructor(module: YosysModule, name: string, file: string, library: CellLibrary) {
    this.module = module;
    this.name = name;
    this.file = file;
    this.known = library;
  }

  private fail(problem: string): never {
    throw new RangeError(`${this.file}: module ${this.name}: ${problem}`);
  }

  private net(bit: number | string): number {
    if (bit === '1') return ONE;
    // What is unknown is zero, as a chip has one of the two there.
    if (typeof bit === 'string') return ZERO;
    let number = this.numbers.get(bit);
    if (number === undefined) this.numbers.set(bit, (number = 2 + this.numbers.size));
    return number;
  }

  private drive(net: number, by: string): void {
    const other = this.drivers.get(net);
    if (other !== undefined) this.fail(`${by} and ${other} drive one net`);
    this.drivers.set(net, by);
  }

  build(): Netlist {
    const ports = new Map<string, NetlistPort>();
    this.drivers.set(ZERO, '0').set(ONE, '1');
    for (const [name, { direction, bits }] of Object.entries(this.module.ports)) {
      if (direction !== 'input' && direction !== 'output')
        this.fail(`port ${name} is ${direction}; take inputs and outputs`);
      const nets = bits.map((bit) => this.net(bit));
      ports.set(name, { direction, bits: nets });
      if (direction === 'input') for (const net of nets) this.drive(net, `port ${name}`);
    }
    for (const [name, { type, connections }] of Object.entries(this.module.cells)) this.place(name, type, connections);
    const open = [...this.gates, ...this.registers].flatMap(({ name, inputs }) => inputs.map((net) => ({ name, net })));
    const outputs = [...ports].flatMap(([name, { bits }]) => bits.map((net) => ({ name: `port ${name}`, net })));
    const undriven = [...open, ...outputs].find(({ net }) => !this.drivers.has(net));
    if (undriven !== undefined) this.fail(`nothing drives an input of ${undriven.name}`);
    const clock = this.clockOf(ports);
    return {
      name: this.name,
      nets: 2 + this.numbers.size,
      ports,
      ...(clock !== undefined && { clock }),
      gates: this.levelised(),
      registers: this.registers,
    };
  }

  private place(name: string, type: string, connections: Record<string, (number | string)[]>): void {
    const cell = this.known.cells.get(type) ?? this.fail(`cell ${name} is a ${type}, which ${this.known.name} has not`);
    if (cell.other !== undefined)
      this.fail(`cell ${name} is a ${type}, ${cell.other}; gates and edge-triggered registers are read`);
    const bitOf = (pin: string) => {
      const bits = connections[pin];
      return bits === undefined || bits.length === 0 ? undefined : this.net(bits[0]);
    };
    const inputs = cell.inputs.map((pin) => bitOf(pin.name) ?? this.fail(`pin ${pin.name} of ${name} is left open`));
    const outputs = cell.outputs.map((pin) => bitOf(pin.name));
    outputs.forEach((net) => net !== undefined && this.drive(net, name));
    const instance = { cell, name, inputs, outputs };
    if (cell.register === undefined) return void this.gates.push(instance);
    const { clears, falling } = cell.register;
    if (falling) this.fail(`register ${name} takes its value at the falling edge`);
    const fixed = (pin: string) => {
      const net = inputs[cell.inputs.findIndex((each) => each.name === pin)];
      return net === ZERO || net === ONE
        ? net === ONE
        : this.fail(`register ${name} has an asynchronous reset; tie ${pin} to a constant`);
    };
    if (clears.some((clear) => evaluate(clear, fixed))) this.fail(`register ${name} is held in its reset`);
    this.registers.push(instance);
  }

  private clockOf(ports: ReadonlyMap<string, NetlistPort>): string | undefined {
    const clocks = new Set<number>();
    for (const { cell, inputs } of this.registers)
      clocks.add(inputs[cell.inputs.findIndex(({ name }) => name === cell.register?.clock)]);
    if (clocks.size === 0) return undefined;
    const named = [...clocks].map(
      (net) => [...ports].find(([, { direction, bits }]) => direction === 'input' && bits.includes(net))?.[0],
    );
    if (clocks.size > 1)
      this.fail(
        `${clocks.size} clocks (${named.map((name) => name ?? 'one from a gate').join(', ')}); one is simulated`,
      );
    return named[0] ?? this.fail('the clock comes from a gate; it has to be a port');
  }

  private levelised(): PlacedCell[] {
    const driven = new Map<number, PlacedCell>();
    for (const gate of this.gates) for (const net of gate.outputs) if (net !== undefined) driven.set(net, gate);
    const done = new Set<PlacedCell>();
    const open = new Set<PlacedCell>();
    const order: PlacedCell[] = [];
    for (const root of this.gates) {
      const stack = [root];
      while (stack.length > 0) {
        const gate = stack[stack.length - 1];
        if (done.has(gate)) {
          stack.pop();
          continue;
        }
        const before = gate.inputs
          .map((net) => driven.get(net))
          .filter((each) => each !== undefined && !done.has(each)) as PlacedCell[];
        if (before.length === 0) {
          done.add(gate);
          open.delete(gate);
          order.push(gate);
          stack.pop();
          continue;
        }
        open.add(gate);
        const back = before.find((each) => open.has(each));
        if (back !== undefined) this.fail(`a loop of gates goes through ${back.name} and ${gate.name}`);
        stack.push(...before);
      }
    }
    return order;
  }
}
