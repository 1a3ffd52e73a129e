import { type Datapath, totalFitOf } from '../../../datapaths/datapath.js';
import { finite, negate, type Raw, sum } from '../../../formats/raw.js';
import type { Random } from '../../../random/random.js';
import type { Port } from '../../words/port.js';
import type { RowCodes } from '../stimulus.js';
import { codeNear, type Pair, pairDrawer } from './draws.js';

/** What directed rows are drawn for, and from. */
export interface Aim {
  datapath: Datapath;
  inputs: readonly Port[];
  random: Random;
}

/** The tools of a drawing: pairs, the initial sum's format, and rows of what was drawn. */
export function toolsOf({ datapath, inputs, random }: Aim) {
  const pairs = pairDrawer(datapath, random);
  const format = totalFitOf(datapath).format;
  const lanes = inputs[0].lanes;
  const one = inputs
    .slice(3)
    .map((port) => Array<bigint>(port.lanes).fill(codeNear(port.format, finite(false, 1n, 0))));
  const idle = pairs.idle();
  let waiting: number[] = [];
  return {
    pairs,
    lanes,
    format,
    /** Each lane in its turn, the turns shuffled so that no kind of row keeps to some of them. */
    lane(): number {
      if (waiting.length === 0) waiting = shuffled(lanes, random);
      return waiting.pop() as number;
    },
    /** A row of pairs in the lanes from `first` on, and of the initial sum that brings the exact sum to `wanted`. */
    row(active: readonly Pair[], first: number, wanted: Raw): RowCodes {
      const filled = Array<Pair>(lanes).fill(idle);
      active.slice(0, lanes).forEach((pair, i) => (filled[(first + i) % lanes] = pair));
      // Where a format has no zero, idle lanes count too.
      const counted =
        idle.product.kind === 'finite' && idle.product.significand === 0n ? active.slice(0, lanes) : filled;
      const rest = sum([wanted, ...counted.map(({ product }) => negate(product))]);
      const c = wanted.kind === 'finite' && wanted.significand !== 0n && rest.kind === 'finite' ? rest : wanted;
      return this.rowWith(filled, codeNear(format, c));
    },
    /** A row of one pair a lane and an initial sum. */
    rowWith(filled: readonly Pair[], c: bigint): RowCodes {
      return [filled.map(({ a }) => a), filled.map(({ b }) => b), [c], ...one];
    },
    idleRow: () => Array<Pair>(lanes).fill(idle),
  };
}
export type Tools = ReturnType<typeof toolsOf>;

function shuffled(count: number, random: Random): number[] {
  const places = Array.from({ length: count }, (_, place) => place);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [places[i], places[j]] = [places[j], places[i]];
  }
  return places;
}
