/** firings: the lane route of units that take several products at once. */

import type { Datapath } from '../../datapath.js';
import { registerFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { groupOf, isWhole, termsPerFiring } from '../../products.js';
import { widthOf } from '../../../formats/format.js';
import { isPowerOfTwo } from '../float64/align.js';
import { termFacts } from '../contract/facts.js';
import { type Gemm, type GemmJob, type SumArray, sumsFor } from '../contract/gemm.js';
import { outerOf, type Plan, planOf } from '../contract/plan.js';
import { termPlan } from '../float64/terms.js';
import { addTally, type Tally } from '../contract/engine.js';
import type { Asked, Offer, Refusal } from '../contract/route.js';
import type { Scalar } from '../contract/scalar.js';
import { statsBy } from '../nests/stats.js';
import { operandsFor } from '../panels/operands.js';
import { floatRegister } from '../steps/choose.js';
import { firingFor, type FiringSite, type JobFacts } from './facts.js';
import { type Firing, firingWidth } from './body.js';
import { SCALE_PLACES } from './group.js';
import { groupsFor } from './groups.js';
import { firingFunctions } from './nest.js';
import { carrierOf } from '../steps/lanes.js';
import { type Kernel, kernelOf } from '../../../wasm/memory.js';
import { layoutOf, type Panel, type Seen } from '../panels/pack.js';
import { NO_STARTS, startsOf } from '../steps/starts.js';
import { putterOf } from '../floats/tiles.js';
import type { Shape } from '../panels/shape.js';
import { overFlagged, type Walk, walk } from '../panels/walk.js';

function firingSite(datapath: Datapath, order: Order): FiringSite | string {
  const { a, b, product, combine, blockScale, sum } = datapath;
  if (combine.kind === 'chain') return 'its products are added one by one';
  if (combine.kind === 'tree' && blockScale !== undefined) return 'its products are scaled';
  if (combine.kind !== 'tree' && product !== 'exact') return 'its products are rounded';
  const grouped = blockScale?.apply === 'group';
  if (blockScale !== undefined && widthOf(blockScale.format) > 16) return 'a scale has more than 16 bits';
  if (grouped && combine.kind !== 'aligned') return 'exact sums of groups are not aligned';
  if (combine.kind === 'aligned' && grouped && (combine.twoStage !== undefined || combine.evenOdd === true))
    return 'its alignment has stages';
  if (grouped && (widthOf(a) > 16 || widthOf(b) > 16)) return 'an operand has more than 16 bits';
  if (blockScale !== undefined && !grouped && !isPowerOfTwo(blockScale.format) && isNormalised(combine))
    return 'its products align by exponents that their scales have changed';
  if (order.kind === 'tree') return 'its firings meet in a tree';
  const register = floatRegister(registerFitOf(sum));
  const outerFit = outerOf(order);
  const outer = outerFit === undefined ? register : floatRegister(outerFit);
  if (register === undefined || outer === undefined) return 'a register is not a float that lanes carry';
  if ([register, outer].some(({ fit }) => typeof fit.rounding !== 'string')) return 'it rounds at random';
  const { precision: productBits } = termFacts(datapath);
  const site = { datapath, order, combine, register, outer, productBits, terms: termsPerFiring(datapath) };
  if (!grouped) return { ...site, places: 1, operands: operandsFor(datapath) };
  const group = groupOf(blockScale);
  return { ...site, group, places: group + SCALE_PLACES, operands: groupsFor(datapath) };
}

function isNormalised(combine: Datapath['combine']): boolean {
  return combine.kind === 'aligned' && combine.productExponent === 'normalised';
}

const compiled = new Map<string, Kernel>();

function kernelFor(firing: Firing): Kernel {
  const key = JSON.stringify(firing);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf(firingFunctions(firing))));
  return kernel;
}

const FITS = {
  fused: 'exact sums of products fit',
  aligned: 'aligned terms and their sum fit',
  tree: 'every node rounds as do',
};

/** Float lanes for units whose firings take several products: summed exactly, aligned and cut, or added pairwise. */
export function firings({ datapath, order, slower, scalar }: Asked): Offer | Refusal {
  const site = firingSite(datapath, order);
  if (typeof site === 'string') return site;
  const usual: Seen = { max: 1, negative: true, nans: false, infinities: false, quantum: -12 };
  const facts: JobFacts = { seen: [usual, usual], largest: [0, 0], starts: NO_STARTS };
  const probe = firingFor(site, facts, planOf(order, 256, site.terms));
  if (typeof probe === 'string') return probe;
  const { carrier } = probe.fit;
  const why = `${FITS[site.combine.kind]} ${carrier} lanes`;
  return {
    route: `simd ${carrier} ${site.combine.kind}`,
    why,
    sums: (job) => firingSums(site, job, slower, scalar),
    stats: statsBy(datapath, order, scalar, slower, (job, tally) => firingSums(site, job, slower, scalar, tally)),
  };
}

function firingSums(site: FiringSite, job: GemmJob, slower: Gemm, scalar: Scalar, tally?: Tally): SumArray {
  const { datapath, order, outer } = site;
  const plan = termPlan(datapath, order, job.k);
  if (plan.runs.length === 0 || job.m === 0 || job.n === 0) return slower.sums(job);
  const operands = site.operands(job, plan);
  const seen = operands.map((operand) => operand.seen);
  const starts = startsOf(datapath, order, outer, job, seen[0].quantum + seen[1].quantum);
  if (starts.facts.negativeZero && isWhole(datapath)) return slower.sums(job);
  if (tally !== undefined && [...seen, starts.facts].some(({ nans, infinities }) => nans || infinities))
    return slower.sums(job);
  const largest = operands.map((operand) => operand.largest);
  const smallest = tally === undefined ? undefined : operands.map((operand) => operand.smallest);
  const firing = firingFor(site, { seen, largest, smallest, starts: starts.facts }, plan);
  if (typeof firing === 'string') return slower.sums(job);
  // What the lanes themselves make infinite is not counted.
  const most = starts.facts.max + job.k * seen[0].max * seen[1].max;
  if (tally !== undefined && firing.fit.method === 'native' && most >= 2 ** 127) return slower.sums(job);
  const sums = sumsFor(datapath, order, job);
  const shape = shapeOf(firing);
  const placed = placedPlan(site, plan);
  const k = site.group === undefined ? job.k : placed.runs.reduce((total, run) => total + run, 0);
  const work: Walk = {
    job: { ...job, k, a: operands[0].codes, b: operands[1].codes },
    plan: placed,
    layout: layoutOf(placed, firing.lanes),
    shape,
    tables: operands.map(({ values }) => values),
    weights: weightPlanes(
      firing,
      shape,
      operands.map(({ exponents }) => exponents),
    ),
    starts: starts.values,
    kernel: kernelFor(tally === undefined ? firing : { ...firing, count: true }),
    count: tally !== undefined,
  };
  const put = putterOf(datapath, order, scalar.finish, job, sums);
  const redo = scalar.single(job, sums);
  for (const block of walk(work)) {
    put(block);
    overFlagged(work, block, redo);
    if (tally !== undefined) addTally(tally, block.tally);
  }
  return sums;
}

/** A plan of terms as one of places, where terms take several: their operands are in its order already. */
function placedPlan({ group, places }: FiringSite, plan: Plan): Plan {
  if (group === undefined) return plan;
  return { ...plan, sequence: undefined, runs: plan.runs.map((run) => run * places) };
}

function shapeOf(firing: Firing): Shape {
  const { bytes } = carrierOf(firing.fit);
  const view = bytes === 4 ? Float32Array : Float64Array;
  return { operand: view, operandBytes: bytes, sum: view, sumBytes: bytes, width: firingWidth(firing), group: 1 };
}

/** Exponents of 16 bits: of a row's code, as often as an element of the row has room for; none where products show them. */
function weightPlanes({ combine, group }: Firing, shape: Shape, exponents: readonly Int16Array[]): Walk['weights'] {
  if (group !== undefined || combine.kind !== 'aligned' || combine.productExponent === 'normalised') return undefined;
  const { operand, operandBytes } = shape;
  const [rows, columns] = exponents;
  return {
    tables: [repeated(rows, shape), columns],
    shape: { ...shape, operand: Int16Array, operandBytes: 2, row: { operand, operandBytes } },
  };
}

const known = new WeakMap<Int16Array, Map<number, Panel>>();

function repeated(exponents: Int16Array, { operand, operandBytes }: Shape): Panel {
  let lanes = known.get(exponents);
  if (lanes === undefined) known.set(exponents, (lanes = new Map()));
  let table = lanes.get(operandBytes);
  if (table === undefined) {
    const repeats = operandBytes / 2;
    const all = new Int16Array(exponents.length * repeats);
    for (let i = 0; i < all.length; i++) all[i] = exponents[Math.floor(i / repeats)];
    lanes.set(operandBytes, (table = new operand(all.buffer, 0, exponents.length)));
  }
  return table;
}
