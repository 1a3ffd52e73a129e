import { type Datapath, datapath } from '../../../../src/datapaths/datapath.js';
import type { Seen } from '../../../../src/datapaths/kernel/panels/pack.js';
import { floatSite, type FloatSite } from '../../../../src/datapaths/kernel/steps/floatSite.js';
import type { Step } from '../../../../src/datapaths/kernel/steps/step.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import type { FloatFormat } from '../../../../src/formats/format.js';

/** Units and operands as the choice of steps sees them; no product is computed. */
export const e5m2 = formatNamed('e5m2') as FloatFormat;

export function siteOf(unit: Datapath): FloatSite {
  const nothing = () => {
    throw new Error('no product is computed');
  };
  const site = floatSite(unit, unit.order, { finish: nothing, single: nothing, whole: nothing });
  if (typeof site === 'string') throw new Error(site);
  return site;
}

export const unitOf = (sum: Datapath['sum'], parts: Partial<Datapath> = {}) =>
  datapath({ name: 'own', a: e5m2, b: e5m2, sum, ...parts });

export const seen = (max = 1, quantum = 0, rest: Partial<Seen> = {}): Seen => ({
  max,
  negative: true,
  nans: false,
  infinities: false,
  quantum,
  ...rest,
});

export const chunks = (length: number, outer?: Datapath['sum']) => ({ kind: 'chunked', length, outer }) as const;

export const ONES = [seen(), seen()];

export const brief = ({ carrier, method, overflow, limit }: Step) => `${carrier} ${method} ${overflow} ${limit}`;
