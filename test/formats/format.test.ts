import { describe, expect, it } from 'vitest';
import { FORMATS, findFormat, formatNamed, int } from '../../src/formats/catalog.js';
import { decode, encode, fitTo } from '../../src/formats/codec.js';
import {
  type FloatFormat,
  type Format,
  hasInfinity,
  hasNan,
  hasZero,
  hexCode,
  hexDigitsOf,
  isSigned,
  quantumExponentOf,
  type TableFormat,
  widthOf,
} from '../../src/formats/format.js';
import { precisionOf } from '../../src/formats/lattice.js';
import { fromNumber, toNumber } from '../../src/formats/raw.js';
import { records } from './records.js';

/** Four of a radix of 4, as users may write them, and tables of their own. */
const parts = {
  kind: 'float',
  signed: true,
  exponentBits: 3,
  mantissaBits: 0,
  bias: 4,
  radix: 4,
  specials: 'none',
} as const;
const own: readonly Format[] = [
  ...(['normal', 'zero-only', 'none'] as const).map(
    (lowest): FloatFormat => ({ ...parts, name: `radix 4 ${lowest}`, lowest }),
  ),
  { ...parts, name: 'radix 4 shifted', lowest: 'none', shift: 3 },
  { kind: 'table', name: 'signs', bits: 1, values: [1, -1] },
  { kind: 'table', name: 'levels', bits: 3, values: [0, 1, 2, 5, null, 12] },
];
const all = [...FORMATS.filter((format) => widthOf(format) <= 16), ...records(), ...own];

const values = (format: Format) =>
  Array.from({ length: 2 ** widthOf(format) }, (_, code) => code)
    .filter((code) => format.kind !== 'table' || (format.values[code] ?? null) !== null)
    .map((code) => toNumber(decode(format, code)));

const trailing = (x: number): number => {
  let exponent = 0;
  for (let rest = Math.abs(x); !Number.isInteger(rest); rest *= 2) exponent--;
  for (let rest = Math.abs(x); rest % 2 === 0; rest /= 2) exponent++;
  return exponent;
};

/** Significant bits from the first to the last. */
const significant = (x: number) => Math.floor(Math.log2(Math.abs(x))) - trailing(x) + 1;

it.each(all)('$name: what is said of it is what its codes show', (format) => {
  const found = values(format);
  const finite = found.filter((value) => Number.isFinite(value) && value !== 0);
  const shown = {
    signed: finite.some((value) => value < 0),
    infinity: found.some((value) => Math.abs(value) === Infinity),
    nan: found.some(Number.isNaN),
    quantum: Math.min(...finite.map(trailing)),
  };
  const said = {
    signed: isSigned(format),
    infinity: hasInfinity(format),
    nan: hasNan(format),
    quantum: quantumExponentOf(format),
  };
  expect(said).toEqual(shown);
  if (format.kind === 'float') expect(hasZero(format)).toBe(found.includes(0));
  if (format.kind === 'float') expect(precisionOf(format)).toBe(Math.max(...finite.map(significant)));
});

it('integers and tables count as having a zero, to which small values may go', () => {
  expect([hasZero(int(8)), hasZero(formatNamed('ternary'))]).toEqual([true, true]);
});

it('a code is written with as many digits as hold its width', () => {
  for (const [name, digits] of Object.entries({
    binary: 1,
    ternary: 1,
    int4: 1,
    int5: 2,
    int8: 2,
    int12: 3,
    tf32: 8,
    fp64: 16,
  }))
    expect([name, hexDigitsOf(formatNamed(name))]).toEqual([name, digits]);
  expect([hexCode(10, 3), hexCode(0xffn, 2), hexCode(255, 1)]).toEqual(['0x00a', '0xff', '0xff']);
});

describe('the catalogue', () => {
  it('has these formats, in this order', () => {
    const ints = (prefix: string, bits: readonly number[]) => bits.map((width) => `${prefix}${width}`);
    expect(FORMATS.map(({ name }) => name)).toEqual([
      ...'fp64 fp32 tf32 bf16 fp16 dlfloat16 e5m2 e4m3fn e4m3 e5m2fnuz e4m3fnuz e4m3b11fnuz e3m4'.split(' '),
      ...'hfp8 hfp8b7 hfp8fbgemm hfp8e5m2 e3m2fn e2m3fn e2m1fn e3m4af e3m2af e2m1af e8m0fnu radix4 radix4odd'.split(
        ' ',
      ),
      ...'fp4e3m0 binary ternary'.split(' '),
      ...ints('int', [2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]),
      ...ints('uint', [2, 3, 4, 5, 6, 7, 8, 12, 16, 32, 64]),
    ]);
  });

  it('has the integers that their names say, of 2 to 64 bits, with a point where one is named', () => {
    for (const format of FORMATS)
      if (format.kind === 'int')
        expect(format).toEqual({
          kind: 'int',
          name: format.name,
          signed: !format.name.startsWith('u'),
          bits: Number(format.name.replace(/\D+/, '')),
          exponent: 0,
        });
    const of = (name: string) => findFormat(name);
    expect(of('int2q2')).toEqual({ kind: 'int', name: 'int2q2', signed: true, bits: 2, exponent: -2 });
    expect(of('uint64q9')).toEqual({ kind: 'int', name: 'uint64q9', signed: false, bits: 64, exponent: -9 });
    expect(of('int9')).toBe(of('int9'));
    expect(['int1', 'int0', 'uint65', 'int8q', 'xint8', 'int8x'].map(of)).toEqual(Array.from({ length: 6 }));
    expect(int(8, false, -3).name).toBe('uint8q3');
    expect(int(8).exponent + 0).toBe(0);
  });

  it('has the fp64 and fp32 of the processor', () => {
    const view = new DataView(new ArrayBuffer(8));
    for (const x of [0, -0, 1, -1.5, 5e-324, 2 ** -1022, Number.MAX_VALUE, Infinity, -Infinity, 0.1]) {
      view.setFloat64(0, x);
      expect(toNumber(decode(formatNamed('fp64'), view.getBigUint64(0)))).toBe(x);
      view.setFloat32(0, x);
      expect(toNumber(decode(formatNamed('fp32'), view.getUint32(0)))).toBe(Math.fround(x));
      expect(toNumber(decode(formatNamed('bf16'), view.getUint16(0)))).toBe(topHalf(view));
    }
  });

  it('has the values of AdaptivFloat and of powers of two in four bits', () => {
    const positive = (name: string) => values(formatNamed(name)).slice(0, 2 ** (widthOf(formatNamed(name)) - 1));
    expect(positive('e2m1af')).toEqual([0, 0.75, 1, 1.5, 2, 3, 4, 6]);
    expect(positive('fp4e3m0')).toEqual([0, 0.25, 0.5, 1, 2, 4, 8, 16]);
    const fraction = (bits: number, bias: number) =>
      Array.from({ length: 8 * 2 ** bits }, (_, code) =>
        code === 0 ? 0 : (1 + (code % 2 ** bits) / 2 ** bits) * 2 ** (Math.floor(code / 2 ** bits) - bias),
      );
    expect(positive('e3m4af')).toEqual(fraction(4, 3));
    expect(positive('e3m2af')).toEqual(fraction(2, 3));
  });
});

/** The upper half of a float32's word, the lower one zero. */
function topHalf(view: DataView): number {
  const copy = new DataView(new ArrayBuffer(4));
  copy.setUint16(0, view.getUint16(0));
  return copy.getFloat32(0);
}

describe('tables of values', () => {
  // In no order of theirs, nor of their magnitudes.
  const mixed: TableFormat = { kind: 'table', name: 'mixed', bits: 3, values: [6, -0.5, 3, null, -3, 0.5, 0, -6] };
  it('a table of values in any order rounds to the nearest', () => {
    const values = mixed.values.filter((value) => value !== null);
    for (let x = -4; x < 7; x += 0.3125) {
      const { code } = encode(fromNumber(x), fitTo(mixed, { overflow: 'saturate' }));
      const near = values.filter((value) => value * x >= 0).map((value) => Math.abs(value - x));
      expect(Math.abs(toNumber(decode(mixed, code)) - x), `${x}`).toBe(Math.min(...near));
    }
  });

  const halves: TableFormat = { kind: 'table', name: 'halves', bits: 2, values: [-0.5, 0.75, null, 3] };

  it('may be of fractions', () => {
    expect([0, 1, 3].map((code) => toNumber(decode(halves, code)))).toEqual([-0.5, 0.75, 3]);
    expect(decode(halves, 2)).toMatchObject({ kind: 'nan', signaling: true });
    expect(encode(decode(halves, 1), fitTo(halves))).toEqual({ code: 1n, flags: 0 });
  });

  it('are of finite numbers', () => {
    const endless: TableFormat = { ...halves, values: [1, Infinity] };
    expect(() => encode(decode(halves, 1), fitTo(endless))).toThrow(
      'the values of a table format are finite numbers, found Infinity',
    );
  });

  it('end with their list', () => {
    expect(decode({ ...halves, values: [1, 2] }, 3)).toMatchObject({ kind: 'nan', signaling: true });
  });
});

it('codes that a format does not have are refused', () => {
  for (const code of [-1, 256, 1 << 30])
    expect(() => decode(int(8), code)).toThrow(`decode: int8 codes have 8 bits, found ${code}`);
});
