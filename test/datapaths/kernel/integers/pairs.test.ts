import { describe, expect, it } from 'vitest';
import { datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { codeArray, compileGemm, valuesOf, type WindowJob } from '../../../../src/datapaths/kernel/index.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import { anyCode, type Draw, generator, normalCode } from '../jobs.js';

type Geometry = Pick<
  WindowJob,
  'images' | 'channels' | 'filters' | 'plane' | 'kernel' | 'stride' | 'dilation' | 'before'
> & {
  after: readonly [number, number];
};

const PLAIN: Geometry = {
  ...{ images: 1, channels: 4, filters: 20, plane: [6, 9], kernel: [3, 3] },
  ...{ stride: [1, 1], dilation: [1, 1], before: [1, 1], after: [1, 1] },
};
const POINT = { kernel: [1, 1], before: [0, 0], after: [0, 0] } as const;

/** Outputs about whole vectors and tiles, channels and filters that fill none, rests of strides, several blocks and images. */
const GEOMETRIES: readonly Partial<Geometry>[] = [
  ...[4, 5, 7, 8, 9, 15, 16, 17]
    .map((width): Partial<Geometry> => ({ plane: [3, width], channels: width % 4 }))
    .filter(({ channels }) => channels !== 0),
  ...[8, 9, 15, 16, 17, 31, 33].map((width): Partial<Geometry> => ({ plane: [5, width], stride: [2, 2], channels: 3 })),
  ...[1, 2, 3, 5, 6, 17].map((channels): Partial<Geometry> => ({ ...POINT, channels, plane: [3, channels + 2] })),
  ...[1, 2, 3, 4, 5, 31].map((filters): Partial<Geometry> => ({ filters, images: 3 })),
  { ...POINT, stride: [2, 2], plane: [8, 11], channels: 5, images: 2 },
  { ...POINT, stride: [2, 1], plane: [7, 8] },
  { ...POINT, plane: [1, 5], images: 4, channels: 9 },
  { plane: [9, 8], stride: [2, 1], before: [0, 1], after: [1, 0] },
  { plane: [5, 9], stride: [1, 2], before: [2, 0], after: [0, 3] },
  { plane: [12, 11], stride: [3, 2], kernel: [2, 3] },
  { plane: [8, 12], dilation: [2, 3], before: [2, 3], after: [2, 3] },
  { plane: [9, 13], dilation: [2, 2], stride: [2, 2], before: [2, 2], after: [2, 2], channels: 7 },
  { plane: [14, 14], kernel: [7, 7], before: [3, 3], after: [3, 3], stride: [2, 2], channels: 3, images: 2 },
  { plane: [2, 4], kernel: [3, 3], before: [5, 4], after: [3, 6] },
  // More weights, and more sums, than go together.
  { plane: [4, 4], channels: 130, filters: 150 },
  { ...POINT, plane: [70, 71], channels: 2, filters: 60 },
  { ...POINT, plane: [40, 41], channels: 200, filters: 5, images: 4 },
];

const f = formatNamed;
const UNITS = [
  ...['int8', 'avx512-vpdpbusd'].map(datapathNamed),
  datapath({ name: 'int4 x int8', a: f('int4'), b: f('int8'), sum: sumFit('int32', { overflow: 'saturate' }) }),
  datapath({ name: 'uint8 x uint8', a: f('uint8'), b: f('uint8'), sum: sumFit('int32', { overflow: 'wrap' }) }),
  datapath({ name: 'int8 x int12', a: f('int8'), b: int(12), sum: sumFit('int48', { overflow: 'saturate' }) }),
];

/** Codes as they are drawn, some hundred of them again and again. */
function pooled(random: () => number, draw: Draw): Draw {
  const pools = new Map<string, bigint[]>();
  return (format) => {
    let pool = pools.get(format.name);
    if (pool === undefined) pools.set(format.name, (pool = Array.from({ length: 300 }, () => draw(format))));
    return pool[Math.floor(pool.length * random())];
  };
}

function jobOf(
  { after, ...geometry }: Geometry,
  [a, b]: readonly (typeof UNITS)[number]['a'][],
  draw: Draw,
): WindowJob {
  const { images, channels, filters, plane, kernel, stride, dilation, before } = geometry;
  const output = [0, 1].map((axis) => {
    const room = before[axis] + plane[axis] + after[axis] - dilation[axis] * (kernel[axis] - 1) - 1;
    return Math.floor(room / stride[axis]) + 1;
  });
  const codes = (format: typeof a, length: number) => {
    const all = codeArray(format, length);
    for (let i = 0; i < length; i++) all[i] = Number(draw(format));
    return all;
  };
  const operands = {
    a: codes(a, images * channels * plane[0] * plane[1]),
    b: codes(b, filters * channels * kernel[0] * kernel[1]),
  };
  return { ...geometry, ...operands, groups: 1, output: output as [number, number], padding: Number(draw(a)) };
}

/** By the definition of a convolution: sums [images][filters][outputs], and the largest sum of magnitudes. */
function defined(job: WindowJob, [left, right]: readonly Float64Array[]) {
  const { images, channels, filters, plane, kernel, output, stride, dilation, before, padding, a, b } = job;
  const sums: number[] = [];
  let peak = 0;
  for (let image = 0; image < images; image++)
    for (let filter = 0; filter < filters; filter++)
      for (let p = 0; p < output[0]; p++)
        for (let q = 0; q < output[1]; q++) {
          let [sum, magnitudes] = [0, 0];
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < kernel[0]; i++)
              for (let j = 0; j < kernel[1]; j++) {
                const [y, x] = [
                  p * stride[0] + i * dilation[0] - before[0],
                  q * stride[1] + j * dilation[1] - before[1],
                ];
                const inside = y >= 0 && y < plane[0] && x >= 0 && x < plane[1];
                const code = inside ? a[((image * channels + c) * plane[0] + y) * plane[1] + x] : padding;
                const product = left[code] * right[b[((filter * channels + c) * kernel[0] + i) * kernel[1] + j]];
                sum += product;
                magnitudes += Math.abs(product);
              }
          sums.push(sum);
          peak = Math.max(peak, magnitudes);
        }
  return { sums, peak };
}

const powerAbove = (magnitude: number) => (magnitude === 0 ? 0 : 2 ** (Math.floor(Math.log2(magnitude)) + 1));

describe.each(UNITS.map((unit) => [unit.name, unit] as const))('%s: convolutions of all channels', (_name, unit) => {
  const { windows } = compileGemm(unit);
  const tables = [valuesOf(unit.a), valuesOf(unit.b)];

  function hold(job: WindowJob): void {
    const wanted = defined(job, tables);
    const { images, filters, output } = job;
    const pixels = output[0] * output[1];
    const power = powerAbove(wanted.peak);
    // What is known lies below, at and above what is there.
    for (const known of [0, Math.floor(power / 4), Math.floor(power / 2), power, 2 * power]) {
      const sums = new Array<number>(images * filters * pixels);
      let [largest, peak] = [0, 0];
      for (const block of windows?.planes(job, known) ?? []) {
        expect(block.groups).toBe(1);
        for (let image = 0; image < block.images; image++)
          for (let i = 0; i < block.filters * pixels; i++)
            sums[((block.firstImage + image) * filters + block.first) * pixels + i] =
              block.sums[image * block.filters * pixels + i];
        [largest, peak] = [Math.max(largest, block.largest), Math.max(peak, block.peak)];
      }
      expect(sums.findIndex((sum, i) => sum !== wanted.sums[i])).toBe(-1);
      expect(sums.length).toBe(wanted.sums.length);
      expect(largest).toBe(wanted.sums.reduce((most, sum) => Math.max(most, Math.abs(sum)), 0));
      expect(peak).toBeLessThanOrEqual(wanted.peak);
      expect(Math.max(known, powerAbove(peak))).toBe(Math.max(known, power));
    }
  }

  it('give the sums of the definition, and the power of two above all sums of magnitudes', () => {
    const random = generator(9);
    for (const geometry of GEOMETRIES)
      hold(jobOf({ ...PLAIN, ...geometry }, [unit.a, unit.b], pooled(random, anyCode(random))));
  });

  it('on codes in the middle, on ends alone, and where one filter and one place stand out', () => {
    const random = generator(10);
    const formats = [unit.a, unit.b];
    const ends = new Map(formats.map((format, i) => [format.name, BigInt(tables[i].indexOf(Math.min(...tables[i])))]));
    const lowest: Draw = (format) => ends.get(format.name) as bigint;
    const middle = pooled(random, normalCode(random, 0.3));
    for (const geometry of GEOMETRIES.filter((_, i) => i % 3 === 0)) {
      hold(jobOf({ ...PLAIN, ...geometry }, formats, middle));
      hold(jobOf({ ...PLAIN, ...geometry }, formats, lowest));
      const job = jobOf({ ...PLAIN, ...geometry }, formats, () => BigInt(Math.floor(3 * random())));
      const k = job.b.length / job.filters;
      job.b.fill(Number(lowest(unit.b)), (job.filters - 1) * k);
      job.a[Math.floor(random() * job.a.length)] = Number(lowest(unit.a));
      hold(job);
      hold({ ...job, a: job.a.slice().fill(0), padding: 0 });
    }
  });
});
