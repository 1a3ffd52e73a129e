import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import type { Order } from '../datapaths/order.js';
import { reduce } from '../datapaths/reference.js';
import { widthOf } from '../formats/format.js';
import type { PlainCell } from './liberty/cell.js';
import type { Netlist } from './netlist.js';
import type { Activity } from './power.js';
import { CASES, simulatorOf } from './simulator.js';

/**
 * Operands of 128 output-stationary PEs that work side by side, tile after tile: codes [tiles, steps, lanes, CASES], where a
 * tile takes ceil(k / lanes) steps. In each a PE makes one sum of k products.
 */
export interface PeOperands {
  tiles: number;
  k: number;
  a: ArrayLike<number>;
  b: ArrayLike<number>;
}

/** Products of the sums that are held against the reference. */
const MOST_PRODUCTS = 30_000;

export interface PeActivity extends Activity {
  /** Sums that left the PEs, and those of them that are the reference's; of long ones some are looked at. */
  sums: { right: number; all: number };
}

/**
 * Feeds the netlist of a PE (rtl/pe.ts) and holds every sum that leaves it against the reference. Tiles follow upon each
 * other without a pause, so all cycles are ones of work; nothing comes down from the PE above.
 */
export function peActivity(
  netlist: Netlist<PlainCell>,
  datapath: Datapath,
  order: Order,
  operands: PeOperands,
): PeActivity {
  const { a, b, lanes } = datapath;
  const { tiles, k } = operands;
  const steps = Math.ceil(k / lanes);
  const simulator = simulatorOf(netlist);
  const place = new Map(simulator.inputs.map((name, bit) => [name, bit]));
  const width = simulator.inputs.length;
  const chunk = order.kind === 'chunked' ? order.length / lanes : Infinity;
  // A finished sum leaves one cycle after its last step, where there are chunks one more.
  const after = order.kind === 'chunked' ? 2 : 1;
  const cycles = tiles * steps + after;
  const words = new Uint8Array(cycles * width * (CASES / 8));
  const wordAt = (cycle: number, name: string) => {
    const bit = place.get(name);
    if (bit === undefined) throw new RangeError(`gates: the netlist of ${datapath.name} has no input ${name}`);
    const at = (cycle * width + bit) * (CASES / 8);
    return words.subarray(at, at + CASES / 8);
  };
  const raise = (cycle: number, name: string) => void wordAt(cycle, name).fill(255);
  const codes = (cycle: number, port: string, format: Datapath['a'], from: ArrayLike<number>, step: number) => {
    const bits = widthOf(format);
    for (let lane = 0; lane < lanes; lane++)
      for (let bit = 0; bit < bits; bit++) {
        const word = wordAt(cycle, `${port}[${lane * bits + bit}]`);
        for (let c = 0; c < CASES; c++)
          if (((from[(step * lanes + lane) * CASES + c] >>> bit) & 1) === 1) word[c >> 3] |= 1 << (c & 7);
      }
  };
  for (let step = 0; step < tiles * steps; step++) {
    const own = step % steps;
    codes(step, 'a', a, operands.a, step);
    codes(step, 'b', b, operands.b, step);
    for (let lane = 0; lane < lanes && own * lanes + lane < k; lane++)
      for (const port of ['a_valid', 'b_valid']) raise(step, `${port}[${lane}]`);
    if (own === 0) raise(step, 'a_first[0]');
    else if (own % chunk === 0) raise(step, 'a_restart[0]');
    if (own === steps - 1) raise(step, 'a_last[0]');
  }
  const warm = Math.min(steps, 4);
  // The nets begin at 0, which no chip does: some steps go by before toggles are counted, in a run of their own.
  simulator.run(words.subarray(0, warm * width * (CASES / 8)), warm);
  simulator.forget();
  const outputs = simulator.run(words, cycles);
  const plain: Datapath = { ...datapath, order, result: undefined, requantize: undefined, nanCode: undefined };
  const bits = widthOf(totalFitOf(plain).format);
  const leaving = simulator.outputs.indexOf('leaving[0]');
  const sumAt = (cycle: number, c: number) => {
    let code = 0n;
    for (let bit = bits - 1; bit >= 0; bit--) {
      const byte = outputs[(cycle * simulator.outputs.length + leaving + bit) * (CASES / 8) + (c >> 3)];
      code = (code << 1n) | BigInt((byte >> (c & 7)) & 1);
    }
    return code;
  };
  const sums = { right: 0, all: 0 };
  const apart = Math.max(1, Math.floor((tiles * CASES * k) / MOST_PRODUCTS));
  for (let tile = 0; tile < tiles; tile++)
    for (let c = tile % apart; c < CASES; c += apart) {
      const own = (from: ArrayLike<number>) =>
        Array.from({ length: k }, (_, at) => from[(tile * steps * lanes + at) * CASES + c]);
      const { code } = reduce(plain, { a: own(operands.a), b: own(operands.b) }, order);
      if (sumAt((tile + 1) * steps - 1 + after, c) === code) sums.right++;
      sums.all++;
    }
  return { ...simulator.activity(), cycles: cycles * CASES, sums };
}
