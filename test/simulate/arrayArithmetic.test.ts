import { describe, expect, it } from 'vitest';
import { reduce } from '../../src/datapaths/reference.js';
import { sumValues, outputFormatOf } from '../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { fitTo } from '../../src/formats/codec.js';
import { float32Arithmetic } from '../../src/networks/arithmetic.js';
import { encodeAll } from '../../src/networks/codes.js';
import type { MatmulJob } from '../../src/networks/network.js';
import { dequantize, perTensor, quantize } from '../../src/networks/quantization.js';
import { floatTensor, type Quantization } from '../../src/networks/tensor.js';
import { orderOf } from '../../src/arrays/dataflow.js';
import { unitsOf } from '../../src/simulate/arithmetic.js';
import { arrayArithmetic } from '../../src/simulate/arrayArithmetic.js';
import { costMeter } from '../../src/simulate/trainCost.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { layerCostOf, layerEnergyOf, unitFor } from '../../src/targets/target.js';
import { randomFrom } from '../../src/random/random.js';

const [m, n, k] = [3, 4, 130];

function operand(length: number, format: string, scale: number, seed: number) {
  const random = randomFrom(seed);
  const q = perTensor(fitTo(formatNamed(format), { overflow: 'saturate' }), scale);
  const real = floatTensor(
    [length],
    Float32Array.from({ length }, () => random.normal() * 3 * scale),
  );
  return { q, values: dequantize(quantize(real, q)).data };
}

describe.each([
  ['ibm-fp4', 'radix4', 'int4', 1 / 4096, 0.25],
  ['ibm-fp4', 'radix4odd', 'uint4', 4, 0.1],
  ['fp16', 'fp16', 'fp16', 1, 1],
  ['ibm-fp8', 'hfp8e5m2', 'hfp8e5m2', 1, 1],
  ['fp8-fp32', 'e5m2', 'e4m3fn', 0.3, 0.7],
  ['fp16', 'fp16', 'ternary', 1, 0.6],
  ['fp8-fp32', 'e4m3fn', 'e4m3fn', 2, 0.5],
])('on %s, %s x %s', (name, aFormat, bFormat, aScale, bScale) => {
  const target = loadTarget(name);
  const a = operand(m * k, aFormat, aScale, 1);
  const b = operand(k * n, bFormat, bScale, 2);
  const job: MatmulJob = { layer: 'l', m, n, k, a: a.q, b: b.q, pass: 'inputGradient' };

  it('gives the reference’s sums of the codes, times the scales', () => {
    const got = arrayArithmetic(unitsOf(target)).values(a.values, b.values, job);
    const unit = unitFor(target, 'l', a.q.fit.format, b.q.fit.format);
    const order = orderOf(target.array, unit);
    const format = outputFormatOf(unit, order);
    const codes = (x: typeof a) =>
      encodeAll(
        x.values.map((value) => value / x.q.scale[0]),
        x.q.fit,
      );
    const [ca, cb] = [codes(a), codes(b)];
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        const column = Array.from({ length: k }, (_, kk) => cb[kk * n + j]);
        const { code } = reduce(unit, { a: [...ca.subarray(i * k, (i + 1) * k)], b: column }, order);
        const [sum] = sumValues(format, Uint32Array.of(Number(code)));
        expect(got[i * n + j]).toBe(Math.fround(Math.fround(sum) * Math.fround(a.q.scale[0] * b.q.scale[0])));
      }
    expect(got.some((value) => value !== 0)).toBe(true);
  });
});

describe('beside the array', () => {
  const arithmetic = arrayArithmetic(unitsOf(loadTarget('qat-int4')));
  // No activation is zero, so that every code of a weight shows.
  const a = {
    q: operand(1, 'uint4', 0.5, 3).q,
    values: Float32Array.from({ length: m * k }, (_, i) => (1 + ((i * 11) % 15)) / 2),
  };
  const weights: Quantization = {
    ...operand(1, 'int4', 1, 1).q,
    scale: Float32Array.of(0.5, 1, 2, 4),
  };
  const codes = Float32Array.from({ length: k * n }, (_, i) => ((i * 7) % 15) - 7);
  const values = codes.map((code, i) => code * weights.scale[i % n]);

  it('a scale for each column is for the forward product, where it factors out', () => {
    const got = arithmetic.values(a.values, values, { layer: 'l', m, n, k, a: a.q, b: weights, pass: 'forward' });
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let kk = 0; kk < k; kk++) sum += (a.values[i * k + kk] / 0.5) * codes[kk * n + j];
        expect(got[i * n + j]).toBe(sum * 0.5 * weights.scale[j]);
      }
    expect(() =>
      arithmetic.values(a.values, values, { layer: 'l', m, n, k, a: a.q, b: weights, pass: 'inputGradient' }),
    ).toThrow('layer l: a scale for each channel does not factor out of the inputGradient product: take one scale');
  });

  it('a sum is a float32 before it is scaled, in one step (seeds 6 and 7)', () => {
    const wide = arrayArithmetic(unitsOf(loadTarget('qat-int8')));
    const [x, y] = [6, 7].map((seed) => {
      const draws = randomFrom(seed);
      return Float32Array.from({ length: k * 4 }, () => draws.below(60_001) - 30_000);
    });
    const [p, q] = [0.3, 0.7].map((scale) => perTensor(fitTo(formatNamed('int16')), scale));
    const reals = [x.map((code) => code * p.scale[0]), y.map((code) => code * q.scale[0])] as const;
    const got = wide.values(...reals, { layer: 'l', m: 4, n: 4, k, a: p, b: q });
    const scale = Math.fround(p.scale[0] * q.scale[0]);
    let rounded = 0;
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++) {
        let sum = 0;
        for (let kk = 0; kk < k; kk++) sum += x[i * k + kk] * y[kk * 4 + j];
        expect(got[i * 4 + j]).toBe(Math.fround(Math.fround(sum) * scale));
        if (Math.fround(sum * scale) !== got[i * 4 + j]) rounded++;
      }
    expect(rounded).toBeGreaterThan(0);
  });

  it('a zero point, and as many scales as no operand has columns, are refused', () => {
    const job: MatmulJob = { layer: 'l', m, n, k, a: a.q, b: weights, pass: 'forward' };
    const moved = { ...weights, scale: Float32Array.of(1), zeroPoint: 1 };
    const text = 'layer l: training on an array needs grids around zero, found a zero point';
    expect(() => arithmetic.values(a.values, values, { ...job, b: moved })).toThrow(text);
    expect(() => arithmetic.values(a.values, values, { ...job, a: { ...a.q, zeroPoint: 1 } })).toThrow(text);
    const few = { ...weights, scale: Float32Array.of(1, 2, 4) };
    expect(() => arithmetic.values(a.values, values, { ...job, b: few })).toThrow('take one scale');
    for (const scales of [2, 3, 4]) {
      const many = { ...a.q, scale: new Float32Array(scales).fill(0.5) };
      expect(() => arithmetic.values(a.values, values, { ...job, a: many })).toThrow('take one scale');
      const columns = { ...weights, scale: new Float32Array(scales).fill(1) };
      for (const pass of ['inputGradient', 'weightGradient'] as const)
        expect(() => arithmetic.values(a.values, values, { ...job, b: columns, pass })).toThrow(
          `does not factor out of the ${pass} product`,
        );
    }
    // Two columns with two scales.
    const two = { ...weights, scale: Float32Array.of(1, 4) };
    const got = arithmetic.values(a.values.subarray(0, 2), Float32Array.of(3, 8, -2, -12), {
      ...job,
      m: 1,
      n: 2,
      k: 2,
      b: two,
    });
    const [x, y] = a.values;
    expect([...got]).toEqual([3 * x - 2 * y, 4 * (2 * x - 3 * y)]);
  });

  it('codes are multiplied as they are (seeds 0 and 1)', () => {
    const [x, y] = [m * k, k * n].map((length, seed) => {
      const draws = randomFrom(seed, 40);
      return Uint8Array.from({ length }, () => draws.below(16));
    });
    const got = arithmetic.codes(x, y, { layer: 'l', m, n, k, a: a.q, b: weights });
    const signed = (code: number) => (code < 8 ? code : code - 16);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += x[i * k + p] * signed(y[p * n + j]);
        expect(got[i * n + j]).toBe(sum);
      }
  });

  it('real operands are multiplied in float32, and formats without a unit are an error that names the units', () => {
    const job: MatmulJob = { layer: 'l', m, n, k };
    const real = float32Arithmetic.values(a.values, values, job);
    for (const grids of [{}, { a: a.q }, { b: weights }, { b: operand(1, 'int8', 1, 5).q }])
      expect(arithmetic.values(a.values, values, { ...job, ...grids })).toEqual(real);
    const odd = operand(k * n, 'int8', 1, 5);
    expect(() => arithmetic.values(a.values, odd.values, { layer: 'l', m, n, k, a: a.q, b: odd.q })).toThrow(
      /^layer l multiplies uint4 x int8, and target qat-int4 has units for uint4 x int4/,
    );
  });

  it('costs: those of the layer on its unit, once for each product; nothing but multiplications beside it', () => {
    const whole = loadTarget('qat-int4');
    const target = { ...whole, others: [] };
    const meter = costMeter(arithmetic, target);
    const job: MatmulJob = { layer: 'l', m, n, k, a: a.q, b: { ...weights, scale: Float32Array.of(1) } };
    meter.arithmetic.values(a.values, codes, job);
    meter.arithmetic.values(a.values, codes, job);
    meter.arithmetic.values(a.values, codes, { ...job, b: undefined, pass: 'weightGradient' });
    const { cost, products } = meter.take();
    const one = layerCostOf({ layer: 'l', m, n, k }, target);
    expect(cost).toEqual({
      macs: 3 * m * n * k,
      macsBeside: m * n * k,
      cycles: 2 * one.cycles.total,
      energyPj: 2 * layerEnergyOf(one, target).totalPj,
    });
    expect(products.map(({ unit, count }) => [unit, count])).toEqual([
      ['uint4-int4', 2],
      [undefined, 1],
    ]);
    expect(meter.take().cost.macs).toBe(0);
    const gradients = costMeter(arithmetic, whole);
    gradients.arithmetic.values(a.values, codes, { ...job, b: undefined, pass: 'weightGradient' });
    expect(gradients.take()).toMatchObject({ cost: { macsBeside: 0 }, products: [{ unit: 'fp32-fp32', count: 1 }] });
  });
});
