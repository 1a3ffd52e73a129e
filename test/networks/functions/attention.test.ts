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

/** A whole number from 0 up to a bound. */
function below(count: number): number {
  state = (state * 1103515245 + 12345) % 2 ** 31;
  return Math.floor((state / 2 ** 31) * count);
}

/**
 * Images, heads, a past, masks that are broadcast or end early, lengths, a scale, a cap, in any mix: all four results by the
 * standard's definition, one number after another in float64.
 */
it.each(Array.from({ length: 48 }, (_, i) => i))('attention in general, mix %i', (mix) => {
  const [batch, kvHeads, shared] = [1 + below(3), 1 + below(2), 1 + below(2)];
  const [queries, own, past] = [1 + below(3), 1 + below(4), below(3)];
  const [size, width, heads, keys] = [1 + below(4), 1 + below(3), kvHeads * shared, own + past];
  const flat = mix % 3 === 0;
  const lay = (count: number, length: number, each: number) =>
    flat ? reals(batch, length, count * each) : reals(batch, count, length, each);
  const [q, k, v] = [lay(heads, queries, size), lay(kvHeads, own, size), lay(kvHeads, own, width)];
  const pasts = past === 0 ? [] : [reals(batch, kvHeads, past, size), reals(batch, kvHeads, past, width)];
  const element = ({ data }: FloatTensor, count: number, length: number, each: number, [b, h, i, x]: number[]) =>
    data[flat ? ((b * length + i) * count + h) * each + x : ((b * count + h) * length + i) * each + x];
  const kept = (x: FloatTensor, before: FloatTensor | undefined, each: number, [b, h, i, at]: number[]) =>
    before !== undefined && i < past
      ? before.data[((b * kvHeads + h) * past + i) * each + at]
      : element(x, kvHeads, own, each, [b, h, i - past, at]);
  // A mask of the last axes, of which any may be 1 for all, and whose keys may be fewer.
  const ends = mix % 8 === 5 ? 1 : mix % 4 === 1 && keys > 2 ? keys - 1 : keys;
  const full = [batch, heads, queries, ends].map((length, axis) => (axis < 3 && below(2) === 0 ? 1 : length));
  const maskShape = full.slice(below(3));
  const truths = mix % 2 === 0;
  const drawn = reals(...maskShape);
  const mask: Tensor = truths
    ? { kind: 'integers', type: 'bool', shape: maskShape, data: Float64Array.from(drawn.data, (x) => Number(x > -0.5)) }
    : floatTensor(
        maskShape,
        drawn.data.map((x) => (x > 0.8 ? -Infinity : 3 * x)),
      );
  const masked = mix % 5 !== 0;
  const lengths = mix % 7 === 3 ? Array.from({ length: batch }, () => 1 + below(keys)) : undefined;
  const causal = mix % 4 >= 2;
  const [scale, cap, mode] = [mix % 3 === 1 ? 0.375 : undefined, mix % 5 > 2 ? 0.75 : 0, mix % 4];

  const biasAt = ([b, h, i, j]: number[]) => {
    const end = lengths?.[b] ?? keys;
    const first = lengths === undefined ? past : end - queries;
    if (j >= end || (causal && j > i + first)) return -Infinity;
    if (!masked) return 0;
    if (j >= ends && ends > 1) return -Infinity;
    const index = [b, h, i, j].slice(4 - maskShape.length);
    const at = maskShape.reduce((place, length, axis) => place * length + (length === 1 ? 0 : index[axis]), 0);
    return truths ? (mask.data[at] === 1 ? 0 : -Infinity) : mask.data[at];
  };
  const wanted: Record<'y' | 'key' | 'value' | 'scores', number[]> = { y: [], key: [], value: [], scores: [] };
  const outputs = new Map<string, number>();
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);
  for (const b of range(batch))
    for (const h of range(heads))
      for (const i of range(queries)) {
        const from = Math.floor(h / shared);
        const scores = range(keys).map((j) => {
          let dot = 0;
          for (const x of range(size))
            dot += element(q, heads, queries, size, [b, h, i, x]) * kept(k, pasts[0], size, [b, from, j, x]);
          return dot * (scale ?? 1 / Math.sqrt(size));
        });
        const capped = cap === 0 ? scores : scores.map((x) => cap * Math.tanh(x / cap));
        const biased = capped.map((x, j) => x + biasAt([b, h, i, j]));
        const powers = biased.map(Math.exp);
        const total = powers.reduce((sum, x) => sum + x, 0);
        const shares = powers.map((x) => (total === 0 ? 0 : x / total));
        wanted.scores.push(...[scores, capped, biased, shares][mode]);
        for (const x of range(width))
          outputs.set(
            [b, ...(flat ? [i, h] : [h, i]), x].join(),
            shares.reduce((sum, share, j) => sum + share * kept(v, pasts[1], width, [b, from, j, x]), 0),
          );
      }
  for (const b of range(batch))
    for (const first of range(flat ? queries : heads))
      for (const second of range(flat ? heads : queries))
        for (const x of range(width)) wanted.y.push(outputs.get([b, first, second, x].join()) as number);
  for (const [name, x, before, each] of [['key', k, pasts[0], size] as const, ['value', v, pasts[1], width] as const])
    for (const b of range(batch))
      for (const h of range(kvHeads))
        for (const i of range(keys))
          for (const at of range(each)) wanted[name].push(kept(x, before, each, [b, h, i, at]));

  const given: Tensor[] = [q, k, v];
  const operands: (number | Tensor | undefined)[] = [0, 1, 2, masked ? given.push(mask) - 1 : undefined];
  operands.push(...[0, 1].map((i) => (pasts.length === 0 ? undefined : given.push(pasts[i]) - 1)));
  if (lengths !== undefined)
    operands.push({ kind: 'integers', type: 'int64', shape: [batch], data: Float64Array.from(lengths) });
  const layer: GeneralLayer = {
    ...{ op: 'general', name: 'y', function: 'Attention', outputs: ['y', 'key', 'value', 'scores'] },
    ...{ inputs: given.map((_, i) => `x${i}`), operands },
    attributes: {
      ...{ is_causal: Number(causal), qk_matmul_output_mode: mode, softcap: cap, scale },
      ...(flat && { q_num_heads: heads, kv_num_heads: kvHeads }),
    },
  };
  const found = executeLayer(layer, given, float32Arithmetic);
  expect(factsAfter(layer, given.map(factsOfTensor))).toEqual(found.map(factsOfTensor));
  expect(found.map(({ shape }) => shape)).toEqual([
    flat ? [batch, queries, heads * width] : [batch, heads, queries, width],
    ...[size, width].map((each) => [batch, kvHeads, keys, each]),
    [batch, heads, queries, keys],
  ]);
  Object.values(wanted).forEach((values, i) =>
    values.forEach((value, at) => {
      const own = found[i].data[at];
      if (value !== own) expect(Math.abs(own - value), `result ${i}, element ${at}`).toBeLessThan(2e-6);
    }),
  );
  const products = operatorOf(layer).products?.(layer, given.map(factsOfTensor));
  expect(products).toEqual({ m: queries, n: keys, k: size + width, groups: batch * heads, inputs: queries * size });
});
