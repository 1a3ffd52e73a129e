import { float32Arithmetic } from '../networks/arithmetic.js';
import { isMacLayer, type Network } from '../networks/network.js';
import { execute } from '../networks/execute.js';
import { foldBatchNorm } from '../networks/fold.js';
import { loadTarget } from '../targets/catalog.js';
import { architecture } from '../training/networks/architectures.js';
import { type Dataset, imagesOf } from '../training/data/dataset.js';
import { checkSize } from '../training/data/fits.js';
import { type Distillation, distillationLoss } from '../training/session/distill.js';
import { drawsFrom } from '../random/draws.js';
import { CALIBRATION_IMAGES } from '../training/session/finetune.js';
import type { QuantizersOf } from '../training/model/model.js';
import { restyled } from '../training/networks/restyle.js';
import type { LossScaling } from '../training/session/scaling.js';
import { type Session, type SessionOptions, sessionOf, type TrainStep } from '../training/session/session.js';
import type { StateArray } from '../training/model/state.js';
import type { TrainRecipe } from '../recipes/trainRecipe.js';
import { trainRecipeNamed } from '../recipes/catalog.js';
import { countGradient, type GradientTally, noGradients, watched } from '../training/session/watch.js';
import { unitsOf } from './arithmetic.js';
import { arrayArithmetic } from './arrayArithmetic.js';
import { ALONE, type GemmPool } from '../datapaths/kernel/index.js';
import { isNetworkFile } from '../networks/readers/index.js';
import { loadNetwork } from './plan.js';
import { costMeter, type ProductCost, type TrainingCost } from './trainCost.js';

/** A training run as plain data: the same plan and data give the same bits. */
export interface TrainingPlan {
  recipe: string;
  /** By name or file. */
  target: string;
  /** Architecture by name, or an ONNX file of a float network to go on from. */
  network: string;
  /** ONNX file of a float network to learn from, where it is not `network` itself. */
  teacher?: string;
  distillation?: Distillation;
  epochs: number;
  batch: number;
  seed: number;
  /** `array`: every product of codes on the target's array, bit for bit; `float`: on the same grids, in float32. */
  arithmetic: 'array' | 'float';
  /** In place of the recipe's. */
  rate?: number;
  scaling?: LossScaling;
}

/** One step. Shares are of the nonzero gradients by the layers' outputs. */
export interface StepRecord extends TrainStep, TrainingCost {
  epoch: number;
  underflow: number;
  overflow: number;
}

/** A training run on a target. */
export interface Training {
  plan: TrainingPlan;
  recipe: TrainRecipe;
  done(): number;
  steps: number;
  stepsPerEpoch: number;
  step(): StepRecord;
  /** The last step's products, each with its cost; at the end of training with their errors too. */
  products(): readonly ProductCost[];
  /** Gradients over all steps. */
  gradients: GradientTally;
  accuracyOn(data: Dataset): number;
  /** Cycles and energy of some images through the network as it is judged, on the plan's target. */
  inferenceCost(images: Dataset): TrainingCost;
  state(): StateArray[];
  /** Goes on from a state; `products` are those of its last step. */
  resume(state: readonly StateArray[], products?: readonly ProductCost[]): void;
  /** Quantized as it multiplies. */
  network(): Network;
}

/** @throws RangeError naming a recipe, network or target that there is not, or images of another size */
export async function openTraining(plan: TrainingPlan, data: Dataset, pool: GemmPool = ALONE): Promise<Training> {
  const recipe = trainRecipeNamed(plan.recipe);
  const target = loadTarget(plan.target);
  const given = await givenNetwork(plan);
  const start = recipe.prepare?.(given) ?? given;
  checkSize(start, data);
  const inner = plan.arithmetic === 'array' ? arrayArithmetic(unitsOf(target), pool) : float32Arithmetic;
  const meter = costMeter(inner, target);
  const draws = drawsFrom(plan.seed);
  const total = noGradients();
  let lossScale = 1;
  let now = noGradients();
  let products: readonly ProductCost[] = [];
  const options: SessionOptions = {
    ...plan,
    rate: plan.rate ?? (isNetworkFile(plan.network) ? recipe.rate / FINE : recipe.rate),
    optimizer: recipe.optimizer(draws),
    arithmetic: meter.arithmetic,
    scaling: plan.scaling ?? recipe.scaling,
    loss: await lossOf(plan, recipe),
    quantizers: watching(start, recipe, draws, (before, after) => countGradient(now, before, after, lossScale)),
    onBegin(step, scale) {
      draws.begin(step, step / session.steps);
      lossScale = scale;
    },
  };
  const session: Session = sessionOf(start, data, options);
  return {
    plan,
    recipe,
    done: () => session.done,
    steps: session.steps,
    stepsPerEpoch: session.stepsPerEpoch,
    gradients: total,
    step() {
      now = noGradients();
      meter.take();
      meter.measure(session.done === session.steps - 1);
      const epoch = Math.floor(session.done / session.stepsPerEpoch) + 1;
      const step = session.step();
      const taken = meter.take();
      meter.measure(false);
      products = taken.products;
      addTally(total, now);
      const nonzero = Math.max(now.elements - now.zeros, 1);
      const shares = { underflow: now.underflowed / nonzero, overflow: now.overflowed / nonzero };
      return { ...step, ...taken.cost, ...shares, epoch };
    },
    products: () => products,
    accuracyOn: (judged) => session.accuracyOn(judged),
    inferenceCost(images) {
      meter.take();
      session.accuracyOn(images);
      return meter.take().cost;
    },
    state: () => [...session.state(), ...tallyState(total)],
    resume(state, before = []) {
      const own = tallyState(total).map(({ name }) => name);
      session.resume(state.filter(({ name }) => !own.includes(name)));
      restoreTally(total, state);
      products = before;
    },
    network: () => session.quantizedNetwork(imagesOf(data, 0, CALIBRATION_IMAGES)),
  };
}

/** A trained network moves by this much less than one from its first weights. */
const FINE = 10;

/** The network that a training begins with. @throws RangeError naming one that there is not */
export async function givenNetwork({ recipe, network, seed }: TrainingPlan): Promise<Network> {
  const { style } = trainRecipeNamed(recipe);
  return isNetworkFile(network) ? restyled(await loadNetwork(network), style) : architecture(network, style)(seed);
}

/** Cross-entropy, or the teacher's word beside it. */
async function lossOf(plan: TrainingPlan, recipe: TrainRecipe): Promise<SessionOptions['loss']> {
  const distillation = plan.distillation ?? recipe.distillation;
  if (distillation === undefined) return undefined;
  const path = plan.teacher ?? (isNetworkFile(plan.network) ? plan.network : undefined);
  if (path === undefined) throw new RangeError(`recipe ${recipe.name} learns from a teacher: name one with --teacher`);
  const teacher = foldBatchNorm(await loadNetwork(path));
  return (logits, labels, images) => {
    const said = execute(teacher, images, float32Arithmetic);
    if (said.kind !== 'float') throw new RangeError(`the teacher ${path} is quantized: take the float network`);
    return distillationLoss(logits, said, labels, distillation);
  };
}

/** The recipe's quantizers, each reporting the gradients that it sees. */
function watching(
  network: Network,
  recipe: TrainRecipe,
  draws: Parameters<TrainRecipe['quantizers']>[1],
  see: Parameters<typeof watched>[1],
): QuantizersOf {
  const names = network.layers.filter(isMacLayer).map(({ name }) => name);
  return ({ name }) => {
    const own = recipe.quantizers({ name, index: names.indexOf(name), count: names.length }, draws);
    return { ...own, gradient: watched(own.gradient, see) };
  };
}

const COUNTS = ['elements', 'zeros', 'underflowed', 'overflowed'] as const;

function tallyState(tally: GradientTally): StateArray[] {
  return [
    { name: 'watch.counts', data: Float64Array.from(COUNTS, (name) => tally[name]) },
    { name: 'watch.histogram', data: tally.histogram },
  ];
}

function restoreTally(tally: GradientTally, state: readonly StateArray[]): void {
  for (const { name, data } of state) {
    if (name === 'watch.histogram') tally.histogram.set(data);
    if (name === 'watch.counts') for (const [i, count] of COUNTS.entries()) tally[count] = data[i];
  }
}

function addTally(total: GradientTally, more: GradientTally): void {
  for (const name of COUNTS) total[name] += more[name];
  for (let i = 0; i < total.histogram.length; i++) total.histogram[i] += more.histogram[i];
}
