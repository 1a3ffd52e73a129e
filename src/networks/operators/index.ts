import type { Layer, LayerOf, Op } from '../network.js';
import { add } from './add.js';
import { averagePool } from './averagePool.js';
import { batchNorm } from './batchNorm.js';
import { choose } from './choose.js';
import { conv } from './conv.js';
import { dense } from './dense.js';
import { dequantize } from './dequantize.js';
import { flatten } from './flatten.js';
import { general } from './general.js';
import { maxPool } from './maxPool.js';
import type { Operator } from './operator.js';
import { quantize } from './quantize.js';
import { relu } from './relu.js';
import { sign } from './sign.js';
import { softmax } from './softmax.js';

/** Every operator that a network can have. */
export const OPERATORS: { readonly [O in Op]: Operator<LayerOf<O>> } = {
  add,
  averagePool,
  batchNorm,
  choose,
  conv,
  dense,
  dequantize,
  flatten,
  general,
  maxPool,
  quantize,
  relu,
  sign,
  softmax,
};

/**
 * The entry of a registry over operators for a layer.
 * @throws Error naming the layer, where a program made it of an operator that there is not
 */
export function entryOf<T>(registry: Readonly<Record<Op, T>>, { name, op }: Layer): T {
  if (Object.hasOwn(registry, op)) return registry[op];
  throw new Error(`layer ${name} has the operator ${op}: there are ${Object.keys(OPERATORS).sort().join(' ')}`);
}

export function operatorOf(layer: Layer): Operator {
  return entryOf<Operator>(OPERATORS, layer);
}
