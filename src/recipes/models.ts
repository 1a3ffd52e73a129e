import { exactArithmetic } from '../networks/arithmetic.js';
import type { Network } from '../networks/network.js';
import type { Dataset } from '../training/data/dataset.js';
import { generate, TEST_SEED, TRAIN_SEED } from '../training/data/generator.js';
import { accuracyOf } from '../training/session/train.js';
import { DIGITS_MODELS } from './models/digits.js';
import type { ModelFamily } from './models/family.js';
import { FLAGS_MODELS } from './models/flags.js';

/** The project's networks, made from nothing but the numbers of these records: the same bits on every machine. */
export const MODEL_FAMILIES: readonly ModelFamily[] = [DIGITS_MODELS, FLAGS_MODELS];

/** Images that networks are judged by. */
const TEST_IMAGES = 2000;

/** Called as work goes on: which network, and how much of it is done. */
export type Progress = (network: string, done: number, total: number) => void;

/**
 * The float networks and every quantized one, in the order of the README of models/.
 * @param images that they are trained on and judged by, in place of the families' own; fewer make other networks
 */
export function makeNetworks(
  progress: Progress = () => {},
  images: { trained?: number; judged?: number } = {},
): Network[] {
  return MODEL_FAMILIES.flatMap(({ generator, trained, make }) => {
    const data = generate(generator, images.trained ?? trained, TRAIN_SEED);
    const test = generate(generator, images.judged ?? TEST_IMAGES, TEST_SEED);
    const called = (name: string) => `${generator.name}-${name}`;
    const made = make(data, (name) => {
      return ({ step, steps }) => progress(called(name), step, steps);
    });
    const [reference] = made;
    return made.map(([name, network]) => {
      const own = { ...network, name: called(name) };
      return judged(own, generator.name, test, name === reference[0] ? undefined : called(reference[0]));
    });
  });
}

/** With what it reaches and how it was made in its metadata. */
function judged(network: Network, kind: string, test: Dataset, reference: string | undefined): Network {
  const accuracy = accuracyOf(network, test, exactArithmetic);
  const made = {
    accuracy: `${(100 * accuracy).toFixed(2)}% of ${test.count} generated ${kind} (seed ${TEST_SEED}), sums exact`,
    licence: `MIT, as the project; trained on generated ${kind}, no foreign data`,
    made: 'npm run models',
    ...(reference !== undefined && { reference: `${reference}.onnx` }),
  };
  return { ...network, metadata: { ...network.metadata, ...made } };
}
