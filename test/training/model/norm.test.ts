import { describe, expect, it } from 'vitest';
import type { BatchNormLayer } from '../../../src/networks/network.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';
import { normModule } from '../../../src/training/model/norm.js';

/** Ioffe and Szegedy 2015 with the constants of PyTorch's BatchNorm2d. */
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

const SCALE = [1, -0.75, 2];
const SHIFT = [0, 0.5, -1];

function layer(): BatchNormLayer {
  const [scale, shift] = [Float32Array.from(SCALE), Float32Array.from(SHIFT)];
  return { op: 'batchNorm', name: 'b', inputs: ['x'], outputs: ['b'], scale, shift };
}

/** Channels of very different sizes; the last one varies as little as epsilon is. */
function input(shape: readonly number[], seed: number): FloatTensor {
  const random = randomFrom(seed);
  const run = sizeOf(shape.slice(2));
  const deviations = [1, 30, 2 ** -8];
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const c = Math.floor(i / run) % 3;
    return c - 1 + random.normal() * deviations[c];
  });
  return floatTensor(shape, data);
}

/** Values of each channel, by the places that they have. */
function channels(x: FloatTensor): { place: number; value: number }[][] {
  const run = sizeOf(x.shape.slice(2));
  const found: { place: number; value: number }[][] = [[], [], []];
  x.data.forEach((value, place) => found[Math.floor(place / run) % 3].push({ place, value }));
  return found;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const momentsOf = (values: readonly number[]) => {
  const mean = sum(values) / values.length;
  return { mean, variance: sum(values.map((x) => (x - mean) * (x - mean))) / values.length };
};

const SHAPES = [
  [4, 3, 2, 3],
  [5, 3],
  [1, 3, 7, 1],
];

/** The values are float32, with one more such rounding of a term on the way. @param sizes of the largest terms */
function expectNear(got: Float32Array, wanted: Float64Array, sizes: Float64Array = wanted): void {
  const largest = sizes.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  got.forEach((value, i) => expect(Math.abs(value - wanted[i]), `${i}`).toBeLessThanOrEqual(largest * 2 ** -22));
}

describe.each(SHAPES.map((shape) => [shape.join('x'), shape] as const))('batch-norm of %s', (_name, shape) => {
  it('in training normalizes each channel by the batch, and keeps running averages of its moments', () => {
    const module = normModule(layer());
    let running = SCALE.map(() => ({ mean: 0, variance: 1 - EPSILON }));
    for (const seed of [1, 2, 3]) {
      const x = input(shape, seed);
      const wanted = new Float64Array(x.data.length);
      const moments = channels(x).map((all, c) => {
        const { mean, variance } = momentsOf(all.map(({ value }) => value));
        for (const { place, value } of all)
          wanted[place] = (SCALE[c] * (value - mean)) / Math.sqrt(variance + EPSILON) + SHIFT[c];
        return { mean, variance };
      });
      expectNear(module.forward(x, true).data, wanted);
      running = running.map(({ mean, variance }, c) => ({
        mean: mean + MOMENTUM * (moments[c].mean - mean),
        variance: variance + MOMENTUM * (moments[c].variance - variance),
      }));
    }
    const [means, variances] = module.state ?? [];
    expect([means.name, variances.name]).toEqual(['b.mean', 'b.variance']);
    running.forEach(({ mean, variance }, c) => {
      expect(means.data[c]).toBeCloseTo(mean, 12);
      expect(variances.data[c] / variance).toBeCloseTo(1, 12);
    });
    // As it is judged, and as it is written: by the running averages, which it leaves alone.
    const x = input(shape, 4);
    const wanted = new Float64Array(x.data.length);
    channels(x).forEach((all, c) => {
      for (const { place, value } of all)
        wanted[place] = (SCALE[c] * (value - running[c].mean)) / Math.sqrt(running[c].variance + EPSILON) + SHIFT[c];
    });
    expectNear(module.forward(x, false).data, wanted);
    const written = module.layer() as BatchNormLayer;
    const folded = new Float32Array(x.data.length);
    channels(x).forEach((all, c) => {
      for (const { place, value } of all) folded[place] = written.scale[c] * value + written.shift[c];
    });
    expectNear(folded, wanted);
    expect(means.data[0]).toBeCloseTo(running[0].mean, 12);
  });

  it('gives back the gradients of its formula', () => {
    const module = normModule(layer());
    const [x, dy] = [input(shape, 5), input(shape, 6)];
    module.forward(x, true);
    const dx = module.backward(dy);
    const [wanted, sizes] = [new Float64Array(x.data.length), new Float64Array(x.data.length)];
    channels(x).forEach((all, c) => {
      const { mean, variance } = momentsOf(all.map(({ value }) => value));
      const sigma = Math.sqrt(variance + EPSILON);
      const g = all.map(({ place }) => dy.data[place]);
      const normal = all.map(({ value }) => (value - mean) / sigma);
      const along = g.map((value, i) => value * normal[i]);
      all.forEach(({ place }, i) => {
        const terms = [g[i], -sum(g) / g.length, (-normal[i] * sum(along)) / g.length];
        wanted[place] = (SCALE[c] / sigma) * sum(terms);
        sizes[place] = (SCALE[c] / sigma) * Math.max(...terms.map(Math.abs));
      });
      const [gamma, beta] = module.parameters;
      const size = sum(along.map(Math.abs));
      expect(Math.abs(gamma.gradient[c] - sum(along))).toBeLessThanOrEqual(size * 2 ** -22);
      expect(Math.abs(beta.gradient[c] - sum(g))).toBeLessThanOrEqual(sum(g.map(Math.abs)) * 2 ** -22);
    });
    expectNear(dx.data, wanted, sizes);
    // A second gradient is added to the first.
    const before = module.parameters.map(({ gradient }) => gradient.slice());
    module.backward(dy);
    module.parameters.forEach(({ gradient }, p) =>
      gradient.forEach((value, c) => expect(value).toBe(Math.fround(2 * before[p][c]))),
    );
  });
});

it('a batch-norm as it comes is the scale and the shift of its layer, and none of its parameters decays', () => {
  const module = normModule(layer());
  const x = input([4, 3, 2, 3], 9);
  const wanted = new Float64Array(x.data.length);
  channels(x).forEach((all, c) => all.forEach(({ place, value }) => (wanted[place] = SCALE[c] * value + SHIFT[c])));
  expectNear(module.forward(x, false).data, wanted);
  expect(module.layer()).toEqual(layer());
  expect(module.parameters.map(({ name, decays, limit }) => [name, decays, limit])).toEqual([
    ['b.gamma', false, undefined],
    ['b.beta', false, undefined],
  ]);
});
