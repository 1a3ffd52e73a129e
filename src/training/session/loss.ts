import { exp, log } from '../../networks/elementary.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';

export interface Loss {
  /** Mean cross-entropy of the batch, in nats. */
  loss: number;
  /** By the logits. */
  gradient: FloatTensor;
  /** Images whose label has the largest logit. */
  correct: number;
}

/** Softmax cross-entropy of logits [n, classes]; the gradient is (softmax - one hot) / n. */
export function crossEntropy(logits: FloatTensor, labels: ArrayLike<number>): Loss {
  const [n, classes] = logits.shape;
  const gradient = floatTensor(logits.shape);
  let [loss, correct] = [0, 0];
  for (let i = 0; i < n; i++) {
    if (labels[i] >= classes)
      throw new RangeError(`an image has the label ${labels[i]}, and the network tells ${classes} classes apart`);
    const row = logits.data.subarray(i * classes, (i + 1) * classes);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const powers = Float64Array.from(row, (value) => exp(value - most));
    const total = powers.reduce((a, b) => a + b, 0);
    powers.forEach((power, c) => {
      gradient.data[i * classes + c] = (power / total - (c === labels[i] ? 1 : 0)) / n;
    });
    loss += log(total) - (row[labels[i]] - most);
    if (row.indexOf(most) === labels[i]) correct++;
  }
  return { loss: loss / n, gradient, correct };
}
