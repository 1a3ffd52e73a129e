import { randomBitsOf } from '../../reference.js';
import type { GemmJob, SumArray } from '../gemm.js';
import type { Plan } from '../plan.js';
import type { FloatSite, Steps } from './float.js';
import { carrierOf, type Step } from './lanes.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from './memory.js';
import { columnsOf, nestFunctions, ROWS, treeFunctions } from './nest.js';
import { type Layout, packColumns, packRows } from './pack.js';

/** Bytes of A that a block of rows may take, so that it stays in the second-level cache. */
const BLOCK_BYTES = 256 * 1024;

export interface Work {
  plan: Plan;
  layout: Layout;
  steps: Steps;
  starts?: Float64Array;
  sums: SumArray;
  /** All operands are finite, so that reaching the limit is rare. */
  sure: boolean;
}

const compiled = new Map<string, Kernel>();

function kernelFor(steps: Steps, trees: readonly number[]): Kernel {
  const key = JSON.stringify([steps, trees]);
  let kernel = compiled.get(key);
  if (kernel === undefined) {
    const functions = trees.length === 0 ? nestFunctions(steps) : treeFunctions(steps, trees);
    compiled.set(key, (kernel = kernelOf(functions)));
  }
  return kernel;
}

/** The same sums where overflow is no surprise; undefined where only the slower route knows what overflow gives. */
function checked(site: FloatSite, { plan, steps }: Work): Steps | undefined {
  const { register, outer } = site;
  const stochastic = steps.step.rounding === 'stochastic' && plan.runs.length > 1;
  if (!register.toInfinity || !outer.toInfinity || stochastic) return undefined;
  const found = [
    [steps.step, register.highest],
    [steps.outer, outer.highest],
  ] as const;
  const [step, last] = found.map(([each, highest]) => {
    if (each.overflow !== 'watch') return each;
    // A limit below the overflow threshold guards the carrier's precision, which no check can mend.
    return each.limit < highest ? undefined : ({ ...each, overflow: 'infinity', limit: highest + 1 } as Step);
  });
  return step === undefined || last === undefined ? undefined : { step, outer: last };
}

/** Walks the tiles of a job: blocks of rows, panels of columns, runs of k. */
export function runTiles(site: FloatSite, job: GemmJob, work: Work): void {
  const { plan, layout, steps } = work;
  const { bytes } = carrierOf(steps.step);
  const width = columnsOf(steps.step);
  const places = layout.source.length;
  const blockRows = Math.max(
    ROWS,
    Math.min(roundUp(job.m, ROWS), roundUp(Math.floor(BLOCK_BYTES / (bytes * places)), ROWS)),
  );
  const columns = roundUp(job.n, width);
  const arena = new Arena();
  const at = {
    b: arena.take(columns * places * bytes),
    a: arena.take(blockRows * places * bytes),
    sums: arena.take(blockRows * columns * bytes),
    flags: arena.take((blockRows / ROWS) * 4),
    draws: arena.take((places + plan.runs.length) * 16),
  };
  const view = (address: number, length: number) =>
    bytes === 4
      ? new Float32Array(sharedMemory().buffer, address, length)
      : new Float64Array(sharedMemory().buffer, address, length);
  const [b, a, sums] = [
    view(at.b, columns * places),
    view(at.a, blockRows * places),
    view(at.sums, blockRows * columns),
  ];
  const flags = new Int32Array(sharedMemory().buffer, at.flags, blockRows / ROWS);
  b.fill(0);
  packColumns(b, job.b, site.tables[1], layout, job.n, width);
  const joins = putDraws(site, work, at.draws);
  const trees = plan.pairwise ? [...new Set(plan.runs)] : [];
  const second = checked(site, work);
  const quick = kernelFor(work.sure || second === undefined ? steps : second, trees);
  const slow = second === undefined ? undefined : kernelFor(second, trees);
  const single = site.fallback.single(job, work.sums);

  /** All runs over so many row tiles of one panel. */
  function run(kernel: Kernel, tile: number, count: number, panel: number): void {
    const aStride = places * ROWS * bytes;
    const sumStride = columns * bytes;
    const target = at.sums + tile * ROWS * sumStride + panel * width * bytes;
    let place = 0;
    plan.runs.forEach((_, i) => {
      const length = layout.runs[i];
      const direct = plan.direct && i === 0;
      const name = plan.pairwise ? `tree${length}` : direct ? 'extend' : 'join';
      const from = at.a + tile * aStride + place * ROWS * bytes;
      const to = at.b + (panel * places + place) * width * bytes;
      if (length > 0 || !direct)
        kernel[length === 0 ? 'empty' : name](
          from,
          to,
          target,
          length,
          count,
          aStride,
          sumStride,
          at.flags + tile * 4,
          at.draws + place * 16,
          joins + i * 16,
        );
      place += length;
    });
  }

  function start(first: number, row: number, rows: number, column: number, count: number): void {
    for (let r = row; r < row + rows; r++) {
      const line = r * columns;
      sums.fill(0, line + column, line + column + count);
      if (work.starts === undefined || first + r >= job.m) continue;
      for (let j = column; j < Math.min(column + count, job.n); j++)
        sums[line + j] = work.starts[(first + r) * job.n + j];
    }
  }

  function put(first: number, row: number, rows: number, column: number, count: number): void {
    for (let r = row; r < Math.min(row + rows, job.m - first); r++)
      for (let j = column; j < Math.min(column + count, job.n); j++)
        site.fallback.finish(work.sums, (first + r) * job.n + j, sums[r * columns + j]);
  }

  for (let first = 0; first < job.m; first += blockRows) {
    const rows = Math.min(blockRows, roundUp(job.m - first, ROWS));
    a.fill(0);
    packRows(a, job.a, site.tables[0], layout, { k: job.k, first, count: Math.min(rows, job.m - first), width: ROWS });
    start(first, 0, rows, 0, columns);
    for (let panel = 0; panel < columns / width; panel++) {
      flags.fill(0);
      run(quick, 0, rows / ROWS, panel);
      for (let tile = 0; tile < rows / ROWS; tile++) {
        if (flags[tile] === 0) continue;
        if (slow !== undefined) {
          start(first, tile * ROWS, ROWS, panel * width, width);
          run(slow, tile, 1, panel);
        }
      }
      put(first, 0, rows, panel * width, width);
      if (slow !== undefined) continue;
      for (let tile = 0; tile < rows / ROWS; tile++) if (flags[tile] !== 0) redo(tile, first, panel);
    }
  }

  function redo(tile: number, first: number, panel: number): void {
    for (let r = first + tile * ROWS; r < Math.min(first + tile * ROWS + ROWS, job.m); r++)
      for (let j = panel * width; j < Math.min(panel * width + width, job.n); j++) single(r * job.n + j);
  }
}

export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** Random bits of every place, in place and in every lane, then those of the joins; the joins' address. */
function putDraws({ register }: FloatSite, { plan, layout, steps }: Work, address: number): number {
  const joins = address + layout.source.length * 16;
  const { rounding } = register.fit;
  if (typeof rounding === 'string') return joins;
  const bits = randomBitsOf(rounding);
  const { bytes } = carrierOf(steps.step);
  const lanes = new DataView(sharedMemory().buffer);
  const draw = (at: number) => {
    const { bits: count } = rounding.stochastic;
    const drawn = (bits?.(count) ?? 0n) << BigInt(carrierOf(steps.step).bits - steps.step.mantissaBits - count);
    for (let i = 0; i < 16; i += bytes)
      if (bytes === 4) lanes.setUint32(at + i, Number(drawn), true);
      else lanes.setBigUint64(at + i, drawn, true);
  };
  let place = 0;
  layout.runs.forEach((length, i) => {
    for (let j = 0; j < length; j++) draw(address + place++ * 16);
    if (!plan.direct) draw(joins + i * 16);
  });
  if (plan.direct) for (let i = 1; i < plan.runs.length; i++) draw(joins + i * 16);
  return joins;
}
