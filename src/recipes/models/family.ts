import type { Network } from '../../networks/network.js';
import { quantizeNetwork } from '../../quantize/quantize.js';
import { type Dataset, imagesOf } from '../../training/data/dataset.js';
import type { Generator } from '../../training/data/generator.js';
import { CALIBRATION_IMAGES, finetune } from '../../training/session/finetune.js';
import { sgd } from '../../training/session/optimizer.js';
import type { TrainStep } from '../../training/session/train.js';
import { recipeNamed } from '../catalog.js';

/** A float network and those that are made of it. */
export interface ModelFamily {
  /** Of what its images are, and the beginning of its networks' names. */
  generator: Generator;
  /** Images that it is trained on. */
  trained: number;
  /** The networks in the order of the README of models/, the float one first, each with the end of its name. */
  make(data: Dataset, listen: Listen): readonly Made[];
}

export type Made = readonly [name: string, network: Network];

/** What hears the steps of a network's training. */
export type Listen = (name: string) => (step: TrainStep) => void;

/** Images in a step of training. */
export const BATCH = 50;

/** The float network quantized by the recipe of that name. */
export function afterwards(float: Network, name: string, data: Dataset): Made {
  return [name, quantizeNetwork(float, recipeNamed(name), imagesOf(data, 0, CALIBRATION_IMAGES))];
}

/** The float network trained on for an epoch with its operands on the grids of the recipe of that name. */
export function tuned(float: Network, name: string, data: Dataset, listen: Listen): Made {
  const options = { epochs: 1, batch: BATCH, rate: 0.005, seed: 5, optimizer: sgd(), onStep: listen(name) };
  return [name, finetune(float, recipeNamed(name), data, options)];
}
