import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import type { Order } from '../datapaths/order.js';
import { reduce } from '../datapaths/reference.js';
import { widthOf } from '../formats/format.js';
import { type ExpectedSum, lookedAt, type PeFeed, type PortWord, raised } from './feed.js';
import { CASES } from './simulator.js';

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

/** Cycles that a finished sum is under way, with its way out. */
const LEAVING = 4;

/**
 * The feed of an output-stationary PE (rtl/pe.ts). Tiles follow upon each other without a pause, so all cycles are ones of
 * work; nothing comes down from the PE above.
 * @param stages registers between multiplier and adder
 */
export function outputFeed(datapath: Datapath, order: Order, operands: PeOperands, stages = 0): PeFeed {
  const { lanes } = datapath;
  const { tiles, k } = operands;
  const steps = Math.ceil(k / lanes);
  const chunk = order.kind === 'chunked' ? order.length / lanes : Infinity;
  // A finished sum leaves one cycle after its last step, where there are chunks one more.
  const after = (order.kind === 'chunked' ? 2 : 1) + stages;
  const plain: Datapath = { ...datapath, order, result: undefined, requantize: undefined, nanCode: undefined };

  function wordsIn(step: number): PortWord[] {
    const own = step % steps;
    const words = (['a', 'b'] as const).flatMap((port) => {
      const bits = widthOf(datapath[port]);
      return Array.from({ length: lanes }, (_, lane): PortWord => {
        const from = (step * lanes + lane) * CASES;
        return { port, bit: lane * bits, bits, codeOf: (c) => operands[port][from + c] };
      });
    });
    for (let lane = 0; lane < lanes && own * lanes + lane < k; lane++)
      words.push(raised('a_valid', lane), raised('b_valid', lane));
    if (own === 0) words.push(raised('a_first'));
    else if (own % chunk === 0) words.push(raised('a_restart'));
    if (own === steps - 1) words.push(raised('a_last'));
    return words;
  }

  function* expected(): Generator<ExpectedSum> {
    const apart = lookedAt(tiles * CASES * k);
    for (let tile = 0; tile < tiles; tile++)
      for (let c = tile % apart; c < CASES; c += apart) {
        const own = (from: ArrayLike<number>) =>
          Array.from({ length: k }, (_, at) => from[(tile * steps * lanes + at) * CASES + c]);
        const { code } = reduce(plain, { a: own(operands.a), b: own(operands.b) }, order);
        yield { cycle: (tile + 1) * steps - 1 + after, c, code };
      }
  }

  return {
    unit: datapath.name,
    tiles,
    period: steps,
    after,
    firings: tiles * steps + after,
    warm: [0, Math.min(steps, 4)],
    wordsIn,
    // A tile's first word forgets the sum before, which may still be leaving.
    since(begin, cycles) {
      const settled = Math.floor((begin - LEAVING - stages) / steps);
      const leaves = Math.floor((begin + cycles - 1) / steps) > settled;
      return (leaves ? settled - 1 : settled) * steps;
    },
    sums: { port: 'leaving', bits: widthOf(totalFitOf(plain).format), expected },
  };
}
