import type { Fit } from '../../../formats/codec.js';
import { type Order, permutedPlaces } from '../../order.js';

/**
 * An order worked out for one length: which products come when, in runs that each have a register of their own. Every
 * order but the tree is this, so that kernels know one loop.
 */
export interface Plan {
  /** The place in k of each product, where it is not k order. */
  sequence?: Int32Array;
  /** Products in each run. */
  runs: readonly number[];
  /** The first run starts from the initial sum; else every run starts from +0 and is added to it. */
  direct: boolean;
  /** How runs are joined; the register's own fit by default. */
  outer?: Fit;
  /** Each run is reduced pairwise with a rounding at every node. */
  pairwise: boolean;
}

/** @param lanes of the unit: an interleaved order deals firings out, not products */
export function planOf(order: Order, k: number, lanes: number): Plan {
  switch (order.kind) {
    case 'sequential':
      return { runs: k === 0 ? [] : [k], direct: true, pairwise: false };
    case 'chunked':
      return { runs: runsOf(k, order.length), direct: false, outer: order.outer, pairwise: false };
    case 'tree':
      return { runs: runsOf(k, order.width), direct: false, pairwise: true };
    case 'interleaved':
      return dealt(order.ways, k, lanes);
    default: {
      const moved = Int32Array.from(permutedPlaces(order.indices, k));
      const then = planOf(order.after ?? { kind: 'sequential' }, moved.length, lanes);
      return { ...then, sequence: then.sequence === undefined ? moved : then.sequence.map((place) => moved[place]) };
    }
  }
}

/** The same products in k order and one run, where each place is taken once: for sums that no order changes. */
export function inOneRun({ sequence }: Plan, k: number): Plan {
  const whole = sequence === undefined || (sequence.length === k && new Set(sequence).size === k);
  return { sequence: whole ? undefined : sequence, runs: [sequence?.length ?? k], direct: true, pairwise: false };
}

/** The fit of an order's outer register, where it has one of its own. */
export function outerOf(order: Order): Fit | undefined {
  if (order.kind === 'permuted') return order.after === undefined ? undefined : outerOf(order.after);
  return order.kind === 'chunked' ? order.outer : undefined;
}

function runsOf(k: number, length: number): number[] {
  return Array.from({ length: Math.ceil(k / length) }, (_, i) => Math.min(length, k - i * length));
}

/** Firing i goes to register i mod `ways`; a register without a firing still joins, with +0. */
function dealt(ways: number, k: number, lanes: number): Plan {
  if (k === 0 && ways === 1) return { runs: [], direct: true, pairwise: false };
  const sequence: number[] = [];
  const runs: number[] = [];
  for (let way = 0; way < ways; way++) {
    const before = sequence.length;
    for (let start = way * lanes; start < k; start += ways * lanes)
      for (let i = start; i < Math.min(start + lanes, k); i++) sequence.push(i);
    runs.push(sequence.length - before);
  }
  return { sequence: Int32Array.from(sequence), runs, direct: true, pairwise: false };
}
