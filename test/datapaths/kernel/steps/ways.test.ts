import { describe, expect, it } from 'vitest';
import { type Datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { planOf } from '../../../../src/datapaths/kernel/contract/plan.js';
import type { Seen } from '../../../../src/datapaths/kernel/panels/pack.js';
import { completeSteps, drawsOn, nativeSteps, waysFor } from '../../../../src/datapaths/kernel/steps/floatSteps.js';
import { NO_STARTS } from '../../../../src/datapaths/kernel/steps/starts.js';
import { int } from '../../../../src/formats/catalog.js';
import type { FloatFormat } from '../../../../src/formats/format.js';
import { stochastic } from '../../../../src/formats/rounding.js';
import { brief, chunks, e5m2, ONES, seen, siteOf, unitOf } from './sites.js';

const fp16 = sumFit('fp16');
const random = sumFit('fp16', { rounding: stochastic(4) });

describe('random bits', () => {
  const fit = random;
  it.each([
    ['one run', planOf({ kind: 'sequential' }, 4, 1), [fit], false],
    ['two runs', planOf(chunks(2), 4, 1), [fit], true],
    ['a tree', planOf({ kind: 'tree', width: 4 }, 4, 1), [fit], true],
    ['none', planOf(chunks(2), 4, 1), [fp16], false],
    ['one of two', planOf(chunks(2), 4, 1), [fp16, fit], true],
  ] as const)('are drawn after others: %s', (_what, plan, fits, draws) => expect(drawsOn(plan, fits)).toBe(draws));
});

describe('complete steps', () => {
  const DRAWN = 'sums that are not finite draw no random bits';
  const NUMBERS = 'numbers that stand for NaN are not counted';
  const nan = [seen(1, 0, { nans: true }), seen()];
  const own = (parts: Partial<FloatFormat>) => ({ ...e5m2, ...parts });
  const sum = (format: FloatFormat, parts: Partial<Datapath['sum']> = {}) =>
    sumFit(format, { rounding: stochastic(4), ...parts });

  it.each<[string, Datapath, readonly Seen[], boolean, string | undefined]>([
    ['ones', unitOf(fp16), ONES, false, undefined],
    [
      'tables',
      unitOf(sumFit('fp16', { overflow: 'nan' }), { sum: sumFit('e4m3fn', { overflow: 'nan' }) }),
      ONES,
      false,
      undefined,
    ],
    ['products within float64', unitOf(fp16), [seen(2 ** 900, -900), seen(1)], false, undefined],
    ['larger ones', unitOf(fp16), [seen(2 ** 900), seen(2)], false, 'products leave float64'],
    ['finer ones', unitOf(fp16), [seen(1, -900), seen(1, -1)], false, 'products leave float64'],
    ['random bits of sums to infinity', unitOf(random), ONES, false, undefined],
    ['counted', unitOf(random), ONES, true, undefined],
    ['in chunks', unitOf(random, { order: chunks(2) }), ONES, false, undefined],
    ['in chunks, counted', unitOf(random, { order: chunks(2) }), ONES, true, DRAWN],
    [
      'in chunks that saturate, counted',
      unitOf(sum(e5m2, { overflow: 'saturate' }), { order: chunks(2) }),
      ONES,
      true,
      undefined,
    ],
    ['of NaN', unitOf(sum(e5m2, { overflow: 'saturate' })), nan, false, DRAWN],
    ['of NaN that stays', unitOf(sum(e5m2, { overflow: 'saturate-propagate' })), nan, false, undefined],
    ['of NaN that is a number', unitOf(sum(own({ specials: 'none' }))), nan, false, DRAWN],
    ['without NaN of such a register', unitOf(sum(own({ specials: 'none' }))), ONES, false, undefined],
    ['NaN that is a number', unitOf(sumFit(own({ specials: 'none' }))), nan, false, undefined],
    ['NaN that is a number, counted', unitOf(sumFit(own({ specials: 'none' }))), nan, true, NUMBERS],
    ['none of them, counted', unitOf(sumFit(own({ specials: 'none' }))), ONES, true, undefined],
  ])('%s', (_what, unit, operands, counted, refusal) => {
    const site = siteOf(unit);
    const got = completeSteps(site, operands, planOf(site.order, 4, 1), NO_STARTS, 'f64', counted);
    if (refusal === undefined) expect(got).toMatchObject({ step: { method: 'complete', carrier: 'f64' } });
    else expect(got).toBe(refusal);
  });
});

describe('steps of a register that is its carrier', () => {
  const native = (sum: Datapath['sum'], parts: Partial<Datapath> = {}) => {
    const unit = unitOf(sum, parts);
    const site = siteOf(unit);
    return nativeSteps(site, planOf(site.order, 8, 1), 8);
  };

  it('do not depend on the operands', () => {
    expect(native(sumFit('fp32'))?.step).toMatchObject({ carrier: 'f32', method: 'native', overflow: 'none' });
    expect(native(fp16)).toBeUndefined();
    // Nor where another register holds all sums that there can be.
    expect(native(fp16, { a: int(3), b: int(3) })).toBeUndefined();
    expect(native(sumFit('fp32'), { order: chunks(2, fp16) })).toBeUndefined();
    expect(native(fp16, { order: chunks(2, sumFit('fp32')) })).toBeUndefined();
    const site = siteOf(unitOf(sumFit('fp32')));
    const plan = planOf(site.order, 8, 1);
    expect(nativeSteps(site, plan, 8)).toBe(nativeSteps(site, plan, 8));
  });
});

describe('ways of a job', () => {
  const ways = (unit: Datapath, operands = ONES) => {
    const site = siteOf(unit);
    const got = waysFor(site, operands, planOf(site.order, 4, 1), NO_STARTS, false);
    if (typeof got === 'string') throw new Error(got);
    return got;
  };

  it('have quick steps of the largest number’s last place, and complete ones on the same carrier', () => {
    const saturating = sumFit('fp16', { rounding: 'rtz', overflow: 'saturate' });
    const large = [seen(256, 4), seen(256, 4)];
    const { steps: quick, stopped, complete } = ways(unitOf(saturating), large);
    expect([brief(quick.step), stopped && brief(stopped.step), complete && brief(complete.step)]).toEqual([
      'f32 pattern watch 15',
      'f32 pattern watch 15',
      'f32 complete none 0',
    ]);
  });

  it('stop at a multiple of the largest number’s last place', () => {
    // 2^16 less 2^-7: from there to 2^16 are 24 bits.
    const format = { ...e5m2, mantissaBits: 22 };
    const stopped = (max: number) => {
      const unit = unitOf(sumFit(format, { rounding: 'rtz', overflow: 'saturate' }));
      const found = ways(unit, [seen(max, 4), seen(2, 1)]).stopped;
      return found && brief(found.step);
    };
    expect([2 ** 15, 2 ** 16].map(stopped)).toEqual(['f32 pattern watch 15', 'f64 pattern watch 15']);
  });

  it('cut finer where sums stop below the products’ last place', () => {
    const saturating = sumFit('bf16', { rounding: 'rtz', overflow: 'saturate' });
    const { stopped } = ways(unitOf(saturating), [seen(2 ** 60, 60), seen(2 ** 66, 66)]);
    // 2^127 has its last place at 2^120, below the products' 2^126.
    expect(stopped && brief(stopped.step)).toBe('f32 pattern watch 127');
    const { steps: quick } = ways(unitOf(saturating), [seen(1, -5), seen(1, -5)]);
    expect(brief(quick.step)).toBe('f32 pattern none 14');
  });
});
