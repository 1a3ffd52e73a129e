import type { Fit } from '../../../formats/codec.js';
import { SEQUENTIAL } from '../../order.js';
import {
  type AlignedCombine,
  type Datapath,
  type FusedCombine,
  registerFitOf,
  type TreeCombine,
} from '../../datapath.js';
import { factsOf } from '../contract/facts.js';
import { planOf } from '../contract/plan.js';
import type { ChainAdders, FiringAdders, FloatAdders, TreeAdders } from './adders.js';
import { type Products, productsOf, productStep } from './products.js';
import { type Addends, chooseStep, floatRegister, reachOf } from '../steps/choose.js';
import { firingFor } from '../firings/facts.js';
import type { FiringOperand } from '../panels/operands.js';
import type { Step } from '../steps/step.js';
import { completeStep, rulesOf, takesAddends } from '../steps/rules.js';
import { NO_STARTS } from '../steps/starts.js';

/** A unit, and the operands of the product that it will see. */
interface Site {
  datapath: Datapath;
  products: Products;
  operands: readonly [FiringOperand, FiringOperand];
  k: number;
}

const CARRIERS = ['f32', 'f64'] as const;

/** Float adders for a product's operands; undefined where lanes do not suit them. */
export function floatAdders(
  datapath: Datapath,
  operands: readonly [FiringOperand, FiringOperand],
  k: number,
): FloatAdders | undefined {
  const { combine, lanes, sum, product } = datapath;
  if (sum.format.kind === 'table' || (product !== 'exact' && typeof product.rounding !== 'string')) return undefined;
  const products = productsOf(datapath, [operands[0].seen, operands[1].seen]);
  const site: Site = { datapath, products, operands, k };
  const alone = lanes === 1 && (combine.kind === 'tree' || (combine.kind === 'fused' && combine.sumInside));
  if (combine.kind === 'chain' || alone) return chainAdders(site);
  return combine.kind === 'tree' ? treeAdders(site, combine) : firingAdders(site, combine);
}

/** Sums start from +0 and grow by one product after the other. */
function addendsOf({ products: { seen, precision } }: Site, count: number): Addends {
  const [x, y] = seen;
  return {
    quantum: x.quantum + y.quantum,
    max: x.max * y.max,
    precision,
    start: 0,
    count,
    specials: [x, y].some(({ nans, infinities }) => nans || infinities),
    negativeZero: false,
  };
}

/** Infinite addends need a register that has infinities. */
function suits({ toInfinity }: { toInfinity: boolean }, { seen }: Products): boolean {
  return toInfinity || !seen.some(({ infinities }) => infinities);
}

function chainAdders(site: Site): ChainAdders | undefined {
  const { datapath, products, k } = site;
  const { lanes, sum } = datapath;
  const fit = registerFitOf(sum);
  const addends = addendsOf(site, Math.max(...planOf(SEQUENTIAL, k, lanes).runs));
  const register = floatRegister(fit);
  const rules = rulesOf(fit);
  const random = typeof fit.rounding !== 'string';
  // What is not finite draws no random bits.
  if (random && addends.specials) return undefined;
  if (register !== undefined && suits(register, products))
    for (const carrier of CARRIERS) {
      const product = productStep(products, carrier);
      const step = product === undefined ? '' : chooseStep(register, addends, carrier);
      if (typeof step === 'string') continue;
      const chain = (each: Step): ChainAdders => ({ kind: 'chain', lanes, step: each, product: product?.step });
      if (step.overflow !== 'watch') return chain(step);
      // Where overflow gives infinity, and the carrier is precise up to there, it needs no watching.
      const mends = !random && register.toInfinity && step.limit >= register.highest;
      if (mends) return chain({ ...step, overflow: 'infinity', limit: register.highest + 1 });
      if (random || rules === undefined) return chain(step);
    }
  const product = productStep(products, 'f64');
  if (product === undefined || rules === undefined || !takesAddends(addends)) return undefined;
  const reach = reachOf({ mantissaBits: rules.mantissaBits, fit }, addends);
  if (random && rules.beyond !== 'largest' && reach > rules.max) return undefined;
  return { kind: 'chain', lanes, step: completeStep(rules, fit, addends, 'f64'), product: product.step };
}

/** Trees of which every node rounds in the carrier. */
function treeAdders(site: Site, { node = registerFitOf(site.datapath.sum) }: TreeCombine): TreeAdders | undefined {
  const { datapath, products, k } = site;
  const { lanes, sum } = datapath;
  if (typeof node.rounding !== 'string' || typeof sum.rounding !== 'string') return undefined;
  const leaves = addendsOf(site, Math.ceil(k / lanes));
  const { precision } = factsOf(node.format);
  const addends: Addends = {
    ...leaves,
    max: leaves.max * lanes * Math.exp(lanes * 2 ** (1 - precision)),
    precision: Math.max(products.precision, precision),
    negativeZero: true,
  };
  for (const carrier of CARRIERS) {
    const product = productStep(products, carrier);
    const [inner, step] = [node, registerFitOf(sum)].map((fit) => nodeStep(fit, products, addends, carrier));
    if (product === undefined || inner === undefined || step === undefined) continue;
    return { kind: 'tree', lanes, node: inner, step, product: product.step };
  }
  return undefined;
}

/** A step for every sum of two addends, by all rules where a quick one has to watch. */
function nodeStep(fit: Fit, products: Products, addends: Addends, carrier: Step['carrier']): Step | undefined {
  const register = floatRegister(fit);
  const quick = register === undefined || !suits(register, products) ? '' : chooseStep(register, addends, carrier);
  if (typeof quick !== 'string' && quick.overflow === 'none') return quick;
  const rules = carrier === 'f64' ? rulesOf(fit) : undefined;
  return rules === undefined || !takesAddends(addends) ? undefined : completeStep(rules, fit, addends, carrier);
}

/** Adders whose sums of products, and all cuts, are exact in a carrier. */
function firingAdders(site: Site, combine: FusedCombine | AlignedCombine): FiringAdders | undefined {
  const { datapath, products, k } = site;
  const { lanes, sum } = datapath;
  const register = floatRegister(registerFitOf(sum));
  if (register === undefined) return undefined;
  // What is not finite draws no random bits.
  if (typeof sum.rounding !== 'string' && addendsOf(site, k).specials) return undefined;
  const unit = {
    datapath,
    order: SEQUENTIAL,
    combine: datapath.product === 'exact' || combine.kind !== 'aligned' ? combine : normalised(combine),
    register,
    outer: register,
    productBits: products.precision,
    terms: lanes,
    places: 1,
  };
  const facts = { seen: products.seen, largest: largestOf(site), starts: NO_STARTS };
  const firing = firingFor(unit, facts, planOf(SEQUENTIAL, k, lanes));
  if (typeof firing === 'string') return undefined;
  const product = productStep(products, firing.fit.carrier);
  return product && { kind: 'firing', lanes, firing, product: product.step };
}

/** Rounded products align by their own exponents. */
function normalised(combine: AlignedCombine): AlignedCombine {
  return { ...combine, productExponent: 'normalised' };
}

/** The largest exponents of factors, or of products and 1. */
function largestOf({ products: { rounded, seen }, operands: [a, b] }: Site): [number, number] {
  return rounded === undefined ? [a.largest, b.largest] : [Math.floor(Math.log2(seen[0].max)), 0];
}
