import { expect } from 'vitest';
import { type Combine, type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { planOf } from '../../../../src/datapaths/kernel/contract/plan.js';
import type { FiringCombine } from '../../../../src/datapaths/kernel/firings/body.js';
import { firingFor, type FiringUnit, type JobFacts } from '../../../../src/datapaths/kernel/firings/facts.js';
import type { Seen } from '../../../../src/datapaths/kernel/panels/pack.js';
import { floatRegister } from '../../../../src/datapaths/kernel/steps/choose.js';
import { NO_STARTS, type Starts } from '../../../../src/datapaths/kernel/steps/starts.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import type { Fit } from '../../../../src/formats/codec.js';
import type { FloatFormat } from '../../../../src/formats/format.js';

/** Units and jobs as the choice of firings sees them; no product is computed. */
const fp8 = formatNamed('e4m3fn');
const fp32 = sumFit('fp32');
export const half = formatNamed('fp16') as FloatFormat;

export interface Asked {
  unit?: Partial<Datapath>;
  productBits?: number;
  seen?: readonly Seen[];
  largest?: readonly number[];
  smallest?: readonly number[];
  starts?: Partial<Starts>;
  k?: number;
  group?: number;
}

export const seen = (max = 1, quantum = -3, rest: Partial<Seen> = {}): Seen => ({
  max,
  negative: true,
  nans: false,
  infinities: false,
  quantum,
  ...rest,
});

export function firing(combine: Combine, asked: Asked = {}) {
  const { productBits = 2, starts, group, k = 4 } = asked;
  const unit = datapath({ name: 'own', a: fp8, b: fp8, lanes: 4, combine, sum: fp32, ...asked.unit });
  const register = (fit: Fit) => floatRegister(fit) ?? expect.fail(`${fit.format.name} is left to slower routes`);
  const outer = unit.order.kind === 'chunked' ? unit.order.outer : undefined;
  const site: FiringUnit = {
    datapath: unit,
    order: unit.order,
    combine: combine as FiringCombine,
    register: register(unit.sum),
    outer: register(outer ?? unit.sum),
    productBits,
    terms: group === undefined ? unit.lanes : 1,
    places: group === undefined ? 1 : group + 2,
    group,
  };
  const facts: JobFacts = {
    seen: asked.seen ?? [seen(), seen()],
    largest: asked.largest ?? [0, 0],
    smallest: asked.smallest,
    starts: { ...NO_STARTS, ...starts },
  };
  return firingFor(site, facts, planOf(unit.order, k, unit.lanes));
}
