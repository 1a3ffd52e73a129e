import * as fc from 'fast-check';
import {
  type AlignedCombine,
  type BlockScale,
  type Datapath,
  datapath,
  sumFit,
  type TwoStage,
} from '../../../src/datapaths/datapath.js';
import type { Order } from '../../../src/datapaths/order.js';
import { formatNamed, FORMATS } from '../../../src/formats/catalog.js';
import type { Rounding } from '../../../src/formats/rounding.js';

/** Tensor cores as a user could write them: alignments in stages, zeros and overflowing products, block scales. */
const operand = fc.constantFrom(
  ...FORMATS.filter(({ name }) =>
    /^(e4m3fn|e5m2|e4m3fnuz|e5m2fnuz|e3m2fn|e2m3fn|e2m1fn|int8|fp16|bf16|tf32)$/.test(name),
  ),
);
const register = fc.constantFrom(...['fp32', 'fp32', 'fp16', 'bf16', 'tf32', 'dlfloat16'].map(formatNamed));
const truncate = fc.constantFrom('rtz' as const, 'floor' as const, 'rne' as const);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const bits = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 6, max: 26 }) },
  { weight: 1, arbitrary: fc.constant(35) },
);

const stages: fc.Arbitrary<TwoStage> = fc.record({
  productFractionBits: bits,
  sumFractionBits: bits,
  truncate,
  dropSumBelow: optional(fc.integer({ min: 2, max: 30 })),
});

const combine: fc.Arbitrary<AlignedCombine> = fc
  .record({
    fractionBits: bits,
    truncate,
    productExponent: fc.constantFrom('unnormalised' as const, 'unnormalised' as const, 'normalised' as const),
    sumInside: fc.constantFrom(true, true, false),
    sumFractionBits: optional(bits),
    exponentFloor: optional(fc.integer({ min: -140, max: 2 })),
    zerosAlign: fc.boolean(),
    productOverflow: optional(fc.constantFrom(8, 16, 128)),
    evenOdd: fc.constantFrom(false, false, true),
    twoStage: fc.option(stages, { nil: undefined, freq: 2 }),
  })
  .map((parts) => ({ kind: 'aligned', ...parts }));

const blockScale: fc.Arbitrary<BlockScale | undefined> = optional(
  fc
    .record({
      format: fc.constantFrom(...['e8m0fnu', 'e4m3fn', 'e8m0fnu'].map(formatNamed)),
      size: fc.constantFrom(2, 4, 8),
      apply: fc.constantFrom('exponent' as const, 'group' as const),
      group: optional(fc.constantFrom(1, 2)),
    })
    .map(({ group, ...scale }) => (scale.apply === 'group' && group !== undefined ? { ...scale, group } : scale)),
);

const order: fc.Arbitrary<Order> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Order>({ kind: 'sequential' }) },
  { weight: 1, arbitrary: fc.constant<Order>({ kind: 'chunked', length: 16, outer: undefined }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Order>({ kind: 'interleaved', ways: 2 }, { kind: 'permuted', indices: [2, 0, 1, 3] }),
  },
);

export const tensorCore: fc.Arbitrary<Datapath> = fc
  .record({
    a: operand,
    b: operand,
    lanes: fc.constantFrom(8, 16),
    combine,
    blockScale,
    register,
    rounding: fc.constantFrom<Rounding>('rne', 'rtz'),
    overflow: fc.constantFrom('ieee' as const, 'infinity' as const, 'saturate' as const),
    subnormals: fc.constantFrom('keep' as const, 'keep' as const, 'flush' as const),
    kept: fc.constantFrom(undefined, undefined, 7),
    order,
    nanCode: fc.constantFrom(undefined, 0x7fff),
  })
  .map(({ register: format, rounding, overflow, subnormals, kept, ...parts }) =>
    datapath({ name: 'own', ...parts, sum: { format, rounding, overflow, subnormals, keptMantissaBits: kept } }),
  );

const single = sumFit('fp32');
const flushed = sumFit('fp32', { subnormals: 'flush' });

/** Matrix units that add products pairwise, with a rounding to fp32 at every node (CDNA1, CDNA2). */
export const pairwiseUnit: fc.Arbitrary<Datapath> = fc
  .record({
    a: operand,
    b: operand,
    lanes: fc.integer({ min: 2, max: 7 }),
    sum: fc.constantFrom(single, single, flushed, sumFit('fp32', { rounding: 'rtz' }), sumFit('fp16')),
    node: fc.constantFrom(undefined, single, flushed),
    product: fc.constantFrom('exact' as const, single, flushed),
    order: fc.constantFrom<Order>(
      { kind: 'sequential' },
      { kind: 'chunked', length: 84 },
      { kind: 'interleaved', ways: 2 },
    ),
  })
  .map(({ node, ...parts }) => datapath({ name: 'own', ...parts, combine: { kind: 'tree', node } }));
