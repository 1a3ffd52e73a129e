import { didYouMean } from '../../text/nearest.js';
import { BINARY } from './binary.js';
import { CONSTANTS } from './constants.js';
import type { TensorFunction } from './function.js';
import { withFused } from './fused.js';
import { INTEGERS } from './integers.js';
import { INTEGER_PRODUCTS } from './integerProducts.js';
import { PACKED_WEIGHTS } from './packedWeights.js';
import { MOVES } from './moves.js';
import { PARTS } from './parts.js';
import { PRODUCTS } from './products.js';
import { UNARY } from './unary.js';

/** Every function of tensors, by the name of its ONNX operator; `domain.Name` outside the standard's domain. */
export const FUNCTIONS: Readonly<Record<string, TensorFunction>> = withFused({
  ...UNARY,
  ...BINARY,
  ...MOVES,
  ...PRODUCTS,
  ...PARTS,
  ...CONSTANTS,
  ...INTEGERS,
  ...INTEGER_PRODUCTS,
  ...PACKED_WEIGHTS,
});

export function findFunction(name: string): TensorFunction | undefined {
  return Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
}

/** @throws RangeError naming what there is near */
export function functionNamed(name: string): TensorFunction {
  const found = findFunction(name);
  if (found === undefined)
    throw new RangeError(`there is no function ${name}${didYouMean(name, Object.keys(FUNCTIONS))}`);
  return found;
}
