import type { PlainCell } from './liberty/cell.js';
import { moduleBytes } from '../wasm/assembler.js';
import { instantiate } from '../wasm/memory.js';
import { BLOCK, countOf, foldOf, MOST_BLOCKS, WORD } from './counting.js';
import { type Netlist, ONE } from './netlist.js';
import { rootsOf } from './roots.js';
import { settleOf } from './settling.js';

/** Cases that are simulated side by side, a bit of a vector each. */
export const CASES = 8 * WORD;
const PAGE = 65536;

/**
 * A netlist at work, 128 cases at once, without delays: in each cycle registers and inputs change together, the gates
 * settle, and every net that then has another value than in the cycle before has toggled once. Registers begin at 0; the
 * first cycle has none before it, so nothing toggles in it.
 */
export interface Simulator {
  /** Bits of the input ports but the clock, in the order of the ports: a word of 128 cases each, cycle by cycle. */
  readonly inputs: readonly string[];
  /** The same for the output ports that were asked for. */
  readonly outputs: readonly string[];
  /** Runs some cycles. @param inputs words of 16 bytes. @returns the outputs' words after each cycle */
  run(inputs: Uint8Array, cycles: number): Uint8Array;
  /** Toggles of each net in all cases since the start or the last `forget`; of the clock none. */
  toggles(): Float64Array;
  forget(): void;
  /** The toggles of all nets, weighted. @param weights of `weightsOf` */
  weighed(weights: Float64Array): number;
  /** Numbers of each net, as `weighed` takes them: nets that toggle together are one. */
  weightsOf(nets: Float64Array): Float64Array;
  /** Begins anew, as if nothing had run. */
  restart(): void;
}

/** @param ports output ports whose words are given back; all where they are not named */
export function simulatorOf(netlist: Netlist<PlainCell>, ports?: readonly string[]): Simulator {
  const bitsOf = (direction: string) =>
    [...netlist.ports].flatMap(([name, port]) =>
      port.direction === direction &&
      name !== netlist.clock &&
      (direction === 'input' || ports === undefined || ports.includes(name))
        ? port.bits.map((net, bit) => ({ name: `${name}[${bit}]`, net }))
        : [],
    );
  const [ins, outs] = [bitsOf('input'), bitsOf('output')];
  const roots = rootsOf(netlist);
  const placeOf = new Map<number, number>();
  roots.forEach((root, net) => root.net === net && placeOf.set(net, placeOf.size));
  const nets = placeOf.size;
  const each = nets * WORD;
  let end = PAGE / 1024;
  const reserve = (bytes: number) => {
    end += bytes;
    return end - bytes;
  };
  const at = {
    values: reserve((BLOCK + 1) * each),
    ones: reserve(each),
    twos: reserve(each),
    fours: reserve(each),
    eights: reserve(each),
    totals: reserve(each),
    next: reserve(netlist.registers.length * WORD),
    inputs: reserve(BLOCK * ins.length * WORD),
    outputs: reserve(BLOCK * outs.length * WORD),
  };
  const pages = Math.ceil(end / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const counters = { nets, ...at };
  const functions = [
    settleOf(netlist, ins, outs, { ...at, placeOf, roots, values: at.values + each }),
    countOf(counters),
    foldOf(counters),
  ];
  const kernel = instantiate(new WebAssembly.Module(moduleBytes(functions, pages)), memory);
  const bytes = new Uint8Array(memory.buffer);
  const valuesOf = (cycle: number) => bytes.subarray(at.values + cycle * each, at.values + (cycle + 1) * each);
  const one = (placeOf.get(ONE) as number) * WORD;
  for (let cycle = 0; cycle <= BLOCK; cycle++) valuesOf(cycle).fill(255, one, one + WORD);
  const totals = new Float64Array(nets);
  let blocks = 0;
  let begun = false;

  /** Counters overflow, so their counts are added to the totals in time. */
  function fold(): void {
    kernel.fold();
    const words = new Uint32Array(memory.buffer, at.totals, nets * 4);
    for (let net = 0; net < nets; net++)
      totals[net] += words[4 * net] + words[4 * net + 1] + words[4 * net + 2] + words[4 * net + 3];
    blocks = 0;
  }
  function forget(): void {
    if (blocks > 0) fold();
    totals.fill(0);
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
      for (let done = 0; done < cycles; done += BLOCK) {
        const now = Math.min(BLOCK, cycles - done);
        bytes.set(inputs.subarray(done * taken, (done + now) * taken), at.inputs);
        kernel.settle(now);
        if (!begun) valuesOf(0).set(valuesOf(1));
        begun = true;
        // In the rest of a block that is not full nothing changes.
        for (let cycle = now; cycle < BLOCK; cycle++) valuesOf(cycle + 1).set(valuesOf(now));
        kernel.count();
        result.set(bytes.subarray(at.outputs, at.outputs + now * given), done * given);
        if (++blocks === MOST_BLOCKS) fold();
      }
      return result;
    },
    toggles() {
      if (blocks > 0) fold();
      return Float64Array.from(roots, ({ net }) => totals[placeOf.get(net) as number]);
    },
    forget,
    weightsOf(perNet) {
      const weights = new Float64Array(nets);
      roots.forEach(({ net }, i) => (weights[placeOf.get(net) as number] += perNet[i]));
      return weights;
    },
    weighed(weights) {
      if (blocks > 0) fold();
      let sum = 0;
      for (let net = 0; net < nets; net++) sum += totals[net] * weights[net];
      return sum;
    },
    restart() {
      forget();
      bytes.fill(0, at.next, at.inputs);
      begun = false;
    },
  };
}
