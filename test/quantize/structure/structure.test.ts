import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { execute } from '../../../src/networks/execute.js';
import { foldBatchNorm } from '../../../src/networks/fold.js';
import { lower, macsOf } from '../../../src/networks/lower.js';
import { isMacLayer, type Network } from '../../../src/networks/network.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { lowRank, rankFor } from '../../../src/quantize/structure/lowRank.js';
import { densitiesOf, pruneMagnitude, pruneNofM, withoutSmallest } from '../../../src/quantize/structure/prune.js';
import { pruneFilters } from '../../../src/quantize/structure/pruneFilters.js';
import { quantizeNetwork } from '../../../src/quantize/quantize.js';
import { recipeNamed } from '../../../src/recipes/catalog.js';
import { svdOf } from '../../../src/quantize/algebra/svd.js';
import { judgeSparse } from '../../../src/simulate/sparsity.js';
import { judgeCost } from '../../../src/simulate/cost.js';
import { TARGETS } from '../../../src/targets/catalog.js';
import { layerCostOf, type Target } from '../../../src/targets/target.js';
import { lenet } from '../../../src/training/networks/architectures.js';
import { imagesOf } from '../../../src/training/data/dataset.js';
import { digits } from '../../../src/training/data/digits.js';
import { randomFrom } from '../../../src/random/random.js';

const images = imagesOf(digits(10, 5));
const float = foldBatchNorm(lenet(1));
const int8 = TARGETS.find(({ name }) => name === 'int8') as Target;
const real = (network: Network) => dequantize(execute(network, images, float32Arithmetic)).data;
const weights = (network: Network, index: number) => {
  const { weight } = network.layers.filter(isMacLayer)[index];
  return dequantize(weight).data;
};

function dense(rows: readonly (readonly number[])[]): Network {
  const weight = floatTensor([rows.length, rows[0].length], Float32Array.from(rows.flat()));
  return {
    name: 'dense',
    inputs: [{ name: 'x', shape: [1, rows[0].length] }],
    batch: 'free',
    outputs: ['y'],
    layers: [{ op: 'dense', name: 'y', inputs: ['x'], outputs: ['y'], weight, result: { kind: 'float' } }],
    metadata: {},
  };
}

describe('pruning by magnitude', () => {
  const network = dense([
    [0.1, -0.5, 0.3, 0.3, 2, -0.2],
    [1, 0, -3, 2, -0.4, 0.6],
  ]);

  it('takes the smallest of a layer', () => {
    expect(Array.from(weights(pruneMagnitude(network, 0.5), 0))).toEqual(
      Array.from(Float32Array.of(0, -0.5, 0, 0, 2, 0, 1, 0, -3, 2, 0, 0.6)),
    );
    expect(densitiesOf(pruneMagnitude(float, 0.75)).get('dense1')).toBe(0.25);
    expect(() => pruneMagnitude(network, 1)).toThrow('a share of 1 does not lie in [0, 1)');
  });

  it('2:4 keeps the two largest of four along k, the first of equals', () => {
    expect(Array.from(weights(pruneNofM(network), 0))).toEqual(
      Array.from(Float32Array.of(0, -0.5, 0.3, 0, 2, -0.2, 0, 0, -3, 2, -0.4, 0.6)),
    );
    expect(Array.from(weights(pruneNofM(network, { n: 1, m: 3 }), 0))).toEqual(
      Array.from(Float32Array.of(0, -0.5, 0, 0, 2, 0, 0, 0, -3, 2, 0, 0)),
    );
    expect(() => pruneNofM(network, { n: 4, m: 4 })).toThrow('4 of 4 cannot be kept');
  });
});

it.each([0, 0.2, 0.5, 0.7, 0.99])(
  'a share of %d: no weight is kept that is smaller than one taken, of equals the first are kept',
  (share) => {
    const random = randomFrom(6);
    for (const length of [1, 2, 7, 40, 333]) {
      const data = Float32Array.from({ length }, () => random.below(9) - 4);
      // Counted from the definition: how many are larger, or as large and before it.
      const ahead = (i: number) =>
        data.filter((w, j) => Math.abs(w) > Math.abs(data[i]) || (Math.abs(w) === Math.abs(data[i]) && j < i)).length;
      const kept = length - Math.floor(share * length);
      expect([...withoutSmallest(data, share)]).toEqual([...data].map((w, i) => (ahead(i) < kept ? w : 0)));
    }
  },
);

describe('structured pruning', () => {
  it('leaves a smaller dense network that computes what the same filters as zeros would', () => {
    const pruned = pruneFilters(float, 0.5);
    expect(pruned.layers.filter(isMacLayer).map(({ weight }) => weight.shape)).toEqual([
      [8, 1, 5, 5],
      [8, 8, 5, 5],
      [60, 200],
      [10, 60],
    ]);
    const norms = (index: number, filters: number) => {
      const w = weights(float, index);
      const size = w.length / filters;
      return Array.from({ length: filters }, (_, f) =>
        w.subarray(f * size, (f + 1) * size).reduce((a, b) => a + Math.abs(b), 0),
      );
    };
    // Filters as zeros: of conv2 as pruneFilters sees it, after conv1's have gone.
    const keep = (sizes: readonly number[]) => {
      const order = [...sizes.keys()].sort((x, y) => sizes[y] - sizes[x]);
      return new Set(order.slice(0, sizes.length / 2));
    };
    const first = keep(norms(0, 16));
    const zeroed: Network = {
      ...float,
      layers: float.layers.map((layer) => {
        if (layer.name !== 'conv1' || !isMacLayer(layer) || layer.weight.kind !== 'float') return layer;
        const data = layer.weight.data.map((w, i) => (first.has(Math.floor(i / 25)) ? w : 0));
        const bias = Float32Array.from(layer.bias ?? [], (b, f) => (first.has(f) ? b : 0));
        return { ...layer, weight: floatTensor(layer.weight.shape, data), bias };
      }),
    };
    const links = pruneFilters(float, 0.5).layers;
    expect(links).toHaveLength(float.layers.length);
    const only: Network = { ...pruned, layers: pruned.layers.slice(0, 2), outputs: [pruned.layers[1].name] };
    const beside: Network = { ...zeroed, layers: zeroed.layers.slice(0, 2), outputs: [zeroed.layers[1].name] };
    const [a, b] = [real(only), real(beside)];
    const plane = a.length / 10 / 8;
    const kept = [...first].sort((x, y) => x - y);
    for (let image = 0; image < 10; image++)
      kept.forEach((f, i) => {
        const at = (image * 8 + i) * plane;
        expect(a.subarray(at, at + plane)).toEqual(b.subarray((image * 16 + f) * plane, (image * 16 + f + 1) * plane));
      });
  });

  it('takes the product of two halves from dense layers between pruned ones', () => {
    const macs = (network: Network) => lower(network).map(({ m, n, k }) => m * n * k);
    expect(macs(pruneFilters(float, 0.5)).map((count, i) => count / macs(float)[i])).toEqual([0.5, 0.25, 0.25, 0.5]);
  });
});

it('shares lie in [0, 1), of groups some are kept and some not, and of filters one stays at least', () => {
  const network = dense([
    [3, 1],
    [0, 2],
  ]);
  for (const share of [-0.01, 1, 1.5, Number.NaN]) {
    const text = `pruning: a share of ${share} does not lie in [0, 1)`;
    expect(() => pruneMagnitude(network, share)).toThrow(text);
    expect(() => pruneFilters(network, share)).toThrow(text);
  }
  expect(weights(pruneMagnitude(network, 0), 0)).toEqual(weights(network, 0));
  for (const [n, m] of [
    [0, 4],
    [4, 4],
    [5, 4],
  ])
    expect(() => pruneNofM(network, { n, m })).toThrow(`pruning: ${n} of ${m} cannot be kept: take 1 <= n < m`);
  expect([...weights(pruneNofM(network, { n: 1, m: 2 }), 0)]).toEqual([3, 0, 0, 2]);
  expect(pruneFilters(float, 0)).toEqual(float);
  const shapesAt = (share: number) =>
    pruneFilters(float, share)
      .layers.filter(isMacLayer)
      .map(({ weight }) => weight.shape);
  expect(shapesAt(0.999).map(([filters]) => filters)).toEqual([1, 1, 1, 10]);
  // floor(share x 16), floor(share x 120).
  expect(shapesAt(0.06).map(([filters]) => filters)).toEqual([16, 16, 113, 10]);
  expect(shapesAt(0.07).map(([filters]) => filters)).toEqual([15, 15, 112, 10]);
});

it.each([0, 0.3, 0.5, 0.9, 0.99, 1])('a rank for a share of %d is the least that holds it', (energy) => {
  for (const values of [[3], [3, 1, 1], [4, 3, 2, 1, 0, 0], [1, 1, 1, 1]]) {
    const squares = values.map((value) => value * value);
    const sumTo = (k: number) => squares.slice(0, k).reduce((sum, value) => sum + value, 0);
    const k = rankFor(Float64Array.from(values), energy);
    expect(k >= 1 && k <= values.length).toBe(true);
    expect(sumTo(k)).toBeGreaterThanOrEqual(energy * sumTo(values.length));
    if (k > 1) expect(sumTo(k - 1)).toBeLessThan(energy * sumTo(values.length));
  }
});

describe('singular values', () => {
  it('of a matrix known by hand', () => {
    // [[3, 0], [4, 5]]: singular values sqrt 45 and sqrt 5.
    const { u, s, v } = svdOf(Float64Array.of(3, 0, 4, 5), 2, 2);
    expect(s[0]).toBeCloseTo(Math.sqrt(45), 12);
    expect(s[1]).toBeCloseTo(Math.sqrt(5), 12);
    for (const i of [0, 1])
      for (const j of [0, 1])
        expect(u[i * 2] * s[0] * v[j * 2] + u[i * 2 + 1] * s[1] * v[j * 2 + 1]).toBeCloseTo(
          [3, 0, 4, 5][i * 2 + j],
          12,
        );
  });

  it.each([
    [5, 9],
    [9, 5],
  ])('%i x %i: orthonormal vectors, falling values, the matrix again', (m, n) => {
    const random = randomFrom(m);
    const a = Float64Array.from({ length: m * n }, () => random.normal());
    const { u, s, v, rank } = svdOf(a, m, n);
    expect(rank).toBe(5);
    for (let p = 0; p < rank; p++)
      for (let q = 0; q < rank; q++) {
        const inner = (x: Float64Array, rows: number) =>
          Array.from({ length: rows }, (_, i) => x[i * rank + p] * x[i * rank + q]).reduce((t, y) => t + y, 0);
        expect(inner(u, m)).toBeCloseTo(Number(p === q), 10);
        expect(inner(v, n)).toBeCloseTo(Number(p === q), 10);
        if (q > p) expect(s[q]).toBeLessThanOrEqual(s[p]);
      }
    a.forEach((x, i) => {
      const [row, col] = [Math.floor(i / n), i % n];
      expect(
        Array.from(s, (value, r) => u[row * rank + r] * value * v[col * rank + r]).reduce((t, y) => t + y, 0),
      ).toBeCloseTo(x, 10);
    });
  });
});

describe('low rank', () => {
  it('of a layer that has it already is the same function with fewer products', () => {
    const [x, y] = [
      [1, -2, 0.5, 3, 1, 1],
      [2, 0, 1, 1, -1, 4],
    ];
    const network = dense([x, y, x.map((v, i) => v + y[i]), x.map((v, i) => v - 2 * y[i]), y.map((v) => 3 * v)]);
    const factored = lowRank(network, { energy: 0.999999 });
    expect(lower(factored).map(({ layer, n, k }) => [layer, n, k])).toEqual([
      ['y.rank', 2, 6],
      ['y', 5, 2],
    ]);
    const input = floatTensor(
      [3, 6],
      Float32Array.from({ length: 18 }, (_, i) => Math.sin(i)),
    );
    const [a, b] = [network, factored].map((n) => dequantize(execute(n, input, float32Arithmetic)).data);
    a.forEach((value, i) => expect(b[i]).toBeCloseTo(value, 4));
  });

  it('pays only where k < M N / (M + N), a convolution becomes two', () => {
    expect(rankFor(Float64Array.of(3, 1, 1), 0.8)).toBe(1);
    expect(rankFor(Float64Array.of(3, 1, 1), 0.9)).toBe(2);
    const factored = lowRank(float, { rank: (layer) => ({ conv2: 8, dense1: 30, dense2: 10 })[layer] });
    expect(lower(factored).map(({ layer, n, k }) => [layer, n, k])).toEqual([
      ['conv1', 16, 25],
      ['conv2.rank', 8, 400],
      ['conv2', 16, 8],
      ['dense1.rank', 30, 400],
      ['dense1', 120, 30],
      ['dense2', 10, 120], // 10 is not below 10 * 120 / 130
    ]);
    expect(macsOf(factored)).toBe(784 * 16 * 25 + 100 * 8 * (400 + 16) + 30 * (400 + 120) + 1200);
    expect(dequantize(execute(factored, images, float32Arithmetic)).shape).toEqual([10, 10]);
  });

  it('the more of the singular values, the nearer', () => {
    const error = (energy: number) =>
      real(lowRank(float, { energy })).reduce((t, y, i) => t + (y - real(float)[i]) ** 2, 0);
    expect(error(0.9)).toBeLessThan(error(0.5));
  });
});

describe('what arrays make of zeros', () => {
  const quantized = (network: Network) => quantizeNetwork(network, recipeNamed('int8-minmax'), images);
  const dense8 = quantized(float);
  const half = quantized(pruneNofM(float));

  it('a dense array saves no cycle and no energy, gating saves energy only', () => {
    const cost = judgeCost(dense8, int8);
    const [plain, pruned] = [dense8, half].map((network) => judgeSparse(network, int8, { kind: 'dense' }));
    expect(plain.cycles).toBe(cost.cycles.total);
    expect(plain.energyPj).toBeCloseTo(cost.energyPj, 3);
    expect(pruned.cycles).toBe(plain.cycles);
    expect(pruned.energyPj).toBeCloseTo(plain.energyPj, 3);
    const gated = judgeSparse(half, int8, { kind: 'gated' });
    expect(gated.cycles).toBe(plain.cycles);
    expect(gated.energyPj).toBeLessThan(plain.energyPj);
  });

  it('a 2:4 array takes half the steps of k', () => {
    const sparse = judgeSparse(half, int8, { kind: 'n-of-m', n: 2, m: 4 });
    const plain = judgeSparse(half, int8, { kind: 'dense' });
    lower(half).forEach((job, i) => {
      const shortened = { ...job, k: 2 * Math.ceil(job.k / 4) };
      expect(sparse.layers[i].cycles).toBe(layerCostOf(shortened, int8).cycles.total);
    });
    expect(sparse.cycles).toBeLessThan(0.7 * plain.cycles); // what fills and drains the array is not halved
    expect(sparse.energyPj).toBeLessThan(plain.energyPj);
    expect(() => judgeSparse(dense8, int8, { kind: 'n-of-m', n: 2, m: 4 })).toThrow(
      /^layer conv1 holds 4 weights .* prune it to 2:4$/,
    );
  });

  it('a skipping array takes as long as the fullest column of each tile', () => {
    const network = quantized(pruneMagnitude(float, 0.8));
    const skipping = judgeSparse(network, int8, { kind: 'skipping' });
    const dense = judgeSparse(network, int8, { kind: 'dense' });
    const ideal = judgeSparse(quantized(pruneNofM(float, { n: 1, m: 5 })), int8, { kind: 'n-of-m', n: 1, m: 5 });
    expect(skipping.cycles).toBeLessThan(dense.cycles);
    // The load is uneven: it takes longer than the mean would.
    expect(skipping.cycles).toBeGreaterThan(ideal.cycles);
    const ws = { ...int8, array: { ...int8.array, dataflow: 'ws' as const } };
    expect(() => judgeSparse(network, ws, { kind: 'skipping' })).toThrow('output stationary arrays, int8 is ws');
  });
});
