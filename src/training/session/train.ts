import { float32Arithmetic } from '../../networks/arithmetic.js';
import { execute } from '../../networks/execute.js';
import type { Arithmetic, Network } from '../../networks/network.js';
import { dequantize } from '../../networks/quantization.js';
import { classesOf, type Dataset, imagesOf } from '../data/dataset.js';
import { checkFits } from '../data/fits.js';
import { type SessionOptions, sessionOf, type TrainStep } from './session.js';

export interface TrainOptions extends SessionOptions {
  onStep?: (step: TrainStep) => void;
}

export type { TrainStep };

/** Trains a float network and gives a new one; same options and data, same bits. */
export function train(network: Network, data: Dataset, options: TrainOptions): Network {
  const session = sessionOf(network, data, options);
  while (session.done < session.steps) {
    const step = session.step();
    options.onStep?.(step);
  }
  return session.network();
}

/** Share of the images that a network labels right, float or quantized. */
export function accuracyOf(
  network: Network,
  data: Dataset,
  arithmetic: Arithmetic = float32Arithmetic,
  batch = 100,
): number {
  checkFits(network, data);
  let correct = 0;
  for (let first = 0; first < data.count; first += batch) {
    const output = dequantize(execute(network, imagesOf(data, first, batch), arithmetic));
    classesOf(output).forEach((found, i) => {
      if (found === data.labels[first + i]) correct++;
    });
  }
  return correct / data.count;
}
