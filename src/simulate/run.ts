import { float32Arithmetic } from '../networks/arithmetic.js';
import { execute } from '../networks/execute.js';
import type { Network } from '../networks/network.js';
import { classesOf, type Dataset, imagesOf } from '../training/data/dataset.js';
import { checkFits } from '../training/data/fits.js';
import type { FloatTensor } from '../networks/tensor.js';
import type { Target } from '../targets/target.js';
import { type Accuracy, judgeAccuracy, type LayerErrors } from './accuracy.js';
import { judgeCost, type LayerCost, type NetworkCost } from './cost.js';
import { sqnrDb } from './errors.js';

/** Everything one run gives: a network's bits, cycles and energy on one target. */
export interface RunResult {
  network: string;
  target: string;
  datapath: string;
  images: number;
  /** Share of images classified as labelled, 0..1; the float network's where there is one. */
  accuracy: number;
  floatAccuracy?: number;
  /** Of the network's outputs, against the same network with exact sums, and against the float network. */
  sqnrExactDb: number;
  sqnrFloatDb?: number;
  cost: Omit<NetworkCost, 'layers'>;
  layers: LayerResult[];
}

export type LayerResult = LayerCost & Omit<LayerErrors, 'layer' | 'unit'>;

/** Outputs of a float network on the same images. */
export interface FloatRun {
  outputs: Float32Array;
  accuracy: number;
}

const BATCH = 100;

export function runFloat(network: Network, data: Dataset): FloatRun {
  checkFits(network, data);
  const outputs: number[] = [];
  let right = 0;
  for (let first = 0; first < data.count; first += BATCH) {
    const output = execute(network, imagesOf(data, first, BATCH), float32Arithmetic) as FloatTensor;
    for (const value of output.data) outputs.push(value);
    classesOf(output).forEach((found, i) => {
      if (found === data.labels[first + i]) right++;
    });
  }
  return { outputs: Float32Array.from(outputs), accuracy: right / data.count };
}

/**
 * Runs a quantized network on a target.
 * @param float the float network's outputs on the same data, to be compared with
 * @param progress called with the number of images done
 */
export function run(
  network: Network,
  target: Target,
  data: Dataset,
  float?: FloatRun,
  progress?: (images: number) => void,
): RunResult {
  const { layers: costs, ...cost } = judgeCost(network, target);
  const accuracy = judgeAccuracy(network, target, data, progress);
  return {
    network: network.name,
    target: target.name,
    datapath: target.datapath.name,
    ...outcomeOf(accuracy, float),
    cost,
    layers: costs.map((layer) => ({ ...layer, ...errorsOf(accuracy, layer.layer) })),
  };
}

/** What does not depend on cycles: a sweep computes it once for all arrays that add in the same order. */
export type Outcome = Pick<RunResult, 'images' | 'accuracy' | 'floatAccuracy' | 'sqnrExactDb' | 'sqnrFloatDb'>;

export function outcomeOf(accuracy: Accuracy, float?: FloatRun): Outcome {
  return {
    images: accuracy.images,
    accuracy: accuracy.accuracy,
    sqnrExactDb: sqnrDb(accuracy.exactOutputs, accuracy.outputs),
    ...(float && { floatAccuracy: float.accuracy, sqnrFloatDb: sqnrDb(float.outputs, accuracy.outputs) }),
  };
}

function errorsOf({ layers }: Accuracy, name: string): Omit<LayerErrors, 'layer' | 'unit'> {
  const found = layers.find(({ layer }) => layer === name);
  if (found === undefined) throw new RangeError(`layer ${name} has a cost and was not run`);
  const { layer: _layer, unit: _unit, ...errors } = found;
  return errors;
}
