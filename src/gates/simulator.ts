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
  /** What each net did in all cases since the start or the last `forget`; the clock does nothing. */
  activity(): { toggles: Float64Array; ones: Float64Array };
  forget(): void;
  /** Every net of one case as the last cycle has left it, 0 or 1. */
  valuesOf(c: number): Uint8Array;
  /** The activity, weighted and summed. @param weights of `weightsOf` */
  weighed(weights: NetWeights): number;
  /** Numbers of each net as `weighed` takes them: nets that toggle together are one. */
  weightsOf(perNet: Partial<NetWeights>): NetWeights;
  /** Begins anew, as if nothing had run. */
  restart(): void;
}

/** What a toggle of each net counts, and of registers' nets a cycle in which it is 1. */
export interface NetWeights {
  toggles: Float64Array;
  ones: Float64Array;
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
  // Registers' nets come first: of these ones are counted too.
  const stored = netlist.registers.flatMap(({ outputs }) => outputs.filter((net) => net !== undefined));
  const placeOf = new Map(stored.map((net, place) => [net, place]));
  roots.forEach((root, net) => root.net === net && !placeOf.has(net) && placeOf.set(net, placeOf.size));
  const nets = placeOf.size;
  const each = nets * WORD;
  let end = PAGE / 1024;
  const reserve = (bytes: number) => {
    end += bytes;
    return end - bytes;
  };
  const countersOf = (count: number) => {
    const place = () => reserve(Math.max(1, count) * WORD);
    return { nets: count, ones: place(), twos: place(), fours: place(), eights: place(), totals: place() };
  };
  const block = { values: reserve((BLOCK + 1) * each), each };
  const [toggled, high] = [countersOf(nets), countersOf(stored.length)];
  const at = {
    next: reserve(netlist.registers.length * WORD),
    inputs: reserve(BLOCK * ins.length * WORD),
    outputs: reserve(BLOCK * outs.length * WORD),
  };
  const pages = Math.ceil(end / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const functions = [
    settleOf(netlist, ins, outs, { ...at, placeOf, roots, values: block.values + each }),
    countOf('toggles', block, toggled),
    foldOf('foldToggles', toggled),
    // A netlist without registers has no ones to count.
    ...(stored.length === 0 ? [] : [countOf('ones', block, high), foldOf('foldOnes', high)]),
  ];
  const kernel = instantiate(new WebAssembly.Module(moduleBytes(functions, pages)), memory);
  const bytes = new Uint8Array(memory.buffer);
  const valuesOf = (cycle: number, count = nets) =>
    bytes.subarray(block.values + cycle * each, block.values + cycle * each + count * WORD);
  const one = (placeOf.get(ONE) as number) * WORD;
  for (let cycle = 0; cycle <= BLOCK; cycle++) valuesOf(cycle).fill(255, one, one + WORD);
  const totals = { toggles: new Float64Array(nets), ones: new Float64Array(stored.length) };
  let blocks = 0;
  let begun = false;

  function addTo(sums: Float64Array, from: number): void {
    const words = new Uint32Array(memory.buffer, from, sums.length * 4);
    for (let net = 0; net < sums.length; net++)
      sums[net] += words[4 * net] + words[4 * net + 1] + words[4 * net + 2] + words[4 * net + 3];
  }

  /** Counters overflow, so their counts are added to the totals in time. */
  function fold(): void {
    if (blocks === 0) return;
    kernel.foldToggles();
    addTo(totals.toggles, toggled.totals);
    kernel.foldOnes?.();
    addTo(totals.ones, high.totals);
    blocks = 0;
  }

  /** Counts what a block of so many cycles did. */
  function count(cycles: number): void {
    if (!begun) valuesOf(0).set(valuesOf(1));
    begun = true;
    // In the rest of a block that is not full nothing changes, and nothing is 1.
    for (let cycle = cycles; cycle < BLOCK; cycle++) valuesOf(cycle + 1).set(valuesOf(cycles));
    kernel.toggles();
    for (let cycle = cycles; cycle < BLOCK; cycle++) valuesOf(cycle + 1, stored.length).fill(0);
    kernel.ones?.();
    if (++blocks === MOST_BLOCKS) fold();
  }

  function forget(): void {
    fold();
    totals.toggles.fill(0);
    totals.ones.fill(0);
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
        count(now);
        result.set(bytes.subarray(at.outputs, at.outputs + now * given), done * given);
      }
      return result;
    },
    activity() {
      fold();
      const ones = new Float64Array(netlist.nets);
      stored.forEach((net, place) => (ones[net] = totals.ones[place]));
      return { toggles: Float64Array.from(roots, ({ net }) => totals.toggles[placeOf.get(net) as number]), ones };
    },
    forget,
    valuesOf: (c) =>
      Uint8Array.from(roots, ({ net, inverted }) => {
        const byte = bytes[block.values + (placeOf.get(net) as number) * WORD + (c >> 3)];
        return ((byte >> (c & 7)) & 1) ^ Number(inverted);
      }),
    weightsOf({ toggles, ones }) {
      const weights = { toggles: new Float64Array(nets), ones: Float64Array.from(stored, (net) => ones?.[net] ?? 0) };
      if (toggles !== undefined)
        roots.forEach(({ net }, i) => (weights.toggles[placeOf.get(net) as number] += toggles[i]));
      return weights;
    },
    weighed(weights) {
      fold();
      let sum = 0;
      for (let net = 0; net < nets; net++) sum += totals.toggles[net] * weights.toggles[net];
      for (let net = 0; net < stored.length; net++) sum += totals.ones[net] * weights.ones[net];
      return sum;
    },
    restart() {
      forget();
      bytes.fill(0, at.next, at.next + netlist.registers.length * WORD);
      begun = false;
    },
  };
}
