import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operate, type ScalarOp } from '../../src/datapaths/scalar.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { fitTo, flagNames } from '../../src/formats/codec.js';
import type { Rounding } from '../../src/formats/rounding.js';

const view = new DataView(new ArrayBuffer(8));
function float64(code: bigint): number {
  view.setBigUint64(0, code);
  return view.getFloat64(0);
}
function float32(code: number): number {
  view.setUint32(0, code);
  return view.getFloat32(0);
}

const CPU: Record<'add' | 'sub' | 'mul', (x: number, y: number) => number> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
};

/** Codes of all kinds: any bits, or exponents near one's, where sums round. */
const code64 = fc.oneof(
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc
    .tuple(fc.boolean(), fc.bigInt(1013n, 1033n), fc.bigInt(0n, (1n << 52n) - 1n))
    .map(([s, e, m]) => (s ? 1n << 63n : 0n) | (e << 52n) | m),
);
const code32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc
    .tuple(fc.boolean(), fc.integer({ min: 115, max: 140 }), fc.integer({ min: 0, max: 0x7fffff }))
    .map(([s, e, m]) => (s ? 0x80000000 : 0) + e * 0x800000 + m),
);

describe.each(Object.keys(CPU) as (keyof typeof CPU)[])("%s is the processor's", (op) => {
  it('in fp64', () => {
    const fp64 = formatNamed('fp64');
    fc.assert(
      fc.property(code64, code64, (a, b) => {
        const got = float64(operate(op, [fp64, fp64], [a, b], fitTo(fp64)).code);
        expect(got).toBe(CPU[op](float64(a), float64(b)));
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  // Rounding to fp64 first is innocuous for fp32: 53 >= 2 * 24 + 2 bits (Figueroa 1995).
  it('in fp32', () => {
    const fp32 = formatNamed('fp32');
    fc.assert(
      fc.property(code32, code32, (a, b) => {
        const got = float32(Number(operate(op, [fp32, fp32], [a, b], fitTo(fp32)).code));
        expect(got).toBe(Math.fround(CPU[op](float32(a), float32(b))));
      }),
      { seed: 2, numRuns: 3000 },
    );
  });
});

/** IEEE 754-2019 by clause: operation, codes of fp16, rounding, result, flags. */
const ROWS: readonly [string, ScalarOp, number[], Rounding, number, string][] = [
  ['6.3 an exact zero sum is +0', 'add', [0x3c00, 0xbc00], 'rne', 0x0000, ''],
  ['6.3 and -0 when rounding down', 'add', [0x3c00, 0xbc00], 'rdn', 0x8000, ''],
  ['6.3 x + x keeps the sign of a zero', 'add', [0x8000, 0x8000], 'rne', 0x8000, ''],
  ['6.3 +0 - +0 is -0 when rounding down', 'sub', [0x0000, 0x0000], 'rdn', 0x8000, ''],
  ['6.3 a zero product has the product of the signs', 'mul', [0x8000, 0x3c00], 'rne', 0x8000, ''],
  ['6.3 fma of two zeros of unlike signs', 'fma', [0x8000, 0x3c00, 0x0000], 'rdn', 0x8000, ''],
  ['6.3 fma that cancels', 'fma', [0x3c00, 0x3c00, 0xbc00], 'rtz', 0x0000, ''],
  ['7.2 a signaling NaN', 'add', [0x7c01, 0x3c00], 'rne', 0x7e00, 'invalid'],
  ['7.2 a quiet NaN is no exception', 'add', [0x7e00, 0x3c00], 'rne', 0x7e00, ''],
  ['7.2 inf - inf', 'sub', [0x7c00, 0x7c00], 'rne', 0x7e00, 'invalid'],
  ['7.2 0 * inf', 'mul', [0x0000, 0xfc00], 'rne', 0x7e00, 'invalid'],
  ['7.2 fma(0, inf, quiet NaN) as SoftFloat', 'fma', [0x0000, 0x7c00, 0x7e00], 'rne', 0x7e00, 'invalid'],
  ['7.2 fma of a quiet NaN and a signaling addend', 'fma', [0x7e00, 0x3c00, 0x7d00], 'rne', 0x7e00, 'invalid'],
  ['7.4 overflow to the largest', 'mul', [0x7bff, 0x4000], 'rtz', 0x7bff, 'inexact overflow'],
  ['7.4 overflow upward of a negative', 'mul', [0xfbff, 0x4000], 'rup', 0xfbff, 'inexact overflow'],
  ['7.5 underflow', 'mul', [0x0001, 0x3800], 'rne', 0x0000, 'inexact underflow'],
  ['7.5 a subnormal that is exact does not underflow', 'mul', [0x0002, 0x3800], 'rne', 0x0001, ''],
  // (1 + 2^-10)^2 = 1 + 2^-9 + 2^-20; less 1 + 2^-9 the last term is left, which two roundings would lose.
  ['one rounding', 'fma', [0x3c01, 0x3c01, 0xbc02], 'rne', 0x0010, ''],
];

it.each(ROWS)('%s', (_clause, op, codes, rounding, result, flags) => {
  const fp16 = formatNamed('fp16');
  const got = operate(
    op,
    codes.map(() => fp16),
    codes,
    fitTo(fp16, { rounding }),
  );
  expect([Number(got.code), flagNames(got.flags)]).toEqual([result, flags]);
});

it('flush reads subnormal operands as zero and gives none', () => {
  const fp16 = formatNamed('fp16');
  const flush = fitTo(fp16, { subnormals: 'flush' });
  expect(operate('add', [fp16, fp16], [0x83ff, 0x8001], flush)).toEqual({ code: 0x8000n, flags: 0 });
  expect(operate('mul', [fp16, fp16], [0x0400, 0xb800], flush).code).toBe(0x8000n);
});

it('an integer result of floats out of range is invalid, of integers an overflow', () => {
  const [int8, fp16] = [formatNamed('int8'), formatNamed('fp16')];
  const fit = fitTo(int8, { overflow: 'saturate' });
  const float = operate('add', [fp16, fp16], [0x5800, 0x3c00], fit);
  expect([float.code, flagNames(float.flags)]).toEqual([127n, 'invalid']);
  const integer = operate('add', [int8, int8], [0x7f, 0x01], fit);
  expect([integer.code, flagNames(integer.flags)]).toEqual([127n, 'inexact overflow']);
});
