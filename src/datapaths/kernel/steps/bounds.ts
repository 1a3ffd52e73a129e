import type { CodeArray, GemmJob } from '../contract/gemm.js';
import type { FloatSite } from './floatSite.js';
import type { Seen } from '../panels/pack.js';
import type { Starts } from './starts.js';

/**
 * A bound on every sum of some of the products of an output: by Cauchy and Schwarz, the longest row times the longest
 * column. All values must be finite.
 */
export function dotBound({ m, n, k, a, b }: GemmJob, tables: readonly Float64Array[]): number {
  const [x, y] = tables;
  let row = 0;
  for (let i = 0; i < m; i++) row = Math.max(row, squaresOf(a, i * k, k, x));
  const columns = new Float64Array(n);
  for (let i = 0; i < k; i++) addSquares(columns, b, i * n, y);
  const column = columns.reduce((largest, value) => Math.max(largest, value), 0);
  // The rounding of the float64 sums themselves.
  return Math.sqrt(row) * Math.sqrt(column) * (1 + k * 2 ** -50);
}

function squaresOf(codes: CodeArray, from: number, count: number, table: Float64Array): number {
  let total = 0;
  for (let i = from; i < from + count; i++) total += table[codes[i]] ** 2;
  return total;
}

function addSquares(sums: Float64Array, codes: CodeArray, from: number, table: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] += table[codes[from + i]] ** 2;
}

/**
 * Whether no addition of a job rounds: all sums are multiples of the products' last place, and so small that the registers
 * hold every such multiple. Nothing is swamped then, nothing overflows, and the sums are the exact ones.
 */
export function isExact(site: FloatSite, job: GemmJob, seen: readonly Seen[], starts: Starts): boolean {
  if ([...seen, starts].some(({ nans, infinities }) => nans || infinities) || starts.wide) return false;
  const quantum = Math.min(seen[0].quantum + seen[1].quantum, starts.quantum);
  const holds = Math.min(...[site.register, site.outer].map((register) => held(register, quantum)));
  const most = job.k * seen[0].max * seen[1].max;
  if (starts.max + most <= holds) return true;
  // Data seldom keep so far below the product of their extremes that it is worth while to look closer.
  return most <= 64 * holds && starts.max + dotBound(job, site.tables) <= holds;
}

/** Up to which magnitude a register holds every multiple of 2^quantum. */
function held({ fit, facts, mantissaBits }: FloatSite['register'], quantum: number): number {
  if (fit.format.kind !== 'float') return 0;
  const { lowest, bias, shift = 0 } = fit.format;
  const whole = lowest === 'subnormal' && fit.subnormals === 'keep';
  if (quantum < (whole ? facts.quantum : 1 - bias + shift)) return 0;
  return Math.min(facts.max, 2 ** (quantum + mantissaBits + 1));
}
