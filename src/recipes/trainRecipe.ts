import type { Bits } from './bits.js';
import type { Style } from '../training/networks/style.js';
import type { Network } from '../networks/network.js';
import type { Family, Place } from '../quantize/contract/recipe.js';
import type { Distillation } from '../training/session/distill.js';
import type { Draws } from '../random/draws.js';
import type { OperandQuantizers } from '../training/model/mac.js';
import type { Optimizer } from '../training/session/optimizer.js';
import type { LossScaling } from '../training/session/scaling.js';

/** How a network is trained: what its operands are rounded to in all three products, and how weights move. */
export interface TrainRecipe {
  kind: 'training';
  name: string;
  description: string;
  family: Family;
  bits: Bits;
  /** Trained networks have real numbers between layers, quantized before each. */
  result: 'dequantize';
  source: string;
  /** The target that has units for its products. */
  target: string;
  style: Style;
  /** Makes the network that is trained of the one that is given: a student of its teacher. */
  prepare?(network: Network): Network;
  /** Where the network learns from a teacher too: by default the given network, before `prepare`. */
  distillation?: Distillation;
  /** Learning rate at the start. */
  rate: number;
  optimizer(draws: Draws): Optimizer;
  scaling: LossScaling;
  quantizers(layer: LayerPlace, draws: Draws): OperandQuantizers;
}

export interface LayerPlace extends Place {
  name: string;
}

export const isFirst = ({ index }: Place) => index === 0;
export const isLast = ({ index, count }: Place) => index === count - 1;
export const isEnd = (place: Place) => isFirst(place) || isLast(place);
