import { describe, expect, it } from 'vitest';
import {
  type Datapath,
  datapath,
  registerFitOf,
  registerFormatOf,
  sumFit,
  totalFitOf,
} from '../../src/datapaths/datapath.js';
import { type Order, permutedPlaces } from '../../src/datapaths/order.js';
import { alignmentExponent, groupOf, isWhole, termOrder, termsPerFiring } from '../../src/datapaths/products.js';
import { drawingOf, drawsForEach, randomBitsOf, randomOfRows, reduce } from '../../src/datapaths/reference.js';
import { formatNamed, int } from '../../src/formats/catalog.js';
import { decode, type Fit, fitTo } from '../../src/formats/codec.js';
import { fromNumber, toNumber } from '../../src/formats/raw.js';
import { lfsrBits, stochastic } from '../../src/formats/rounding.js';
import { unlike } from '../laws/definition/compare.js';
import { generator } from './kernel/jobs.js';

const e4m3fn = formatNamed('e4m3fn');
const unit = datapath({ name: 'u', a: e4m3fn, b: e4m3fn, sum: sumFit('fp16') });

describe('a register', () => {
  it('holds its word, or the upper mantissa bits of it with zeros below', () => {
    const [fp32, tf32] = ['fp32', 'tf32'].map((name) => sumFit(name));
    expect(registerFormatOf(fp32)).toBe(fp32.format);
    expect(registerFormatOf({ ...fp32, keptMantissaBits: 23 })).toBe(fp32.format);
    expect(registerFormatOf({ ...fp32, keptMantissaBits: 22 })).toEqual({
      ...fp32.format,
      mantissaBits: 22,
      paddingBits: 1,
    });
    expect(registerFormatOf({ ...tf32, keptMantissaBits: 3 })).toEqual({
      ...tf32.format,
      mantissaBits: 3,
      paddingBits: 20,
    });
    const whole = { ...sumFit(int(8)), keptMantissaBits: 3 };
    expect(registerFormatOf(whole)).toBe(whole.format);
    const kept = { ...fp32, keptMantissaBits: 7, rounding: 'rtz' as const };
    expect(registerFitOf(kept)).toMatchObject({ rounding: 'rtz', format: registerFormatOf(kept) });
  });

  it('of the total is the outer one of chunks, where they have one, be they permuted or not', () => {
    const outer = sumFit('fp32');
    const after = { kind: 'chunked', length: 2, outer } as const;
    const orders: [Order, Fit][] = [
      [{ kind: 'sequential' }, unit.sum],
      [{ kind: 'chunked', length: 2 }, unit.sum],
      [after, outer],
      [{ kind: 'permuted', indices: [0] }, unit.sum],
      [{ kind: 'permuted', indices: [0], after }, outer],
      [{ kind: 'tree', width: 2 }, unit.sum],
    ];
    for (const [order, fit] of orders) expect([order, totalFitOf(unit, order)]).toEqual([order, fit]);
    expect(totalFitOf({ ...unit, order: after })).toBe(outer);
  });

  it('reads subnormal operands as it reads its own, where nothing else is said', () => {
    expect(unit.operands).toBe('keep');
    expect(datapath({ name: 'u', a: e4m3fn, b: e4m3fn, sum: sumFit('fp16', { subnormals: 'flush' }) }).operands).toBe(
      'flush',
    );
  });
});

it('places of a permuted order are those of every run, and of the last one what is there', () => {
  expect(permutedPlaces([2, 0, 1], 0)).toEqual([]);
  expect(permutedPlaces([2, 0, 1], 3)).toEqual([2, 0, 1]);
  expect(permutedPlaces([2, 0, 1], 8)).toEqual([2, 0, 1, 5, 3, 4, 6, 7]);
});

describe('groups that share their scales', () => {
  const scaled = (apply: 'group' | 'exponent', lanes: number, group?: number): Datapath => ({
    ...unit,
    lanes,
    blockScale: { format: formatNamed('e8m0fnu'), size: 8, apply, ...(group !== undefined && { group }) },
  });

  it('are terms: a firing takes lanes by group, and an order counts them, a begun one as one', () => {
    expect(
      [scaled('group', 1), scaled('group', 4), scaled('group', 8), scaled('group', 8, 2), scaled('exponent', 8)].map(
        termsPerFiring,
      ),
    ).toEqual([1, 1, 1, 4, 8]);
    expect(termsPerFiring({ ...unit, lanes: 5 })).toBe(5);
    const groups = scaled('group', 8, 4);
    expect([
      groupOf({ format: e4m3fn, size: 8, apply: 'group' }),
      groupOf({ format: e4m3fn, size: 8, apply: 'group', group: 2 }),
    ]).toEqual([8, 2]);
    const chunks = { kind: 'chunked', length: 16, outer: sumFit('fp32') } as const;
    const counted: [Order, Order][] = [
      [chunks, { ...chunks, length: 4 }],
      [
        { kind: 'chunked', length: 9 },
        { kind: 'chunked', length: 3 },
      ],
      [
        { kind: 'tree', width: 12 },
        { kind: 'tree', width: 3 },
      ],
      [
        { kind: 'interleaved', ways: 8 },
        { kind: 'interleaved', ways: 8 },
      ],
      [
        { kind: 'permuted', indices: [1, 0] },
        { kind: 'permuted', indices: [1, 0] },
      ],
      [
        { kind: 'permuted', indices: [1, 0], after: chunks },
        { kind: 'permuted', indices: [1, 0], after: { ...chunks, length: 4 } },
      ],
    ];
    for (const [order, terms] of counted) {
      expect([order, termOrder(groups, order)]).toEqual([order, terms]);
      expect(termOrder(scaled('exponent', 8, 4), order)).toBe(order);
      expect(termOrder(unit, order)).toBe(order);
    }
  });

  it('are summed in every order as the definition has it, seed 3', () => {
    const random = generator(3);
    const code = () => BigInt(Math.floor(random() * 256));
    const orders: Order[] = [
      { kind: 'sequential' },
      { kind: 'chunked', length: 16, outer: sumFit('fp32') },
      { kind: 'tree', width: 16 },
      { kind: 'interleaved', ways: 2 },
      { kind: 'permuted', indices: [2, 0, 1], after: { kind: 'chunked', length: 16, outer: sumFit('fp32') } },
    ];
    for (const order of orders)
      for (const lanes of [1, 8, 16])
        for (const group of [4, undefined]) {
          const [a, b, aScales, bScales] = [50, 50, 7, 7].map((count) => Array.from({ length: count }, code));
          const near = (scales: bigint[]) => scales.map((scale) => 124n + (scale % 7n));
          const codes = {
            a: a.map((x) => x & 0xbfn),
            b: b.map((x) => x & 0xbfn),
            c: 0x3c00n & 0n,
            aScales: near(aScales),
            bScales: near(bScales),
          };
          expect(unlike({ ...scaled('group', lanes, group), order }, codes, 0)).toEqual([]);
        }
  });
});

it('an alignment sees the exponent of the field, of integers the leading bit, of zeros -126', () => {
  const seen = (name: string, x: number) => alignmentExponent(formatNamed(name), fromNumber(x));
  expect([seen('e4m3fn', 2 ** -9), seen('e4m3fn', 2 ** -6), seen('e4m3fn', 1.5), seen('e4m3fn', -448)]).toEqual([
    -6, -6, 0, 8,
  ]);
  expect([seen('dlfloat16', 1.5 * 2 ** -31), seen('radix4odd', 2 ** -7), seen('int8', 7), seen('int8', 0)]).toEqual([
    -31, -7, 2, -126,
  ]);
  expect(
    alignmentExponent(
      {
        kind: 'float',
        name: 's',
        signed: true,
        exponentBits: 4,
        mantissaBits: 3,
        bias: 7,
        radix: 2,
        lowest: 'subnormal',
        specials: 'fn',
        shift: 3,
      },
      fromNumber(2 ** -6),
    ),
  ).toBe(-3);
});

it('integers and tables multiply to no -0, floats do', () => {
  const f = (a: string, b: string) => isWhole({ a: formatNamed(a), b: formatNamed(b) });
  expect([
    f('int8', 'ternary'),
    f('binary', 'binary'),
    f('int8', 'fp16'),
    f('fp16', 'int8'),
    f('fp16', 'fp16'),
  ]).toEqual([true, true, false, false, false]);
});

describe('random bits', () => {
  const drawn = (perOutput: boolean): Datapath => ({
    ...unit,
    sum: sumFit('fp16', { rounding: stochastic(5, 3, perOutput) }),
  });
  const { lfsr } = stochastic(5, 3).stochastic;

  it('of the rows of a table go on, or begin anew with the number of the row', () => {
    const shared = randomOfRows(drawn(false));
    const words = lfsrBits(lfsr);
    expect([shared()?.(9), shared()?.(4), shared()?.(7)]).toEqual([words(9), words(4), words(7)]);
    const each = randomOfRows(drawn(true));
    expect([each()?.(9), each()?.(4), each()?.(9)]).toEqual([
      lfsrBits(lfsr, 3)(9),
      lfsrBits(lfsr, 4)(4),
      lfsrBits(lfsr, 5)(9),
    ]);
    expect(randomOfRows(unit)()).toBeUndefined();
  });

  it('are there for a rounding at random, of an output its own where each has one', () => {
    expect(randomBitsOf('rne')).toBeUndefined();
    expect(randomBitsOf(stochastic(5, 3, true), 2)?.(12)).toBe(lfsrBits(lfsr, 5)(12));
    expect(randomBitsOf(stochastic(5, 3), 2)?.(12)).toBe(lfsrBits(lfsr, 3)(12));
    expect([drawsForEach(drawn(true)), drawsForEach(drawn(false)), drawsForEach(unit)]).toEqual([true, false, false]);
  });

  it('come from the source of the sum, else of products, nodes, the outer register, the result', () => {
    const fit = (seed: number) => fitTo(formatNamed('fp16'), { rounding: stochastic(4, seed) });
    const [product, result, outer] = [fit(2), fit(5), fit(4)];
    const combine = { kind: 'tree', node: fit(3) } as const;
    const order = { kind: 'chunked', length: 2, outer } as const;
    const all: Datapath = { ...unit, sum: fit(1), product, combine, order, result };
    const seed = (of: Partial<Datapath>) => drawingOf({ ...all, ...of })?.stochastic.lfsr.seed;
    const sum = unit.sum;
    expect([
      seed({}),
      seed({ sum }),
      seed({ sum, product: 'exact' }),
      seed({ sum, product: 'exact', combine: { kind: 'tree' } }),
    ]).toEqual([1, 2, 3, 4]);
    expect(seed({ sum, product: 'exact', combine: { kind: 'chain' }, order: { kind: 'sequential' } })).toBe(5);
    expect(drawingOf(unit)).toBeUndefined();
  });
});

describe('a reduction', () => {
  it('takes as many codes of b as of a', () => {
    expect(() => reduce(unit, { a: [1, 2], b: [1] })).toThrow('reduce: a has 2 codes and b 1; they must be as many');
  });

  it('shows what it rounds, in turn: products, sums, the result', () => {
    const product = fitTo(formatNamed('bf16'));
    const result = fitTo(formatNamed('e5m2'));
    const seen: [number, string][] = [];
    const codes = { a: [0x38, 0x40], b: [0x38, 0x44], c: 0x3c00 };
    const { code } = reduce({ ...unit, product, result }, codes, unit.order, undefined, (exact, fit) =>
      seen.push([toNumber(exact), fit.format.name]),
    );
    expect(seen).toEqual([
      [1, 'bf16'],
      [6, 'bf16'],
      [2, 'fp16'],
      [8, 'fp16'],
      [8, 'e5m2'],
    ]);
    expect(toNumber(decode(result.format, code))).toBe(8);
  });
});
