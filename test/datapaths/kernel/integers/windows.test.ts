import { integerSum } from '../arbitrary.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { referenceGemm } from '../../../../src/datapaths/kernel/float64/reference.js';
import {
  codeArray,
  compileGemm,
  type IntegerPlanes,
  sumValues,
  valuesOf,
  type WindowJob,
  type WindowStatistics,
} from '../../../../src/datapaths/kernel/index.js';
import type { Order } from '../../../../src/datapaths/order.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import { type IntFormat, widthOf } from '../../../../src/formats/format.js';
import { anyCode, type Draw, generator, normalCode } from '../jobs.js';

type Geometry = Omit<WindowJob, 'a' | 'b' | 'padding' | 'output'> & { after: readonly [number, number] };

/** Floor as ONNX's Conv has it. */
function jobOf(unit: Datapath, { after, ...geometry }: Geometry, draw: Draw, padding = 0): WindowJob {
  const { images, groups, channels, filters, plane, kernel, stride, dilation, before } = geometry;
  const output = [0, 1].map((axis) => {
    const room = before[axis] + plane[axis] + after[axis] - dilation[axis] * (kernel[axis] - 1) - 1;
    return Math.floor(room / stride[axis]) + 1;
  });
  const a = codeArray(unit.a, images * groups * channels * plane[0] * plane[1]);
  const b = codeArray(unit.b, groups * filters * channels * kernel[0] * kernel[1]);
  for (let i = 0; i < a.length; i++) a[i] = Number(draw(unit.a));
  for (let i = 0; i < b.length; i++) b[i] = Number(draw(unit.b));
  return { ...geometry, output: output as [number, number], padding, a, b };
}

/** The product of a group as the definition of a convolution has it, with codes of all its patches. */
function productOf(job: WindowJob, group: number) {
  const { images, groups, channels, filters, plane, kernel, output, stride, dilation, before, padding } = job;
  const [m, n, k] = [images * output[0] * output[1], filters, channels * kernel[0] * kernel[1]];
  const a: number[] = [];
  for (let image = 0; image < images; image++)
    for (let pixel = 0; pixel < output[0] * output[1]; pixel++)
      for (let tap = 0; tap < k; tap++) {
        const channel = Math.floor(tap / (kernel[0] * kernel[1]));
        const i = Math.floor(tap / kernel[1]) % kernel[0];
        const y = Math.floor(pixel / output[1]) * stride[0] + i * dilation[0] - before[0];
        const x = (pixel % output[1]) * stride[1] + (tap % kernel[1]) * dilation[1] - before[1];
        const inside = y >= 0 && y < plane[0] && x >= 0 && x < plane[1];
        const from = ((image * groups + group) * channels + channel) * plane[0] * plane[1];
        a.push(inside ? job.a[from + y * plane[1] + x] : padding);
      }
  const b = Array.from({ length: k * n }, (_, at) => job.b[(group * n + (at % n)) * k + Math.floor(at / n)]);
  return { m, n, k, a: Uint16Array.from(a), b: Uint16Array.from(b) };
}

/** The largest sum of magnitudes of a product's outputs. */
function peakOf({ a, b }: Datapath, { m, n, k, ...codes }: ReturnType<typeof productOf>): number {
  const [x, y] = [valuesOf(a), valuesOf(b)];
  let largest = 0;
  for (let at = 0; at < m * n; at++) {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += Math.abs(x[codes.a[Math.floor(at / n) * k + i]] * y[codes.b[i * n + (at % n)]]);
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** Sums and statistics are those of the reference, group by group. @returns whether there was a way for the job */
function hold(unit: Datapath, job: WindowJob, order: Order = unit.order): boolean {
  const { windows } = compileGemm(unit, order);
  const found = windows?.stats(job);
  const sums = windows?.sums(job);
  expect(sums === undefined).toBe(found === undefined);
  if (found === undefined) return false;
  const products = Array.from({ length: job.groups }, (_, group) => productOf(job, group));
  const expected = products.map((product) => referenceGemm(unit, order, '').stats(product));
  const total = (count: 'swamped' | 'overflowed') => expected.reduce((sum, each) => sum + each[count], 0);
  const plain = (values: ArrayLike<number>) => Float64Array.from(values, (value) => value + 0);
  const wanted = expected.flatMap((each) => [...sumValues(unit.sum.format, each.sums)]);
  expect(plain(sums as Float64Array)).toEqual(plain(wanted));
  expect(plain(found.sums)).toEqual(plain(wanted));
  expect(plain(found.exact)).toEqual(plain(expected.flatMap((each) => [...each.exact])));
  expect([found.swamped, found.overflowed]).toEqual([total('swamped'), total('overflowed')]);
  expect(found.peak).toBe(Math.max(...products.map((product) => peakOf(unit, product))));
  holdPlanes(job, windows?.planes(job), found);
  return true;
}

/** No partial sum reaches it. */
const powerAbove = (magnitude: number) => (magnitude === 0 ? 0 : 2 ** (Math.floor(Math.log2(magnitude)) + 1));

/** The same sums as planes, where there are any: those of each filter in one piece. */
function holdPlanes(job: WindowJob, blocks: Iterable<IntegerPlanes> | undefined, wanted: WindowStatistics): void {
  if (blocks === undefined) return;
  const { images, filters, output } = job;
  const pixels = output[0] * output[1];
  const sums = new Float64Array(wanted.sums.length).fill(Number.NaN);
  let [largest, peak] = [0, 0];
  for (const block of blocks) {
    for (let group = 0; group < block.groups; group++)
      for (let image = 0; image < block.images; image++)
        for (let filter = 0; filter < block.filters; filter++)
          for (let pixel = 0; pixel < pixels; pixel++) {
            const own = block.first + group * block.filters + filter;
            const place = (Math.floor(own / filters) * images + block.firstImage + image) * pixels + pixel;
            const at = ((group * block.images + image) * block.filters + filter) * pixels + pixel;
            sums[place * filters + (own % filters)] = block.sums[at];
          }
    largest = Math.max(largest, block.largest);
    peak = Math.max(peak, block.peak);
  }
  expect(sums).toEqual(wanted.sums);
  expect(wanted.sums).toBe(wanted.exact);
  expect(largest).toBe(wanted.sums.reduce((most, sum) => Math.max(most, Math.abs(sum)), 0));
  expect(powerAbove(peak)).toBe(powerAbove(wanted.peak));
}

const PLAIN: Geometry = {
  ...{ images: 1, groups: 2, channels: 1, filters: 1, plane: [6, 6], kernel: [3, 3] },
  ...{ stride: [1, 1], dilation: [1, 1], before: [1, 1], after: [1, 1] },
};

/** Widths about whole vectors of 4, 8 and 16 lanes, and all that a convolution can have beside them. */
const GEOMETRIES: readonly Partial<Geometry>[] = [
  ...[1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33].map((width): Partial<Geometry> => ({ plane: [3, width] })),
  ...[1, 2, 7, 15, 16, 17, 31, 32, 33, 34].map((width): Partial<Geometry> => ({ plane: [4, width], stride: [2, 2] })),
  { plane: [7, 11], stride: [3, 3] },
  { plane: [9, 8], stride: [2, 1], before: [0, 1], after: [1, 0] },
  { plane: [5, 9], stride: [1, 2], before: [2, 0], after: [0, 3] },
  { plane: [8, 8], stride: [4, 5], kernel: [2, 3] },
  { plane: [8, 9], dilation: [2, 3], before: [2, 3], after: [2, 3] },
  { plane: [9, 9], dilation: [2, 2], stride: [2, 2], before: [2, 2], after: [2, 2] },
  { plane: [9, 9], dilation: [3, 1], stride: [2, 3], before: [0, 0], after: [1, 0] },
  { plane: [5, 5], kernel: [5, 5], before: [2, 2], after: [2, 2] },
  { plane: [6, 5], kernel: [2, 1], before: [0, 0], after: [0, 0] },
  { plane: [4, 4], kernel: [1, 1], before: [0, 0], after: [0, 0], channels: 3 },
  { plane: [2, 2], kernel: [3, 3], before: [5, 4], after: [3, 6] },
  { plane: [1, 40], kernel: [1, 7], before: [0, 3], after: [0, 3] },
  // Fewer elements in all than a window has.
  { plane: [1, 1], kernel: [5, 5], before: [2, 2], after: [2, 2] },
  { filters: 2 },
  { filters: 3, images: 2, stride: [2, 2] },
  { filters: 5, channels: 2, groups: 2, plane: [5, 7] },
  { filters: 8, channels: 4, groups: 1 },
  { groups: 17, plane: [3, 5], images: 3 },
  { groups: 5, channels: 3, images: 2, plane: [4, 9], stride: [2, 2] },
];

const f = formatNamed;
/** Units whose registers no product of these windows leaves, in every way that rows of codes are read. */
const UNITS: readonly Datapath[] = [
  ...['int8', 'int4', 'xnor', 'radix4', 'arm-sdot', 'avx512-vpdpbusd', 'tpu-v1'].map(datapathNamed),
  datapath({ name: 'int8 x int4', a: f('int8'), b: f('int4'), sum: sumFit('int32', { overflow: 'saturate' }) }),
  datapath({ name: 'uint4 x int8', a: f('uint4'), b: f('int8'), sum: sumFit('int24', { overflow: 'wrap' }) }),
  datapath({ name: 'uint8 x uint8', a: f('uint8'), b: f('uint8'), sum: sumFit(int(32, false), { overflow: 'wrap' }) }),
  datapath({ name: 'int16 x int8', a: f('int16'), b: f('int8'), sum: sumFit('int48', { overflow: 'saturate' }) }),
  datapath({ name: 'int12 x int5', a: int(12), b: int(5), sum: sumFit('int24', { overflow: 'saturate' }) }),
  datapath({ name: 'e2m1fn x int4', a: f('e2m1fn'), b: f('int4'), sum: sumFit({ ...int(20), exponent: -1 }, {}) }),
];

describe.each(UNITS.map((unit) => [unit.name, unit] as const))('%s', (_name, unit) => {
  it('sums and statistics of windows are those of the products of patches', () => {
    const random = generator(7);
    const padding = Number(anyCode(random)(unit.a));
    for (const geometry of GEOMETRIES) {
      const job = jobOf(unit, { ...PLAIN, ...geometry }, anyCode(random), padding);
      expect([geometry, hold(unit, job)]).toEqual([geometry, true]);
      // Registers that count other units than ones have no whole sums.
      expect(compileGemm(unit).windows?.planes(job) === undefined).toBe((unit.sum.format as IntFormat).exponent !== 0);
    }
  });
});

const operand = fc
  .record({ bits: fc.integer({ min: 2, max: 12 }), signed: fc.boolean() })
  .map(({ bits, signed }) => int(bits, signed));
const order = fc.constantFrom<Order>(
  { kind: 'sequential' },
  { kind: 'chunked', length: 4 },
  { kind: 'tree', width: 8 },
  { kind: 'interleaved', ways: 2 },
  { kind: 'permuted', indices: [2, 0, 1, 3] },
);
const units = fc
  .record({
    ...{ a: operand, b: operand, order },
    sum: integerSum,
  })
  .map((parts) => datapath({ name: 'own', ...parts }));

it('any integers to any integer register, in any order, whether its ends are reached or not', () => {
  let [ways, exact] = [0, 0];
  const seed = fc.integer({ min: 1, max: 2 ** 31 });
  const property = fc.property(units, fc.constantFrom(...GEOMETRIES), seed, (unit, geometry, own) => {
    const random = generator(own);
    for (const draw of [anyCode(random), normalCode(random, 0.3)]) {
      const job = jobOf(unit, { ...PLAIN, ...geometry }, draw, Number(draw(unit.a)));
      if (!hold(unit, job)) continue;
      ways++;
      const found = compileGemm(unit).windows?.stats(job);
      if (found?.sums === found?.exact) exact++;
    }
  });
  fc.assert(property, { numRuns: process.env.LASTBIT_LONG ? 2000 : 100, seed: 11 });
  // Both kinds are many: none of the two may be what the other is thought to be.
  expect(Math.min(exact, ways - exact)).toBeGreaterThan(20);
});

/** A job of one window for each list of pairs of values, the rest of its nine taps zero. */
function windowsOf(unit: Datapath, lists: readonly (readonly [number, number][])[]): WindowJob {
  const job = jobOf(unit, { ...PLAIN, groups: lists.length, plane: [3, 3], before: [0, 0], after: [0, 0] }, () => 0n);
  lists.forEach((pairs, group) =>
    pairs.forEach(([x, y], i) => {
      job.a[group * 9 + i] = Number(BigInt.asUintN(widthOf(unit.a), BigInt(x)));
      job.b[group * 9 + i] = Number(BigInt.asUintN(widthOf(unit.b), BigInt(y)));
    }),
  );
  return job;
}

/** 127 x 127 twice, 127 x 4 and 1 x 1 are 32767. */
const TO_THE_END: readonly [number, number][] = [
  ...(
    [
      [127, 127],
      [127, 127],
      [127, 4],
      [1, 1],
    ] as const
  ).map(([x, y]): [number, number] => [x, y]),
];
const negated = (pairs: readonly [number, number][]) => pairs.map(([x, y]): [number, number] => [x, -y]);

it.each([
  ['saturate', 16, true],
  ['wrap', 16, true],
  ['saturate', 15, false],
] as const)(
  'a register that %ss at %i bits: sums at its ends, one short of them and one beyond',
  (overflow, bits, signed) => {
    const a = formatNamed('int8');
    const unit = datapath({
      name: 'own',
      a: signed ? a : int(8, false),
      b: signed ? a : int(8, false),
      sum: sumFit(int(bits, signed), { overflow }),
    });
    const short = TO_THE_END.slice(0, 3);
    const beyond: [number, number][] = [...TO_THE_END, [1, 1]];
    const upAndDown: [number, number][] = [...TO_THE_END, [1, 1], [127, 0], [1, signed ? -3 : 0], [2, 1]];
    const lists = [short, TO_THE_END, beyond, upAndDown, [...beyond].reverse()];
    const all = signed ? [...lists, ...lists.map(negated)] : lists;
    expect(hold(unit, windowsOf(unit, all))).toBe(true);
    // Exact where no magnitude comes beyond the end, and one array then.
    const within = compileGemm(unit).windows?.stats(
      windowsOf(unit, signed ? [short, TO_THE_END, negated(TO_THE_END)] : [short, TO_THE_END]),
    );
    expect(within?.sums).toBe(within?.exact);
    expect(within?.peak).toBe(32767);
    const without = compileGemm(unit).windows?.stats(windowsOf(unit, [beyond]));
    expect(without?.overflowed).toBe(1);
  },
);

it('magnitudes are counted in 32 bits: weights that might come to more have no way', () => {
  const [a, sum] = [formatNamed('int16'), sumFit('int48', { overflow: 'saturate' })];
  const unit = datapath({ name: 'own', a, b: a, sum });
  const lowest = -32768;
  // 32768 x 65535 is 2^31 - 32768, the most that there can be.
  expect(
    hold(
      unit,
      windowsOf(unit, [
        [
          [lowest, lowest],
          [lowest, 32767],
        ],
        [
          [lowest, lowest],
          [lowest, -32767],
        ],
      ]),
    ),
  ).toBe(true);
  expect(
    hold(
      unit,
      windowsOf(unit, [
        [
          [0, lowest],
          [0, lowest],
        ],
      ]),
    ),
  ).toBe(false);
});

it('there is no way where lanes, registers or orders are not for it', () => {
  const way = (unit: Datapath, geometry: Partial<Geometry> = {}, own?: Order) =>
    hold(unit, jobOf(unit, { ...PLAIN, ...geometry }, anyCode(generator(3))), own);
  const int8 = datapathNamed('int8');
  expect(way(int8, { filters: 17 })).toBe(false);
  // Some places are never taken.
  expect(way(int8, {}, { kind: 'permuted', indices: [1] })).toBe(false);
  const unsigned = datapath({ ...int8, name: 'own', sum: sumFit(int(32, false), { overflow: 'wrap' }) });
  expect(way(unsigned)).toBe(false);
  for (const name of ['fp8-fp16', 'fp8-fp32', 'radix4-fp16', 'gemmini-ws'])
    expect(compileGemm(datapathNamed(name)).windows).toBeUndefined();
});

it('what lies behind the end of a row of outputs is no output: sums of zero have nothing larger beside them', () => {
  const unit = datapathNamed('int8');
  for (const width of [5, 6, 7, 8, 9]) {
    const geometry: Geometry = { ...PLAIN, plane: [3, width + 2], before: [0, 0], after: [0, 0] };
    const job = jobOf(unit, geometry, () => 0n);
    expect(job.output).toEqual([1, width]);
    // The first weight alone, and a row whose last two elements it never meets.
    for (let group = 0; group < 2; group++) {
      job.b[9 * group] = 1;
      job.a.fill(1, 3 * (width + 2) * group + width, 3 * (width + 2) * group + width + 2);
    }
    expect(hold(unit, job)).toBe(true);
  }
});
