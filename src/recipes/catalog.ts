import { didYouMean } from '../text/nearest.js';
import { BLOCK_RECIPES } from './after/blocks.js';
import { FLOAT_PTQ_RECIPES } from './after/floats.js';
import { INTEGER_PTQ_RECIPES } from './after/integers.js';
import { leastSquares } from '../quantize/ranges/mse.js';
import { maximum } from '../quantize/ranges/maximum.js';
import { minMax } from '../quantize/ranges/minmax.js';
import { percentile } from '../quantize/ranges/percentile.js';
import { guarded, type OperandSchemes, type Recipe } from '../quantize/contract/recipe.js';
import { sawb } from '../quantize/ranges/sawb.js';
import { scheme } from '../quantize/contract/scheme.js';
import { STRUCTURE_RECIPES } from './after/structure.js';
import { signs } from '../quantize/ranges/signs.js';

const INT8: OperandSchemes = {
  input: scheme('int8', percentile(99.99, minMax)),
  weight: scheme('int8', maximum(), 'channel'),
};

/**
 * The largest magnitude of fp8 operands is put on 16, not on 448: float formats lose nothing by it, and products of two
 * such operands (up to 256) leave an fp16 accumulator room for 255 of the largest before it overflows.
 */
const FLOAT_TOP = 16;

function fp8(name: string, weights: string, activations: string): Recipe {
  const operands = {
    input: scheme(activations, maximum(FLOAT_TOP)),
    weight: scheme(weights, maximum(FLOAT_TOP), 'channel'),
  };
  return {
    name,
    family: 'small floats after training',
    description: `${weights} weights per channel, ${activations} activations per tensor, scaled by the largest magnitude`,
    result: 'dequantize',
    operands: () => operands,
  };
}

/** Clipping levels over one period of the radix-4 grid, which looks the same after a factor of 4. */
const RADIX4_FRACTIONS = Array.from({ length: 16 }, (_, i) => 16 / (16 + 3 * i));

export const RECIPES: readonly Recipe[] = [
  {
    name: 'int8',
    family: 'int8 after training',
    description:
      'int8 weights per channel (max), int8 activations (99.99th percentile, asymmetric), integers end to end',
    result: 'requantize',
    operands: () => INT8,
  },
  {
    name: 'int4',
    family: 'int4 after training',
    description:
      'int4 weights per channel (SAWB), int4 activations (99.9th percentile, asymmetric), real between layers',
    result: 'dequantize',
    operands: () => ({
      input: scheme('int4', percentile(99.9, minMax)),
      weight: scheme('int4', sawb(), 'channel'),
    }),
  },
  {
    name: 'binary',
    family: 'few bits in training',
    description: 'binary weights and activations; first and last layer int8 as in the int8 recipe',
    result: 'dequantize',
    operands: guarded(INT8, {
      input: scheme('binary', signs),
      weight: scheme('binary', signs, 'channel'),
      weightLimit: 1,
    }),
  },
  fp8('e4m3fn', 'e4m3fn', 'e4m3fn'),
  fp8('e5m2', 'e5m2', 'e5m2'),
  fp8('mixed', 'e4m3fn', 'e5m2'),
  {
    name: 'radix4',
    family: 'small floats after training',
    description:
      'radix-4 fp4 weights per channel (least squares), int4 activations (99.9th percentile), real between layers',
    result: 'dequantize',
    operands: () => ({
      input: scheme('int4', percentile(99.9, minMax)),
      weight: scheme('radix4', leastSquares(RADIX4_FRACTIONS, 16), 'channel'),
    }),
  },
  ...INTEGER_PTQ_RECIPES,
  ...FLOAT_PTQ_RECIPES,
  ...BLOCK_RECIPES,
  ...STRUCTURE_RECIPES,
];

/** @throws RangeError naming the recipe and what there is */
export function recipeNamed(name: string): Recipe {
  const recipe = RECIPES.find((candidate) => candidate.name === name);
  if (recipe !== undefined) return recipe;
  const names = RECIPES.map((r) => r.name);
  throw new RangeError(`unknown recipe "${name}": there are ${names.join(' ')}${didYouMean(name, names)}`);
}
