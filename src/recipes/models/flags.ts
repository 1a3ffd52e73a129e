import { foldBatchNorm } from '../../networks/fold.js';
import type { Network } from '../../networks/network.js';
import type { Dataset } from '../../training/data/dataset.js';
import { FLAGS } from '../../training/data/flags.js';
import { separable } from '../../training/networks/separable.js';
import { sgd } from '../../training/session/optimizer.js';
import { train } from '../../training/session/train.js';
import { afterwards, BATCH, type Listen, type ModelFamily, tuned } from './family.js';

/** Networks with colours, residual sums and depthwise convolutions. */
export const FLAGS_MODELS: ModelFamily = {
  generator: FLAGS,
  trained: 12000,
  make(data, listen) {
    const float = trainFloat(data, listen);
    return [
      ['fp32', float],
      afterwards(float, 'int8', data),
      tuned(float, 'int4', data, listen),
      afterwards(float, 'e4m3fn', data),
    ];
  },
};

function trainFloat(data: Dataset, listen: Listen): Network {
  const optimizer = sgd({ decay: 5e-4 });
  const options = { epochs: 5, batch: BATCH, rate: 0.05, seed: 3, optimizer, onStep: listen('fp32') };
  return foldBatchNorm(train(separable(7), data, options));
}
