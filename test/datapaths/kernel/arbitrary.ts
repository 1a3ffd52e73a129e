import * as fc from 'fast-check';
import { type AlignedCombine, type Combine, type Datapath, datapath, sumFit } from '../../../src/datapaths/datapath.js';
import type { Order } from '../../../src/datapaths/order.js';
import { FORMATS, formatNamed, int } from '../../../src/formats/catalog.js';
import { type Fit, OVERFLOWS } from '../../../src/formats/codec.js';
import { type FloatFormat, type Format, widthOf } from '../../../src/formats/format.js';
import { ROUNDINGS, type Rounding, stochastic } from '../../../src/formats/rounding.js';

/** Datapaths as a user could write them, for tests that hold routes against the reference. */
const catalogued = FORMATS.filter((format) => widthOf(format) <= 16);
const wide = FORMATS.filter((format) => widthOf(format) <= 32 && widthOf(format) > 16);

const floats: fc.Arbitrary<FloatFormat> = fc
  .record({
    exponentBits: fc.integer({ min: 2, max: 8 }),
    mantissaBits: fc.integer({ min: 0, max: 12 }),
    offset: fc.integer({ min: -3, max: 3 }),
    lowest: fc.constantFrom('subnormal', 'subnormal', 'normal', 'zero-only'),
    specials: fc.constantFrom('ieee', 'ieee', 'fn', 'fnuz', 'merged', 'none'),
  })
  .filter(({ mantissaBits, specials }) => mantissaBits > 0 || specials === 'none')
  .map(({ offset, exponentBits, ...rest }) => ({
    kind: 'float',
    name: 'own',
    signed: true,
    radix: 2,
    exponentBits,
    bias: 2 ** (exponentBits - 1) - 1 + offset,
    ...rest,
  }));

const operand: fc.Arbitrary<Format> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...catalogued) },
  { weight: 1, arbitrary: floats },
  { weight: 1, arbitrary: fc.constantFrom(...wide) },
);

const rounding: fc.Arbitrary<Rounding> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Rounding>('rne') },
  { weight: 3, arbitrary: fc.constantFrom<Rounding>(...ROUNDINGS) },
  {
    weight: 1,
    arbitrary: fc
      .record({ bits: fc.integer({ min: 1, max: 12 }), seed: fc.integer({ min: 0, max: 9999 }), each: fc.boolean() })
      .map(({ bits, seed, each }) => stochastic(bits, seed, each)),
  },
);

const sumFormat: fc.Arbitrary<Format> = fc.oneof(
  fc.constantFrom(
    ...FORMATS.filter((format) => format.kind === 'float' && widthOf(format) >= 16 && widthOf(format) <= 32),
  ),
  floats.filter(({ mantissaBits }) => mantissaBits > 0),
  fc
    .record({ bits: fc.integer({ min: 4, max: 40 }), exponent: fc.integer({ min: -12, max: 2 }), signed: fc.boolean() })
    .map(({ bits, exponent, signed }) => int(bits, signed, exponent)),
  fc.constantFrom(int(32), int(16), int(24)),
);

function fitOf(format: fc.Arbitrary<Format>): fc.Arbitrary<Fit> {
  return fc
    .record({
      format,
      rounding,
      overflow: fc.constantFrom(...OVERFLOWS),
      subnormals: fc.constantFrom('keep', 'keep', 'flush'),
      tininess: fc.constantFrom('after', 'before'),
    })
    .map((fit) => ({
      ...fit,
      overflow: fit.overflow === 'wrap' && fit.format.kind !== 'int' ? 'ieee' : fit.overflow,
    }));
}

/** They may draw random bits too, from the unit's one source. */
const anyFit = fitOf(sumFormat);

const aligned: fc.Arbitrary<AlignedCombine> = fc
  .record({
    fractionBits: fc.integer({ min: 4, max: 26 }),
    truncate: fc.constantFrom('rtz', 'floor', 'rne'),
    productExponent: fc.constantFrom('unnormalised', 'normalised'),
    sumInside: fc.boolean(),
    sumFractionBits: fc.option(fc.integer({ min: 4, max: 26 }), { nil: undefined }),
    exponentFloor: fc.option(fc.integer({ min: -40, max: 2 }), { nil: undefined }),
    zerosAlign: fc.boolean(),
    evenOdd: fc.boolean(),
  })
  .map((parts) => ({ kind: 'aligned', ...parts, zerosAlign: parts.zerosAlign && parts.exponentFloor !== undefined }));

const combine: fc.Arbitrary<Combine> = fc.oneof(
  fc.constant<Combine>({ kind: 'chain' }),
  fc.option(anyFit, { nil: undefined }).map((node): Combine => ({ kind: 'tree', node })),
  fc.boolean().map((sumInside): Combine => ({ kind: 'fused', sumInside })),
  aligned,
);

const order: fc.Arbitrary<Order> = fc.oneof(
  fc.constant<Order>({ kind: 'sequential' }),
  fc
    .record({ factor: fc.integer({ min: 1, max: 5 }), outer: fc.option(anyFit, { nil: undefined }) })
    .map(({ factor, outer }): Order => ({ kind: 'chunked', length: factor, outer })),
  fc.constantFrom(2, 4, 8, 5).map((width): Order => ({ kind: 'tree', width })),
  fc.constantFrom(2, 3).map((ways): Order => ({ kind: 'interleaved', ways })),
  fc.constantFrom([1, 0], [2, 0, 1, 3]).map((indices): Order => ({ kind: 'permuted', indices })),
);

export const anyDatapath: fc.Arbitrary<Datapath> = fc
  .record({
    a: operand,
    b: operand,
    product: fc.oneof({ weight: 3, arbitrary: fc.constant('exact' as const) }, { weight: 1, arbitrary: anyFit }),
    lanes: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: fc.integer({ min: 2, max: 6 }) }),
    combine,
    sum: fitOf(sumFormat),
    kept: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    order,
    operands: fc.constantFrom('keep', 'keep', 'flush'),
    nanCode: fc.constantFrom(undefined, undefined, 3),
    result: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: anyFit }),
  })
  .map(({ kept, order: drawn, ...parts }) => ({
    ...datapath({ name: 'own', ...parts, sum: { ...parts.sum, keptMantissaBits: kept } }),
    order: drawn.kind === 'chunked' || drawn.kind === 'tree' ? widened(drawn, parts.lanes) : drawn,
  }));

function widened(drawn: Order, lanes: number): Order {
  if (drawn.kind === 'chunked') return { ...drawn, length: drawn.length * lanes };
  return drawn.kind === 'tree' ? { ...drawn, width: drawn.width * lanes } : drawn;
}

const narrow = fc.oneof(
  fc.constantFrom(...catalogued.filter((format) => widthOf(format) <= 8)),
  floats.filter((format) => widthOf(format) <= 9),
  fc.constantFrom(...FORMATS.filter((format) => ['fp16', 'bf16', 'int12', 'int16'].includes(format.name))),
);

/** Datapaths of the kind that SIMD lanes are for: exact products, one after the other. */
export const laneDatapath: fc.Arbitrary<Datapath> = fc
  .record({
    a: narrow,
    b: narrow,
    lanes: fc.constantFrom(1, 1, 1, 2, 3),
    format: fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(...FORMATS.filter(({ name }) => /^(fp32|fp16|bf16|tf32|dlfloat16)$/.test(name))),
      },
      { weight: 1, arbitrary: floats.filter(({ mantissaBits }) => mantissaBits > 0) },
      { weight: 1, arbitrary: fc.constantFrom(int(16), int(8), int(12), int(20), int(24), int(32), int(24, true, -6)) },
    ),
    rounding: fc.oneof(
      { weight: 4, arbitrary: fc.constant<Rounding>('rne') },
      { weight: 3, arbitrary: fc.constantFrom<Rounding>('rna', 'rtz') },
      {
        weight: 1,
        arbitrary: fc
          .record({ bits: fc.integer({ min: 1, max: 12 }), seed: fc.integer({ min: 0, max: 99 }) })
          .map(({ bits, seed }) => stochastic(bits, seed)),
      },
    ),
    overflow: fc.constantFrom('ieee', 'ieee', 'infinity', 'saturate', 'wrap'),
    order,
    operands: fc.constantFrom('keep', 'keep', 'flush'),
    kept: fc.constantFrom(undefined, undefined, 5),
    subnormals: fc.constantFrom('keep', 'keep', 'flush'),
  })
  .map(({ format, rounding: mode, overflow, order: drawn, kept, subnormals, ...parts }) => {
    const sum = {
      format,
      rounding: mode,
      overflow: overflow === 'wrap' && format.kind !== 'int' ? 'ieee' : overflow,
      subnormals,
      keptMantissaBits: kept,
    } as const;
    const base = datapath({ name: 'own', ...parts, sum });
    if (drawn.kind === 'chunked')
      return { ...base, order: { ...widened({ ...drawn, outer: undefined }, parts.lanes) } };
    return { ...base, order: drawn.kind === 'tree' ? widened(drawn, parts.lanes) : drawn };
  });

const stochastics = fc
  .record({ bits: fc.integer({ min: 1, max: 12 }), seed: fc.integer({ min: 0, max: 99 }) })
  .map(({ bits, seed }) => stochastic(bits, seed));

/** Units whose sums, and what else is rounded, draw random bits from one source. */
export const randomDatapath: fc.Arbitrary<Datapath> = fc
  .record({
    base: laneDatapath,
    rounding: fc.oneof({ weight: 4, arbitrary: stochastics }, { weight: 1, arbitrary: fc.constant<Rounding>('rne') }),
    outer: fc.option(fc.oneof(stochastics, fc.constantFrom<Rounding>('rne', 'rtz')), { nil: undefined }),
    result: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: stochastics }),
    tree: fc.boolean(),
  })
  .map(({ base, rounding: mode, outer, result, tree }) => {
    const { format, overflow, subnormals } = base.sum;
    const fit = (rounded: Rounding): Fit => ({ format, rounding: rounded, overflow, subnormals, tininess: 'after' });
    const { order: drawn } = base;
    return {
      ...base,
      sum: { ...base.sum, rounding: mode },
      ...(tree && { combine: { kind: 'tree' } }),
      ...(result && { result: { ...fit(result), format: formatNamed('e5m2'), overflow: 'ieee' as const } }),
      order: drawn.kind === 'chunked' && outer !== undefined ? { ...drawn, outer: fit(outer) } : drawn,
    };
  });

/** Units that take several products at once, fused or aligned: what tensor cores are. */
export const firingDatapath: fc.Arbitrary<Datapath> = fc
  .record({
    a: narrow,
    b: narrow,
    lanes: fc.integer({ min: 1, max: 12 }),
    format: fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(...FORMATS.filter(({ name }) => /^(fp32|fp16|bf16|tf32|dlfloat16)$/.test(name))),
      },
      { weight: 1, arbitrary: floats.filter(({ mantissaBits }) => mantissaBits > 0) },
    ),
    combine: fc.oneof(
      { weight: 1, arbitrary: fc.boolean().map((sumInside): Combine => ({ kind: 'fused', sumInside })) },
      { weight: 3, arbitrary: aligned.map((one): Combine => ({ ...one, evenOdd: false, zerosAlign: false })) },
    ),
    rounding: fc.constantFrom<Rounding>('rne', 'rtz', 'rna'),
    overflow: fc.constantFrom('ieee', 'infinity', 'saturate'),
    order,
    operands: fc.constantFrom('keep', 'flush'),
    kept: fc.constantFrom(undefined, undefined, 7, 13),
    subnormals: fc.constantFrom('keep', 'keep', 'flush'),
  })
  .map(({ format, rounding: mode, overflow, order: drawn, kept, subnormals, ...parts }) => {
    const sum = { format, rounding: mode, overflow, subnormals, keptMantissaBits: kept } as const;
    const base = datapath({ name: 'own', ...parts, sum });
    return { ...base, order: drawn.kind === 'chunked' || drawn.kind === 'tree' ? widened(drawn, parts.lanes) : drawn };
  });

/** Integer registers of 4 to 32 bits, most of them signed, most of them saturating. */
export const integerSum = fc
  .record({
    bits: fc.integer({ min: 4, max: 32 }),
    signed: fc.constantFrom(true, true, true, false),
    overflow: fc.constantFrom('wrap', 'saturate', 'saturate'),
  })
  .map(({ bits, signed, overflow }) => sumFit(int(bits, signed), { overflow }));
