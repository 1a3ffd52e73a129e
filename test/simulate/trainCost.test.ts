import { expect, it } from 'vitest';
import { fitTo } from '../../src/formats/codec.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { float32Arithmetic } from '../../src/networks/arithmetic.js';
import type { MatmulJob } from '../../src/networks/network.js';
import { perTensor } from '../../src/networks/quantization.js';
import { randomFrom } from '../../src/random/random.js';
import { costMeter } from '../../src/simulate/trainCost.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { layerCostOf, layerEnergyOf, unitFor } from '../../src/targets/target.js';

const target = loadTarget('ibm-fp8');
const e5m2 = perTensor(fitTo(formatNamed('hfp8e5m2'), { overflow: 'saturate' }), 1);
const random = randomFrom(17);
const [m, n, k] = [3, 5, 7];
const job: MatmulJob = { layer: 'l', m, n, k, a: e5m2, b: e5m2, pass: 'forward' };
const operands = () => [m * k, k * n].map((length) => Float32Array.from({ length }, () => random.normal()));

/** float32 sums with an error of its own in every element. */
const wrong = {
  ...float32Arithmetic,
  values: (...parts: Parameters<typeof float32Arithmetic.values>) =>
    float32Arithmetic.values(...parts).map((sum, i) => sum + (i % 3) / 16),
};

it('sums are compared with exact ones where it is asked for, over all products of a kind (seed 17)', () => {
  const meter = costMeter(wrong, target);
  let [signal, noise] = [0, 0];
  const multiply = (counts: boolean) => {
    const [a, b] = operands();
    const sums = meter.arithmetic.values(a, b, job);
    expect(sums).toEqual(wrong.values(a, b, job));
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let exact = 0;
        for (let p = 0; p < k; p++) exact += a[i * k + p] * b[p * n + j];
        if (!counts) continue;
        signal += exact * exact;
        noise += (sums[i * n + j] - exact) ** 2;
      }
  };
  const ratio = () => meter.take().products.map(({ sqnrDb }) => sqnrDb);
  multiply(false);
  expect(ratio()).toEqual([undefined]);
  meter.measure(true);
  multiply(true);
  multiply(true);
  expect(ratio()).toEqual([expect.closeTo(10 * Math.log10(signal / noise), 9)]);
  // What was taken is forgotten.
  [signal, noise] = [0, 0];
  multiply(true);
  meter.measure(false);
  multiply(false);
  expect(ratio()).toEqual([expect.closeTo(10 * Math.log10(signal / noise), 9)]);
  expect(ratio()).toEqual([]);
});

it('each kind of product is told from the others: layer, pass, shape and formats, the unit’s cost times its count', () => {
  const meter = costMeter(float32Arithmetic, loadTarget('fp8-fp32'));
  const fp8 = loadTarget('fp8-fp32');
  const [e4m3, wide] = ['e4m3fn', 'e5m2'].map((name) => perTensor(fitTo(formatNamed(name)), 1));
  const base: MatmulJob = { layer: 'l', m, n, k, a: e4m3, b: e4m3 };
  const jobs: MatmulJob[] = [
    base,
    { ...base, layer: 'other' },
    { ...base, pass: 'inputGradient', a: wide },
    { ...base, pass: 'weightGradient', b: wide },
    { ...base, m: 4 },
    { ...base, n: 6 },
    { ...base, k: 8 },
  ];
  const zeros = ({ m: rows, n: columns, k: length }: MatmulJob) =>
    [new Float32Array(rows * length), new Float32Array(length * columns)] as const;
  jobs.forEach((each, i) => {
    for (let times = 0; times <= i; times++) meter.arithmetic.values(...zeros(each), each);
  });
  const { cost, products } = meter.take();
  const wanted = jobs.map((each, i) => {
    const [a, b] = [each.a ?? e4m3, each.b ?? e4m3].map(({ fit }) => fit.format);
    const unit = unitFor(fp8, 'l', a, b);
    const shape = { layer: each.layer, m: each.m, n: each.n, k: each.k };
    const one = layerCostOf(shape, fp8, unit);
    const count = i + 1;
    return {
      ...{ layer: each.layer, pass: each.pass ?? 'forward', unit: unit.name, a: a.name, b: b.name, count },
      ...{ macs: count * each.m * each.n * each.k, cycles: count * one.cycles.total },
      ...{ energyPj: count * layerEnergyOf(one, fp8, unit).totalPj, sqnrDb: undefined },
    };
  });
  expect(products).toEqual(wanted);
  const total = (of: (product: (typeof wanted)[number]) => number) => wanted.reduce((sum, each) => sum + of(each), 0);
  expect(cost).toEqual({
    ...{ macs: total(({ macs }) => macs), macsBeside: 0, cycles: total(({ cycles }) => cycles) },
    energyPj: total(({ energyPj }) => energyPj),
  });
});

it('a product runs on the unit for its formats, a real operand without one of its own on that for reals, else beside', () => {
  const names = ['fp32', 'e4m3fn', 'e5m2', 'int8', 'binary', 'hfp8e5m2', 'fp16'];
  for (const each of ['fp32', 'fp16', 'fp8-fp32', 'qat-int8', 'ibm-fp8', 'mxfp8']) {
    const target = loadTarget(each);
    const units = [target.datapath, ...target.others].filter((unit) => unit.blockScale === undefined);
    const unitFor = (x: string, y: string) =>
      units.find((unit) => [x, y].sort().join() === [unit.a.name, unit.b.name].sort().join())?.name;
    const grid = (name: string) => (name === 'fp32' ? undefined : perTensor(fitTo(formatNamed(name)), 1));
    for (const a of names)
      for (const b of names) {
        const meter = costMeter({ ...float32Arithmetic, values: () => new Float32Array(m * n) }, target);
        meter.arithmetic.values(...(operands() as [Float32Array, Float32Array]), { ...job, a: grid(a), b: grid(b) });
        const unit = unitFor(a, b) ?? (a === 'fp32' || b === 'fp32' ? unitFor('fp32', 'fp32') : undefined);
        const { cost, products } = meter.take();
        expect(
          products.map((product) => [product.a, product.b, product.unit, product.count]),
          each,
        ).toEqual([[a, b, unit, 1]]);
        expect(cost.macsBeside).toBe(unit === undefined ? m * n * k : 0);
        expect([cost.cycles > 0, cost.energyPj > 0]).toEqual([unit !== undefined, unit !== undefined]);
      }
  }
});
