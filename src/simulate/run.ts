import { wholeFloat32Arithmetic } from '../networks/arithmetic.js';
import { factsOf } from '../networks/facts.js';
import type { Arithmetic, Network } from '../networks/network.js';
import { sizeOf } from '../networks/tensor.js';
import type { Dataset } from '../training/data/dataset.js';
import type { Target } from '../targets/target.js';
import { type Accuracy, joinedRows, judgeAccuracy, type LayerErrors, rowsOf } from './accuracy.js';
import { judgeCost, type LayerCost, type NetworkCost } from './cost.js';
import { sqnrDb } from './errors.js';
import type { GateActivity } from './gateActivity.js';
import { type Likeness, likenessOf, pairsOf, sidesOf } from './likeness.js';
import { hitsOf, intervalOf, type OutputRows } from './measures.js';
import { type Placement, placementsOf } from './placement.js';
import { ofDataset, type RunData } from './runData.js';

/** Everything one run gives: a network's bits, cycles and energy on one target. */
export interface RunResult {
  network: string;
  target: string;
  datapath: string;
  images: number;
  /** Share of images classified as labelled, 0..1, and its 95 % interval; where there are labels. */
  accuracy?: number;
  accuracyInterval?: readonly [low: number, high: number];
  /** Share whose label is among the five largest outputs; of networks with more than five classes. */
  top5?: number;
  /** The float network's. */
  floatAccuracy?: number;
  /** Of the network's outputs, against the same network with exact sums, and against the float network. */
  sqnrExactDb: number;
  sqnrFloatDb?: number;
  /** Against the float network, and against outputs stored beside the data. */
  float?: Likeness;
  stored?: Likeness;
  /** Outputs of other shapes than what they are held against, for some image, which is left out of the figures above. */
  uncompared?: readonly string[];
  cost: Omit<NetworkCost, 'layers'>;
  /** Layers with products on the array. */
  layers: LayerResult[];
  /** Where every layer runs, in order. */
  placements: readonly Placement[];
  /** What gates say of it, where they were looked at. */
  gates?: GateResult;
}

/** What a run's energy is with the gates of its PEs, and how well that is known. */
export interface GateResult extends Omit<GateActivity, 'layers'> {
  energyPj: number;
  /** What the target's table says in their place, where it has the units. */
  tablePj?: number;
  /** Libraries, each once. */
  technology: string;
  /** The target's clock, and the one that the slowest unit's longest path allows. */
  clockMhz: number;
  maxMhz: number;
}

/**
 * What outcomes are ranked by, 0..1: how many images are told as labelled; without labels as the float network tells them,
 * or as outputs stored beside the data do.
 */
export function qualityOf({ accuracy, float, stored }: Pick<RunResult, 'accuracy' | 'float' | 'stored'>): number {
  return accuracy ?? float?.agreement ?? stored?.agreement ?? 0;
}

/** Undefined where the table has not all units. */
function energyByTable(network: Network, target: Target): number | undefined {
  try {
    return judgeCost(network, { ...target, gates: undefined }).energyPj;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A result whose energies are those of gates. */
export function withGateCost(result: RunResult, network: Network, target: Target, activity: GateActivity): RunResult {
  const { layers: costs, ...cost } = judgeCost(network, target, activity);
  const { layers, ...measured } = activity;
  const units = [...layers.values()].map(({ gates }) => gates);
  const tablePj = energyByTable(network, target);
  const gates: GateResult = {
    ...measured,
    energyPj: cost.energyPj,
    ...(tablePj !== undefined && { tablePj }),
    technology: [...new Set(units.map(({ technology }) => technology.name))].join(', '),
    clockMhz: target.clockMhz,
    maxMhz: Math.min(...units.map(({ period }) => 1e-6 / period)),
  };
  return {
    ...result,
    cost,
    gates,
    layers: result.layers.map((layer) => ({ ...layer, ...costs.find((cost) => cost.layer === layer.layer) })),
  };
}

export type LayerResult = LayerCost & Omit<LayerErrors, 'layer' | 'unit'> & Pick<Placement, 'node'>;

/** Outputs of a float network on the same images. */
export interface FloatRun {
  outputs: readonly OutputRows[];
  /** Share of images classified as labelled, 0..1; undefined without labels. */
  accuracy?: number;
}

const BATCH = 100;
/** Elements of the largest tensor of images that go through a float network together. */
const ELEMENTS = 2 ** 22;

/** @param arithmetic of its products; exact sums show what a quantization alone takes */
export function runFloat(
  network: Network,
  given: Dataset | RunData,
  arithmetic: Arithmetic = wholeFloat32Arithmetic,
): FloatRun {
  const data = dataFor(network, given);
  return floatRunOf(network, floatOutputs(network, data, arithmetic), data);
}

/** What a float network gives for all images. */
export function floatOutputs(
  network: Network,
  data: RunData,
  arithmetic: Arithmetic = wholeFloat32Arithmetic,
): OutputRows[] {
  const sizes = [...factsOf(network).values()].filter(({ open }) => open === undefined);
  const largest = Math.max(1, ...sizes.map(({ shape }) => sizeOf(shape)));
  const most = Math.max(1, Math.min(BATCH, Math.floor(ELEMENTS / largest)));
  const batch = network.batch === 'free' ? most : data.batch;
  const batches: OutputRows[][] = [];
  for (let first = 0; first < data.count; first += batch) {
    const count = Math.min(batch, data.count - first);
    batches.push(rowsOf(network, data.inputs(first, count), count, arithmetic));
  }
  return joinedRows(batches);
}

export function floatRunOf(network: Named, outputs: readonly OutputRows[], data: RunData): FloatRun {
  const judged = data.labels && judgedBy(network, outputs, data);
  return { outputs, ...(judged && { accuracy: judged.accuracy }) };
}

function dataFor(network: Network, data: Dataset | RunData): RunData {
  return 'images' in data ? ofDataset(network, data) : data;
}

/**
 * Runs a quantized network on a target.
 * @param float the float network's outputs on the same data, to be compared with
 * @param progress called with the number of images done
 */
export function run(
  network: Network,
  target: Target,
  given: Dataset | RunData,
  float?: FloatRun,
  progress?: (images: number) => void,
): RunResult {
  const data = dataFor(network, given);
  return resultOf(network, target, data, judgeAccuracy(network, target, data, progress), float);
}

/** A run's result, from what its arithmetic did. */
export function resultOf(
  network: Network,
  target: Target,
  data: RunData,
  accuracy: Accuracy,
  float?: FloatRun,
): RunResult {
  const { layers: costs, ...cost } = judgeCost(network, target);
  const placements = placementsOf(network, target);
  const nodes = new Map(placements.map(({ layer, node }) => [layer, node]));
  return {
    network: network.name,
    target: target.name,
    datapath: target.datapath.name,
    ...outcomeOf(network, accuracy, data, float),
    cost,
    placements,
    // Of a branch that no image took there is nothing to say.
    layers: costs.flatMap((cost) => {
      const errors = errorsOf(accuracy, cost.layer);
      const node = nodes.get(cost.layer) as string;
      if (errors === undefined && network.layers.some(({ name, when }) => name === cost.layer && when !== undefined))
        return [];
      if (errors === undefined) throw new RangeError(`layer ${node} has a cost and was not run`);
      return [{ ...cost, ...errors, node }];
    }),
  };
}

/** What does not depend on cycles: a sweep computes it once for all arrays that add in the same order. */
export type Outcome = Pick<RunResult, (typeof OUTCOME)[number]>;
export const OUTCOME = [
  ...(['images', 'accuracy', 'accuracyInterval', 'top5', 'floatAccuracy'] as const),
  ...(['sqnrExactDb', 'sqnrFloatDb', 'float', 'stored', 'uncompared'] as const),
] as const;

export function outcomeOf(
  network: Network,
  { images, outputs, exactOutputs }: Accuracy,
  data: RunData,
  float?: FloatRun,
): Outcome {
  const likeFloat = float && likenessOf(float.outputs, outputs);
  const stored = data.expected && storedRows(data);
  const likeStored = stored && likenessOf(stored, outputs);
  const exact = pairsOf(exactOutputs, outputs);
  const left = [exactOutputs, float?.outputs ?? [], stored ?? []].flatMap(
    (wanted) => pairsOf(wanted, outputs)?.left ?? [],
  );
  const [x, y] = sidesOf(exact?.pairs ?? []);
  return {
    images,
    ...(data.labels && judgedBy(network, outputs, data)),
    sqnrExactDb: sqnrDb(x, y),
    ...(float?.accuracy !== undefined && { floatAccuracy: float.accuracy }),
    ...(likeFloat && { sqnrFloatDb: likeFloat.sqnrDb, float: likeFloat }),
    ...(likeStored && { stored: likeStored }),
    ...(left.length > 0 && { uncompared: [...new Set(left)] }),
  };
}

function storedRows({ expected, count, batch }: RunData): OutputRows[] {
  const batches: OutputRows[][] = [];
  for (let first = 0; first < count; first += batch) {
    const rows = [...(expected?.(first) ?? [])].map(([name, array]) => {
      const data = Float32Array.from(array.data);
      return { name, rows: batch, width: data.length / batch, data, shapes: [array.shape.join('x')] };
    });
    batches.push(rows);
  }
  return joinedRows(batches);
}

type Named = Pick<Network, 'name'>;
type Judged = Pick<RunResult, 'accuracy' | 'accuracyInterval' | 'top5'>;

/** Of the first output of one size, which must have a number for each class. @throws Error naming the first label beyond */
function judgedBy({ name }: Named, outputs: readonly OutputRows[], { labels = [], place }: RunData): Judged {
  const output = outputs.find(({ shapes }) => shapes === undefined);
  if (output === undefined)
    throw new Error(
      `network ${name} gives no real numbers of one size for every image, and labels are for such: leave them out`,
    );
  const { rows, width } = output;
  for (let i = 0; i < rows; i++)
    if (!(labels[i] >= 0 && labels[i] < width))
      throw new Error(
        `${place(i)}: the label is ${labels[i]}, and network ${name} has ${width} outputs: labels are 0 to ${width - 1}`,
      );
  const hits = hitsOf(output, labels, 1);
  return {
    accuracy: hits / rows,
    accuracyInterval: intervalOf(hits, rows),
    ...(width > 5 && { top5: hitsOf(output, labels, 5) / rows }),
  };
}

function errorsOf({ layers }: Accuracy, name: string): Omit<LayerErrors, 'layer' | 'unit'> | undefined {
  const found = layers.find(({ layer }) => layer === name);
  if (found === undefined) return undefined;
  const { layer: _layer, unit: _unit, ...errors } = found;
  return errors;
}
