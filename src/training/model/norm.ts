import type { BatchNormLayer } from '../../networks/network.js';
import { parameter } from '../../networks/parameter.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../networks/tensor.js';
import type { Module } from './module.js';

const EPSILON = 1e-5;
/** Share of the newest batch in the running statistics. */
const MOMENTUM = 0.1;

/**
 * Batch normalization (Ioffe and Szegedy 2015) per channel of [n, c, ...]: y = gamma (x - mean) / sqrt(variance + 1e-5) +
 * beta, statistics over the batch in training and running averages otherwise. As a layer it is one scale and one shift;
 * it starts from those of the layer given.
 */
export function normModule(layer: BatchNormLayer): Module {
  const channels = layer.scale.length;
  const gamma = parameter(`${layer.name}.gamma`, layer.scale.slice());
  const beta = parameter(`${layer.name}.beta`, layer.shift.slice());
  const running: Statistics = {
    mean: new Float64Array(channels),
    variance: new Float64Array(channels).fill(1 - EPSILON),
  };
  const batch: Statistics = { mean: running.mean, variance: running.variance };
  let normal = new Float32Array(0);
  let inverse = new Float64Array(channels);

  function forward(x: FloatTensor, training: boolean): FloatTensor {
    if (training) measure(x);
    const at = training ? batch : running;
    const y = floatTensor(x.shape);
    normal = new Float32Array(x.data.length);
    inverse = at.variance.map((v) => 1 / Math.sqrt(v + EPSILON));
    overRuns(x.shape, (c, first, end) => {
      for (let i = first; i < end; i++) {
        normal[i] = (x.data[i] - at.mean[c]) * inverse[c];
        y.data[i] = gamma.value[c] * normal[i] + beta.value[c];
      }
    });
    return y;
  }

  function measure(x: FloatTensor): void {
    const count = x.data.length / channels;
    const [totals, squares] = [new Float64Array(channels), new Float64Array(channels)];
    overRuns(x.shape, (c, first, end) => {
      for (let i = first; i < end; i++) totals[c] += x.data[i];
    });
    batch.mean = totals.map((total) => total / count);
    overRuns(x.shape, (c, first, end) => {
      for (let i = first; i < end; i++) squares[c] += (x.data[i] - batch.mean[c]) * (x.data[i] - batch.mean[c]);
    });
    batch.variance = squares.map((total) => total / count);
    moveTowards(running.mean, batch.mean);
    moveTowards(running.variance, batch.variance);
  }

  /** dx = gamma / sigma * (dy - mean(dy) - xhat * mean(dy * xhat)). */
  function backward({ shape, data: dy }: FloatTensor): FloatTensor {
    const dx = floatTensor(shape);
    const count = dy.length / channels;
    const [totals, along] = [new Float64Array(channels), new Float64Array(channels)];
    overRuns(shape, (c, first, end) => {
      for (let i = first; i < end; i++) {
        totals[c] += dy[i];
        along[c] += dy[i] * normal[i];
      }
    });
    overRuns(shape, (c, first, end) => {
      const factor = gamma.value[c] * inverse[c];
      for (let i = first; i < end; i++)
        dx.data[i] = factor * (dy[i] - totals[c] / count - (normal[i] * along[c]) / count);
    });
    totals.forEach((total, c) => {
      gamma.gradient[c] += along[c];
      beta.gradient[c] += total;
    });
    return dx;
  }

  return {
    parameters: [gamma, beta],
    state: [
      { name: `${layer.name}.mean`, data: running.mean },
      { name: `${layer.name}.variance`, data: running.variance },
    ],
    forward,
    backward,
    layer() {
      const scale = gamma.value.map((g, c) => g / Math.sqrt(running.variance[c] + EPSILON));
      return { ...layer, scale, shift: beta.value.map((b, c) => b - running.mean[c] * scale[c]) };
    },
  };
}

interface Statistics {
  mean: Float64Array;
  variance: Float64Array;
}

function moveTowards(averages: Float64Array, newest: Float64Array): void {
  newest.forEach((value, c) => {
    averages[c] += MOMENTUM * (value - averages[c]);
  });
}

/** Calls `visit` for every run of elements of one channel: [first, end). */
function overRuns(shape: readonly number[], visit: (channel: number, first: number, end: number) => void): void {
  const run = sizeOf(shape.slice(2));
  for (let plane = 0; plane < shape[0] * shape[1]; plane++) visit(plane % shape[1], plane * run, (plane + 1) * run);
}
