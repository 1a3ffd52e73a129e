import { counted } from '../../text/plural.js';
import { float32Arithmetic } from '../../networks/arithmetic.js';
import type { Arithmetic, Network } from '../../networks/network.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import { classesOf, type Dataset, imagesOf, selectFrom } from '../data/dataset.js';
import { checkFits } from '../data/fits.js';
import { crossEntropy, type Loss } from './loss.js';
import { withOperands } from '../model/export.js';
import { modelOf, type QuantizersOf } from '../model/model.js';
import { type Optimizer, sgd } from './optimizer.js';
import { randomFrom, shuffle } from '../../random/random.js';
import { initialLossScale, type LossScaling, nextLossScale, skipsStep } from './scaling.js';
import type { StateArray } from '../model/state.js';

export interface SessionOptions {
  epochs: number;
  batch: number;
  /** Learning rate at the start; it falls to zero along a straight line. */
  rate: number;
  /** Order of the images. */
  seed: number;
  optimizer?: Optimizer;
  /** What every product of training goes through. */
  arithmetic?: Arithmetic;
  quantizers?: QuantizersOf;
  scaling?: LossScaling;
  /** Cross-entropy by default. */
  loss?: (logits: FloatTensor, labels: ArrayLike<number>, images: FloatTensor) => Loss;
  /** Called before each step, with its number from 0: random sources begin anew there, so that none has to be stored. */
  onBegin?: (step: number, lossScale: number) => void;
}

export interface TrainStep {
  /** Steps done, this one included. */
  step: number;
  steps: number;
  loss: number;
  /** Share of the batch that was right. */
  accuracy: number;
  /** The factor on this step's loss. */
  lossScale: number;
  /** Left out, because a gradient was not finite. */
  skipped: boolean;
}

/** A training run, step by step. */
export interface Session {
  readonly done: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** @throws Error when the loss is no number */
  step(): TrainStep;
  /** All that the next step depends on; a session of the same options goes on from these numbers with the same bits. */
  state(): StateArray[];
  /** Continues where another session left off. @throws RangeError when the arrays are not this session's */
  resume(state: readonly StateArray[]): void;
  /** Share of images labelled right by the network as it is, quantized as in training, nothing drawn at random. */
  accuracyOn(data: Dataset): number;
  /** With real weights, those that training moves. */
  network(): Network;
  /** With what it multiplies: quantized weights, and inputs on the grids that some images give. */
  quantizedNetwork(images: FloatTensor): Network;
}

export function sessionOf(network: Network, data: Dataset, options: SessionOptions): Session {
  const {
    epochs,
    batch,
    rate,
    seed,
    optimizer = sgd(),
    scaling = { kind: 'none' },
    loss: lossOf = crossEntropy,
  } = options;
  checkFits(network, data);
  const model = modelOf(network, options.arithmetic ?? float32Arithmetic, options.quantizers);
  const order = imageOrder(data.count, seed);
  const stepsPerEpoch = Math.floor(data.count / batch);
  const steps = epochs * stepsPerEpoch;
  let lossScale = initialLossScale(scaling);
  let done = 0;
  if (steps === 0)
    throw new RangeError(`training needs at least one batch: ${counted(data.count, 'image')}, ${batch} a batch`);

  function step(): TrainStep {
    options.onBegin?.(done, lossScale.scale);
    const first = (done % stepsPerEpoch) * batch;
    const { images, labels } = selectFrom(data, order(Math.floor(done / stepsPerEpoch)).subarray(first, first + batch));
    const { loss, gradient, correct } = lossOf(model.forward(images, true), labels, images);
    if (!Number.isFinite(loss))
      throw new Error(`training ${network.name}: the loss is ${loss} at step ${done}: lower the rate (${rate})`);
    const { scale } = lossScale;
    model.backward(scaled(gradient, scale));
    const finite = scaling.kind === 'none' || model.parameters.every(({ gradient }) => gradient.every(Number.isFinite));
    const skipped = skipsStep(scaling, finite);
    for (const { gradient } of model.parameters) {
      if (skipped) gradient.fill(0);
      else if (scale !== 1) gradient.set(gradient.map((g) => g / scale));
    }
    if (!skipped) optimizer.step(model.parameters, rate * (1 - done / steps));
    lossScale = nextLossScale(lossScale, finite, scaling);
    done++;
    return { step: done, steps, loss, accuracy: correct / batch, lossScale: scale, skipped };
  }

  const state = (): StateArray[] => [
    { name: 'session', data: Float64Array.of(done, lossScale.scale, lossScale.goodSteps) },
    ...model.parameters.map(({ name, value }) => ({ name, data: value })),
    ...model.state,
    ...optimizer.state(model.parameters),
  ];

  return {
    get done() {
      return done;
    },
    steps,
    stepsPerEpoch,
    step,
    state,
    resume(from) {
      copyState(from, state());
      const [at, scale, goodSteps] = from[0].data;
      done = at;
      lossScale = { scale, goodSteps };
    },
    accuracyOn(judged) {
      checkFits(network, judged);
      return shareRight(judged, (images) => model.forward(images, false));
    },
    network: () => model.network(),
    quantizedNetwork(images) {
      model.forward(images, false);
      return withOperands(model.network(), model.operands());
    },
  };
}

function scaled(gradient: FloatTensor, scale: number): FloatTensor {
  return scale === 1
    ? gradient
    : floatTensor(
        gradient.shape,
        gradient.data.map((g) => g * scale),
      );
}

/** The images' order in an epoch: one shuffle after another from the seed. */
function imageOrder(count: number, seed: number): (epoch: number) => Uint32Array {
  let random = randomFrom(seed, 0x5eed);
  let order = Uint32Array.from({ length: count }, (_, i) => i);
  let shuffles = 0;
  return (epoch) => {
    if (epoch + 1 < shuffles) {
      [random, shuffles] = [randomFrom(seed, 0x5eed), 0];
      order = order.map((_, i) => i);
    }
    for (; shuffles <= epoch; shuffles++) shuffle(order, random);
    return order;
  };
}

function copyState(from: readonly StateArray[], to: readonly StateArray[]): void {
  const shape = (state: readonly StateArray[]) => state.map(({ name, data }) => `${name}:${data.length}`).join(' ');
  if (shape(from) !== shape(to))
    throw new RangeError('the checkpoint is of another network or recipe: take the options that it was made with');
  to.forEach(({ data }, i) => data.set(from[i].data));
}

const JUDGED_AT_ONCE = 100;

function shareRight(data: Dataset, logits: (images: FloatTensor) => FloatTensor): number {
  let right = 0;
  for (let first = 0; first < data.count; first += JUDGED_AT_ONCE)
    classesOf(logits(imagesOf(data, first, JUDGED_AT_ONCE))).forEach((found, i) => {
      if (found === data.labels[first + i]) right++;
    });
  return right / data.count;
}
