import { float32Arithmetic } from '../networks/arithmetic.js';
import { execute } from '../networks/execute.js';
import type { Arithmetic, Network } from '../networks/network.js';
import { dequantize } from '../networks/quantization.js';
import { classesOf, type Dataset, imagesOf, selectFrom } from './dataset.js';
import { crossEntropy } from './loss.js';
import { modelOf, type QuantizersOf } from './model.js';
import { type Optimizer, sgd } from './optimizer.js';
import { randomFrom, shuffle } from './random.js';

export interface TrainOptions {
  epochs: number;
  batch: number;
  /** Learning rate at the start; it falls to zero along a straight line. */
  rate: number;
  /** Order of the images. */
  seed: number;
  optimizer?: Optimizer;
  /** What every product of training goes through. */
  arithmetic?: Arithmetic;
  quantizers?: QuantizersOf;
  onStep?: (step: TrainStep) => void;
}

export interface TrainStep {
  step: number;
  steps: number;
  loss: number;
  /** Share of the batch that was right. */
  accuracy: number;
}

/** Trains a float network and gives a new one; same options and data, same bits. */
export function train(network: Network, data: Dataset, options: TrainOptions): Network {
  const { epochs, batch, rate, seed, optimizer = sgd(), arithmetic = float32Arithmetic } = options;
  const model = modelOf(network, arithmetic, options.quantizers);
  const random = randomFrom(seed, 0x5eed);
  const order = Uint32Array.from({ length: data.count }, (_, i) => i);
  const perEpoch = Math.floor(data.count / batch);
  const steps = epochs * perEpoch;
  for (let step = 0; step < steps; step++) {
    if (step % perEpoch === 0) shuffle(order, random);
    const first = (step % perEpoch) * batch;
    const { images, labels } = selectFrom(data, order.subarray(first, first + batch));
    const { loss, gradient, correct } = crossEntropy(model.forward(images, true), labels);
    if (!Number.isFinite(loss))
      throw new Error(`training ${network.name}: the loss is ${loss} at step ${step}: lower the rate (${rate})`);
    model.backward(gradient);
    optimizer.step(model.parameters, rate * (1 - step / steps));
    options.onStep?.({ step: step + 1, steps, loss, accuracy: correct / batch });
  }
  return model.network();
}

/** Share of the images that a network labels right, float or quantized. */
export function accuracyOf(
  network: Network,
  data: Dataset,
  arithmetic: Arithmetic = float32Arithmetic,
  batch = 100,
): number {
  let correct = 0;
  for (let first = 0; first < data.count; first += batch) {
    const output = dequantize(execute(network, imagesOf(data, first, batch), arithmetic));
    classesOf(output).forEach((found, i) => {
      if (found === data.labels[first + i]) correct++;
    });
  }
  return correct / data.count;
}
