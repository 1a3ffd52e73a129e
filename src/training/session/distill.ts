import { exp, log } from '../../networks/elementary.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import { crossEntropy, type Loss } from './loss.js';

/**
 * Knowledge distillation (Hinton, Vinyals and Dean 2015): a small network, the student, learns from what a large one says
 * of the same images beside the labels, L = (1 - a) CE(labels) + a T^2 KL(softmax(teacher / T) || softmax(student / T)).
 */
export interface Distillation {
  /** a, 0..1. */
  share: number;
  /** T. */
  temperature: number;
}

/** As often used: half of each, and a temperature that lets the wrong classes speak. */
export const DISTILLATION: Distillation = { share: 0.5, temperature: 4 };

/**
 * The loss of logits [n, classes] beside the teacher's, and its gradient by the student's: (1 - a) of cross-entropy's and
 * a T (softmax(student / T) - softmax(teacher / T)) / n.
 */
export function distillationLoss(
  student: FloatTensor,
  teacher: FloatTensor,
  labels: ArrayLike<number>,
  { share, temperature }: Distillation,
): Loss {
  if (teacher.shape.join() !== student.shape.join())
    throw new RangeError(
      `the teacher says ${teacher.shape.join('x')} and the student ${student.shape.join('x')}: they must tell the same classes apart`,
    );
  const hard = crossEntropy(student, labels);
  const [n, classes] = student.shape;
  const gradient = floatTensor(student.shape);
  let divergence = 0;
  for (let first = 0; first < n * classes; first += classes) {
    const p = logSoftmax(teacher.data.subarray(first, first + classes), temperature);
    const q = logSoftmax(student.data.subarray(first, first + classes), temperature);
    for (let c = 0; c < classes; c++) {
      divergence += exp(p[c]) * (p[c] - q[c]);
      const soft = (temperature * (exp(q[c]) - exp(p[c]))) / n;
      gradient.data[first + c] = (1 - share) * hard.gradient.data[first + c] + share * soft;
    }
  }
  const loss = (1 - share) * hard.loss + (share * temperature * temperature * divergence) / n;
  return { loss, gradient, correct: hard.correct };
}

/** Logarithms of softmax(logits / temperature). */
export function logSoftmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  let most = -Infinity;
  for (let i = 0; i < logits.length; i++) most = Math.max(most, logits[i]);
  const shifted = Float64Array.from(logits, (value) => (value - most) / temperature);
  const sum = log(shifted.reduce((total, value) => total + exp(value), 0));
  return shifted.map((value) => value - sum);
}
