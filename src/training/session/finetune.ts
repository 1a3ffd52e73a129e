import type { Network } from '../../networks/network.js';
import { perTensor } from '../../networks/quantization.js';
import { calibrate, schemesOf } from '../../quantize/contract/calibrate.js';
import { straightThrough } from '../../quantize/contract/fake.js';
import { quantizeNetwork } from '../../quantize/quantize.js';
import type { OperandSchemes, Recipe } from '../../quantize/contract/recipe.js';
import { quantizationOf } from '../../quantize/contract/scheme.js';
import { type Dataset, imagesOf } from '../data/dataset.js';
import type { QuantizersOf } from '../model/model.js';
import { train, type TrainOptions } from './train.js';

/** Images that ranges are found on. */
export const CALIBRATION_IMAGES = 500;

/**
 * Quantization-aware training: weights on grids that follow them, activations on grids found once before, gradients
 * straight through; then the network is quantized with the same grids.
 */
export function finetune(network: Network, recipe: Recipe, data: Dataset, options: TrainOptions): Network {
  const ranges = calibrate(network, recipe, imagesOf(data, 0, CALIBRATION_IMAGES));
  const schemes = schemesOf(network, recipe);
  const quantizers: QuantizersOf = ({ name }) => {
    const { weight, weightLimit } = schemes.get(name) as OperandSchemes;
    const input = ranges.inputs.get(name)?.[0] ?? perTensor(weight.fit, 1);
    return {
      weight: straightThrough((w) => quantizationOf(w, weight)),
      input: straightThrough(() => input),
      weightLimit,
    };
  };
  return quantizeNetwork(train(network, data, { ...options, quantizers }), recipe, ranges);
}
