import { expect, it } from 'vitest';
import { NO_STEPS } from '../../../src/networks/lanes.js';
import type { RealWindows } from '../../../src/networks/network.js';
import { reluStep } from '../../../src/networks/operators/relu.js';
import { realPlanes } from '../../../src/networks/products/realPlanes.js';
import { randomFrom } from '../../../src/random/random.js';

const random = randomFrom(5);
const SPECIAL = [0, -0, 2 ** -149, -(2 ** -140), 3e38, -3e38, Infinity, Number.NaN, 1 + 2 ** -23];

/** Near-normal numbers of many magnitudes; some that are no ordinary ones. */
function drawn(length: number, special: number): Float32Array {
  return Float32Array.from({ length }, () =>
    random.between(0, 1) < special
      ? SPECIAL[random.below(SPECIAL.length)]
      : random.normal() * 2 ** (random.below(20) - 10),
  );
}

/** Every product and every sum rounded to float32, in the order of channels, rows and columns; then the bias. */
function defined(job: RealWindows): Float32Array {
  const { images, channels, filters, plane, kernel, output, stride, dilation, before, a, b, bias } = job;
  const sums: number[] = [];
  for (let image = 0; image < images; image++)
    for (let filter = 0; filter < filters; filter++)
      for (let p = 0; p < output[0]; p++)
        for (let q = 0; q < output[1]; q++) {
          let [sum, at] = [0, filter * channels * kernel[0] * kernel[1]];
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < kernel[0]; i++)
              for (let j = 0; j < kernel[1]; j++) {
                const [y, x] = [
                  p * stride[0] + i * dilation[0] - before[0],
                  q * stride[1] + j * dilation[1] - before[1],
                ];
                const inside = y >= 0 && y < plane[0] && x >= 0 && x < plane[1];
                const element = inside ? a[((image * channels + c) * plane[0] + y) * plane[1] + x] : 0;
                sum = Math.fround(sum + Math.fround(element * b[at++]));
              }
          sums.push(Math.fround(sum + bias[filter]));
        }
  return Float32Array.from(sums);
}

type Case = Pick<RealWindows, 'channels' | 'filters' | 'plane' | 'kernel'> &
  Partial<RealWindows> & { special?: number };
const CASES: readonly Case[] = [
  ...[4, 5, 7, 8, 9, 13].map(
    (width): Case => ({ channels: 3, filters: 5, plane: [5, width], kernel: [3, 3], before: [1, 1] }),
  ),
  ...[8, 9, 15, 17].map(
    (width): Case => ({ channels: 2, filters: 4, plane: [6, width], kernel: [3, 3], before: [1, 1], stride: [2, 2] }),
  ),
  { channels: 7, filters: 9, plane: [3, 3], kernel: [1, 1], images: 3 },
  { channels: 5, filters: 6, plane: [7, 12], kernel: [1, 1], stride: [2, 2] },
  { channels: 3, filters: 8, plane: [20, 18], kernel: [7, 7], before: [3, 3], stride: [2, 2], images: 2 },
  { channels: 2, filters: 3, plane: [9, 14], kernel: [3, 2], dilation: [2, 3], stride: [3, 1] },
  { channels: 70, filters: 300, plane: [4, 4], kernel: [3, 3], before: [1, 1] },
  { channels: 2, filters: 40, plane: [70, 80], kernel: [1, 1] },
  { channels: 6, filters: 6, plane: [6, 6], kernel: [3, 3], before: [1, 1], special: 0.02 },
  { channels: 1, filters: 4, plane: [5, 6], kernel: [1, 1], special: 0.5 },
];

it.each(CASES)('planes of sums have the bits of the plain loops: %o', ({ special = 0, ...own }) => {
  const { channels, filters, plane, kernel } = own;
  const whole = { images: 1, stride: [1, 1], dilation: [1, 1], before: [0, 0], ...own } as const;
  // As much padding behind as before.
  const output = [0, 1].map((axis) => {
    const room = plane[axis] + 2 * whole.before[axis] - whole.dilation[axis] * (kernel[axis] - 1) - 1;
    return Math.floor(room / whole.stride[axis]) + 1;
  });
  const job: RealWindows = {
    ...whole,
    output: output as [number, number],
    a: drawn(whole.images * channels * plane[0] * plane[1], special),
    b: drawn(filters * channels * kernel[0] * kernel[1], special),
    bias: drawn(filters, special),
    steps: NO_STEPS,
  };
  expect(realPlanes(job)).toEqual(defined(job));
  expect(realPlanes({ ...job, steps: [reluStep] })).toEqual(defined(job).map((sum) => (sum < 0 ? 0 : sum)));
});

it('has no way for rows of fewer outputs than a vector, and for strides without a shuffle', () => {
  const one = { images: 1, channels: 1, filters: 1, kernel: [1, 1], dilation: [1, 1], before: [0, 0] } as const;
  const job = { ...one, steps: NO_STEPS };
  const [b, bias] = [Float32Array.of(1), Float32Array.of(0)];
  const short = { ...job, plane: [1, 3], output: [1, 3], stride: [1, 1], a: new Float32Array(3), b, bias } as const;
  const wide = { ...job, plane: [1, 13], output: [1, 5], stride: [1, 3], a: new Float32Array(13), b, bias } as const;
  expect([realPlanes(short), realPlanes(wide)]).toEqual([undefined, undefined]);
});
