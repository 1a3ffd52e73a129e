import { describe, expect, it } from 'vitest';
import { at, call, factsOf, indicesOf, integersOf, isNearest, reals, realsOf } from './calls.js';

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const square = (values: readonly number[], from = 0) => mean(values.map((x) => (x - from) ** 2));
const EPSILON = Math.fround(1e-5);

/** The numbers of a row of so many that holds a place. */
function rowAround(data: Float32Array, place: number, row: number): number[] {
  const first = place - (place % row);
  return Array.from(data.subarray(first, first + row));
}

describe('norms of rows', () => {
  it('LayerNormalization is over the last axes, with scale and bias', () => {
    const x = reals([2, 3, 4, 5], 1);
    for (const axis of [1, 2, 3, -1]) {
      const shape = x.shape.slice(axis);
      const row = shape.reduce((a, b) => a * b, 1);
      const [scale, bias] = [reals(shape, 2), reals(shape, 3)];
      const [y, means, inverses] = call('LayerNormalization', [x, scale, bias], { axis }, 3);
      const moments = x.shape.map((length, i) => (i < (axis + 4) % 4 ? length : 1));
      expect([means.shape, inverses.shape]).toEqual([moments, moments]);
      x.data.forEach((value, i) => {
        const values = rowAround(x.data, i, row);
        const middle = mean(values);
        const factor = 1 / Math.sqrt(square(values, middle) + EPSILON);
        const exact = (value - middle) * factor * scale.data[i % row] + bias.data[i % row];
        expect(isNearest(y.data[i], exact)).toBe(true);
        expect(isNearest(means.data[Math.floor(i / row)], middle)).toBe(true);
        expect(isNearest(inverses.data[Math.floor(i / row)], factor)).toBe(true);
      });
    }
  });

  it('moments stay float32 where halves are normalized', () => {
    const x = { ...realsOf([2, 2], [1, 2, 3, 5]), type: 'float16' as const };
    const [y, means] = call('LayerNormalization', [x, { ...realsOf([2], [1, 1]), type: 'float16' }], {}, 3);
    expect(y).toMatchObject({ type: 'float16' });
    expect(means).toEqual(realsOf([2, 1], [1.5, 4]));
    expect(factsOf('LayerNormalization', [x, realsOf([2], [1, 1])], {}, { outputs: 2 })).toEqual([
      { shape: [2, 2], type: 'float16' },
      { shape: [2, 1] },
    ]);
  });

  it.each(['RMSNormalization', 'SimplifiedLayerNormalization'])('%s takes no mean off', (name) => {
    const [x, scale] = [reals([3, 4, 8], 4), reals([8], 5)];
    const [y] = call(name, [x, scale]);
    x.data.forEach((value, i) => {
      const factor = 1 / Math.sqrt(square(rowAround(x.data, i, 8)) + EPSILON);
      expect(isNearest(y.data[i], value * factor * scale.data[i % 8])).toBe(true);
    });
  });

  it('the Skip norms of com.microsoft add in float32 first, and give the sum', () => {
    const [x, skip, gamma, beta, bias] = [
      reals([2, 3, 8], 1),
      reals([2, 3, 8], 2),
      ...[3, 4, 5].map((seed) => reals([8], seed)),
    ];
    const total = realsOf(
      [2, 3, 8],
      Array.from(x.data, (value, i) => Math.fround(value + skip.data[i]) + bias.data[i % 8]),
    );
    const epsilon = EPSILON;
    const skipped = call('com.microsoft.SkipLayerNormalization', [x, skip, gamma, beta, bias], { epsilon }, 4);
    expect(skipped).toEqual([...call('LayerNormalization', [total, gamma, beta], { epsilon }, 3), total]);
    const simple = call('com.microsoft.SkipSimplifiedLayerNormalization', [x, skip, gamma, bias], { epsilon }, 4);
    expect([simple[0], simple[3]]).toEqual([call('RMSNormalization', [total, gamma], { epsilon })[0], total]);
  });

  it('LpNormalization divides by either norm; zeros stay', () => {
    const x = realsOf([2, 2], [3, -4, 0, 0]);
    expect(call('LpNormalization', [x])[0].data).toEqual(Float32Array.of(0.6, -0.8, 0, 0));
    expect(call('LpNormalization', [x], { p: 1, axis: 0 })[0].data).toEqual(Float32Array.of(1, -1, 0, 0));
  });
});

describe('norms of channels', () => {
  const x = reals([2, 6, 3, 2], 6);
  const [scale, bias] = [reals([6], 7), reals([6], 8)];

  /** The numbers of an image whose channels are of one group with that of an index. */
  const groupOf = (n: number, c: number, size: number) =>
    indicesOf(x.shape)
      .filter((index) => index[0] === n && Math.floor(index[1] / size) === Math.floor(c / size))
      .map((index) => at(x, index));

  it.each([
    ['InstanceNormalization', {}, 1],
    ['GroupNormalization', { num_groups: 3 }, 2],
    ['GroupNormalization', { num_groups: 1 }, 6],
  ] as const)('%s %o takes groups of %i channels', (name, attributes, size) => {
    const [y] = call(name, [x, scale, bias], attributes);
    for (const index of indicesOf(x.shape)) {
      const values = groupOf(index[0], index[1], size);
      const factor = 1 / Math.sqrt(square(values, mean(values)) + EPSILON);
      const exact = (at(x, index) - mean(values)) * factor * scale.data[index[1]] + bias.data[index[1]];
      expect(isNearest(at(y, index), exact)).toBe(true);
    }
  });

  it('GroupNormalization before opset 21 has a scale for each group', () => {
    const byGroup = [realsOf([3], [1, 2, 3]), realsOf([3], [4, 5, 6])];
    const byChannel = [realsOf([6], [1, 1, 2, 2, 3, 3]), realsOf([6], [4, 4, 5, 5, 6, 6])];
    expect(call('GroupNormalization', [x, ...byGroup], { num_groups: 3 })).toEqual(
      call('GroupNormalization', [x, ...byChannel], { num_groups: 3 }),
    );
    expect(() => call('GroupNormalization', [x, scale, bias], { num_groups: 4 })).toThrow('has 4 groups of 6 channels');
  });

  it('BatchNormalization takes steps of float32, as ONNX Runtime does', () => {
    const f = Math.fround;
    const [means, variances] = [reals([6], 9), reals([6], 10, 0.1, 2)];
    const [y] = call('BatchNormalization', [x, scale, bias, means, variances]);
    for (const index of indicesOf(x.shape)) {
      const c = index[1];
      const factor = f(f(1 / f(Math.sqrt(f(variances.data[c] + EPSILON)))) * scale.data[c]);
      const term = f(bias.data[c] - f(means.data[c] * factor));
      expect(at(y, index)).toBe(f(f(at(x, index) * factor) + term));
    }
    const operands = [x, scale, bias, means, variances];
    expect(() => factsOf('BatchNormalization', operands, { training_mode: 1 })).toThrow('has training_mode = 1');
    expect(() => call('BatchNormalization', [x, reals([5], 1), bias, means, variances])).toThrow('has 5 numbers for 6');
  });

  it('LRN looks at channels before and behind', () => {
    const [alpha, beta, size] = [0.5, 0.75, 4];
    const [y] = call('LRN', [x], { alpha, beta, size, bias: 2 });
    for (const index of indicesOf(x.shape)) {
      const near = [-1, 0, 1, 2].map((step) => index[1] + step).filter((c) => c >= 0 && c < 6);
      const sum = near.reduce((total, c) => total + at(x, index.with(1, c)) ** 2, 0);
      expect(isNearest(at(y, index), at(x, index) / (2 + (alpha / size) * sum) ** beta)).toBe(true);
    }
  });

  it('MeanVarianceNormalization is over axes 0, 2 and 3 where none are given', () => {
    const [y] = call('MeanVarianceNormalization', [x]);
    for (const index of indicesOf(x.shape)) {
      const values = indicesOf(x.shape)
        .filter((other) => other[1] === index[1])
        .map((other) => at(x, other));
      const exact = (at(x, index) - mean(values)) / (Math.sqrt(square(values, mean(values))) + 1e-9);
      expect(isNearest(at(y, index), exact)).toBe(true);
    }
  });
});

describe('RotaryEmbedding', () => {
  const [cosines, sines] = [reals([10, 4], 1), reals([10, 4], 2)];
  const positions = integersOf([2, 3], 'int64', [0, 1, 2, 9, 8, 7]);

  it.each([0, 1])('turns pairs by the angles of their positions (interleaved %i)', (interleaved) => {
    const x = reals([2, 2, 3, 8], 3);
    const [y] = call('RotaryEmbedding', [x, cosines, sines, positions], { interleaved });
    for (const [n, h, s, i] of indicesOf(x.shape)) {
      const pair = interleaved === 1 ? Math.floor(i / 2) : i % 4;
      const [first, second] = interleaved === 1 ? [2 * pair, 2 * pair + 1] : [pair, pair + 4];
      const [a, b] = [at(x, [n, h, s, first]), at(x, [n, h, s, second])];
      const angle = [at(positions, [n, s]), pair];
      const [c, d] = [at(cosines, angle), at(sines, angle)];
      expect(isNearest(at(y, [n, h, s, i]), i === first ? a * c - b * d : a * d + b * c)).toBe(true);
    }
  });

  it('of rank 3 has heads within the last axis; numbers beyond the turned part stay', () => {
    const x = reals([2, 3, 24], 4);
    const attributes = { num_heads: 2, rotary_embedding_dim: 8 };
    const operands = [x, positions, cosines, sines];
    const [y] = call('com.microsoft.RotaryEmbedding', operands, attributes);
    for (const [n, s, i] of indicesOf(x.shape)) {
      const [head, within] = [Math.floor(i / 12), i % 12];
      const pair = within % 4;
      const [a, b] = [at(x, [n, s, head * 12 + pair]), at(x, [n, s, head * 12 + pair + 4])];
      const angle = [at(positions, [n, s]), pair];
      const [c, d] = [at(cosines, angle), at(sines, angle)];
      const exact = within >= 8 ? at(x, [n, s, i]) : within < 4 ? a * c - b * d : a * d + b * c;
      expect(isNearest(at(y, [n, s, i]), exact)).toBe(true);
    }
    expect(() => call('com.microsoft.RotaryEmbedding', operands, { num_heads: 5 })).toThrow('has 5 heads in 2x3x24');
  });
});
