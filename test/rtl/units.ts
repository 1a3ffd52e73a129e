import { datapathNamed } from '../../src/datapaths/catalog.js';
import { type Datapath, datapath, type Requantize, sumFit } from '../../src/datapaths/datapath.js';
import { formatNamed, int } from '../../src/formats/catalog.js';
import { fitTo } from '../../src/formats/codec.js';
import { ROUNDINGS, stochastic } from '../../src/formats/rounding.js';

const f = formatNamed;

/** Units whose multiplier has two operands of 8 bits. */
export const EIGHT_BIT: readonly Datapath[] = [
  ...['int8', 'fp8-fp16', 'fp8-fp32', 'fp8-fp32-e5m2', 'fp8-fp32-mixed'].map(datapathNamed),
  datapath({ name: 'uint8-saturating', a: f('uint8'), b: f('int8'), sum: sumFit('int20', { overflow: 'saturate' }) }),
];

/** Units of 4-bit operands with a sum of 16 bits. */
export const FOUR_BIT: readonly Datapath[] = [
  datapathNamed('int4'),
  datapathNamed('radix4-fp16'),
  datapath({ name: 'fp4-fp16', a: f('e2m1fn'), b: f('e2m1fn'), sum: sumFit('fp16') }),
];

/** Into each kind of accumulator. */
const sums: readonly Datapath[] = ['fp16', 'bf16', 'dlfloat16', 'tf32', 'e4m3', 'e4m3fn', 'e4m3fnuz'].map((name) =>
  datapath({ name: `e4m3fn-${name}`, a: f('e4m3fn'), b: f('e5m2'), sum: sumFit(name) }),
);

/** With each rounding, overflow and subnormal policy. */
const policies: readonly Datapath[] = [
  ...ROUNDINGS.map((rounding) =>
    datapath({ name: `fp8-${rounding}`, a: f('e4m3fn'), b: f('e4m3fn'), sum: sumFit('fp16', { rounding }) }),
  ),
  ...(['infinity', 'saturate', 'nan'] as const).map((overflow) =>
    datapath({
      name: `fp8-${overflow}`,
      a: f('e5m2'),
      b: f('e5m2'),
      sum: sumFit('fp16', { overflow, rounding: 'rtz' }),
    }),
  ),
  ...(['saturate', 'saturate-propagate'] as const).flatMap((overflow) => [
    datapath({ name: `fp8-${overflow}-rne`, a: f('e5m2'), b: f('e5m2'), sum: sumFit('fp16', { overflow }) }),
    datapath({ name: `fp16-${overflow}`, a: f('fp16'), b: f('fp16'), sum: sumFit('fp32', { overflow }) }),
    datapath({ name: `fp8-fn-${overflow}`, a: f('e5m2'), b: f('e5m2'), sum: sumFit('e4m3fn', { overflow }) }),
  ]),
  ...['e4m3fn', 'e4m3fnuz', 'dlfloat16'].map((name) =>
    datapath({ name: `fp8-rtz-${name}`, a: f('e5m2'), b: f('e5m2'), sum: sumFit(name, { rounding: 'rtz' }) }),
  ),
  datapath({ name: 'fp8-flush', a: f('e5m2'), b: f('e5m2'), sum: sumFit('fp16', { subnormals: 'flush' }) }),
  datapath({
    name: 'fp8-flush-before',
    a: f('e5m2'),
    b: f('e5m2'),
    sum: sumFit('fp16', { subnormals: 'flush', tininess: 'before' }),
  }),
  datapath({
    name: 'fp8-stochastic',
    a: f('e4m3fn'),
    b: f('e4m3fn'),
    sum: sumFit('fp16', { rounding: stochastic(8) }),
  }),
  datapath({
    name: 'e8m13',
    a: f('e4m3fn'),
    b: f('e4m3fn'),
    sum: { ...sumFit('fp32', { rounding: 'rtz' }), keptMantissaBits: 13 },
  }),
];

/** Operands of each kind of specials, and up to 16 bits. */
const operands: readonly Datapath[] = [
  ...[
    'bf16',
    'fp16',
    'dlfloat16',
    'e4m3fnuz',
    'e5m2fnuz',
    'e3m2fn',
    'hfp8',
    'hfp8b7',
    'ternary',
    'int16',
    'e8m0fnu',
  ].map((name) => datapath({ name: `${name}-fp32`, a: f(name), b: f(name), sum: sumFit('fp32') })),
  datapath({ name: 'ternary-int8', a: f('ternary'), b: f('int8'), sum: sumFit('int16', { overflow: 'saturate' }) }),
  datapath({
    name: 'fp8-fixed',
    a: f('e4m3fn'),
    b: f('e4m3fn'),
    sum: sumFit(int(24, true, -9), { overflow: 'saturate' }),
  }),
  datapath({
    name: 'fp8-product',
    a: f('e5m2'),
    b: f('e4m3fn'),
    product: fitTo(f('e5m2'), { rounding: 'rna', overflow: 'saturate' }),
    sum: sumFit('fp16'),
  }),
];

/** Several products in a firing. */
const combines: readonly Datapath[] = [
  ...[
    'xnor',
    'radix4',
    'volta-fp16-fp32',
    'cdna1-fp16-fp32',
    'cdna1-fp16-fp32-fused',
    'arm-bfdot',
    'arm-bfdot-ebf1',
  ].map(datapathNamed),
  ...['ampere-int8', 'avx512-vpdpbusds', 'cdna3-fp16-fp32', 'cdna3-e4m3fnuz-fp32'].map(datapathNamed),
  ...(['floor', 'rne'] as const).map((truncate) =>
    datapath({
      name: `aligned-${truncate}`,
      a: f('e4m3fn'),
      b: f('e4m3fn'),
      lanes: 4,
      combine: { kind: 'aligned', fractionBits: 13, truncate, productExponent: 'normalised', sumInside: false },
      sum: sumFit('fp16'),
    }),
  ),
  datapath({
    name: 'fused-after',
    a: f('e5m2'),
    b: f('e5m2'),
    lanes: 3,
    combine: { kind: 'fused', sumInside: false },
    sum: sumFit('bf16', { rounding: 'rdn' }),
  }),
];

const INT8 = f('int8');
const STAGES: Readonly<Record<string, Requantize>> = {
  even: { kind: 'shift', format: INT8, shift: 7, rounding: 'half-even' },
  away: { kind: 'shift', format: INT8, shift: 9, rounding: 'half-away', bias: -300, zeroPoint: 3 },
  up: { kind: 'shift', format: f('uint8'), shift: 5, rounding: 'half-up', clamp: [3, 200] },
  floor: { kind: 'shift', format: f('int4'), shift: 12, rounding: 'floor' },
  nvdla: { kind: 'shift', format: f('int32'), shift: 20, rounding: 'half-away', stickyBits: 15 },
  double: { kind: 'gemmlowp-double', format: INT8, multiplier: 0.000_71, bias: 12_345, zeroPoint: -5 },
  doubled: { kind: 'gemmlowp-double', format: INT8, multiplier: 3.7 },
  single: { kind: 'gemmlowp-single', format: INT8, multiplier: 0.0137, zeroPoint: 1 },
  float: { kind: 'float', format: f('uint8'), multiplier: 0.002_93, zeroPoint: 128, bias: -77 },
};

/** An integer sum, and after it each kind of requantizer. */
const requantizers: readonly Datapath[] = Object.entries(STAGES).map(([name, requantize]) =>
  datapath({ name: `requantize-${name}`, a: INT8, b: INT8, sum: sumFit('int32'), requantize }),
);

/** Sums that leave through a fit of their own, and with a NaN of their own. */
const results: readonly Datapath[] = [
  datapath({ name: 'result-fp16', a: f('e5m2'), b: f('e5m2'), sum: sumFit('fp32'), result: fitTo(f('fp16')) }),
  datapath({
    name: 'result-int8',
    a: INT8,
    b: INT8,
    sum: sumFit('int32'),
    result: fitTo(INT8, { overflow: 'saturate' }),
  }),
  datapath({ name: 'nan-code', a: f('e5m2'), b: f('e5m2'), sum: sumFit('fp32'), nanCode: 0x7fffffff }),
];

/** Units that between them use every module and every parameter. */
export const UNITS: readonly Datapath[] = [...sums, ...policies, ...operands, ...combines, ...requantizers, ...results];

/** Dot products longer than a firing, one in each order. */
export const ORDERS: readonly (readonly [Datapath, number])[] = [
  [{ ...datapathNamed('radix4-fp16'), order: { kind: 'chunked', length: 4 } }, 10],
  [{ ...datapathNamed('fp8-fp16'), name: 'fp8-tree', order: { kind: 'tree', width: 4 } }, 7],
  [{ ...datapathNamed('fp8-fp16'), name: 'fp8-ways', order: { kind: 'interleaved', ways: 3 } }, 8],
  [{ ...datapathNamed('fp8-fp16'), name: 'fp8-permuted', order: { kind: 'permuted', indices: [2, 0, 1] } }, 7],
  [{ ...datapathNamed('volta-fp16-fp32'), name: 'volta-tree', order: { kind: 'tree', width: 8 } }, 19],
  [{ ...datapathNamed('xnor'), name: 'xnor-long' }, 150],
];
