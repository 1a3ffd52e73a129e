import { describe, expect, it } from 'vitest';
import { type Datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { planOf } from '../../../../src/datapaths/kernel/contract/plan.js';
import type { Seen } from '../../../../src/datapaths/kernel/panels/pack.js';
import { keepsProducts, stepsFor } from '../../../../src/datapaths/kernel/steps/floatSteps.js';
import { NO_STARTS, type Starts } from '../../../../src/datapaths/kernel/steps/starts.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import { fitTo } from '../../../../src/formats/codec.js';
import { stochastic } from '../../../../src/formats/rounding.js';
import { brief, chunks, e5m2, ONES, seen, siteOf, unitOf } from './sites.js';

/** Which steps a job in float lanes gets, exactly where the choice turns. */
function steps(unit: Datapath, k = 4, operands: readonly Seen[] = ONES, starts: Starts = NO_STARTS, counted = false) {
  const site = siteOf(unit);
  return stepsFor(site, operands, planOf(site.order, k, unit.lanes), starts, counted);
}

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
    ['one addition', unitOf(fp16), 1, ONES, { max: 32734 }, ['f32 magic none 15', 'f32 magic none 15']],
    ['two of them', unitOf(fp16), 2, ONES, { max: 32734 }, ['f32 magic watch 15', 'f32 magic watch 15']],
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
      'runs to infinity, joined in fewer bits',
      unitOf(fp16, { order: chunks(16, sumFit('bf16', { rounding: 'rtz' })) }),
      64,
      [seen(256, -4), seen(256, -4)],
      {},
      ['f64 magic watch 15', 'f64 pattern none 45'],
    ],
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
