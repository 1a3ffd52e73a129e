import { type Code, FunctionBuilder, i32, type Local } from '../wasm/assembler.js';
import { v128 } from '../wasm/vector.js';
import { NOTHING, WORD } from './counting.js';
import type { PlainCell } from './liberty/cell.js';
import type { Expression } from './liberty/expression.js';
import { type Netlist, ONE, type PlacedCell, ZERO } from './netlist.js';
import type { Root } from './roots.js';

/** Where the words of a netlist at work lie. */
export interface Words {
  /** Of each root its place among the words of a cycle. */
  placeOf: ReadonlyMap<number, number>;
  roots: readonly Root[];
  /** The words of a block's first cycle; those of the others follow. */
  values: number;
  /** What each register takes at the next edge. */
  next: number;
  inputs: number;
  outputs: number;
}

const ONES: Code = v128.const(new Uint8Array(WORD).fill(255));
const START: Code = i32.const(0);
/** Gates from one that gives a value to the next that takes it, up to which it is kept at hand. */
const NEAR = 24;

/** `settle(cycles)`: at each edge registers and inputs change together, then the gates settle, each computed once. */
export function settleOf(
  { gates, registers }: Netlist<PlainCell>,
  ins: readonly { net: number }[],
  outs: readonly { net: number }[],
  words: Words,
): FunctionBuilder {
  const { placeOf, roots } = words;
  const made = new FunctionBuilder('settle', 1);
  const [cycles] = made.parameters;
  const [from, to, cycle] = [made.local('i32'), made.local('i32'), made.local('i32')];
  const offsetOf = (net: number) => words.values + (placeOf.get(net) as number) * WORD;
  const settled = gates.flatMap((gate) =>
    gate.outputs.flatMap((net, pin) => (net !== undefined && placeOf.has(net) ? [{ gate, pin, net }] : [])),
  );
  const hand = new AtHand(made, settled, roots);
  const load = (net: number): Code => {
    const { net: root, inverted } = roots[net];
    if (root === ZERO || root === ONE) return (root === ONE) === inverted ? NOTHING : ONES;
    const value = hand.valueOf(root) ?? v128.load(cycle.get, offsetOf(root));
    return inverted ? v128.not(value) : value;
  };
  const store = (net: number, value: Code) => {
    if (placeOf.has(net)) made.emit(v128.store(cycle.get, value, offsetOf(net)));
  };
  made.emit(from.set(START), to.set(START), cycle.set(START));
  made.repeat(cycles.get, () => {
    ins.forEach(({ net }, bit) => store(net, v128.load(from.get, words.inputs + bit * WORD)));
    registers.forEach(({ cell, outputs }, r) => {
      const state = v128.load(START, words.next + r * WORD);
      const [own, inverse] = cell.register?.names ?? [];
      const read = (name: string) => (name === own ? state : name === inverse ? v128.not(state) : NOTHING);
      outputs.forEach((net, pin) => net !== undefined && store(net, codeOf(cell.outputs[pin].value, read)));
    });
    settled.forEach(({ gate, pin, net }, place) => {
      const value = codeOf(gate.cell.outputs[pin].value, readerOf(gate, load));
      store(net, hand.keep(place, value));
    });
    hand.clear();
    registers.forEach((register, r) => {
      const { next } = register.cell.register as { next: Expression };
      made.emit(v128.store(START, codeOf(next, readerOf(register, load)), words.next + r * WORD));
    });
    outs.forEach(({ net }, bit) => made.emit(v128.store(to.get, load(net), words.outputs + bit * WORD)));
    const further = (local: Local, bytes: number) => local.set(i32.add(local.get, i32.const(bytes)));
    made.emit(further(from, ins.length * WORD), further(to, outs.length * WORD), further(cycle, placeOf.size * WORD));
  });
  return made;
}

/** Values that are needed again soon stay in locals: half of all loads of a PE of int8. */
class AtHand {
  private readonly made: FunctionBuilder;
  private readonly settled: readonly { gate: PlacedCell<PlainCell>; net: number }[];
  /** Places among the settled gates at which a net is first and last taken. */
  private readonly first = new Map<number, number>();
  private readonly last = new Map<number, number>();
  private readonly held = new Map<number, { local: Local; since: number }>();
  private readonly free: Local[] = [];

  constructor(
    made: FunctionBuilder,
    settled: readonly { gate: PlacedCell<PlainCell>; net: number }[],
    roots: readonly Root[],
  ) {
    this.made = made;
    this.settled = settled;
    settled.forEach(({ gate }, place) => {
      for (const { net } of gate.inputs.map((each) => roots[each])) {
        if (!this.first.has(net)) this.first.set(net, place);
        this.last.set(net, place);
      }
    });
  }

  valueOf(net: number): Code | undefined {
    return this.held.get(net)?.local.get;
  }

  /** The value of a gate's net, kept in a local where it is worth it. */
  keep(place: number, value: Code): Code {
    for (const [net, { local, since }] of this.held)
      if ((this.last.get(net) as number) <= place || place - since > NEAR) {
        this.held.delete(net);
        this.free.push(local);
      }
    const { net } = this.settled[place];
    const first = this.first.get(net);
    if (first === undefined || first - place > NEAR) return value;
    const local = this.free.pop() ?? this.made.local('v128');
    this.held.set(net, { local, since: place });
    return local.tee(value);
  }

  clear(): void {
    this.held.clear();
  }
}

function readerOf({ cell, inputs }: PlacedCell<PlainCell>, load: (net: number) => Code): (name: string) => Code {
  const places = new Map(cell.inputs.map(({ name }, pin) => [name, inputs[pin]]));
  return (name) => load(places.get(name) as number);
}

/** An expression over words of cases. */
function codeOf(expression: Expression, read: (name: string) => Code): Code {
  switch (expression.kind) {
    case 'name':
      return read(expression.name);
    case 'constant':
      return expression.value ? ONES : NOTHING;
    case 'not':
      return v128.not(codeOf(expression.of, read));
    default: {
      const { kind, left, right } = expression;
      const [x, y] = [left, right].map((side) => codeOf(side, read));
      if (kind !== 'and') return v128[kind](x, y);
      if (right.kind === 'not') return v128.andnot(x, codeOf(right.of, read));
      return left.kind === 'not' ? v128.andnot(y, codeOf(left.of, read)) : v128.and(x, y);
    }
  }
}
