import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/networks/tensor.js';
import { distillationLoss, logSoftmax } from '../../../src/training/session/distill.js';
import { crossEntropy } from '../../../src/training/session/loss.js';

const logits = (rows: number[][]) => floatTensor([rows.length, rows[0].length], Float32Array.from(rows.flat()));
const student = logits([
  [1, -2, 0.5],
  [0, 3, -1],
]);
const teacher = logits([
  [2, -1, 0],
  [-800, 1, 700],
]);
const labels = Uint8Array.of(0, 2);

describe('knowledge distillation', () => {
  it('is (1 - a) CE + a T^2 KL, worked out by hand', () => {
    const soft = (row: number[], t: number) => {
      const powers = row.map((x) => Math.exp(x / t));
      return powers.map((power) => power / powers.reduce((a, b) => a + b));
    };
    const [s, t, temperature, share] = [[1, -2, 0.5], [2, -1, 0], 4, 0.3];
    const [p, q] = [soft(t, temperature), soft(s, temperature)];
    const divergence = p.reduce((sum, value, c) => sum + value * Math.log(value / q[c]), 0);
    const wanted = (1 - share) * -Math.log(soft(s, 1)[0]) + share * temperature ** 2 * divergence;
    const options = { share, temperature };
    const { loss, correct, gradient } = distillationLoss(logits([s]), logits([t]), Uint8Array.of(0), options);
    expect(loss).toBeCloseTo(wanted, 10);
    const hard = soft(s, 1).map((value, c) => value - (c === 0 ? 1 : 0));
    gradient.data.forEach((g, c) =>
      expect(g).toBeCloseTo((1 - share) * hard[c] + share * temperature * (q[c] - p[c]), 7),
    );
    // Of two images the mean: twice the same has the loss of one, and half of each gradient.
    const twice = distillationLoss(logits([s, s]), logits([t, t]), Uint8Array.of(0, 0), options);
    expect(twice.loss).toBeCloseTo(wanted, 10);
    twice.gradient.data.forEach((g, i) => expect(g).toBeCloseTo(gradient.data[i % 3] / 2, 7));
    expect(correct).toBe(1);
  });

  it('is cross-entropy alone where the teacher has no share, and nothing where the student says the same', () => {
    const alone = distillationLoss(student, teacher, labels, { share: 0, temperature: 4 });
    expect(alone).toEqual(crossEntropy(student, labels));
    const same = distillationLoss(student, student, labels, { share: 1, temperature: 2 });
    expect(same.loss).toBe(0);
    expect(Array.from(same.gradient.data)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it.each([1, 4])('its gradient is that of the loss, temperature %d', (temperature) => {
    const options = { share: 0.6, temperature };
    const { gradient } = distillationLoss(student, teacher, labels, options);
    for (let i = 0; i < 6; i++) {
      const at = (step: number) => {
        const moved = logits([Array.from(student.data.subarray(0, 3)), Array.from(student.data.subarray(3))]);
        moved.data[i] += step;
        return distillationLoss(moved, teacher, labels, options).loss;
      };
      expect(gradient.data[i]).toBeCloseTo((at(2 ** -8) - at(-(2 ** -8))) / 2 ** -7, 3);
    }
  });

  it('stands teachers that are sure, and names one of other classes', () => {
    expect(Number.isFinite(distillationLoss(student, teacher, labels, { share: 1, temperature: 0.01 }).loss)).toBe(
      true,
    );
    expect(Math.exp(logSoftmax([5, 5])[0])).toBeCloseTo(0.5, 12);
    const other = logits([
      [1, 2],
      [3, 4],
    ]);
    expect(() => distillationLoss(student, other, labels, { share: 1, temperature: 1 })).toThrow(
      'the teacher says 2x2 and the student 2x3: they must tell the same classes apart',
    );
  });
});
