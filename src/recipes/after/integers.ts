import { foldBatchNorm } from '../../networks/fold.js';
import { biasCorrected } from '../../quantize/codes/biasCorrection.js';
import { gptq } from '../../quantize/codes/gptq.js';
import type { Recipe } from '../../quantize/contract/recipe.js';
import { type Calibrator, type Scheme, scheme } from '../../quantize/contract/scheme.js';
import { awq } from '../../quantize/equalize/awq.js';
import { smoothed } from '../../quantize/equalize/smoothQuant.js';
import { absmean } from '../../quantize/ranges/absmean.js';
import { aciq } from '../../quantize/ranges/aciq.js';
import { allocated } from '../../quantize/ranges/bitAllocation.js';
import { clippedBy } from '../../quantize/ranges/clip.js';
import { entropy } from '../../quantize/ranges/entropy.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import { minMax } from '../../quantize/ranges/minmax.js';
import { clippedByError } from '../../quantize/ranges/mseClip.js';
import { omse } from '../../quantize/ranges/omse.js';
import { percentile } from '../../quantize/ranges/percentile.js';
import { restricted } from '../../quantize/ranges/restricted.js';
import type { AfterRecipe } from '../method.js';

/**
 * Post-training quantization to integers: each method by itself, all else the same, so that they can be compared. Weights
 * have a scale for each channel where nothing else is said, activations one, with a zero point.
 */
const INT8 = {
  kind: 'after',
  family: 'int8 after training',
  bits: { weights: 8, activations: 8 },
  result: 'requantize',
} as const;
const INT4 = {
  kind: 'after',
  family: 'int4 after training',
  bits: { weights: 4, activations: 4 },
  result: 'dequantize',
} as const;

/** The same for every layer. */
function all(weight: Scheme, input: Scheme): Recipe['operands'] {
  const operands = { weight, input };
  return () => operands;
}

const int8 = (weight: Scheme, input: Calibrator) => all(weight, scheme('int8', input));
const int4 = (weight: Scheme, input: Calibrator) => all(weight, scheme('int4', input));
const channels = (format: string, calibrate: Calibrator = maximum()) => scheme(format, calibrate, 'channel');

/** Codes with a zero point cannot be folded into afterwards, where a batch-norm turns a sign. */
const FOLDED: Pick<Recipe, 'prepare'> = { prepare: foldBatchNorm };

/** TensorRT's procedure with the bins that the field uses for so few levels (2001 for 15). */
const ENTROPY8 = clippedBy(entropy(), minMax);
const ENTROPY4 = clippedBy(entropy({ bins: 2001 }), minMax);
const LAPLACE = clippedBy(aciq('laplace'), minMax);

/** Whose they are. */
const PLAIN = 'Jacob et al., CVPR 2018, arXiv 1712.05877; Krishnamoorthi 2018, arXiv 1806.08342';
const PERCENTILE = 'McKinstry et al. 2019, arXiv 1809.04191';
const OMSE = 'Choukroun et al. 2019, arXiv 1902.06822';
const ENTROPY = 'Migacz, GTC 2017; the procedure of MXNet';
const BANNER = 'Banner et al., NeurIPS 2019, arXiv 1810.05723';

export const INTEGER_PTQ_RECIPES: readonly AfterRecipe[] = [
  {
    ...INT8,
    name: 'int8-tensor',
    description: 'int8 weights per tensor by max, int8 activations by min and max',
    source: PLAIN,
    operands: int8(scheme('int8', maximum()), minMax),
  },
  {
    ...INT8,
    name: 'int8-minmax',
    description: 'int8 weights by max, int8 activations by min and max',
    source: PLAIN,
    operands: int8(channels('int8'), minMax),
  },
  {
    ...INT8,
    name: 'int8-symmetric',
    description: 'int8 weights in -127..127 by max, int8 activations by max, no zero point',
    source: PLAIN,
    operands: int8(restricted(channels('int8')), maximum()),
  },
  {
    ...INT8,
    name: 'int8-asymmetric',
    description: 'int8 weights per tensor and int8 activations by min and max, zero points in both',
    source: PLAIN,
    operands: int8(scheme('int8', minMax), minMax),
  },
  {
    ...INT8,
    name: 'int8-asymmetric-channel',
    description:
      'int8 weights per channel and int8 activations by min and max, zero points in both; real between layers',
    source: PLAIN,
    result: 'dequantize',
    operands: int8(scheme('int8', minMax, 'channel'), minMax),
    ...FOLDED,
  },
  {
    ...INT8,
    name: 'int8-percentile',
    description: 'int8 weights by max, int8 activations clipped at the 99.9th percentile',
    source: PERCENTILE,
    operands: int8(channels('int8'), percentile(99.9, minMax)),
  },
  {
    ...INT8,
    name: 'int8-mse',
    description: 'int8 weights and activations clipped by least squared error',
    source: OMSE,
    operands: int8(channels('int8', omse()), clippedByError(minMax)),
  },
  {
    ...INT8,
    name: 'int8-entropy',
    description: 'int8 weights by max, int8 activations clipped by relative entropy',
    source: ENTROPY,
    operands: int8(channels('int8'), ENTROPY8),
  },
  {
    ...INT8,
    name: 'int8-aciq',
    description: 'int8 weights by max, int8 activations clipped by ACIQ (Laplace)',
    source: BANNER,
    operands: int8(channels('int8'), LAPLACE),
  },
  {
    ...INT8,
    name: 'int8-smooth',
    description: 'as int8-minmax after SmoothQuant, alpha 0.5',
    source: 'Xiao et al., ICML 2023, arXiv 2211.10438',
    operands: int8(channels('int8'), minMax),
    prepare: smoothed,
  },
  {
    ...INT4,
    name: 'int4-tensor',
    description: 'int4 weights per tensor by max, int4 activations by min and max',
    source: PLAIN,
    operands: int4(scheme('int4', maximum()), minMax),
  },
  {
    ...INT4,
    name: 'int4-minmax',
    description: 'int4 weights by max, int4 activations by min and max',
    source: PLAIN,
    operands: int4(channels('int4'), minMax),
  },
  {
    ...INT4,
    name: 'int4-symmetric',
    description: 'int4 weights in -7..7 by max, int4 activations by max, no zero point',
    source: PLAIN,
    operands: int4(restricted(channels('int4')), maximum()),
  },
  {
    ...INT4,
    name: 'int4-asymmetric',
    description: 'int4 weights per tensor and int4 activations by min and max, zero points in both',
    source: PLAIN,
    operands: int4(scheme('int4', minMax), minMax),
    ...FOLDED,
  },
  {
    ...INT4,
    name: 'int4-asymmetric-channel',
    description: 'int4 weights per channel and int4 activations by min and max, zero points in both',
    source: PLAIN,
    operands: int4(scheme('int4', minMax, 'channel'), minMax),
    ...FOLDED,
  },
  {
    ...INT4,
    name: 'int4-percentile',
    description: 'int4 weights by max, int4 activations clipped at the 99.9th percentile',
    source: PERCENTILE,
    operands: int4(channels('int4'), percentile(99.9, minMax)),
  },
  {
    ...INT4,
    name: 'int4-mse',
    description: 'int4 weights (OMSE) and activations clipped by least squared error',
    source: OMSE,
    operands: int4(channels('int4', omse()), clippedByError(minMax)),
  },
  {
    ...INT4,
    name: 'int4-entropy',
    description: 'int4 weights by max, int4 activations clipped by relative entropy',
    source: ENTROPY,
    operands: int4(channels('int4'), ENTROPY4),
  },
  {
    ...INT4,
    name: 'int4-aciq',
    description: 'int4 weights by max, int4 activations clipped by ACIQ (Laplace)',
    source: BANNER,
    operands: int4(channels('int4'), LAPLACE),
  },
  {
    ...INT4,
    name: 'int4-aciq-gauss',
    description: 'int4 weights by max, int4 activations clipped by ACIQ (Gauss)',
    source: BANNER,
    operands: int4(channels('int4'), clippedBy(aciq('gauss'), minMax)),
  },
  {
    ...INT4,
    name: 'int4-corrected',
    description: 'as int4-aciq with bias correction',
    source: BANNER,
    operands: int4(channels('int4'), LAPLACE),
    correct: biasCorrected,
  },
  {
    ...INT4,
    name: 'int4-allocated',
    description: 'as int4-corrected, 4 bits on average allocated to the channels of weights, held as int8',
    source: BANNER,
    operands: int4(allocated(channels('int8'), 4), LAPLACE),
    correct: biasCorrected,
  },
  {
    ...INT4,
    name: 'int4-gptq',
    description: 'as int4-mse, weights rounded by GPTQ',
    source: 'Frantar et al., ICLR 2023, arXiv 2210.17323',
    operands: int4(channels('int4', omse()), clippedByError(minMax)),
    correct: gptq,
  },
  {
    ...INT4,
    name: 'int4-awq',
    description: 'as int4-mse after AWQ',
    source: 'Lin et al., MLSys 2024, arXiv 2306.00978',
    operands: int4(channels('int4', omse()), clippedByError(minMax)),
    prepare: (network, images) => awq(network, images, channels('int4', omse())),
  },
  {
    ...INT8,
    name: 'bitnet',
    description: 'ternary weights per tensor by E|w| (BitNet b1.58), int8 activations by max',
    source: 'Ma et al. 2024, arXiv 2402.17764',
    bits: { weights: 2, activations: 8 },
    result: 'dequantize',
    operands: int8(scheme('ternary', absmean()), maximum()),
  },
];
