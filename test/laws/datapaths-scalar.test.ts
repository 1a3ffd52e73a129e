import { describe, expect, it } from 'vitest';
import { DATAPATHS, datapathNamed } from '../../src/datapaths/catalog.js';
import { datapath, sumFit } from '../../src/datapaths/datapath.js';
import { errorUlp, exactSum, resultFormatOf, ulpExponent } from '../../src/datapaths/exact.js';
import { OPERANDS, operate, type ScalarOp } from '../../src/datapaths/scalar.js';
import { FORMATS, formatNamed, int } from '../../src/formats/catalog.js';
import { convert, decode, fitTo, flagNames, OVERFLOWS, type Fit } from '../../src/formats/codec.js';
import { type Format, widthOf } from '../../src/formats/format.js';
import { type FiniteRaw, finite, fromNumber, infinite, NAN, type Raw, toNumber } from '../../src/formats/raw.js';
import { ROUNDINGS, stochastic } from '../../src/formats/rounding.js';
import { anyCode, generator, landmarks } from '../datapaths/kernel/jobs.js';
import { fit, shown } from './definition/fit.js';
import { isZero, number, product, sum, UNIT, type Value, valueOf } from './definition/value.js';
import { outcome } from './outside.js';

/** Single operations, conversions and the measures of errors, over formats of every kind, against the definition. */
const SEED = 77;

type Draw = <T>(items: readonly T[]) => T;

const drawing =
  (random: () => number): Draw =>
  (items) =>
    items[Math.floor(random() * items.length)];

function codeOf(format: Format, random: () => number): bigint {
  return random() < 0.6 ? drawing(random)(landmarks(format)) : anyCode(random)(format);
}

/** Any fit to any format, floats of a few operands among them again and again. */
function anyFit(pick: Draw): Fit {
  const format = pick([...FORMATS, ...['fp16', 'e4m3fn', 'e5m2', 'int8', 'uint8', 'int16'].map(formatNamed)]);
  const overflow = pick(OVERFLOWS.filter((policy) => policy !== 'wrap' || format.kind === 'int'));
  const rounding = pick([...ROUNDINGS, stochastic(4)]);
  return fitTo(format, {
    rounding,
    overflow,
    subnormals: pick(['keep', 'flush']),
    tininess: pick(['before', 'after']),
  });
}

/** IEEE 754-2019 section 5.8: what is too large for an integer is invalid where it comes from a float. */
function invalidated(text: string, fromFloat: boolean, to: Fit): string {
  const [code, ...flags] = text.split(' ');
  return fromFloat && to.format.kind === 'int' && flags.includes('overflow') ? `${code} invalid` : text;
}

const draw = () => 11n;

function defined(op: ScalarOp, formats: readonly Format[], codes: readonly bigint[], to: Fit): string {
  const [x, y, z] = codes.map((code, i) => valueOf(formats[i], code, to.subnormals === 'flush'));
  const down = to.rounding === 'rdn';
  const integers = formats[0].kind !== 'float' && formats[1].kind !== 'float';
  const exact = product(x, y);
  const times = integers && isZero(exact) ? number(false, 0n) : exact;
  const value = {
    add: () => sum([x, y], down),
    sub: () => sum([x, { ...y, minus: !y.minus }], down),
    mul: () => times,
    fma: () => sum([times, z], down),
  };
  return invalidated(
    shown(fit(value[op](), to, draw)),
    formats.some(({ kind }) => kind === 'float'),
    to,
  );
}

it.each(Object.keys(OPERANDS) as ScalarOp[])(`%s of mixed formats, seed ${SEED}`, (op) => {
  const random = generator(SEED);
  const pick = drawing(random);
  for (let i = 0; i < 1500; i++) {
    const own = pick(FORMATS);
    const formats = Array.from({ length: OPERANDS[op] }, () => (random() < 0.7 ? own : pick(FORMATS)));
    const codes = formats.map((format) => codeOf(format, random));
    const to =
      random() < 0.4
        ? { ...anyFit(pick), format: own.kind === 'table' ? int(8) : own, overflow: 'ieee' as const }
        : anyFit(pick);
    const { code, flags } = operate(op, formats, codes, to, draw);
    const names = formats.map(({ name }) => name);
    expect([names, codes, to, outcome(code, flagNames(flags))]).toEqual([
      names,
      codes,
      to,
      defined(op, formats, codes, to),
    ]);
  }
  expect(OPERANDS[op]).toBe(op === 'fma' ? 3 : 2);
});

it(`conversions from every format to others, seed ${SEED}`, () => {
  const random = generator(SEED);
  const pick = drawing(random);
  for (const from of FORMATS)
    for (let i = 0; i < 60; i++) {
      const [code, to] = [codeOf(from, random), anyFit(pick)];
      const want = shown(fit(valueOf(from, code, to.subnormals === 'flush'), to, draw));
      const got = convert(from, code, to, draw);
      expect([from.name, code, to, outcome(got.code, flagNames(got.flags))]).toEqual([
        from.name,
        code,
        to,
        invalidated(want, from.kind === 'float', to),
      ]);
    }
});

const valueOfRaw = (raw: Raw): Value =>
  raw.kind === 'finite'
    ? number(raw.sign, raw.significand << BigInt(raw.exponent + UNIT))
    : raw.kind === 'inf'
      ? { kind: 'infinity', minus: raw.sign }
      : { kind: 'nan', minus: false, signaling: false, fraction: 0n };

/** Without the sign of a zero, and NaN whatever it is. */
const plain = (value: Value) =>
  value.kind === 'nan'
    ? 'nan'
    : value.kind === 'infinity'
      ? value.minus
        ? '-inf'
        : 'inf'
      : value.minus
        ? -value.units
        : value.units;

describe('the sum without rounding', () => {
  it(`is that of all products, scales and the initial sum, of every datapath without a stage behind, seed ${SEED}`, () => {
    const random = generator(SEED);
    for (const unit of DATAPATHS.filter(({ requantize }) => requantize === undefined)) {
      const k = 5;
      const codes = (format: Format) => Array.from({ length: k }, () => codeOf(format, random));
      const [a, b] = [codes(unit.a), codes(unit.b)];
      const outer =
        unit.order.kind === 'chunked'
          ? unit.order.outer
          : unit.order.kind === 'permuted' && unit.order.after?.kind === 'chunked'
            ? unit.order.after.outer
            : undefined;
      const total = outer ?? unit.sum;
      const c = codeOf(total.format, random);
      const one = unit.blockScale && codeOf(unit.blockScale.format, random);
      const scale = unit.blockScale && one !== undefined ? valueOf(unit.blockScale.format, one) : undefined;
      const flush = unit.operands === 'flush';
      const terms = a.map((code, i) => product(valueOf(unit.a, code, flush), valueOf(unit.b, b[i], flush)));
      for (const [scales, scaled] of [
        [{}, terms],
        ...(scale
          ? [
              [{ aScales: [one] }, terms.map((term) => product(term, scale))],
              [{ aScales: [one], bScales: [one] }, terms.map((term) => product(product(term, scale), scale))],
            ]
          : []),
      ] as [{ aScales?: bigint[] }, Value[]][]) {
        const got = exactSum(unit, { a, b, c, ...scales });
        const want = sum([...scaled, valueOf(total.format, c, total.subnormals === 'flush')]);
        expect([unit.name, a, b, c, plain(valueOfRaw(got))]).toEqual([unit.name, a, b, c, plain(want)]);
      }
    }
  });

  it('takes the scale of its block, and no initial sum for none', () => {
    const unit = datapath({
      name: 's',
      a: int(8),
      b: int(8),
      sum: sumFit('fp32'),
      blockScale: { format: formatNamed('e8m0fnu'), size: 2, apply: 'exponent' },
    });
    const scales = { aScales: [127, 129, 128], bScales: [127, 127, 126] };
    expect(toNumber(exactSum(unit, { a: [1, 2, 3, 4, 5], b: [1, 1, 1, 1, 1], ...scales }))).toBe(3 + 4 * 7 + 5);
  });

  it('is in units of what is requantized, before it is scaled', () => {
    const unit = datapath({
      name: 'q',
      a: int(8, true, -2),
      b: int(8),
      sum: sumFit(int(32, true, -3)),
      requantize: { kind: 'shift', shift: 1, bias: 4, format: int(8) },
    });
    // 5/4 * 3 = 30/8: (30 + 4) / 2.
    expect(toNumber(exactSum(unit, { a: [5], b: [3] }))).toBe(17);
    expect(toNumber(exactSum({ ...unit, result: fitTo(int(16, true, -1)) }, { a: [5], b: [3] }))).toBe((7.5 + 4) / 2);
  });

  it('leaves in the format of the last stage that there is', () => {
    const unit = datapathNamed('int8');
    const result = fitTo(formatNamed('int16'));
    const order = { kind: 'chunked', length: 2, outer: fitTo(formatNamed('int24')) } as const;
    const formats = [
      unit,
      { ...unit, result },
      { ...unit, result, requantize: { kind: 'shift', format: int(4) } as const },
      { ...unit, order },
    ];
    expect(formats.map((each) => resultFormatOf(each).name)).toEqual(['int32', 'int16', 'int4', 'int24']);
    expect(resultFormatOf(unit, order).name).toBe('int24');
  });
});

/** The step of a format at a magnitude, in float64: that of its binade, from the lowest to that of the largest value. */
function stepAt(format: Format, x: number): number {
  if (format.kind === 'int') return 2 ** format.exponent;
  if (format.kind === 'table') return 1;
  const { mantissaBits: m, lowest } = format;
  const values = Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, code))).filter(
    (v) => Number.isFinite(v) && v > 0,
  );
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const at = Math.min(Math.abs(x), most);
  const floor = (v: number) => 2 ** Math.floor(Math.log2(v));
  if (format.radix === 4) return Math.max(least, ...values.filter((v) => v <= at));
  // Of the lowest binade all steps are the same.
  const lowestStep = lowest === 'subnormal' ? least : floor(least) * 2 ** -m;
  return at === 0 ? lowestStep : Math.max(floor(at) * 2 ** -m, lowestStep);
}

it.each(FORMATS.filter((format) => widthOf(format) <= 8))(
  '$name: errors are in steps of the format at the exact value',
  (format) => {
    const values = [0, 1e-9, 0.01, 0.3, 0.5, 1, 1.7, 2, 3, 5.5, 8, 100, 260, 448, 1e5, 1e30];
    for (const exact of values) {
      const step = stepAt(format, exact);
      for (const sign of [1, -1])
        for (const got of [0, 1, -2.5, 448, exact]) {
          const found = errorUlp(format, fromNumber(sign * exact), fromNumber(got));
          expect([exact, got, found]).toEqual([exact, got, (got - sign * exact) / step + 0]);
        }
      expect(2 ** ulpExponent(format, fromNumber(exact) as FiniteRaw)).toBe(step);
    }
  },
);

it('errors at infinities and NaN are infinite, none, or NaN', () => {
  const fp16 = formatNamed('fp16');
  const [up, down, one] = [infinite(false), infinite(true), finite(false, 1n, 0)];
  const of = (exact: Raw, got: Raw) => errorUlp(fp16, exact, got);
  expect([of(up, up), of(down, down), of(up, down), of(down, up)]).toEqual([0, 0, -Infinity, Infinity]);
  expect([of(one, up), of(one, down), of(up, one), of(down, one)]).toEqual([Infinity, -Infinity, -Infinity, Infinity]);
  for (const other of [up, one, NAN]) expect([of(NAN, other), of(other, NAN)]).toEqual([Number.NaN, Number.NaN]);
});
