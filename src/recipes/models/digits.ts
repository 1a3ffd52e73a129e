import { foldBatchNorm } from '../../networks/fold.js';
import type { Network } from '../../networks/network.js';
import { schemesOf } from '../../quantize/contract/calibrate.js';
import { straightThrough } from '../../quantize/contract/fake.js';
import type { OperandSchemes } from '../../quantize/contract/recipe.js';
import { quantizationOf } from '../../quantize/contract/scheme.js';
import { quantizeNetwork } from '../../quantize/quantize.js';
import { type Dataset, imagesOf } from '../../training/data/dataset.js';
import { DIGITS } from '../../training/data/digits.js';
import { binaryLenet, lenet } from '../../training/networks/architectures.js';
import { CALIBRATION_IMAGES } from '../../training/session/finetune.js';
import { adam, sgd } from '../../training/session/optimizer.js';
import { train } from '../../training/session/train.js';
import { recipeNamed } from '../catalog.js';
import { afterwards, BATCH, type Listen, type ModelFamily, tuned } from './family.js';

/** The networks of the main job. */
export const DIGITS_MODELS: ModelFamily = {
  generator: DIGITS,
  trained: 15000,
  make(data, listen) {
    const float = trainFloat(data, listen);
    return [
      ['fp32', float],
      afterwards(float, 'int8', data),
      tuned(float, 'int4', data, listen),
      ['binary', trainBinary(data, listen)],
      afterwards(float, 'e4m3fn', data),
      afterwards(float, 'e5m2', data),
      afterwards(float, 'mixed', data),
      tuned(float, 'radix4', data, listen),
    ];
  },
};

function trainFloat(data: Dataset, listen: Listen): Network {
  const optimizer = sgd({ decay: 5e-4 });
  const options = { epochs: 4, batch: BATCH, rate: 0.05, seed: 3, optimizer, onStep: listen('fp32') };
  return foldBatchNorm(train(lenet(7), data, options));
}

/** From the start, because signs need batch-norms that live with them; the int8 layers are quantized afterwards. */
function trainBinary(data: Dataset, listen: Listen): Network {
  const start = binaryLenet(7);
  const recipe = recipeNamed('binary');
  const schemes = schemesOf(start, recipe);
  const network = train(start, data, {
    epochs: 5,
    batch: BATCH,
    rate: 0.004,
    seed: 3,
    optimizer: adam(),
    onStep: listen('binary'),
    quantizers({ name }) {
      const { weight, weightLimit } = schemes.get(name) as OperandSchemes;
      return weightLimit === undefined
        ? {}
        : { weight: straightThrough((w) => quantizationOf(w, weight)), weightLimit };
    },
  });
  return quantizeNetwork(network, recipe, imagesOf(data, 0, CALIBRATION_IMAGES));
}
