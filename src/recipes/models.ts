import { exactArithmetic } from '../networks/arithmetic.js';
import { foldBatchNorm } from '../networks/fold.js';
import type { Network } from '../networks/network.js';
import { schemesOf } from '../quantize/contract/calibrate.js';
import { straightThrough } from '../quantize/contract/fake.js';
import { quantizeNetwork } from '../quantize/quantize.js';
import type { OperandSchemes } from '../quantize/contract/recipe.js';
import { recipeNamed } from './catalog.js';
import { quantizationOf } from '../quantize/contract/scheme.js';
import { binaryLenet, lenet } from '../training/networks/architectures.js';
import { type Dataset, imagesOf } from '../training/data/dataset.js';
import { digits, TEST_SEED, TRAIN_SEED } from '../training/data/digits.js';
import { CALIBRATION_IMAGES, finetune } from '../training/session/finetune.js';
import { adam, sgd } from '../training/session/optimizer.js';
import { accuracyOf, train, type TrainStep } from '../training/session/train.js';

/** The project's networks, made from nothing but this file's numbers: the same bits on every machine. */
export const TRAIN_IMAGES = 15000;
export const TEST_IMAGES = 2000;
const BATCH = 50;
const LICENCE = 'MIT, as the project; trained on generated digits, no foreign data';

/** Called as work goes on: which network, and how much of it is done. */
export type Progress = (network: string, done: number, total: number) => void;

/**
 * The float network and every quantized one, in the order of the README of models/.
 * @param images that they are trained on and judged by; fewer make other networks
 */
export function makeNetworks(
  progress: Progress = () => {},
  images = { trained: TRAIN_IMAGES, judged: TEST_IMAGES },
): Network[] {
  const data = digits(images.trained, TRAIN_SEED);
  const test = digits(images.judged, TEST_SEED);
  const float = trainFloat(data, progress);
  const afterwards = ['int8', 'e4m3fn', 'e5m2', 'mixed'].map((name) =>
    quantizeNetwork(float, recipeNamed(name), imagesOf(data, 0, CALIBRATION_IMAGES)),
  );
  const [int8, ...floats] = afterwards;
  const networks = [
    named('fp32', float),
    named('int8', int8),
    named('int4', tuned(float, 'int4', data, progress)),
    named('binary', trainBinary(data, progress)),
    ...floats.map((network, i) => named(['e4m3fn', 'e5m2', 'mixed'][i], network)),
    named('radix4', tuned(float, 'radix4', data, progress)),
  ];
  return networks.map((network) => judged(network, test));
}

function reporting(network: string, progress: Progress): (step: TrainStep) => void {
  return ({ step, steps }) => progress(network, step, steps);
}

function trainFloat(data: Dataset, progress: Progress): Network {
  const onStep = reporting('fp32', progress);
  const options = { epochs: 4, batch: BATCH, rate: 0.05, seed: 3, optimizer: sgd({ decay: 5e-4 }), onStep };
  return foldBatchNorm(train(lenet(7), data, options));
}

/** The float network trained on with its operands on the recipe's grids. */
function tuned(float: Network, name: string, data: Dataset, progress: Progress): Network {
  const onStep = reporting(name, progress);
  return finetune(float, recipeNamed(name), data, {
    epochs: 1,
    batch: BATCH,
    rate: 0.005,
    seed: 5,
    optimizer: sgd(),
    onStep,
  });
}

/** From the start, because signs need batch-norms that live with them; the int8 layers are quantized afterwards. */
function trainBinary(data: Dataset, progress: Progress): Network {
  const start = binaryLenet(7);
  const recipe = recipeNamed('binary');
  const schemes = schemesOf(start, recipe);
  const network = train(start, data, {
    epochs: 5,
    batch: BATCH,
    rate: 0.004,
    seed: 3,
    optimizer: adam(),
    onStep: reporting('binary', progress),
    quantizers({ name }) {
      const { weight, weightLimit } = schemes.get(name) as OperandSchemes;
      return weightLimit === undefined
        ? {}
        : { weight: straightThrough((w) => quantizationOf(w, weight)), weightLimit };
    },
  });
  return quantizeNetwork(network, recipe, imagesOf(data, 0, CALIBRATION_IMAGES));
}

function named(name: string, network: Network): Network {
  return { ...network, name: `digits-${name}` };
}

function judged(network: Network, test: Dataset): Network {
  const accuracy = accuracyOf(network, test, exactArithmetic);
  const judgement = `${(100 * accuracy).toFixed(2)}% of ${test.count} generated digits (seed ${TEST_SEED}), sums exact`;
  const made = { accuracy: judgement, licence: LICENCE, made: 'npm run models' };
  const reference: Record<string, string> = network.name === 'digits-fp32' ? {} : { reference: 'digits-fp32.onnx' };
  return { ...network, metadata: { ...network.metadata, ...made, ...reference } };
}
