import type { GemmJob } from '../contract/gemm.js';
import { dotBound } from '../steps/bounds.js';
import { intFunctions, type IntStep, shapeOf } from './intNest.js';
import { type Kernel, kernelOf } from '../../../wasm/memory.js';
import { layoutOf, type Panel, type Seen } from '../panels/pack.js';
import { walk } from '../panels/walk.js';

/** The most dot products that are quicker than one product of matrices in float64 lanes. */
const MOST_PASSES = 4;
const MOST_LIMBS = 3;
/** What a lane's 32 bits hold, and float64. */
const LANE = 2 ** 31;
const WHOLE = 2 ** 53;

/** How integers up to `max` are written: so many limbs of so many bits, the last one taking the rest. */
interface Cut {
  limbs: number;
  bits: number;
  /** The largest limb, and the largest sum of all limbs' magnitudes at their places. */
  largest: number;
  reach: number;
}

/** Limbs are rounded to nearest, so that all but the last are at most half of 2^bits. */
function cutOf(max: number, limbs: number): Cut {
  if (limbs === 1) return { limbs, bits: 0, largest: max, reach: max };
  const cuts = Array.from({ length: 15 }, (_, i): Cut => {
    const bits = i + 1;
    const last = Math.floor(max / 2 ** (bits * (limbs - 1))) + 1;
    let reach = last;
    for (let limb = 1; limb < limbs; limb++) reach = reach * 2 ** bits + 2 ** (bits - 1);
    return { limbs, bits, largest: Math.max(2 ** (bits - 1), last), reach };
  });
  return cuts.reduce((best, cut) => (cut.largest < best.largest ? cut : best));
}

/** The fewest dot products whose sums fit 32 bits; undefined where they are too many. */
function cutsFor([x, y]: readonly number[], k: number): [Cut, Cut] | undefined {
  // One limb each is the least there is: the many small products of a depthwise layer need not look further.
  if (Math.max(x, y) <= 32767 && k * x * y < LANE) return [cutOf(x, 1), cutOf(y, 1)];
  const counts = Array.from({ length: MOST_LIMBS }, (_, i) => i + 1);
  const pairs = counts.flatMap((a) => counts.map((b): [Cut, Cut] => [cutOf(x, a), cutOf(y, b)]));
  return pairs
    .filter(([a, b]) => a.limbs * b.limbs <= MOST_PASSES && Math.max(a.largest, b.largest) <= 32767)
    .filter(([a, b]) => k * a.largest * b.largest < LANE)
    .sort(([a, b], [c, d]) => a.limbs * b.limbs - c.limbs * d.limbs)[0];
}

/** What the sums start from. */
export interface StartValues {
  values: Float64Array;
  seen: Seen;
}

/**
 * Exact sums of operands that are few multiples of a power of two: these integers are cut into limbs whose dot products are
 * those of 16-bit lanes, and the products' sums are put together in float64, which holds every part of them. undefined where
 * that takes too many dot products or the sums more than float64's 53 bits.
 */
export function limbSums(
  job: GemmJob,
  tables: readonly Float64Array[],
  seen: readonly Seen[],
  starts?: StartValues,
): Float64Array | undefined {
  const all = starts === undefined ? seen : [...seen, starts.seen];
  if (all.some(({ nans, infinities }) => nans || infinities)) return undefined;
  const quanta = seen.map(({ max, quantum }) => (max === 0 ? 0 : quantum));
  const counts = seen.map(({ max }, i) => max * 2 ** -quanta[i]);
  const cuts = cutsOf(job, tables, quanta, counts);
  if (cuts === undefined) return undefined;
  const unit = 2 ** (quanta[0] + quanta[1]);
  const { max = 0, quantum = Infinity } = starts?.seen ?? {};
  if (job.k * cuts[0].reach * cuts[1].reach * unit + max >= WHOLE * Math.min(unit, 2 ** quantum)) return undefined;
  const [x, y] = tables.map((table, i) => limbsOf(table, quanta[i], cuts[i]));
  const sums = starts?.values.slice() ?? new Float64Array(job.m * job.n);
  x.forEach((a, i) =>
    y.forEach((b, j) => addDots(sums, job, [a, b], unit * 2 ** (i * cuts[0].bits + j * cuts[1].bits))),
  );
  return sums;
}

/** To look at the operands' lengths costs about as much as one dot product. */
function cutsOf(job: GemmJob, tables: readonly Float64Array[], quanta: readonly number[], counts: readonly number[]) {
  const cuts = cutsFor(counts, job.k);
  if (cuts !== undefined && cuts[0].limbs * cuts[1].limbs <= 2) return cuts;
  const [x, y] = counts;
  if (Math.max(x, y) > 32767 || x * y * job.k >= LANE * 64) return cuts;
  // The last sum alone must fit: on the way there 32 bits may wrap.
  const fits = dotBound(job, tables) * 2 ** -(quanta[0] + quanta[1]) < LANE;
  return fits ? ([cutOf(x, 1), cutOf(y, 1)] as const) : cuts;
}

const known = new WeakMap<Float64Array, Map<string, Int16Array[]>>();

/** Limbs of a table's values, lowest first; of values that are no such integers, which do not occur, anything. */
function limbsOf(table: Float64Array, quantum: number, { limbs, bits }: Cut): Int16Array[] {
  let made = known.get(table);
  if (made === undefined) known.set(table, (made = new Map()));
  const key = `${quantum} ${limbs} ${bits}`;
  let parts = made.get(key);
  if (parts === undefined) made.set(key, (parts = cutUp(table, 2 ** -quantum, limbs, 2 ** bits)));
  return parts;
}

function cutUp(table: Float64Array, scale: number, limbs: number, base: number): Int16Array[] {
  const parts = Array.from({ length: limbs }, () => new Int16Array(table.length));
  for (let code = 0; code < table.length; code++) {
    let rest = table[code] * scale;
    for (let limb = 0; limb < limbs - 1; limb++) {
      const upper = Math.round(rest / base);
      parts[limb][code] = rest - upper * base;
      rest = upper;
    }
    parts[limbs - 1][code] = rest;
  }
  return parts;
}

const DOT: IntStep = { kind: 'dot', low: 0, high: 0 };
const SHAPE = shapeOf(DOT);
let dot: Kernel | undefined;

/** Adds the dot products of a job's limbs, in units. */
function addDots(sums: Float64Array, job: GemmJob, tables: readonly Int16Array[], unit: number): void {
  const plan = { runs: [job.k], direct: true, pairwise: false };
  const blocks = walk({
    job,
    plan,
    layout: layoutOf(plan, SHAPE.group),
    shape: SHAPE,
    tables,
    kernel: (dot ??= kernelOf(intFunctions(DOT))),
  });
  for (const { sums: from, stride, first, rows } of blocks)
    for (let row = 0; row < rows; row++) addRow(sums, (first + row) * job.n, from, row * stride, job.n, unit);
}

function addRow(to: Float64Array, at: number, from: Panel, first: number, length: number, unit: number): void {
  for (let i = 0; i < length; i++) to[at + i] += from[first + i] * unit;
}
