import { describe, expect, it } from 'vitest';
import { isMacLayer, type Network } from '../../../src/networks/network.js';
import { perTensor, quantize } from '../../../src/networks/quantization.js';
import { type FloatTensor, floatTensor, type Quantization, sizeOf } from '../../../src/networks/tensor.js';
import { gptq } from '../../../src/quantize/codes/gptq.js';
import { choleskyOf, inverseOf } from '../../../src/quantize/algebra/cholesky.js';
import { scheme } from '../../../src/quantize/contract/scheme.js';
import { maximum } from '../../../src/quantize/ranges/maximum.js';
import { randomFrom } from '../../../src/random/random.js';
import { conv, network } from '../../networks/readers/onnx/samples.js';

/**
 * GPTQ by what it is for (Frantar et al. 2023, from Optimal Brain Surgeon): weights are fixed one after the other, and
 * before each the rest stand where they make the output's error least. That place is found here by elimination.
 */

/** x with a x = b, by Gauss elimination with pivots. */
function solved(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const n = b.length;
  const rows = a.map((row, i) => [...row, b[i]]);
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(rows[r][c]) > Math.abs(rows[pivot][c])) pivot = r;
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = rows[r][c] / rows[c][c];
      for (let j = c; j <= n; j++) rows[r][j] -= factor * rows[c][j];
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

/** Integers of one channel's weights on a grid of int3. */
function fixed(w: readonly number[], h: readonly (readonly number[])[], scale: number, zeroPoint: number): number[] {
  const errors: number[] = [];
  return w.map((own, i) => {
    const rest = w.map((_, k) => k).slice(i);
    // Of the rest, what makes (e' H e) least where the first i errors are given: H_rr e_r = -H_rf e_f.
    const pulls = rest.map((r) => -errors.reduce((sum, error, f) => sum + h[r][f] * error, 0));
    const [moved] =
      i === 0
        ? [0]
        : solved(
            rest.map((r) => rest.map((c) => h[r][c])),
            pulls,
          );
    const wanted = (own + moved) / scale;
    const low = Math.floor(wanted);
    const nearest = wanted - low > 0.5 ? low + 1 : low;
    const code = Math.max(-4, Math.min(3, nearest + zeroPoint));
    errors.push((code - zeroPoint) * scale - own);
    return code;
  });
}

const draw = randomFrom(61);
const normal = (shape: readonly number[]): FloatTensor =>
  floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => draw.normal()),
  );

/** Images whose pixels go together; the last channel is always zero. More than one batch of 50. */
const images = floatTensor([53, 4, 2, 3]);
for (let i = 0; i < 53; i++)
  for (let c = 0; c < 3; c++) {
    const common = draw.normal();
    for (let p = 0; p < 6; p++) images.data[(i * 4 + c) * 6 + p] = common + 0.3 * draw.normal();
  }

/** 2 X' X of a group, damped: patches of 1 x 2 in steps of one, written out. */
function hessian(group: number, groups: number, damp: number): number[][] {
  const channels = 4 / groups;
  const k = channels * 2;
  const h = Array.from({ length: k }, () => new Array<number>(k).fill(0));
  for (let i = 0; i < 53; i++)
    for (let y = 0; y < 2; y++)
      for (let x = 0; x < 2; x++) {
        const patch = Array.from({ length: k }, (_, j) => {
          const channel = group * channels + Math.floor(j / 2);
          return images.data[((i * 4 + channel) * 2 + y) * 3 + x + (j % 2)];
        });
        for (let a = 0; a < k; a++) for (let b = 0; b < k; b++) h[a][b] += 2 * patch[a] * patch[b];
      }
  const mean = h.reduce((sum, row, i) => sum + row[i], 0) / k;
  h.forEach((row, i) => (row[i] = row[i] === 0 ? Math.max(mean, 1) : row[i] + damp * mean));
  return h;
}

describe.each([1, 2, 4])('%i groups', (groups) => {
  const weight = normal([4, 4 / groups, 1, 2]);
  const k = 8 / groups;
  const { fit } = scheme('int3', maximum());

  it.each([
    [0.01, 'one scale', perTensor(fit, 0.4)],
    [0.1, 'a scale for each channel', { ...perTensor(fit, 1), scale: Float32Array.of(0.3, 0.5, 0.4, 0.6) }],
    [
      0.01,
      'zero points',
      { ...perTensor(fit, 1), scale: Float32Array.of(0.3, 0.5, 0.4, 0.6), zeroPoint: Int32Array.of(1, -1, 0, 2) },
    ],
    [0.01, 'one zero point', perTensor(fit, 0.4, -1)],
    [0.5, 'half the mean', perTensor(fit, 0.25)],
    [2, 'twice the mean', perTensor(fit, 0.2)],
  ] as [number, string, Quantization][])(
    'damp %d, %s: each weight stands where the errors before it leave it',
    (damp, _, q) => {
      const float = network('float', [4, 2, 3], [conv('y', 'image', weight, { groups })]);
      const quantized: Network = {
        ...float,
        layers: [
          {
            op: 'quantize',
            name: 'q',
            inputs: ['image'],
            outputs: ['q'],
            quantization: perTensor(scheme('int8', maximum()).fit, 0.1),
          },
          conv('y', 'q', quantize(weight, q), { groups }),
        ],
      };
      const made = gptq(quantized, float, images, damp === 0.01 ? {} : { damp }).layers.filter(isMacLayer)[0];
      const found = Array.from(made.weight.data, (code) => (code >= 4 ? code - 8 : code));
      const expected = Array.from({ length: 4 }, (_row, f) => {
        const own = Array.from(weight.data.subarray(f * k, (f + 1) * k));
        const h = hessian(Math.floor((f * groups) / 4), groups, damp);
        const zero = typeof q.zeroPoint === 'number' ? q.zeroPoint : q.zeroPoint[f];
        return fixed(own, h, q.scale[q.scale.length === 1 ? 0 : f], zero);
      });
      expect(found).toEqual(expected.flat());
    },
  );
});

describe.each([1, 2, 3, 5, 8])('a positive definite matrix of %i rows', (n) => {
  const x = normal([n + 3, n]).data;
  const a = Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let i = 0; i < n + 3; i++) sum += x[i * n + Math.floor(at / n)] * x[i * n + (at % n)];
    return sum;
  });
  const product = (p: Float64Array, q: Float64Array) =>
    Array.from({ length: n * n }, (_, at) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += p[Math.floor(at / n) * n + i] * q[i * n + (at % n)];
      return sum;
    });
  const turned = (p: Float64Array) => p.map((_, at) => p[(at % n) * n + Math.floor(at / n)]);
  const close = (values: Iterable<number>) => Array.from(values, (value) => expect.closeTo(value, 9));

  it("is L L' and U' U of its factors, and one with its inverse", () => {
    const [lower, upper] = [choleskyOf(a, n), choleskyOf(a, n, 'upper')];
    expect(product(lower, turned(lower))).toEqual(close(a));
    expect(product(turned(upper), upper)).toEqual(close(a));
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) expect([lower[i * n + j], upper[j * n + i]]).toEqual([0, 0]);
    expect(product(a, inverseOf(a, n))).toEqual(close(a.map((_, at) => Number(at % (n + 1) === 0))));
  });
});
