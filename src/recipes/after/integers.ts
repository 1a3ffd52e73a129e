import { foldBatchNorm } from '../../networks/fold.js';
import { absmean } from '../../quantize/ranges/absmean.js';
import { aciq } from '../../quantize/ranges/aciq.js';
import { awq } from '../../quantize/equalize/awq.js';
import { biasCorrected } from '../../quantize/codes/biasCorrection.js';
import { allocated } from '../../quantize/ranges/bitAllocation.js';
import { clippedBy } from '../../quantize/ranges/clip.js';
import { entropy } from '../../quantize/ranges/entropy.js';
import { gptq } from '../../quantize/codes/gptq.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import { minMax } from '../../quantize/ranges/minmax.js';
import { clippedByError } from '../../quantize/ranges/mseClip.js';
import { omse } from '../../quantize/ranges/omse.js';
import { percentile } from '../../quantize/ranges/percentile.js';
import type { Recipe } from '../../quantize/contract/recipe.js';
import { restricted } from '../../quantize/ranges/restricted.js';
import { type Calibrator, type Scheme, scheme } from '../../quantize/contract/scheme.js';
import { smoothed } from '../../quantize/equalize/smoothQuant.js';

/**
 * Post-training quantization to integers: each method by itself, all else the same, so that they can be compared. Weights
 * have a scale for each channel where nothing else is said, activations one, with a zero point.
 */
type Hooks = Pick<Recipe, 'prepare' | 'correct'>;

function integers(name: string, description: string, weight: Scheme, input: Calibrator, hooks: Hooks = {}): Recipe {
  const bits = name.startsWith('int8') || name === 'bitnet' ? 'int8' : 'int4';
  const operands = { weight, input: scheme(bits, input) };
  const result = bits === 'int8' && name !== 'bitnet' ? 'requantize' : 'dequantize';
  const family = bits === 'int8' ? 'int8 after training' : 'int4 after training';
  return { name, family, description, result, operands: () => operands, ...hooks };
}

const channels = (format: string, calibrate: Calibrator = maximum()) => scheme(format, calibrate, 'channel');

/** Codes with a zero point cannot be folded into afterwards, where a batch-norm turns a sign. */
const FOLDED: Hooks = { prepare: foldBatchNorm };

/** TensorRT's procedure with the bins that the field uses for so few levels (2001 for 15). */
const ENTROPY8 = clippedBy(entropy(), minMax);
const ENTROPY4 = clippedBy(entropy({ bins: 2001 }), minMax);
const LAPLACE = clippedBy(aciq('laplace'), minMax);

export const INTEGER_PTQ_RECIPES: readonly Recipe[] = [
  integers(
    'int8-tensor',
    'int8 weights per tensor by max, int8 activations by min and max',
    scheme('int8', maximum()),
    minMax,
  ),
  integers('int8-minmax', 'int8 weights by max, int8 activations by min and max', channels('int8'), minMax),
  integers(
    'int8-symmetric',
    'int8 weights in -127..127 by max, int8 activations by max, no zero point',
    restricted(channels('int8')),
    maximum(),
  ),
  integers(
    'int8-asymmetric',
    'int8 weights per tensor and int8 activations by min and max, zero points in both',
    scheme('int8', minMax),
    minMax,
  ),
  {
    ...integers(
      'int8-asymmetric-channel',
      'int8 weights per channel and int8 activations by min and max, zero points in both; real between layers',
      scheme('int8', minMax, 'channel'),
      minMax,
      FOLDED,
    ),
    result: 'dequantize',
  },
  integers(
    'int8-percentile',
    'int8 weights by max, int8 activations clipped at the 99.9th percentile',
    channels('int8'),
    percentile(99.9, minMax),
  ),
  integers(
    'int8-mse',
    'int8 weights and activations clipped by least squared error',
    channels('int8', omse()),
    clippedByError(minMax),
  ),
  integers(
    'int8-entropy',
    'int8 weights by max, int8 activations clipped by relative entropy',
    channels('int8'),
    ENTROPY8,
  ),
  integers('int8-aciq', 'int8 weights by max, int8 activations clipped by ACIQ (Laplace)', channels('int8'), LAPLACE),
  integers('int8-smooth', 'as int8-minmax after SmoothQuant, alpha 0.5', channels('int8'), minMax, {
    prepare: smoothed,
  }),
  integers(
    'int4-tensor',
    'int4 weights per tensor by max, int4 activations by min and max',
    scheme('int4', maximum()),
    minMax,
  ),
  integers('int4-minmax', 'int4 weights by max, int4 activations by min and max', channels('int4'), minMax),
  integers(
    'int4-symmetric',
    'int4 weights in -7..7 by max, int4 activations by max, no zero point',
    restricted(channels('int4')),
    maximum(),
  ),
  integers(
    'int4-asymmetric',
    'int4 weights per tensor and int4 activations by min and max, zero points in both',
    scheme('int4', minMax),
    minMax,
    FOLDED,
  ),
  integers(
    'int4-asymmetric-channel',
    'int4 weights per channel and int4 activations by min and max, zero points in both',
    scheme('int4', minMax, 'channel'),
    minMax,
    FOLDED,
  ),
  integers(
    'int4-percentile',
    'int4 weights by max, int4 activations clipped at the 99.9th percentile',
    channels('int4'),
    percentile(99.9, minMax),
  ),
  integers(
    'int4-mse',
    'int4 weights (OMSE) and activations clipped by least squared error',
    channels('int4', omse()),
    clippedByError(minMax),
  ),
  integers(
    'int4-entropy',
    'int4 weights by max, int4 activations clipped by relative entropy',
    channels('int4'),
    ENTROPY4,
  ),
  integers('int4-aciq', 'int4 weights by max, int4 activations clipped by ACIQ (Laplace)', channels('int4'), LAPLACE),
  integers(
    'int4-aciq-gauss',
    'int4 weights by max, int4 activations clipped by ACIQ (Gauss)',
    channels('int4'),
    clippedBy(aciq('gauss'), minMax),
  ),
  integers('int4-corrected', 'as int4-aciq with bias correction', channels('int4'), LAPLACE, {
    correct: biasCorrected,
  }),
  integers(
    'int4-allocated',
    'as int4-corrected, 4 bits on average allocated to the channels of weights, held as int8',
    allocated(channels('int8'), 4),
    LAPLACE,
    { correct: biasCorrected },
  ),
  integers('int4-gptq', 'as int4-mse, weights rounded by GPTQ', channels('int4', omse()), clippedByError(minMax), {
    correct: gptq,
  }),
  integers('int4-awq', 'as int4-mse after AWQ', channels('int4', omse()), clippedByError(minMax), {
    prepare: (network, images) => awq(network, images, channels('int4', omse())),
  }),
  integers(
    'bitnet',
    'ternary weights per tensor by E|w| (BitNet b1.58), int8 activations by max',
    scheme('ternary', absmean()),
    maximum(),
  ),
];
