import { describe, expect, it } from 'vitest';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { planOf } from '../../../../src/datapaths/kernel/contract/plan.js';
import type { Seen } from '../../../../src/datapaths/kernel/panels/pack.js';
import { floatSite, type FloatSite } from '../../../../src/datapaths/kernel/steps/floatSite.js';
import {
  completeSteps,
  drawsOn,
  keepsProducts,
  nativeSteps,
  stepsFor,
  waysFor,
} from '../../../../src/datapaths/kernel/steps/floatSteps.js';
import type { Step } from '../../../../src/datapaths/kernel/steps/step.js';
import { NO_STARTS, type Starts } from '../../../../src/datapaths/kernel/steps/starts.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import { fitTo } from '../../../../src/formats/codec.js';
import type { FloatFormat } from '../../../../src/formats/format.js';
import { stochastic } from '../../../../src/formats/rounding.js';

/** Which steps a job in float lanes gets, exactly where the choice turns. */
const e5m2 = formatNamed('e5m2') as FloatFormat;

function siteOf(unit: Datapath): FloatSite {
  const nothing = () => {
    throw new Error('no product is computed');
  };
  const site = floatSite(unit, unit.order, { finish: nothing, single: nothing, whole: nothing });
  if (typeof site === 'string') throw new Error(site);
  return site;
}

const unitOf = (sum: Datapath['sum'], parts: Partial<Datapath> = {}) =>
  datapath({ name: 'own', a: e5m2, b: e5m2, sum, ...parts });

const seen = (max = 1, quantum = 0, rest: Partial<Seen> = {}): Seen => ({
  max,
  negative: true,
  nans: false,
  infinities: false,
  quantum,
  ...rest,
});

const chunks = (length: number, outer?: Datapath['sum']) => ({ kind: 'chunked', length, outer }) as const;
const ONES = [seen(), seen()];

function steps(unit: Datapath, k = 4, operands = ONES, starts: Starts = NO_STARTS, counted = false) {
  const site = siteOf(unit);
  return stepsFor(site, operands, planOf(site.order, k, unit.lanes), starts, counted);
}

const brief = ({ carrier, method, overflow, limit }: Step) => `${carrier} ${method} ${overflow} ${limit}`;

/** Steps of a run and of joins, in short. */
function shortly(got: ReturnType<typeof steps>): string | string[] {
  return typeof got === 'string' ? got : [brief(got.step), brief(got.outer)];
}

const FINE = [seen(1, -10), seen(1, -10)];
/** Chunks of so many products of 20 places, cut to 8 bits, into float32. */
const fine = (length: number) => unitOf(sumFit('bf16', { rounding: 'rtz' }), { order: chunks(length, sumFit('fp32')) });

const fp16 = sumFit('fp16');
const bf16 = sumFit('bf16');
const random = sumFit('fp16', { rounding: stochastic(4) });

describe('products that their own fit leaves alone', () => {
  const half = fitTo(formatNamed('fp16'));
  it.each<[string, Datapath['product'], Partial<Datapath>, readonly [Seen, Seen], boolean]>([
    ['exact ones', 'exact', {}, [seen(1, -90), seen(1, 0, { nans: true })], true],
    ['of few bits', half, {}, [seen(), seen()], true],
    ['of as many', half, { a: int(7), b: int(6) }, [seen(), seen()], true],
    ['of one more', half, { a: int(7), b: int(7) }, [seen(), seen()], false],
    ['the smallest', half, {}, [seen(1, -12), seen(1, -12)], true],
    ['smaller ones', half, {}, [seen(1, -12), seen(1, -13)], false],
    ['the largest', half, {}, [seen(256), seen(65504 / 256)], true],
    ['larger ones', half, {}, [seen(256), seen(256)], false],
    ['NaN', half, {}, [seen(1, 0, { nans: true }), seen()], false],
    ['infinity', half, {}, [seen(), seen(1, 0, { infinities: true })], false],
    ['normal ones that flush', { ...half, subnormals: 'flush' }, {}, [seen(1, -7), seen(1, -7)], true],
    ['subnormal ones that flush', { ...half, subnormals: 'flush' }, {}, [seen(1, -8), seen(1, -7)], false],
    ['normal ones without subnormals', fitTo(formatNamed('dlfloat16')), {}, [seen(1, -15), seen(1, -15)], true],
    ['smaller ones', fitTo(formatNamed('dlfloat16')), {}, [seen(1, -15), seen(1, -16)], false],
    [
      'of a shifted format',
      fitTo({ ...e5m2, mantissaBits: 10, lowest: 'zero-only', shift: 2 }),
      {},
      [seen(1, -12), seen()],
      true,
    ],
    [
      'smaller ones',
      fitTo({ ...e5m2, mantissaBits: 10, lowest: 'zero-only', shift: 2 }),
      {},
      [seen(1, -13), seen()],
      false,
    ],
    ['integers', fitTo(int(20)), {}, [seen(), seen()], false],
    ['without -0', fitTo({ ...e5m2, mantissaBits: 10, specials: 'fnuz' }), {}, [seen(), seen()], false],
  ])('%s', (_what, product, parts, operands, keeps) =>
    expect(keepsProducts(unitOf(fp16, { ...parts, product }), operands)).toBe(keeps),
  );

  it('and rounded ones are left to slower routes', () => {
    const unit = unitOf(fp16, { product: half });
    expect(shortly(steps(unit, 4, [seen(256), seen(256)]))).toBe('its products are rounded');
  });
});

describe('steps of a job', () => {
  it.each<[string, Datapath, number, readonly Seen[], Partial<Starts>, string | string[]]>([
    ['ones', unitOf(fp16), 4, ONES, {}, ['f32 magic none 15', 'f32 magic none 15']],
    ['one that is begun', unitOf(fp16), 4, ONES, { max: 40_000 }, ['f32 magic watch 15', 'f32 magic watch 15']],
    [
      'a start of finer places',
      unitOf(sumFit('fp16', { rounding: 'rtz' })),
      4,
      ONES,
      { max: 1, quantum: -24 },
      ['f64 pattern none 15', 'f64 pattern none 15'],
    ],
    ['chunks that join', unitOf(fp16, { order: chunks(2) }), 4, ONES, {}, ['f32 magic none 15', 'f32 magic none 15']],
    [
      'chunks that go on from a start',
      unitOf(fp16, { order: chunks(2) }),
      4,
      ONES,
      { max: 40_000 },
      ['f32 magic none 15', 'f32 magic watch 15'],
    ],
    [
      'chunks into another register',
      unitOf(fp16, { order: chunks(2, bf16) }),
      4,
      ONES,
      {},
      ['f32 magic none 15', 'f32 magic none 110'],
    ],
    ['many chunks', unitOf(fp16, { order: chunks(8) }), 40_000, ONES, {}, ['f32 magic none 15', 'f32 magic watch 15']],
    [
      'some long ones',
      unitOf(fp16, { order: chunks(20_000) }),
      40_000,
      ONES,
      {},
      ['f32 magic none 15', 'f32 magic none 15'],
    ],
    [
      'long chunks',
      unitOf(fp16, { order: chunks(20_000) }),
      60_000,
      ONES,
      {},
      ['f32 magic none 15', 'f32 magic watch 15'],
    ],
    [
      'ways',
      unitOf(fp16, { order: { kind: 'interleaved', ways: 2 } }),
      4,
      ONES,
      { max: 40_000 },
      ['f32 magic watch 15', 'f32 magic watch 15'],
    ],
    [
      'a start wider than its register',
      unitOf(fp16),
      4,
      ONES,
      { wide: true },
      ['f64 complete none 0', 'f64 complete none 0'],
    ],
    ['an initial NaN', unitOf(fp16), 4, ONES, { nans: true }, ['f32 magic none 15', 'f32 magic none 15']],
    [
      'infinities',
      unitOf(fp16),
      4,
      [seen(1, 0, { infinities: true }), seen()],
      {},
      ['f32 magic none 15', 'f32 magic none 15'],
    ],
    [
      'infinities that saturate',
      unitOf(sumFit('fp16', { overflow: 'saturate' })),
      4,
      [seen(1, 0, { infinities: true }), seen()],
      {},
      ['f64 complete none 0', 'f64 complete none 0'],
    ],
    [
      'initial ones',
      unitOf(sumFit('fp16', { overflow: 'saturate' })),
      4,
      ONES,
      { infinities: true },
      ['f64 complete none 0', 'f64 complete none 0'],
    ],
    [
      'a register without quick steps',
      unitOf(sumFit('fp16', { rounding: 'rto' })),
      4,
      ONES,
      {},
      ['f64 complete none 0', 'f64 complete none 0'],
    ],
    ['random bits', unitOf(random), 4, ONES, {}, ['f32 pattern none 15', 'f32 pattern none 15']],
    [
      'random bits after a NaN',
      unitOf(random, { order: chunks(2) }),
      4,
      [seen(1, 0, { nans: true }), seen()],
      {},
      ['f64 complete none 0', 'f64 complete none 0'],
    ],
    [
      'leaves as wide as the register',
      unitOf(fp16, { a: int(7), b: int(6), order: { kind: 'tree', width: 2 } }),
      4,
      ONES,
      {},
      ['f32 magic none 15', 'f32 magic none 15'],
    ],
    [
      'wider leaves',
      unitOf(fp16, { a: int(7), b: int(7), order: { kind: 'tree', width: 2 } }),
      4,
      ONES,
      {},
      ['f64 complete none 0', 'f64 complete none 0'],
    ],
    // 24 bits hold sums below 16; 64 ones seldom come to more than their root.
    [
      'sums that seldom reach the limit of precision',
      fine(64),
      64,
      FINE,
      {},
      ['f32 pattern watch 4', 'f32 native none 127'],
    ],
    ['sums one below', fine(255), 255, FINE, {}, ['f32 pattern watch 4', 'f32 native none 127']],
    ['sums that often do', fine(256), 256, FINE, {}, ['f64 pattern none 33', 'f64 magic none 127']],
    [
      'sums that go on from one of as many',
      unitOf(sumFit('bf16', { rounding: 'rtz' })),
      64,
      FINE,
      {},
      ['f64 pattern none 33', 'f64 pattern none 33'],
    ],
    [
      'a limit that is the register’s own',
      unitOf(sumFit('fp16', { rounding: 'rtz' })),
      64,
      [seen(256), seen(256)],
      {},
      ['f32 pattern watch 15', 'f32 pattern watch 15'],
    ],
  ])('%s', (_what, unit, k, operands, starts, expected) =>
    expect(shortly(steps(unit, k, operands, { ...NO_STARTS, ...starts }))).toEqual(expected),
  );

  it('that count leave infinite sums alone, and see every overflow', () => {
    const infinite = [seen(1, 0, { infinities: true }), seen()];
    expect(shortly(steps(unitOf(fp16), 4, infinite, NO_STARTS, true))).toEqual([
      'f64 complete none 0',
      'f64 complete none 0',
    ]);
    const large = [seen(2 ** 100), seen(2 ** 20)];
    const fp32 = unitOf(sumFit('fp32'), { order: chunks(2) });
    expect(shortly(steps(fp32, 4, large))).toEqual(['f32 native none 127', 'f32 native none 127']);
    expect(shortly(steps(fp32, 200, large, NO_STARTS, true))).toEqual(['f32 native none 127', 'f32 native watch 127']);
  });
});

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

  it('cut finer where sums stop below the products’ last place', () => {
    const saturating = sumFit('bf16', { rounding: 'rtz', overflow: 'saturate' });
    const { stopped } = ways(unitOf(saturating), [seen(2 ** 60, 60), seen(2 ** 66, 66)]);
    // 2^127 has its last place at 2^120, below the products' 2^126.
    expect(stopped && brief(stopped.step)).toBe('f32 pattern watch 127');
    const { steps: quick } = ways(unitOf(saturating), [seen(1, -5), seen(1, -5)]);
    expect(brief(quick.step)).toBe('f32 pattern none 14');
  });
});
