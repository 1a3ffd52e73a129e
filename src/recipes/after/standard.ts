import type { AfterRecipe } from '../method.js';
import { leastSquares } from '../../quantize/ranges/mse.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import { minMax } from '../../quantize/ranges/minmax.js';
import { percentile } from '../../quantize/ranges/percentile.js';
import { guarded, type OperandSchemes } from '../../quantize/contract/recipe.js';
import { sawb } from '../../quantize/ranges/sawb.js';
import { scheme } from '../../quantize/contract/scheme.js';
import { signs } from '../../quantize/ranges/signs.js';

const INT8: OperandSchemes = {
  input: scheme('int8', percentile(99.99, minMax)),
  weight: scheme('int8', maximum(), 'channel'),
};

/**
 * The largest magnitude of fp8 operands is put on 16, not on 448: float formats lose nothing by it, and products of two
 * such operands (up to 256) leave an fp16 accumulator room for 255 of the largest before it overflows.
 */
const FLOAT_TOP = 16;

function fp8(name: string, weights: string, activations: string): AfterRecipe {
  const operands = {
    input: scheme(activations, maximum(FLOAT_TOP)),
    weight: scheme(weights, maximum(FLOAT_TOP), 'channel'),
  };
  return {
    kind: 'after',
    name,
    family: 'small floats after training',
    description: `${weights} weights per channel, ${activations} activations per tensor, scaled by the largest magnitude`,
    bits: { weights: 8, activations: 8 },
    source: 'Micikevicius et al. 2022, arXiv 2209.05433',
    result: 'dequantize',
    operands: () => operands,
  };
}

/** Clipping levels over one period of the radix-4 grid, which looks the same after a factor of 4. */
const RADIX4_FRACTIONS = Array.from({ length: 16 }, (_, i) => 16 / (16 + 3 * i));

/** Those that the networks in models/ were made by, and what else comes first. */
export const STANDARD_RECIPES: readonly AfterRecipe[] = [
  {
    kind: 'after',
    name: 'int8',
    family: 'int8 after training',
    description:
      'int8 weights per channel (max), int8 activations (99.99th percentile, asymmetric), integers end to end',
    bits: { weights: 8, activations: 8 },
    source: 'Krishnamoorthi 2018, arXiv 1806.08342; McKinstry et al. 2019, arXiv 1809.04191',
    result: 'requantize',
    operands: () => INT8,
  },
  {
    kind: 'after',
    name: 'int4',
    family: 'int4 after training',
    description:
      'int4 weights per channel (SAWB), int4 activations (99.9th percentile, asymmetric), real between layers',
    bits: { weights: 4, activations: 4 },
    source: 'Choi et al., SysML 2019; McKinstry et al. 2019, arXiv 1809.04191',
    result: 'dequantize',
    operands: () => ({
      input: scheme('int4', percentile(99.9, minMax)),
      weight: scheme('int4', sawb(), 'channel'),
    }),
  },
  {
    kind: 'after',
    name: 'binary',
    family: 'few bits in training',
    description: 'binary weights and activations; first and last layer int8 as in the int8 recipe',
    bits: { weights: 1, activations: 1 },
    source: 'Courbariaux et al. 2016, arXiv 1602.02830',
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
    kind: 'after',
    name: 'radix4',
    family: 'small floats after training',
    description:
      'radix-4 fp4 weights per channel (least squares), int4 activations (99.9th percentile), real between layers',
    bits: { weights: 4, activations: 4 },
    source: 'Sun et al., NeurIPS 2020, whose grid it is; McKinstry et al. 2019, arXiv 1809.04191',
    result: 'dequantize',
    operands: () => ({
      input: scheme('int4', percentile(99.9, minMax)),
      weight: scheme('radix4', leastSquares(RADIX4_FRACTIONS, 16), 'channel'),
    }),
  },
];
