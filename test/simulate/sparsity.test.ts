import { describe, expect, it } from 'vitest';
import type { MemoryCost } from '../../src/arrays/memory.js';
import type { EnergyPart } from '../../src/energy/table.js';
import { foldBatchNorm } from '../../src/networks/fold.js';
import { lower } from '../../src/networks/lower.js';
import { pruneNofM } from '../../src/quantize/structure/prune.js';
import { quantizeNetwork } from '../../src/quantize/quantize.js';
import { randomFrom } from '../../src/random/random.js';
import { recipeNamed } from '../../src/recipes/catalog.js';
import { judgeCost } from '../../src/simulate/cost.js';
import { addCycles, checkSparse, judgeSparse, type SparseLayer, sparseCostOf } from '../../src/simulate/sparsity.js';
import { unitForJob } from '../../src/targets/blockUnit.js';
import { loadTarget, TARGETS } from '../../src/targets/catalog.js';
import { layerCostOf, layerEnergyOf, type SparseMachine, type Target } from '../../src/targets/target.js';
import { imagesOf } from '../../src/training/data/dataset.js';
import { digits } from '../../src/training/data/digits.js';
import { lenet } from '../../src/training/networks/architectures.js';
import { codes, conv, network, quantization, random } from '../networks/readers/onnx/samples.js';

const dense = loadTarget('int8');
const withMachine = (sparsity: SparseMachine): Target => ({ ...dense, sparsity });

/** Weights [groups * n, k], of which the filter f has zeros at every place that `isZero` says. */
function layerOf(
  [groups, m, n, k]: readonly number[],
  isZero: (filter: number, place: number) => boolean,
): SparseLayer {
  const values = Float32Array.from({ length: groups * n * k }, (_, i) => (isZero(Math.floor(i / k), i % k) ? 0 : 3));
  const job = { layer: 'l', op: 'dense' as const, m, n, k, groups, inputs: m * k };
  return { job, unit: dense.datapath, values };
}

const byAction = (parts: readonly EnergyPart[]) =>
  Object.fromEntries(parts.map(({ entry, count, energyPj }) => [entry.action, { count, energyPj }]));

/** The parts of a cost with some actions' counts multiplied: `unit` for products and additions, a and b for their memories. */
function scaled(cost: MemoryCost, factors: { unit?: number; a?: number; b?: number }) {
  const { unit = 1, a = 1, b = 1 } = factors;
  const { parts } = layerEnergyOf(cost, dense);
  const wanted = parts.map((part): [string, { count: number; energyPj: number }] => {
    const { action, count, entry } = part;
    const isMemory = 'level' in action;
    // int8 operands: eight to a word of 64 bits; the two operand memories of this target are of different sizes.
    const reads = !isMemory || action.level === 'dram' || action.kind === 'write' ? undefined : action.kilobytes;
    const factor = !isMemory ? unit : reads === dense.memories.a ? a : reads === dense.memories.b ? b : 1;
    return [entry.action, { count: count * factor, energyPj: count * factor * entry.pj }];
  });
  return Object.fromEntries(wanted);
}

function expectParts(parts: readonly EnergyPart[], wanted: ReturnType<typeof scaled>): void {
  const got = byAction(parts);
  expect(Object.keys(got)).toEqual(Object.keys(wanted));
  for (const [action, { count, energyPj }] of Object.entries(wanted)) {
    expect(got[action].count / count, action).toBeCloseTo(1, 12);
    expect(got[action].energyPj / energyPj, action).toBeCloseTo(1, 12);
  }
}

it('the operand memories are told apart by their sizes', () => {
  expect(dense.memories.a).not.toBe(dense.memories.b);
  expect(dense.array).toMatchObject({ rows: 16, cols: 16, dataflow: 'os' });
});

const SHAPES = [
  [1, 20, 16, 32],
  [1, 5, 33, 10],
  [3, 7, 5, 9],
];

describe.each(SHAPES.map((shape) => [shape.join(' x '), shape] as const))('zeros of a product %s', (_name, shape) => {
  const [groups, m, n, k] = shape;
  const job = { layer: 'l', m, n, k, groups, inputs: m * k };
  const random = randomFrom(12);
  const zeros = Array.from({ length: groups * n * k }, () => random.unit() < 0.6);
  const layer = layerOf(shape, (filter, place) => zeros[filter * k + place]);
  const kept = zeros.filter((isZero) => !isZero).length;

  it('are nothing to a dense array', () => {
    const base = layerCostOf(job, dense);
    const found = sparseCostOf(layer, dense);
    expect(found).toEqual(sparseCostOf(layer, withMachine({ kind: 'dense' })));
    expect([found.cycles, found.utilization]).toEqual([base.cycles, base.utilization]);
    expect(found.movement).toEqual({ counts: base.counts, traffic: base.traffic, hindrance: base.hindrance });
    expect(found.energy).toEqual(layerEnergyOf(base, dense));
  });

  it('save a gated array the work of its units, and nothing else (seed 12)', () => {
    const base = layerCostOf(job, dense);
    const { cycles, utilization, movement, energy } = sparseCostOf(layer, withMachine({ kind: 'gated' }));
    expect([cycles, utilization]).toEqual([base.cycles, base.utilization]);
    expect(movement?.counts).toEqual(base.counts);
    expectParts(energy.parts, scaled(base, { unit: kept / zeros.length }));
    expect(energy.totalPj).toBe(energy.parts.reduce((sum, { energyPj }) => sum + energyPj, 0));
  });

  it.each([
    [2, 4],
    [1, 2],
    [1, 4],
    [3, 8],
    [1, 3],
    [2, 6],
  ])('of %d in every %d shorten k, with an index for each weight and activations as before', (some, of) => {
    // The first of each group are kept, or fewer where the filter ends within one.
    const own = layerOf(shape, (_filter, place) => place % of >= some);
    const words = Math.ceil(k / of) * some;
    const base = layerCostOf({ ...job, k: words }, dense);
    const { cycles, utilization, energy } = sparseCostOf(own, withMachine({ kind: 'n-of-m', n: some, m: of }));
    expect([cycles, utilization]).toEqual([base.cycles, base.utilization]);
    const indexBits = { 2: 1, 3: 2, 4: 2, 6: 3, 8: 3 }[of] ?? 0;
    expectParts(energy.parts, scaled(base, { a: of / some, b: (8 + indexBits) / 8 }));
    // One weight more in a group is one too many.
    const more = layerOf(shape, (_filter, place) => place % of >= some && place !== some);
    expect(() => sparseCostOf(more, withMachine({ kind: 'n-of-m', n: some, m: of }))).toThrow(
      `layer l holds ${some + 1} weights that are not zero in a group of ${of}, and the array takes ${some}: prune it to ${some}:${of}`,
    );
  });

  it('are passed over by an array that skips: each tile of columns is as long as its fullest filter (seed 12)', () => {
    const { cycles, utilization, energy, movement } = sparseCostOf(layer, withMachine({ kind: 'skipping' }));
    const wanted: Record<string, { count: number; energyPj: number }> = {};
    let [total, busy] = [0, 0];
    for (let group = 0; group < groups; group++)
      for (let first = 0; first < n; first += 16) {
        const filters = Array.from({ length: Math.min(16, n - first) }, (_, c) => group * n + first + c);
        const lengths = filters.map((f) => zeros.slice(f * k, (f + 1) * k).filter((isZero) => !isZero).length);
        const longest = Math.max(1, ...lengths);
        const base = layerCostOf({ layer: 'l', m, n: filters.length, k: longest, groups: 1, inputs: m * k }, dense);
        const share = lengths.reduce((a, b) => a + b) / (longest * filters.length);
        // A bit for each weight of the dense filter, beside eight for each that is kept.
        for (const [action, part] of Object.entries(scaled(base, { unit: share, b: 1 + k / (8 * longest) }))) {
          const before = wanted[action] ?? { count: 0, energyPj: 0 };
          wanted[action] = { count: before.count + part.count, energyPj: before.energyPj + part.energyPj };
        }
        total += base.cycles.total;
        busy += base.utilization * base.cycles.total;
      }
    expect(cycles.total).toBe(total);
    const { load, stream, fill, drain, stall } = cycles;
    expect(load + stream + fill + drain + stall).toBe(total);
    expect(utilization).toBeCloseTo(busy / total, 12);
    expect(movement).toBeUndefined();
    expectParts(energy.parts, wanted);
    expect(energy.totalPj).toBe(energy.parts.reduce((sum, { energyPj }) => sum + energyPj, 0));
  });
});

it('a tile of columns without any weight still takes a step', () => {
  const { cycles } = sparseCostOf(
    layerOf([1, 4, 16, 8], () => true),
    withMachine({ kind: 'skipping' }),
  );
  expect(cycles).toEqual(layerCostOf({ layer: 'l', m: 4, n: 16, k: 1, groups: 1, inputs: 32 }, dense).cycles);
});

it('skipping is of output stationary arrays alone', () => {
  const layer = layerOf([1, 4, 4, 4], () => false);
  for (const dataflow of ['ws', 'is'] as const) {
    const target = { ...withMachine({ kind: 'skipping' }), array: { ...dense.array, dataflow } };
    expect(() => sparseCostOf(layer, target)).toThrow(
      `skipping zeros is modelled for output stationary arrays, int8 is ${dataflow}`,
    );
  }
});

it('a product of two activations has no zeros that anybody knows of, and is refused where they must be stored', () => {
  const { values: _values, ...layer } = layerOf([2, 4, 5, 6], () => false);
  const base = sparseCostOf(layer, dense);
  expect(sparseCostOf(layer, withMachine({ kind: 'gated' }))).toEqual(base);
  for (const machine of [{ kind: 'n-of-m', n: 2, m: 4 }, { kind: 'skipping' }] as const)
    expect(() => sparseCostOf(layer, withMachine(machine))).toThrow(
      'layer l multiplies two activations, and the array skips zeros of stored weights',
    );
});

it('cycles are added kind by kind', () => {
  const [x, y] = [1, 100].map((unit) => ({
    ...{ load: unit, stream: 2 * unit, fill: 3 * unit, drain: 4 * unit, stall: 5 * unit, total: 6 * unit },
  }));
  expect(addCycles(x, y)).toEqual({ load: 101, stream: 202, fill: 303, drain: 404, stall: 505, total: 606 });
});

it('a cost is extrapolated where one of its energies is, and a network without products costs nothing', () => {
  const withEntries = (extrapolated: (action: string) => boolean): Target => {
    const entries = dense.energy.entries.map((entry) => ({ ...entry, extrapolated: extrapolated(entry.action) }));
    // Sizes that the table has.
    return { ...dense, memories: { a: 8, b: 32, sum: 1024 }, energy: { name: 'own', entries } };
  };
  expect(
    judgeCost(
      whole,
      withEntries(() => false),
    ).extrapolated,
  ).toBe(false);
  for (const action of ['add:int32', 'read:sram8KB', 'write:sram1024KB'])
    expect(
      judgeCost(
        whole,
        withEntries((each) => each === action),
      ).extrapolated,
      action,
    ).toBe(true);
  expect(
    judgeCost(
      whole,
      withEntries((each) => each === 'add:int8'),
    ).extrapolated,
  ).toBe(false);
  const [{ name }] = whole.inputs;
  const layers = [{ op: 'relu' as const, name: 'y', inputs: [name], outputs: ['y'] }];
  const none = judgeCost({ ...whole, layers, outputs: ['y'] }, dense);
  expect(none).toMatchObject({ layers: [], macs: 0, utilization: 0, energyPj: 0, milliseconds: 0, sources: [] });
  expect([none.cycles.total, none.extrapolated]).toEqual([0, false]);
});

it('products of a layer in groups are counted in all of them', () => {
  const [weight] = [codes(random(1), 'int8', [6, 2, 3, 3])];
  const image = {
    op: 'quantize' as const,
    name: 'q',
    inputs: ['image'],
    outputs: ['q'],
    quantization: quantization('int8', 1),
  };
  const net = network('grouped', [4, 5, 5], [image, conv('c', 'q', weight, { groups: 2 })]);
  const { layers, macs } = judgeCost(net, dense);
  // 9 places, 6 filters of 2 x 3 x 3.
  expect([macs, layers[0].macs]).toEqual([9 * 6 * 18, 9 * 6 * 18]);
  expect(layers[0]).toMatchObject({ m: 9, n: 3, k: 18, groups: 2 });
});

const images = imagesOf(digits(4, 5));
const pruned = quantizeNetwork(pruneNofM(foldBatchNorm(lenet(1))), recipeNamed('int8-minmax'), images);
const whole = quantizeNetwork(foldBatchNorm(lenet(1)), recipeNamed('int8-minmax'), images);

it('a network costs what its layers cost, and each layer has the share of its weights that are not zero', () => {
  for (const machine of [
    { kind: 'dense' },
    { kind: 'gated' },
    { kind: 'n-of-m', n: 2, m: 4 },
    { kind: 'skipping' },
  ] as const) {
    const { layers, cycles, energyPj } = judgeSparse(pruned, dense, machine);
    expect(layers.map(({ layer }) => layer)).toEqual(['conv1', 'conv2', 'dense1', 'dense2']);
    expect(cycles).toBe(layers.reduce((sum, layer) => sum + layer.cycles, 0));
    expect(energyPj).toBe(layers.reduce((sum, layer) => sum + layer.energyPj, 0));
    // 25 weights of a filter of conv1 are six groups of four and one: the seventh keeps it.
    expect(layers.map(({ density }) => density)).toEqual([13 / 25, 1 / 2, 1 / 2, 1 / 2]);
  }
  expect(() => checkSparse(pruned, withMachine({ kind: 'n-of-m', n: 2, m: 4 }))).not.toThrow();
  expect(() => checkSparse(whole, withMachine({ kind: 'n-of-m', n: 2, m: 4 }))).toThrow('prune it to 2:4');
  expect(() => checkSparse(whole, dense)).not.toThrow();
});

const runnable = TARGETS.map(({ name }) => loadTarget(name)).filter(({ datapath, sparsity }) => {
  return datapath.a.name === 'int8' && datapath.b.name === 'int8' && sparsity?.kind !== 'n-of-m';
});

it.each(runnable.map((target) => [target.name, target] as const))(
  'on %s one inference is the sum of its layers',
  (_name, target) => {
    const cost = judgeCost(whole, target);
    const jobs = lower(whole);
    expect(cost.layers.map(({ layer, op, m, n, k, groups }) => ({ layer, op, m, n, k, groups }))).toEqual(
      jobs.map(({ layer, op, m, n, k, groups }) => ({ layer, op, m, n, k, groups })),
    );
    const sources = new Set<string>();
    let [busy, energyPj, extrapolated] = [0, 0, false];
    const totals: Record<string, number> = {};
    jobs.forEach((job, i) => {
      const layer = cost.layers[i];
      const unit = unitForJob(target, job);
      const macs = job.m * job.n * job.k * job.groups;
      expect([layer.unit, layer.macs]).toEqual([unit.name, macs]);
      if (target.sparsity === undefined) {
        const base = layerCostOf(job, target, unit);
        const energy = layerEnergyOf(base, target, unit);
        expect([layer.cycles, layer.utilization]).toEqual([base.cycles, base.utilization]);
        expect([layer.energyPj, layer.energy]).toEqual([energy.totalPj, energy.parts]);
        const { counts, traffic, hindrance } = base;
        expect(layer.movement).toEqual({ counts, traffic, hindrance });
      }
      for (const { entry } of layer.energy) {
        sources.add(entry.source);
        extrapolated ||= entry.extrapolated;
      }
      busy += layer.utilization * layer.cycles.total;
      energyPj += layer.energyPj;
      for (const [name, cycles] of Object.entries(layer.cycles)) totals[name] = (totals[name] ?? 0) + cycles;
    });
    expect(cost.cycles).toEqual(totals);
    expect([cost.macs, cost.energyPj, cost.extrapolated]).toEqual([1_002_800, energyPj, extrapolated]);
    expect(cost.utilization).toBeCloseTo(busy / totals.total, 14);
    expect(cost.sources).toEqual([...sources]);
    expect(cost.milliseconds).toBe(totals.total / (target.clockMhz * 1000));
  },
);
