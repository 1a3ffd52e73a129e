import { type Datapath, registerFitOf, totalFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { drawingOf } from '../../reference.js';
import { randomSource } from '../contract/random.js';
import type { GemmJob, SumArray } from '../contract/gemm.js';
import type { Plan } from '../contract/plan.js';
import { addTally, type Tally } from '../contract/engine.js';
import type { Finish } from '../contract/scalar.js';
import { encoderIn } from '../steps/codes.js';
import type { FloatSite, SiteRegister } from '../steps/floatSite.js';
import { drawsOn, type Steps, type Ways } from '../steps/floatSteps.js';
import { carrierOf } from '../steps/lanes.js';
import type { Step } from '../steps/step.js';
import { type Kernel, kernelOf } from '../../../wasm/memory.js';
import { columnsOf, nestFunctions, type NestShape, treeFunctions } from '../nests/nest.js';
import type { Layout } from '../panels/pack.js';
import { DRAW_BYTES, overFlagged, type Rows, type Walk, walk } from '../panels/walk.js';
import { zeroProducts } from '../steps/zeros.js';

export interface Work extends Ways {
  plan: Plan;
  layout: Layout;
  starts?: Float64Array;
  sums: SumArray;
  /** All operands are finite, so that reaching the limit is rare. */
  sure: boolean;
  /** Where the counts of a run with statistics go. */
  tally?: Tally;
}

const compiled = new Map<string, Kernel>();

function kernelFor(steps: NestShape, trees: readonly number[]): Kernel {
  const key = JSON.stringify([steps, trees]);
  let kernel = compiled.get(key);
  if (kernel === undefined) {
    const functions = trees.length === 0 ? nestFunctions(steps) : treeFunctions(steps, trees);
    compiled.set(key, (kernel = kernelOf(functions)));
  }
  return kernel;
}

/** The same sums where overflow is no surprise, by quick steps; undefined where only complete ones know what it gives. */
function checked({ register, outer }: FloatSite, { steps, stopped, sure }: Work): Steps | undefined {
  const infinite = register.quick?.toInfinity === true && outer.quick?.toInfinity === true;
  if (infinite) return mended(steps, register, outer, { overflow: 'infinity' });
  // What an infinite operand becomes is for complete steps to say.
  const saturates = sure && [register, outer].every(({ rules }) => rules?.beyond === 'largest');
  if (!saturates || stopped?.step.carrier !== steps.step.carrier) return undefined;
  return mended(stopped, register, outer, { overflow: 'saturate' });
}

/** A limit below the overflow threshold guards the carrier's precision, which no check can mend. */
function mended(
  { step, outer: last }: Steps,
  register: SiteRegister,
  outer: SiteRegister,
  how: Pick<Step, 'overflow'>,
): Steps | undefined {
  const fits = (each: Step, { quick }: SiteRegister) =>
    each.overflow !== 'watch' || (each.method !== 'native' && quick !== undefined && each.limit >= quick.highest);
  const mend = (each: Step, { quick, facts }: SiteRegister): Step =>
    each.overflow === 'watch' ? { ...each, ...how, limit: (quick?.highest ?? 0) + 1, max: facts.max } : each;
  if (!fits(step, register) || !fits(last, outer)) return undefined;
  return { step: mend(step, register), outer: mend(last, outer) };
}

/** Sums of a job in the lanes that its steps name. */
export function runTiles(site: FloatSite, job: GemmJob, work: Work): void {
  const { plan, layout, steps, tally, sure } = work;
  const view = steps.step.carrier === 'f32' ? Float32Array : Float64Array;
  const { bytes } = carrierOf(steps.step);
  const count = tally !== undefined;
  const watches = [steps.step, steps.outer].some(({ overflow }) => overflow === 'watch');
  // Only complete steps count what overflows.
  const second = watches ? ((count ? undefined : checked(site, work)) ?? work.complete) : undefined;
  const trees = plan.pairwise ? [...new Set(layout.runs)] : [];
  const width = columnsOf(steps.step);
  const zeros = count && sure && trees.length === 0 && steps.step.rules === undefined;
  const free = zeros ? zeroProducts(job, site.tables, layout, width) : undefined;
  if (tally !== undefined && free !== undefined) tally.swamped -= free.all();
  const first = sure || second === undefined ? steps : second;
  const walked: Walk = {
    job,
    plan,
    layout,
    shape: { operand: view, operandBytes: bytes, sum: view, sumBytes: bytes, width, group: 1 },
    tables: site.tables,
    starts: work.starts,
    kernel: kernelFor({ ...first, count, zeros }, trees),
    second: second === undefined ? undefined : kernelFor({ ...second, count }, trees),
    draws: drawsOf(site, work),
    count,
  };
  const put = putterOf(site.datapath, site.order, site.fallback.finish, job, work.sums);
  const redo = site.fallback.single(job, work.sums);
  // Sums that are not finite draw no random bits, so that those which follow draw others.
  const redoNonFinite = drawsOn(plan, [site.register.fit, site.outer.fit]);
  for (const block of walk(walked)) {
    const doubtful = redoNonFinite ? nonFinite(block, job.n) : [];
    put(block);
    for (const index of doubtful) redo(index);
    if (second === undefined) overFlagged(walked, block, redo);
    if (tally === undefined) continue;
    addTally(tally, block.tally);
    for (const [row, column] of block.flagged) tally.swamped += free?.tile(row, column) ?? 0;
  }
}

/** Outputs of a block whose sums are no numbers or infinite. */
function nonFinite({ sums, stride, first, rows }: Rows, n: number): number[] {
  const found: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < n; j++) {
      const value = sums[row * stride + j];
      if (value - value !== 0) found.push((first + row) * n + j);
    }
  return found;
}

/** Sums out of memory: turned into codes there where nothing follows the register, else one by one. */
export function putterOf(
  datapath: Datapath,
  order: Order,
  finish: Finish,
  { n }: GemmJob,
  sums: SumArray,
): (block: Rows) => void {
  const { result, requantize, nanCode } = datapath;
  const plain = result === undefined && requantize === undefined;
  const fit = registerFitOf(totalFitOf(datapath, order));
  const encoders = plain ? { f32: encoderIn('f32', fit, nanCode), f64: encoderIn('f64', fit, nanCode) } : undefined;
  return ({ sums: from, stride, first, rows }) => {
    const encode = encoders?.[from instanceof Float32Array ? 'f32' : 'f64'];
    if (encode === undefined || !(sums instanceof Uint32Array)) {
      for (let row = 0; row < rows; row++)
        for (let j = 0; j < n; j++) finish(sums, (first + row) * n + j, from[row * stride + j]);
      return;
    }
    encode(from.byteOffset, Math.ceil((rows * stride) / 4));
    const codes = new Uint32Array(from.buffer, from.byteOffset, rows * stride);
    if (stride === n) sums.set(codes, first * n);
    else
      for (let row = 0; row < rows; row++) sums.set(codes.subarray(row * stride, row * stride + n), (first + row) * n);
  };
}

/**
 * Random bits of every place, in place and in every lane, then those of the joins. Nodes of a tree take the places of its
 * leaves, level by level.
 */
function drawsOf({ datapath, order }: FloatSite, { plan, layout, steps }: Work): Uint8Array | undefined {
  const drawing = drawingOf(datapath, order);
  if (drawing === undefined) return undefined;
  const source = randomSource(drawing);
  const joins = layout.source.length * DRAW_BYTES;
  const drawn = new Uint8Array(joins + plan.runs.length * DRAW_BYTES);
  const lanes = new DataView(drawn.buffer);
  const draw = (at: number, step: Step) => {
    if (step.rounding !== 'stochastic') return;
    const { bits, bytes } = carrierOf(step);
    const number = BigInt(source.next(step.randomBits)) << BigInt(bits - step.mantissaBits - step.randomBits);
    for (let i = 0; i < DRAW_BYTES; i += bytes)
      if (bytes === 4) lanes.setUint32(at + i, Number(number), true);
      else lanes.setBigUint64(at + i, number, true);
  };
  let place = 0;
  layout.runs.forEach((length, i) => {
    const roundings = plan.pairwise ? length - 1 : length;
    for (let j = 0; j < roundings; j++) draw((place + j) * DRAW_BYTES, steps.step);
    place += length;
    if (!plan.direct) draw(joins + i * DRAW_BYTES, steps.outer);
  });
  if (plan.direct) for (let i = 1; i < plan.runs.length; i++) draw(joins + i * DRAW_BYTES, steps.outer);
  return drawn;
}
