import { adaptiveBias } from '../../quantize/ranges/adaptiveBias.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import { omse } from '../../quantize/ranges/omse.js';
import { type Calibrator, scheme } from '../../quantize/contract/scheme.js';
import type { AfterRecipe } from '../method.js';

/** Weights of few bits with a scale a channel, under activations that are rounded to fp16 and not scaled. */
function weightOnly(bits: number, calibrate: Calibrator, by: string): AfterRecipe {
  const operands = { input: scheme('fp16', adaptiveBias('fixed')), weight: scheme(`int${bits}`, calibrate, 'channel') };
  return {
    kind: 'after',
    name: `w${bits}a16`,
    family: 'weights alone after training',
    description: `int${bits} weights per channel by ${by}, fp16 activations; real between layers`,
    bits: { weights: bits, activations: 16 },
    source: 'weights alone, as in Frantar et al., ICLR 2023, arXiv 2210.17323, with plain rounding',
    result: 'dequantize',
    operands: () => operands,
  };
}

export const WEIGHT_RECIPES: readonly AfterRecipe[] = [
  weightOnly(8, maximum(), 'max'),
  weightOnly(4, omse(), 'least squared error'),
];
