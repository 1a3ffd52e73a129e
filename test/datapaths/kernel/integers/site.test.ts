import { describe, expect, it } from 'vitest';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { countable, jobStep } from '../../../../src/datapaths/kernel/integers/index.js';
import { type IntSite, intSite, stepFor } from '../../../../src/datapaths/kernel/integers/site.js';
import type { Seen } from '../../../../src/datapaths/kernel/panels/pack.js';
import { codeArray, type GemmJob } from '../../../../src/datapaths/kernel/index.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import { fitTo } from '../../../../src/formats/codec.js';
import type { Format } from '../../../../src/formats/format.js';

/** Which integer step a job gets, exactly where the choice turns. */
const [WORD, BYTE] = [int(16), int(8)];
const asked = (unit: Datapath) =>
  intSite({ datapath: unit, order: unit.order, scalar: undefined as never, slower: undefined as never });

function siteOf(unit: Datapath): IntSite {
  const site = asked(unit);
  if (typeof site === 'string') throw new Error(site);
  return site;
}

const unitOf = (sum: Format, overflow: 'saturate' | 'wrap', parts: Partial<Datapath> = {}) =>
  datapath({ name: 'own', a: BYTE, b: BYTE, sum: sumFit(sum, { overflow }), ...parts });

const seen = (max: number, rest: Partial<Seen> = {}): Seen => ({
  max,
  negative: false,
  nans: false,
  infinities: false,
  quantum: 0,
  ...rest,
});

/** Negative operands and sums, where a row says so. */
type Asked = { x?: number; y?: number; k?: number; start?: number; negative?: boolean; begun?: boolean };

function stepOf(unit: Datapath, { x = 1, y = 1, k = 1, start = 0, negative = false, begun = false }: Asked) {
  return stepFor(siteOf(unit), [seen(x), seen(y, { negative })], k, { max: start, negative: begun });
}

const int16 = unitOf(int(16), 'saturate');
const uint16 = unitOf(int(16, false), 'saturate');
const SHORT = { low: -32768, high: 32767 };
const narrow = (moderate: boolean, range = SHORT) => ({ kind: 'narrow', ...range, moderate });
const WIDE = 'its register is too wide to saturate in 32-bit lanes';
const NONE = 'its lanes are added before they saturate';

describe('the step of a job', () => {
  it.each<[string, Datapath, Asked, string | object]>([
    ['as many ones as the register holds', int16, { k: 32767 }, { kind: 'dot', ...SHORT }],
    ['one more', int16, { k: 32768 }, { kind: 'clamped', free: { pairs: 64 } }],
    ['on top of what is begun', int16, { k: 2, start: 32765 }, { kind: 'dot', ...SHORT }],
    ['and one more', int16, { k: 2, start: 32766 }, { kind: 'clamped', free: { pairs: 64 } }],
    ['negative products', int16, { negative: true }, { kind: 'dot', ...SHORT }],
    ['products without a sign to one without', uint16, {}, { kind: 'dot', low: 0, high: 65535 }],
    ['negative ones to one without', uint16, { negative: true }, { kind: 'clamped', low: 0, high: 65535 }],
    ['a negative start of one without', uint16, { begun: true }, { kind: 'clamped', low: 0, high: 65535 }],
    [
      'what 32 bits hold',
      unitOf(int(40), 'wrap'),
      { k: 2 ** 31 - 1 },
      { kind: 'dot', low: -(2 ** 39), high: 2 ** 39 - 1 },
    ],
    ['one more', unitOf(int(40), 'wrap'), { k: 2 ** 31 }, 'its register is wider than 32 bits'],
    ['any, wrapping', unitOf(int(32), 'wrap'), { k: 2 ** 31 }, { kind: 'dot', low: -(2 ** 31), high: 2 ** 31 - 1 }],
    ['any, wrapping in 33 bits', unitOf(int(33), 'wrap'), { k: 2 ** 31 }, 'its register is wider than 32 bits'],
    ['a saturating register of 31 bits', unitOf(int(31), 'saturate'), { k: 2 ** 31 }, { kind: 'clamped' }],
    ['one of 32', unitOf(int(32), 'saturate'), { k: 2 ** 31 }, WIDE],
    ['one of 30 without sign', unitOf(int(30, false), 'saturate'), { k: 2 ** 31 }, { kind: 'clamped' }],
    ['one of 31 without sign', unitOf(int(31, false), 'saturate'), { k: 2 ** 31 }, WIDE],
    ['products below 2^30', unitOf(int(31), 'saturate'), { x: 32768, y: 32767, k: 3 }, { kind: 'clamped' }],
    ['products of 2^30', unitOf(int(31), 'saturate'), { x: 32768, y: 32768, k: 3 }, WIDE],
    ['products as large as 16 bits hold', int16, { x: 32767, k: 3 }, narrow(true)],
    ['larger ones', int16, { x: 32768, k: 3 }, { kind: 'clamped', free: undefined, ...SHORT }],
    [
      'products as large as the range',
      unitOf(int(8), 'saturate'),
      { x: 255, k: 3 },
      narrow(true, { low: -128, high: 127 }),
    ],
    ['larger ones', unitOf(int(8), 'saturate'), { x: 256, k: 3 }, narrow(false, { low: -128, high: 127 })],
    // Twice the range, 131070, by products that 16 pairs between two looks take an eighth of: at most 255.
    [
      'sums that seldom leave',
      int16,
      { x: 255, k: 514 },
      { kind: 'clamped', free: { pairs: 16, low: -32768, high: 24607 } },
    ],
    ['sums that leave more often', int16, { x: 255, k: 515 }, narrow(true)],
    ['products that must be looked at more often', int16, { x: 256, k: 500 }, narrow(true)],
    ['a tree', unitOf(int(16), 'saturate', { order: { kind: 'tree', width: 2 } }), { k: 32768 }, NONE],
    [
      'a tree that cannot leave',
      unitOf(int(16), 'saturate', { order: { kind: 'tree', width: 2 } }),
      {},
      { kind: 'dot' },
    ],
    [
      'lanes that are added first',
      unitOf(int(16), 'saturate', { lanes: 2, combine: { kind: 'tree' } }),
      { k: 32768 },
      NONE,
    ],
    ['one lane of a tree', unitOf(int(16), 'saturate', { combine: { kind: 'tree' } }), { k: 132_000 }, narrow(true)],
    ['lanes one after the other', unitOf(int(16), 'saturate', { lanes: 2 }), { k: 132_000 }, narrow(true)],
    [
      'one lane with the sum',
      unitOf(int(16), 'saturate', { combine: { kind: 'fused', sumInside: true } }),
      { k: 132_000 },
      narrow(true),
    ],
    [
      'one lane, then the sum',
      unitOf(int(16), 'saturate', { combine: { kind: 'fused', sumInside: false } }),
      { k: 32768 },
      NONE,
    ],
    [
      'two lanes with the sum',
      unitOf(int(16), 'saturate', { lanes: 2, combine: { kind: 'fused', sumInside: true } }),
      { k: 32768 },
      NONE,
    ],
  ])('%s', (_what, unit, job, expected) => {
    const step = stepOf(unit, job);
    if (typeof expected === 'string') expect(step).toBe(expected);
    else expect(step).toMatchObject(expected);
  });

  it.each([
    [{ nans: true }, {}],
    [{ infinities: true }, {}],
    [{}, { nans: true }],
    [{}, { infinities: true }],
  ])('of operands that are no numbers is none: %o x %o', (x, y) => {
    const step = stepFor(siteOf(int16), [seen(1, x), seen(1, y)], 1, { max: 0, negative: false });
    expect(step).toBe('an operand is not a number');
  });
});

describe('jobs whose additions lanes count', () => {
  const jobOf = (k: number, value = 1): GemmJob => {
    const job = { m: 1, n: 1, k, a: codeArray(WORD, k), b: codeArray(WORD, k) };
    return { ...job, a: job.a.fill(value), b: job.b.fill(1) };
  };
  const counts = (unit: Datapath, kind: 'dot' | 'narrow' | 'clamped', job: GemmJob, start = 0) =>
    countable(siteOf(unit), { kind, low: 0, high: 0 }, job, start);

  it('have at most 65535 of them in the 8 sums of a lane of 16 bits, and any number in one of 32', () => {
    expect([8191, 8192].map((k) => counts(int16, 'narrow', jobOf(k)))).toEqual([true, false]);
    expect(counts(int16, 'clamped', jobOf(70_000))).toBe(true);
  });

  it('stay where they are, or stop there: none wraps', () => {
    expect(counts(int16, 'dot', jobOf(40_000))).toBe(true);
    const wrapping = unitOf(int(16), 'wrap');
    expect([32767, 32768].map((k) => counts(wrapping, 'dot', jobOf(k)))).toEqual([true, false]);
    expect([0, 1].map((start) => counts(wrapping, 'dot', jobOf(32767), start))).toEqual([true, false]);
    expect([16383, 16384].map((k) => counts(wrapping, 'dot', jobOf(k, 2)))).toEqual([true, false]);
    expect(counts(unitOf(int(16, false), 'wrap'), 'dot', jobOf(1))).toBe(false);
    // By the formats alone, whatever the operands are.
    expect(
      counts(unitOf(int(24), 'wrap', { a: int(4), b: int(4) }), 'dot', {
        ...jobOf(100),
        a: new Uint8Array(100),
        b: new Uint8Array(100),
      }),
    ).toBe(true);
  });
});

describe('units of integer lanes', () => {
  it.each<[string, Partial<Datapath>, string]>([
    ['a float register', { sum: sumFit('fp32') }, 'its register is not an integer'],
    ['rounded products', { product: fitTo(int(32)) }, 'its products are rounded or scaled'],
    [
      'scaled ones',
      { blockScale: { format: formatNamed('e8m0fnu'), size: 4, apply: 'exponent' } },
      'its products are rounded or scaled',
    ],
    [
      'rounded nodes',
      { lanes: 2, combine: { kind: 'tree', node: fitTo(int(32)) } },
      'its lanes are aligned or rounded',
    ],
    ['wide operands first', { a: int(17) }, 'an operand has more than 16 bits'],
    ['wide operands second', { b: int(17) }, 'an operand has more than 16 bits'],
    [
      'another outer register',
      { order: { kind: 'chunked', length: 4, outer: fitTo(int(24)) } },
      'its outer register is another',
    ],
    ['finer products', { a: int(8, true, -1) }, 'its products are finer than its register'],
    ['more bits than 16', { a: int(16, false) }, 'an operand has more than 16 significant bits'],
  ])('but for %s', (_what, parts, refusal) => expect(asked(unitOf(int(20), 'saturate', parts))).toBe(refusal));

  it('take an outer register of the same kind', () => {
    const format = int(20);
    const outer = (overflow: 'wrap' | 'saturate') =>
      asked(unitOf(format, 'saturate', { order: { kind: 'chunked', length: 4, outer: fitTo(format, { overflow }) } }));
    expect(typeof outer('saturate')).toBe('object');
    expect(outer('wrap')).toBe('its outer register is another');
  });

  it('read operands as counts of the register, the narrower one in its quanta', () => {
    const site = siteOf(unitOf(int(20, true, -3), 'saturate', { a: int(4, true, -1), b: int(3, true, 1) }));
    expect(Array.from(site.tables[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1]);
    expect(Array.from(site.tables[1])).toEqual([0, 8, 16, 24, -32, -24, -16, -8]);
    const other = siteOf(unitOf(int(20, true, -3), 'saturate', { b: int(4, true, -1), a: int(3, true, 1) }));
    expect(other.tables.map((table) => table[1])).toEqual([8, 1]);
  });

  it('multiply signs by XOR where both have the same code for 1', () => {
    const binary = formatNamed('binary');
    const signs = (a: Format, b: Format) => siteOf(unitOf(int(16), 'wrap', { a, b })).signs;
    const turned: Format = { kind: 'table', name: 'turned', bits: 1, values: [1, -1] };
    expect([signs(binary, binary), signs(turned, turned)]).toEqual([true, true]);
    expect(signs(binary, turned)).toBe(false);
    expect(signs(binary, int(2))).toBe(false);
    const longer: Format = { kind: 'table', name: 'longer', bits: 2, values: [-1, 1, -1, 1] };
    expect([signs(longer, binary), signs(binary, longer)]).toEqual([false, false]);
    expect(signs(binary, { kind: 'table', name: 'bit', bits: 1, values: [0, 1] })).toBe(false);
  });
});

describe('what the formats say decides where it is quick, else what the operands hold', () => {
  const jobOf = (x: number, y: number): GemmJob => ({
    m: 1,
    n: 1,
    k: 2,
    a: Uint16Array.of(x, 0),
    b: Uint16Array.of(y, 0),
  });
  const none = { max: 0, negative: false };
  const [int4, int8] = [int(4), int(8)];

  it.each<[string, Datapath, GemmJob, string | object]>([
    ['a dot product', unitOf(int(20), 'saturate', { a: int8, b: int8 }), jobOf(1, 1), { kind: 'dot' }],
    [
      '16 bits, though these sums are small',
      unitOf(int(8), 'saturate', { a: int4, b: int4 }),
      jobOf(1, 1),
      { kind: 'narrow' },
    ],
    [
      '32 bits that are seldom looked at',
      unitOf(int(12), 'saturate', { a: int4, b: int8, lanes: 2 }),
      jobOf(1, 1),
      { kind: 'narrow' },
    ],
    [
      '32 bits that would be looked at for each product',
      unitOf(int(18), 'saturate', { a: WORD, b: WORD }),
      jobOf(100, 100),
      { kind: 'dot' },
    ],
    [
      'and are, where products are large',
      unitOf(int(18), 'saturate', { a: WORD, b: WORD }),
      jobOf(30_000, 30_000),
      { kind: 'clamped', free: undefined },
    ],
    [
      'no step by the formats',
      unitOf(int(18), 'wrap', { order: { kind: 'tree', width: 2 } }),
      jobOf(1, 1),
      { kind: 'dot' },
    ],
    [
      'a tree of small products',
      unitOf(int(18), 'saturate', { a: WORD, b: WORD, order: { kind: 'tree', width: 2 } }),
      jobOf(3, 3),
      { kind: 'dot' },
    ],
    [
      'a tree of large ones',
      unitOf(int(18), 'saturate', { a: WORD, b: WORD, order: { kind: 'tree', width: 2 } }),
      jobOf(3000, 3000),
      NONE,
    ],
  ])('%s', (_what, unit, job, expected) => {
    const step = jobStep(siteOf(unit), job, none);
    if (typeof expected === 'string') expect(step).toBe(expected);
    else expect(step).toMatchObject(expected);
  });
});
