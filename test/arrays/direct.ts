import type { ArrayUnit } from '../../src/arrays/mesh.js';
import type { ArrayProduct } from '../../src/arrays/ports.js';
import type { Order } from '../../src/datapaths/order.js';

/**
 * A unit whose sums depend on the order, on which operand is which, on the lane and on the lanes in use: a hash. Two
 * different sequences of firings and joins give the same code with a chance of about 2^-31.
 */
export function hashUnit(lanes: number): ArrayUnit {
  return {
    lanes,
    zero: 5,
    fire(sum, a, aOffset, b, bOffset, live) {
      let next = Math.imul(sum, 0x01000193) ^ live;
      for (let lane = 0; lane < live; lane++)
        next = Math.imul(next ^ (a[aOffset + lane] * 0x10001 + b[bOffset + lane] * 7 + lane), 0x85ebca6b) >>> 0;
      return next >>> 0;
    },
    join: (outer, inner) => (Math.imul(outer, 0x27d4eb2f) ^ Math.imul(inner + 1, 0x165667b1)) >>> 0,
  };
}

/** The sums computed directly, one dot product at a time, in the order given: what the mesh has to agree with. */
export function direct({ job, a, b }: ArrayProduct, unit: ArrayUnit, order: Order): Float64Array {
  const { m, n, k, groups = 1 } = job;
  const sums = new Float64Array(groups * m * n);
  for (let at = 0; at < sums.length; at++) {
    const [group, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
    const row = a.slice((group * m + i) * k, (group * m + i + 1) * k);
    const col = Uint32Array.from({ length: k }, (_, x) => b[(group * k + x) * n + j]);
    sums[at] = dot(unit, order, row, col);
  }
  return sums;
}

type Codes = ArrayProduct['a'];

function dot(unit: ArrayUnit, order: Order, a: Codes, b: Codes): number {
  const { lanes } = unit;
  const starts = Array.from({ length: Math.ceil(a.length / lanes) }, (_, i) => i * lanes);
  const fireAll = (at: number[]) =>
    at.reduce((sum, s) => unit.fire(sum, a, s, b, s, Math.min(lanes, a.length - s)), unit.zero);
  const join = (outer: number, inner: number) => unit.join?.(outer, inner) ?? Number.NaN;
  if (order.kind === 'sequential') return fireAll(starts);
  if (order.kind === 'chunked') {
    let outer = unit.zero;
    for (let first = 0; first < a.length; first += order.length)
      outer = join(outer, fireAll(starts.filter((s) => s >= first && s < first + order.length)));
    return outer;
  }
  if (order.kind !== 'interleaved') throw new Error(`no direct computation in ${order.kind} order`);
  const ways = Array.from({ length: order.ways }, (_, way) =>
    fireAll(starts.filter((_s, i) => i % order.ways === way)),
  );
  return ways.reduce((total, way) => join(total, way));
}
