import type { Fit } from '../../../formats/codec.js';
import type { Datapath } from '../../datapath.js';
import { factsOf, productFacts } from '../contract/facts.js';
import { type Addends, chooseStep, floatRegister, HOLDS } from '../steps/choose.js';
import { keepsProducts } from '../steps/floatSteps.js';
import type { Step } from '../steps/step.js';
import type { Seen } from '../panels/pack.js';
import { completeStep, rulesOf, takesAddends } from '../steps/rules.js';

/** Products as they meet the sums. */
export interface Products {
  /** What factors hold of which they are the products. */
  seen: readonly [Seen, Seen];
  /** Significant bits of the widest one. */
  precision: number;
  /** The fit that each is rounded by, and what is rounded. */
  rounded?: { fit: Fit; addends: Addends };
}

const ONE: Seen = { max: 1, negative: false, nans: false, infinities: false, quantum: 0 };

export function productsOf(datapath: Datapath, seen: readonly [Seen, Seen]): Products {
  const { a, b, product: fit } = datapath;
  const { precision } = productFacts(factsOf(a), factsOf(b));
  if (keepsProducts(datapath, seen) || fit === 'exact') return { seen, precision };
  const [x, y] = seen;
  const addends: Addends = {
    quantum: Number.isFinite(x.quantum + y.quantum) ? x.quantum + y.quantum : 0,
    max: x.max * y.max,
    precision,
    start: 0,
    count: 1,
    specials: [x, y].some(({ nans, infinities }) => nans || infinities),
    negativeZero: true,
  };
  const rounded = { fit, addends };
  return { seen: [roundedTo(fit, seen, addends), ONE], precision: factsOf(fit.format).precision, rounded };
}

/** What products hold once they are rounded: at most one unit of the last place more. */
function roundedTo({ format }: Fit, [x, y]: readonly [Seen, Seen], { max, quantum }: Addends): Seen {
  const facts = factsOf(format);
  const largest = Math.max(
    max * (1 + 2 ** (1 - facts.precision)),
    max === 0 ? 0 : 2 ** (facts.quantum + facts.precision),
  );
  const beyond = largest > facts.max;
  return {
    max: Math.min(largest, facts.max),
    negative: x.negative || y.negative,
    nans: beyond || x.nans || y.nans,
    infinities: beyond || x.infinities || y.infinities,
    quantum: max === 0 ? Infinity : Math.max(quantum, facts.quantum),
  };
}

/** The step that rounds products in a carrier, none where its multiplication does; undefined where nothing of it will do. */
export function productStep({ rounded, precision }: Products, carrier: Step['carrier']): { step?: Step } | undefined {
  const { precision: held } = HOLDS[carrier];
  if (rounded === undefined) return precision > held ? undefined : {};
  const { fit, addends } = rounded;
  const register = floatRegister(fit);
  const infinite = addends.specials && register?.toInfinity !== true;
  const quick = register === undefined || infinite ? '' : chooseStep(register, { ...addends, exact: true }, carrier);
  if (typeof quick !== 'string' && quick.overflow === 'none') {
    if (quick.method === 'native') return {};
    if (addends.precision <= held) return { step: quick };
  }
  const rules = carrier === 'f64' && typeof fit.rounding === 'string' ? rulesOf(fit) : undefined;
  if (rules === undefined || !takesAddends(addends)) return undefined;
  return { step: completeStep(rules, fit, addends, carrier) };
}
