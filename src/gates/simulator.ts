import { type Code, FunctionBuilder, i32, moduleBytes } from '../wasm/assembler.js';
import { instantiate } from '../wasm/memory.js';
import { i16x8, i32x4, i8x16, v128 } from '../wasm/vector.js';
import type { Expression } from './liberty/expression.js';
import { type PlacedCell, type Netlist, ONE, ZERO } from './netlist.js';

/** Cases that are simulated side by side, a bit of a vector each. */
export const CASES = 128;
const WORD = 16;
/** A counter of a byte takes at most 8 toggles a cycle. */
const MOST_CYCLES = 31;
const PAGE = 65536;

/**
 * A netlist at work, 128 cases at once, without delays: in each cycle registers and inputs change together, the gates
 * settle, and every net that then has another value than in the cycle before has toggled once. All nets begin at 0.
 */
export interface Simulator {
  /** Bits of the input ports but the clock, in the order of the ports: a word of 128 cases each, cycle by cycle. */
  readonly inputs: readonly string[];
  /** The same for the output ports. */
  readonly outputs: readonly string[];
  /** Runs some cycles. @param inputs words of 16 bytes. @returns the outputs' words after each cycle */
  run(inputs: Uint8Array, cycles: number): Uint8Array;
  /** Toggles of each net in all cases since the start or the last `forget`; of the clock none. */
  toggles(): Float64Array;
  forget(): void;
}

const ONES: Code = v128.const(new Uint8Array(WORD).fill(255));
const NOTHING: Code = v128.const(new Uint8Array(WORD));

export function simulatorOf(netlist: Netlist): Simulator {
  const bitsOf = (direction: string) =>
    [...netlist.ports].flatMap(([name, port]) =>
      port.direction === direction && name !== netlist.clock
        ? port.bits.map((net, bit) => ({ name: `${name}[${bit}]`, net }))
        : [],
    );
  const [ins, outs] = [bitsOf('input'), bitsOf('output')];
  const { nets, registers } = netlist;
  const states = registers.length;
  const at = {
    values: 64,
    counts: 64 + nets * WORD,
    totals: 64 + 2 * nets * WORD,
    next: 64 + 3 * nets * WORD,
    inputs: 0,
    outputs: 0,
    end: 0,
  };
  at.inputs = at.next + states * WORD;
  at.outputs = at.inputs + MOST_CYCLES * ins.length * WORD;
  at.end = at.outputs + MOST_CYCLES * outs.length * WORD;
  const pages = Math.ceil(at.end / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const functions = [stepsOf(netlist, ins, outs, at), foldOf(nets, at)];
  const kernel = instantiate(new WebAssembly.Module(moduleBytes(functions, pages)), memory);
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(255, at.values + ONE * WORD, at.values + (ONE + 1) * WORD);
  const totals = new Float64Array(nets);

  /** A call's counts are added to the totals of 32 bits each, which are read at once. */
  function fold(): void {
    kernel.fold();
    const words = new Uint32Array(memory.buffer, at.totals, nets * 4);
    for (let net = 0; net < nets; net++)
      totals[net] += words[4 * net] + words[4 * net + 1] + words[4 * net + 2] + words[4 * net + 3];
  }
  return {
    inputs: ins.map(({ name }) => name),
    outputs: outs.map(({ name }) => name),
    run(inputs, cycles) {
      const [taken, given] = [ins.length * WORD, outs.length * WORD];
      if (inputs.length !== cycles * taken)
        throw new RangeError(
          `simulator: ${inputs.length} bytes for ${cycles} cycles of ${ins.length} bits in ${CASES} cases`,
        );
      const result = new Uint8Array(cycles * given);
      for (let done = 0; done < cycles; done += MOST_CYCLES) {
        const now = Math.min(MOST_CYCLES, cycles - done);
        bytes.set(inputs.subarray(done * taken, (done + now) * taken), at.inputs);
        kernel.run(now);
        result.set(bytes.subarray(at.outputs, at.outputs + now * given), done * given);
        fold();
      }
      return result;
    },
    toggles: () => totals.slice(),
    forget: () => void totals.fill(0),
  };
}

interface Places {
  values: number;
  counts: number;
  totals: number;
  next: number;
  inputs: number;
  outputs: number;
}

const START: Code = i32.const(0);

/** `run(cycles)`. */
function stepsOf(
  { gates, registers }: Netlist,
  ins: readonly { net: number }[],
  outs: readonly { net: number }[],
  at: Places,
): FunctionBuilder {
  const made = new FunctionBuilder('run', 1);
  const [cycles] = made.parameters;
  const [from, to] = [made.local('i32'), made.local('i32')];
  const [value, toggled] = [made.local('v128'), made.local('v128')];
  const load = (net: number): Code =>
    net === ZERO ? NOTHING : net === ONE ? ONES : v128.load(START, at.values + net * WORD);
  /** A net's value of this cycle, its toggles counted. */
  const settle = (net: number, now: Code) => {
    const count = v128.load(START, at.counts + net * WORD);
    made.emit(
      value.set(now),
      toggled.set(v128.xor(value.get, load(net))),
      v128.store(START, value.get, at.values + net * WORD),
      v128.store(START, i8x16.add(count, i8x16.popcnt(toggled.get)), at.counts + net * WORD),
    );
  };
  made.emit(from.set(START), to.set(START));
  made.repeat(cycles.get, () => {
    ins.forEach(({ net }, bit) => settle(net, v128.load(from.get, at.inputs + bit * WORD)));
    registers.forEach(({ cell, outputs }, r) => {
      const state = v128.load(START, at.next + r * WORD);
      const [own, inverse] = cell.register?.names ?? [];
      outputs.forEach((net, pin) => {
        if (net !== undefined)
          settle(
            net,
            codeOf(cell.outputs[pin].value, (name) =>
              name === own ? state : name === inverse ? v128.not(state) : NOTHING,
            ),
          );
      });
    });
    for (const gate of gates)
      gate.outputs.forEach((net, pin) => {
        if (net !== undefined) settle(net, codeOf(gate.cell.outputs[pin].value, readerOf(gate, load)));
      });
    registers.forEach((register, r) => {
      const { next } = register.cell.register as { next: Expression };
      made.emit(v128.store(START, codeOf(next, readerOf(register, load)), at.next + r * WORD));
    });
    outs.forEach(({ net }, bit) => made.emit(v128.store(to.get, load(net), at.outputs + bit * WORD)));
    made.emit(
      from.set(i32.add(from.get, i32.const(ins.length * WORD))),
      to.set(i32.add(to.get, i32.const(outs.length * WORD))),
    );
  });
  return made;
}

function readerOf({ cell, inputs }: PlacedCell, load: (net: number) => Code): (name: string) => Code {
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

/** `fold()`: the counts of all nets as totals of 32 bits, and the counts at 0 again. */
function foldOf(nets: number, at: Places): FunctionBuilder {
  const made = new FunctionBuilder('fold', 0);
  const place = made.local('i32');
  made.emit(place.set(START));
  made.repeat(i32.const(nets), () => {
    const pairs = i16x8.extaddPairwiseU(v128.load(place.get, at.counts));
    made.emit(
      v128.store(place.get, i32x4.extaddPairwiseU(pairs), at.totals),
      v128.store(place.get, NOTHING, at.counts),
      place.set(i32.add(place.get, i32.const(WORD))),
    );
  });
  return made;
}
