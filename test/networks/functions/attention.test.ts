import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { executeLayer } from '../../../src/networks/execute.js';
import { factsAfter } from '../../../src/networks/facts.js';
import type { GeneralLayer } from '../../../src/networks/network.js';
import { operatorOf } from '../../../src/networks/operators/index.js';
import { factsOfTensor, floatTensor, type FloatTensor, sizeOf, type Tensor } from '../../../src/networks/tensor.js';

let state = 7;
function reals(...shape: number[]): FloatTensor {
  const data = Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  });
  return floatTensor(shape, data);
}

interface Case {
  q: FloatTensor;
  k: FloatTensor;
  v: FloatTensor;
  mask?: Tensor;
  pastKey?: FloatTensor;
  pastValue?: FloatTensor;
  attributes?: Record<string, number>;
}

function layerOf({ q, k, v, mask, pastKey, pastValue, attributes }: Case): { layer: GeneralLayer; given: Tensor[] } {
  const given: Tensor[] = [];
  const operands = [q, k, v, mask, pastKey, pastValue].map((each) => each && given.push(each) - 1);
  const layer: GeneralLayer = {
    ...{ op: 'general', name: 'y', function: 'Attention', outputs: ['y', 'key', 'value', 'scores'] },
    inputs: given.map((_, i) => `x${i}`),
    operands,
    attributes: { is_causal: 0, qk_matmul_output_mode: 0, softcap: 0, ...attributes },
  };
  return { layer, given };
}

/** Attention of one head by its definition, in float64. @param seen whether a query may see a key */
function byDefinition(
  q: FloatTensor,
  k: FloatTensor,
  v: FloatTensor,
  seen: (i: number, j: number) => boolean,
): number[] {
  const [m, size] = q.shape.slice(-2);
  const [n, width] = v.shape.slice(-2);
  const output: number[] = [];
  for (let i = 0; i < m; i++) {
    const weights = Array.from({ length: n }, (_, j) => {
      let dot = 0;
      for (let x = 0; x < size; x++) dot += q.data[i * size + x] * k.data[j * size + x];
      return seen(i, j) ? Math.exp(dot / Math.sqrt(size)) : 0;
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let x = 0; x < width; x++)
      output.push(
        weights.reduce((sum, weight, j) => sum + (total === 0 ? 0 : weight / total) * v.data[j * width + x], 0),
      );
  }
  return output;
}

function run(each: Case): readonly Tensor[] {
  const { layer, given } = layerOf(each);
  const results = executeLayer(layer, given, float32Arithmetic);
  expect(factsAfter(layer, given.map(factsOfTensor))).toEqual(results.map(factsOfTensor));
  return results;
}

function near(found: Tensor, wanted: readonly number[]): void {
  expect(found.data.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(found.data[i] - value), `element ${i}`).toBeLessThan(1e-6));
}

describe('attention', () => {
  it('of one head, and behind a past that a causal mask counts', () => {
    const [q, k, v] = [reals(1, 1, 3, 4), reals(1, 1, 5, 4), reals(1, 1, 5, 2)];
    near(
      run({ q, k, v })[0],
      byDefinition(q, k, v, () => true),
    );
    near(
      run({ q, k, v, attributes: { is_causal: 1 } })[0],
      byDefinition(q, k, v, (i, j) => j <= i),
    );
    const [late, lateValue] = [floatTensor([1, 1, 3, 4], k.data.slice(8)), floatTensor([1, 1, 3, 2], v.data.slice(4))];
    const past = {
      pastKey: floatTensor([1, 1, 2, 4], k.data.slice(0, 8)),
      pastValue: floatTensor([1, 1, 2, 2], v.data.slice(0, 4)),
    };
    const results = run({ q, k: late, v: lateValue, ...past, attributes: { is_causal: 1 } });
    near(
      results[0],
      byDefinition(q, k, v, (i, j) => j <= i + 2),
    );
    expect(results.slice(1, 3)).toEqual([k, v]);
  });

  it('a row that is masked whole gives 0', () => {
    const [q, k, v] = [reals(1, 1, 2, 4), reals(1, 1, 3, 4), reals(1, 1, 3, 2)];
    const mask: Tensor = { kind: 'integers', type: 'bool', shape: [2, 3], data: Float64Array.of(0, 0, 0, 1, 0, 1) };
    const [found] = run({ q, k, v, mask });
    near(
      found,
      byDefinition(q, k, v, (i, j) => i === 1 && j !== 1),
    );
    expect([...found.data.slice(0, 2)]).toEqual([0, 0]);
  });

  it('heads in a row, those of keys shared by two of queries each', () => {
    const [q, k, v] = [reals(1, 3, 16), reals(1, 5, 8), reals(1, 5, 4)];
    const [found] = run({ q, k, v, attributes: { q_num_heads: 4, kv_num_heads: 2 } });
    const column = (x: FloatTensor, head: number, size: number) => {
      const [, length, width] = x.shape;
      const data = Array.from(
        { length: length * size },
        (_, i) => x.data[Math.floor(i / size) * width + head * size + (i % size)],
      );
      return floatTensor([length, size], Float32Array.from(data));
    };
    for (let head = 0; head < 4; head++) {
      const own = Math.floor(head / 2);
      const wanted = byDefinition(column(q, head, 4), column(k, own, 4), column(v, own, 2), () => true);
      near(column(found as FloatTensor, head, 2), wanted);
    }
  });

  it('counts the multiplications of both products', () => {
    const each = { q: reals(2, 3, 4, 8), k: reals(2, 3, 5, 8), v: reals(2, 3, 5, 6) };
    const { layer, given } = layerOf(each);
    const products = operatorOf(layer).products?.(layer, given.map(factsOfTensor));
    const { m, n, k, groups } = products as NonNullable<typeof products>;
    expect(m * n * k * groups).toBe(2 * 3 * (4 * 5 * 8 + 4 * 6 * 5));
  });

  it('says which heads do not divide', () => {
    const each = {
      q: reals(1, 3, 16),
      k: reals(1, 5, 8),
      v: reals(1, 5, 4),
      attributes: { q_num_heads: 3, kv_num_heads: 2 },
    };
    expect(() => run(each)).toThrow(
      'layer y (Attention): has 3 heads of queries 1x3x16 and 2 of keys 1x5x8 and values 1x5x4: they do not divide',
    );
  });
});
