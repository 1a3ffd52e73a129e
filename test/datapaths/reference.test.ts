import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { type Datapath, datapath, sumFit, totalFitOf } from '../../src/datapaths/datapath.js';
import { type Order, permutedPlaces } from '../../src/datapaths/order.js';
import { drawingOf, reduce } from '../../src/datapaths/reference.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { decode, encode, fitTo, flagNames } from '../../src/formats/codec.js';
import { fromNumber, toNumber } from '../../src/formats/raw.js';
import { lfsrBits, type Rounding, stochastic } from '../../src/formats/rounding.js';

function codeOf(name: string, value: number): number {
  return Number(encode(fromNumber(value), fitTo(formatNamed(name))).code);
}

/** The sum of products of numbers that the operand formats hold. */
function sumOf(unit: Datapath, a: readonly number[], b: readonly number[], c = 0, order: Order = unit.order): number {
  const total = totalFitOf(unit, order).format;
  const codes = (values: readonly number[], name: string) => values.map((value) => codeOf(name, value));
  const operands = { a: codes(a, unit.a.name), b: codes(b, unit.b.name), c: codeOf(total.name, c) };
  return toNumber(decode(total, reduce(unit, operands, order).code));
}

const CHUNKS_OF_64: Order = { kind: 'chunked', length: 64 };

/** fp8 (1-5-2) products summed in a format. */
function summing(format: string, rounding: Rounding): Datapath {
  const e5m2 = formatNamed('e5m2');
  return datapath({ name: 'summing', a: e5m2, b: e5m2, sum: sumFit(format, { rounding }) });
}

/** n times 1 * 1. */
function ones(unit: Datapath, n: number, order?: Order): number {
  const a = Array.from({ length: n }, () => 1);
  return sumOf(unit, a, a, 0, order);
}

describe('swamping, as the fp8 training paper shows it', () => {
  it('stops a sum of ones where half an ulp is one', () => {
    expect(ones(summing('dlfloat16', 'rne'), 8192)).toBe(1024);
    expect(ones(summing('dlfloat16', 'rna'), 8192)).toBe(2048);
    expect(ones(summing('fp16', 'rne'), 8192)).toBe(2048);
    expect(ones(summing('fp16', 'rna'), 8192)).toBe(4096);
  });

  it('is gone with chunks of 64', () => {
    expect(ones(summing('dlfloat16', 'rne'), 8192, CHUNKS_OF_64)).toBe(8192);
    expect(ones(summing('dlfloat16', 'rna'), 8192, CHUNKS_OF_64)).toBe(8192);
  });

  it('holds a sum of uniform numbers of mean 1 and deviation 1 at 4096', () => {
    let state = 1;
    const uniform = () => {
      state = (state * 48271) % 2147483647;
      return 1 + Math.sqrt(3) * ((2 * state) / 2147483647 - 1);
    };
    for (const n of [8192, 16384]) {
      const a = Array.from({ length: n }, uniform);
      const b = a.map(() => 1);
      const unit = summing('dlfloat16', 'rna');
      const exact = sumOf(summing('fp64', 'rne'), a, b);
      expect(sumOf(unit, a, b)).toBe(4096);
      expect(Math.abs(sumOf(unit, a, b, 0, CHUNKS_OF_64) / exact - 1)).toBeLessThan(0.01);
    }
  });

  it('is counted', () => {
    const a = Array.from({ length: 1034 }, () => codeOf('e5m2', 1));
    expect(reduce(summing('dlfloat16', 'rne'), { a, b: a })).toMatchObject({ swamped: 10, overflowed: 0 });
  });
});

it('an initial sum that nothing is added to is rounded as its register rounds', () => {
  const e5m2 = formatNamed('e5m2');
  const unit = datapath({
    name: 'kept',
    a: e5m2,
    b: e5m2,
    sum: sumFit('fp32', { rounding: 'rtz', keptMantissaBits: 13 }),
  });
  expect(reduce(unit, { a: [], b: [], c: 0x3f8003ff }).code).toBe(0x3f800000n);
});

it('integers multiply to no -0', () => {
  const int8 = formatNamed('int8');
  const unit = datapath({ name: 'down', a: int8, b: int8, sum: sumFit('fp32', { rounding: 'rdn' }) });
  expect(reduce(unit, { a: [0xff], b: [0] }).code).toBe(0n);
});

it('all random roundings of a unit draw from one source, each as many bits as it needs', () => {
  const e4m3fn = formatNamed('e4m3fn');
  const one = codeOf('e4m3fn', 1);
  const fit = (bits: number) => ({ ...fitTo(formatNamed('e5m2')), rounding: stochastic(bits, 3) });
  const unit = datapath({ name: 'random', a: e4m3fn, b: e4m3fn, sum: sumFit('fp32'), result: fit(8) });
  const drawn: number[] = [];
  const bits = lfsrBits(fit(8).rounding.stochastic.lfsr);
  const random = (count: number) => (drawn.push(count), bits(count));
  expect(drawingOf(unit)).toBe(unit.result?.rounding);
  reduce(unit, { a: [one], b: [one] }, unit.order, random);
  const chunked: Order = { kind: 'chunked', length: 1, outer: fit(4) };
  reduce({ ...unit, sum: { ...unit.sum, rounding: stochastic(5) } }, { a: [one, one], b: [one, one] }, chunked, random);
  expect(drawn).toEqual([8, 5, 4, 5, 4, 8]);
});

describe('products', () => {
  const e4m3fn = formatNamed('e4m3fn');
  const parts = { name: 'unit', a: e4m3fn, b: e4m3fn };
  const sum = sumFit('fp32');

  it('beyond fp16 overflow where they are rounded to it, and not where they are exact', () => {
    const rounded = datapath({ ...parts, product: fitTo(formatNamed('fp16')), sum });
    expect(sumOf(rounded, [448], [448])).toBe(Infinity);
    expect(sumOf(datapath({ ...parts, sum }), [448], [448])).toBe(200_704);
  });
});

describe('orders', () => {
  const halves = summing('fp16', 'rne');

  it('give 2048 + 1 + 1 + ... what their shape gives', () => {
    const a = [2048, 1, 1, 1, 1];
    const b = a.map(() => 1);
    expect(sumOf(halves, a, b)).toBe(2048);
    expect(sumOf(halves, a, b, 0, { kind: 'chunked', length: 1 })).toBe(2048);
    // ((2048 + 1) + (1 + 1)) + 1 = (2048 + 2) + 1: both ties go to even, first down and then up.
    expect(sumOf(halves, a, b, 0, { kind: 'tree', width: 5 })).toBe(2052);
    // 2048 + 1 + 1 and 1 + 1.
    expect(sumOf(halves, a, b, 0, { kind: 'interleaved', ways: 2 })).toBe(2050);
    expect(sumOf(halves, a, b, 0, { kind: 'permuted', indices: [4, 3, 2, 1, 0] })).toBe(2052);
  });

  it('leave a chunked sum in the outer register', () => {
    const outer = sumFit('fp32');
    const a = Array.from({ length: 8192 }, () => 1);
    expect(sumOf(halves, a, a, 0.5, { kind: 'chunked', length: 64, outer })).toBe(8192.5);
  });
});

describe('aligned sums', () => {
  const hopper = datapathNamed('hopper-e4m3fn-fp32');
  const volta = datapathNamed('volta-fp16-fp32');

  it('cut every term below the largest exponent, which products do not normalise', () => {
    // 448 * 448 has exponents 8 + 8: with 13 fraction bits the quantum is 8, so 7 is lost and -8 is not.
    expect(sumOf(hopper, [448, 1.75], [448, 4])).toBe(200_704);
    expect(sumOf(hopper, [448, 1], [448, -8])).toBe(200_704 - 16);
    // 1.5 * 1.5 = 2.25 has exponent 0: 2^-23 stays; were it normalised, it would go.
    expect(sumOf(volta, [1.5, 2 ** -12], [1.5, 2 ** -11])).toBe(2.25);
    expect(sumOf(volta, [1.5, 2 ** -11, 2 ** -12], [1.5, 2 ** -11, 2 ** -11])).toBe(2.25 + 2 ** -22);
  });

  it('cut the running sum with them', () => {
    expect(sumOf(hopper, [256], [256], 7)).toBe(65536);
    expect(sumOf(hopper, [256], [256], -9)).toBe(65536 - 8);
  });

  it('go to infinity from above the largest number, toward zero or not', () => {
    const bf16 = datapathNamed('ampere-bf16-fp32');
    expect(sumOf(bf16, [2 ** 100], [2 ** 28])).toBe(Infinity);
    const { code, flags } = reduce(volta, { a: [0x7c00, 0x7c00], b: [0x3c00, 0xbc00] });
    expect([code, flagNames(flags)]).toEqual([0x7fffffffn, 'invalid']);
  });

  it('are biased where they floor: CDNA3 gives less than the exact sum of negative dust', () => {
    const cdna3 = datapathNamed('cdna3-fp16-fp32');
    expect(sumOf(cdna3, [1], [1], -(2 ** -40))).toBe(1 - 2 ** -24);
    expect(sumOf(cdna3, [1], [1], 2 ** -40)).toBe(1);
    const fp8 = datapathNamed('cdna3-e4m3fnuz-fp32');
    expect(sumOf(fp8, [1], [1], -(2 ** -40))).toBe(1);
    expect(sumOf(fp8, [1], [1], -(2 ** -25))).toBe(1 - 2 ** -24);
  });

  it('reach through a promotion every 128 k what one register loses', () => {
    const a = Array.from({ length: 4096 }, () => 1);
    const b = a.map(() => 1.125);
    expect(sumOf(datapathNamed('hopper-e4m3fn-fp32'), a, b)).toBeLessThan(4608);
    expect(sumOf(datapathNamed('hopper-e4m3fn-fp32-promoted'), a, b)).toBe(4608);
  });
});

describe('block scales', () => {
  it('multiply by powers of two, or by fp8 numbers after an exact group', () => {
    const mxfp8 = datapathNamed('blackwell-mxfp8');
    const a = Array.from({ length: 32 }, () => codeOf('e4m3fn', 1));
    const scaled = reduce(mxfp8, { a, b: a, aScales: [130], bScales: [126] });
    expect(toNumber(decode(formatNamed('fp32'), scaled.code))).toBe(32 * 2 ** 3 * 2 ** -1);
    const nvf4 = datapathNamed('blackwell-nvf4');
    const six = Array.from({ length: 64 }, () => 7);
    const scales = [1, 1.5, 2, 448].map((value) => codeOf('e4m3fn', value));
    const grouped = reduce(nvf4, { a: six, b: six, aScales: scales });
    expect(toNumber(decode(formatNamed('fp32'), grouped.code))).toBe(16 * 36 * (1 + 1.5 + 2 + 448));
  });

  it('of groups leave an order counting products', () => {
    const e2m1fn = formatNamed('e2m1fn');
    const outer = fitTo(formatNamed('e5m2'), { rounding: 'rtz' });
    const blockScale = { format: formatNamed('e8m0fnu'), size: 4, apply: 'group' as const };
    const order: Order = { kind: 'chunked', length: 4, outer };
    const unit = datapath({ name: 'groups', a: e2m1fn, b: e2m1fn, sum: sumFit('fp32'), blockScale, order });
    const a = Array.from({ length: 16 }, () => 2);
    const b = Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? 2 : 0));
    // Four chunks of 8, 1, 1 and 1: an outer register of three bits swamps the ones.
    const { code, swamped } = reduce(unit, { a, b, aScales: [130, 127, 127, 127] });
    expect([toNumber(decode(outer.format, code)), swamped]).toEqual([8, 3]);
  });

  it('with a mantissa move a normalised product’s exponent as its value', () => {
    const e4m3fn = formatNamed('e4m3fn');
    const blockScale = { format: e4m3fn, size: 1, apply: 'exponent' as const };
    const combine = {
      kind: 'aligned',
      fractionBits: 2,
      truncate: 'rtz',
      productExponent: 'normalised',
      sumInside: true,
    } as const;
    const unit = datapath({ name: 'scaled', a: e4m3fn, b: e4m3fn, lanes: 2, sum: sumFit('fp32'), combine, blockScale });
    const [one, half, scale] = [1, 0.5, 1.5].map((value) => codeOf('e4m3fn', value));
    // 2.25 + 0.5, cut two bits below 2.
    const { code } = reduce(unit, { a: [one, one], b: [one, half], aScales: [scale, one], bScales: [scale, one] });
    expect(toNumber(decode(formatNamed('fp32'), code))).toBe(2.5);
  });
});

describe('processors', () => {
  it('NVDLA saturates at every addition', () => {
    const nvdla = datapathNamed('nvdla-small-int8');
    const minimum = Array.from({ length: 8 }, () => 0x80);
    const start = 2n ** 33n - 1n;
    // The first stripe saturates at 2^33 - 1, so that the second comes down from there.
    const ones8 = Array.from({ length: 8 }, (_, i) => (i === 0 ? 1 : 0));
    const back = Array.from({ length: 8 }, () => 0xff);
    const { code } = reduce(
      { ...nvdla, requantize: { kind: 'shift', shift: 3, rounding: 'half-away', format: formatNamed('int32') } },
      { a: [...minimum, ...ones8], b: [...minimum, ...back], c: start },
    );
    expect(code).toBe((start - 1n + 4n) >> 3n);
  });

  it('VDPBF16PS takes the odd element first', () => {
    const unit = datapathNamed('avx512-vdpbf16ps');
    // -2^25 + 2^25 first leaves room for the 1; -2^25 + 1 first loses it.
    expect(sumOf(unit, [1, 2 ** 25], [1, 1], -(2 ** 25))).toBe(1);
    expect(sumOf(unit, [2 ** 25, 1], [1, 1], -(2 ** 25))).toBe(0);
  });

  it('BFDOT rounds to odd at every step', () => {
    const unit = datapathNamed('arm-bfdot');
    expect(sumOf(unit, [1, 2 ** -30], [1, 1])).toBe(1 + 2 ** -23);
    expect(sumOf(datapathNamed('arm-bfdot-ebf1'), [1, 2 ** -30], [1, 1])).toBe(1);
  });

  it('VPDPBUSD wraps where VPDPBUSDS saturates once', () => {
    const a = [255, 255, 255, 255];
    const b = [127, 127, 127, 127];
    const start = 2 ** 31 - 1;
    const exact = start + 4 * 255 * 127;
    expect(sumOf(datapathNamed('avx512-vpdpbusd'), a, b, start)).toBe(exact - 2 ** 32);
    expect(sumOf(datapathNamed('avx512-vpdpbusds'), a, b, start)).toBe(start);
    expect(sumOf(datapathNamed('avx2-vpmaddubsw'), [255, 255], [127, 127])).toBe(32767);
  });

  it('Gemmini wraps at 20 bits within a column and not between columns', () => {
    const unit = datapathNamed('gemmini-ws');
    const column = Array.from({ length: 16 }, () => 127);
    expect(sumOf(unit, column, column)).toBe(16 * 127 * 127);
    const three = [...column, ...column, ...column];
    expect(sumOf(unit, three, three)).toBe(48 * 127 * 127);
    expect(sumOf(unit, three, three, 0, { kind: 'sequential' })).toBe(48 * 127 * 127 - 2 ** 20);
  });
});

it('a permuted order whose last run is not whole loses no product', () => {
  const e4m3fn = formatNamed('e4m3fn');
  const unit = datapath({ name: 'p', a: e4m3fn, b: e4m3fn, sum: sumFit('fp32') });
  const order = { kind: 'permuted', indices: [1, 0] } as const;
  // 1 * 2^0, 2^1, 2^2 with b = 1: 7 in whatever order.
  const { code } = reduce({ ...unit, order }, { a: [0x38, 0x40, 0x48], b: [0x38, 0x38, 0x38] });
  expect(code).toBe(0x40e00000n);
  expect(permutedPlaces([1, 0], 3)).toEqual([1, 0, 2]);
});
