import { formatNamed } from '../../formats/catalog.js';
import { fitTo } from '../../formats/codec.js';
import type { IntFormat } from '../../formats/format.js';
import { binaryWeights, LATENT_LIMIT } from '../../quantize/learned/binaryConnect.js';
import { binaryActivations } from '../../quantize/learned/bnn.js';
import { dorefaActivationQuantizer, dorefaWeightQuantizer } from '../../quantize/learned/dorefa.js';
import { type FakeQuantizer, straightThrough } from '../../quantize/contract/fake.js';
import { lsq, type LsqRule } from '../../quantize/learned/lsq.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import { pact } from '../../quantize/learned/pact.js';
import {
  SAWB_ROWS,
  type SawbRow,
  sawbHalf,
  sawbLevels,
  sawbRow,
  sawbWeights,
} from '../../quantize/learned/sawbRows.js';
import { quantizationOf, scheme } from '../../quantize/contract/scheme.js';
import { ttq } from '../../quantize/learned/ttq.js';
import { twn } from '../../quantize/learned/twn.js';
import { xnorOutputScale, xnorWeightQuantizer } from '../../quantize/learned/xnor.js';
import { inFormat, PLAIN } from './floats.js';
import { int4Forward, pixels } from './fp4.js';
import type { OperandQuantizers } from '../../training/model/mac.js';
import { adam } from '../../training/session/optimizer.js';
import { isEnd, isFirst, type TrainRecipe } from '../trainRecipe.js';

/**
 * Quantization-aware training: the forward product in few bits, gradients in real numbers straight through. Where a paper
 * keeps the first and last layer in high precision and the array has no unit for it, they are in the recipe's bits too,
 * but for binary activations, whose ends are int8.
 */
const byMaximum = (format: string): FakeQuantizer => byLargest(format);

/** The largest magnitude on the format's largest number, or on `top`. */
const byLargest = (format: string, top?: number): FakeQuantizer => {
  const by = scheme(format, maximum(top));
  return straightThrough((x) => quantizationOf(x, by));
};

const int8 = formatNamed('int8') as IntFormat;
const uint4 = formatNamed('uint4') as IntFormat;
const INT8_ENDS = (): OperandQuantizers => ({ input: byMaximum('int8'), weight: byMaximum('int8') });
/** Infinite activations stay so, as training that went astray must be seen. */
const fp16 = () => inFormat(fitTo(formatNamed('fp16'), { overflow: 'saturate-propagate' }));

const QAT = { ...PLAIN, family: 'few bits in training' } as const;

/** Latent weights of binary layers are moved by Adam, as in their papers. */
const LATENT = { ...QAT, rate: 0.004, optimizer: () => adam() } as const;

/** The row that int4 training takes is `sawb`, the others have their names behind it. */
function sawbRecipe(row: SawbRow): TrainRecipe {
  const container = containerOf(row);
  const input = container === 'int4' ? 'uint4' : container;
  const bits = { int4: 4, int8: 7, int16: 8 }[container];
  return {
    ...QAT,
    name: row.name === '403' ? 'sawb' : `sawb-${row.name}`,
    bits: { weights: Math.ceil(Math.log2(sawbLevels(row))), activations: bits },
    description: `${row.bits}-bit SAWB weights, ${sawbLevels(row)} levels, row ${row.name} of its table; ${bits}-bit activations by their largest; ${container} containers`,
    source: 'Choi et al., SysML 2019; fms-model-optimizer, and the code of LUQ’s authors',
    target: container === 'int4' ? 'qat-int4' : 'qat-int8',
    quantizers: (layer) => ({
      input: isFirst(layer) ? pixels(input, 2 ** bits - 1) : byLargest(input, 2 ** bits - 1),
      weight: sawbWeights(row, Number(container.slice(3))),
    }),
  };
}

/** The narrowest of the containers that arrays have. */
function containerOf(row: SawbRow): 'int4' | 'int8' | 'int16' {
  const half = sawbHalf(row);
  return half < 8 ? 'int4' : half < 128 ? 'int8' : 'int16';
}

function lsqRecipe(name: string, rule: LsqRule, what: string): TrainRecipe {
  return {
    ...QAT,
    name,
    bits: { weights: 4, activations: 4 },
    description: `4-bit weights and activations with learned step sizes; gradient scale: ${what}`,
    source: 'Esser et al., ICLR 2020',
    target: 'qat-int4',
    quantizers: (layer) => ({
      input: isFirst(layer) ? pixels('uint4', 15) : lsq(`${layer.name}.input`, 4, 'input', rule),
      weight: lsq(`${layer.name}.weight`, 4, 'weight', rule),
    }),
  };
}

export const FEW_BITS_RECIPES: readonly TrainRecipe[] = [
  {
    ...QAT,
    name: 'pact',
    bits: { weights: 4, activations: 4 },
    description: '4-bit PACT activations, 4-bit DoReFa weights (odd integers), in int8 containers',
    source: 'Choi et al. 2018, arXiv 1805.06085',
    target: 'qat-int8',
    quantizers: (layer) => ({
      input: isFirst(layer) ? pixels('int8', 15) : pact(layer.name, { bits: 4, format: int8 }),
      weight: dorefaWeightQuantizer(4, 8),
    }),
  },
  ...SAWB_ROWS.map(sawbRecipe),
  {
    ...QAT,
    name: 'pact-sawb',
    bits: { weights: 4, activations: 4 },
    description: '4-bit PACT activations, 4-bit SAWB weights on 15 levels',
    source: 'Choi et al., SysML 2019; row 403 of fms-model-optimizer',
    target: 'qat-int4',
    quantizers: (layer) => int4Forward(layer),
  },
  {
    ...QAT,
    name: 'pact-sawb-2bit',
    bits: { weights: 2, activations: 2 },
    description: '2-bit PACT activations, 2-bit SAWB weights -a, -a/3, a/3, a, in 4-bit containers',
    source: 'Choi et al., SysML 2019; row 102 of fms-model-optimizer',
    target: 'qat-int4',
    quantizers: (layer) => ({
      input: isFirst(layer) ? pixels('uint4', 15) : pact(layer.name, { bits: 2, format: uint4 }),
      weight: sawbWeights(sawbRow('102'), 4),
    }),
  },
  lsqRecipe('lsq', 'features', 'the square root of features and levels, as in the paper'),
  lsqRecipe('lsq-elements', 'elements', 'the batch among the features, as in lsq-net'),
  lsqRecipe('lsq-unscaled', 'none', 'none'),
  {
    ...QAT,
    name: 'dorefa',
    bits: { weights: 4, activations: 4 },
    description: '4-bit activations in [0, 1], 4-bit weights (odd integers), in int8 containers; real gradients',
    source: 'Zhou et al. 2016, arXiv 1606.06160',
    target: 'qat-int8',
    style: 'normed',
    quantizers: (layer) => ({
      input: isFirst(layer) ? pixels('int8', 15) : dorefaActivationQuantizer(4, int8),
      weight: dorefaWeightQuantizer(4, 8),
    }),
  },
  {
    ...LATENT,
    name: 'bnn',
    bits: { weights: 1, activations: 1 },
    description: 'signs of weights and activations; first and last layer int8',
    source: 'Courbariaux et al. 2016, arXiv 1602.02830',
    target: 'qat-xnor',
    style: 'sign',
    quantizers: (layer) =>
      isEnd(layer) ? INT8_ENDS() : { input: binaryActivations(), weight: binaryWeights(), weightLimit: LATENT_LIMIT },
  },
  {
    ...LATENT,
    name: 'xnor',
    bits: { weights: 1, activations: 1 },
    description:
      'signs of activations, a scale and signs for each filter; first and last layer int8; no input scales K',
    source: 'Rastegari et al., ECCV 2016',
    target: 'qat-xnor',
    style: 'sign',
    quantizers: (layer) =>
      isEnd(layer)
        ? INT8_ENDS()
        : { input: binaryActivations(), weight: xnorWeightQuantizer(), weightLimit: LATENT_LIMIT },
  },
  {
    ...LATENT,
    name: 'xnor-k',
    bits: { weights: 1, activations: 1 },
    description: 'the same with the input scales K; in the file their mean over the images stands for them',
    source: 'Rastegari et al., ECCV 2016',
    target: 'qat-xnor',
    style: 'bare',
    quantizers: (layer) =>
      isEnd(layer)
        ? INT8_ENDS()
        : {
            input: binaryActivations(),
            weight: xnorWeightQuantizer(),
            weightLimit: LATENT_LIMIT,
            outputScale: xnorOutputScale,
          },
  },
  {
    ...LATENT,
    name: 'binaryconnect',
    bits: { weights: 1, activations: 16 },
    description: 'signs of weights, fp16 activations',
    source: 'Courbariaux et al., NeurIPS 2015',
    target: 'fp16',
    style: 'normed',
    quantizers: () => ({ input: fp16(), weight: binaryWeights(), weightLimit: LATENT_LIMIT }),
  },
  {
    ...LATENT,
    name: 'binaryconnect-fp32',
    bits: { weights: 1, activations: 32 },
    description: 'signs of weights, fp32 activations',
    source: 'Courbariaux et al., NeurIPS 2015',
    target: 'fp32',
    style: 'normed',
    quantizers: () => ({ weight: binaryWeights(), weightLimit: LATENT_LIMIT }),
  },
  {
    ...LATENT,
    // Latent weights have to move far before their signs are no longer drawn evenly.
    rate: 0.1,
    name: 'binaryconnect-stochastic',
    bits: { weights: 1, activations: 16 },
    description: 'weights +1 or -1 at random by their value, their means where the network is judged; fp16 activations',
    source: 'Courbariaux et al., NeurIPS 2015',
    target: 'fp16',
    style: 'normed',
    quantizers: (_layer, { unit }) => ({ input: fp16(), weight: binaryWeights(unit), weightLimit: LATENT_LIMIT }),
  },
  {
    ...QAT,
    name: 'twn',
    bits: { weights: 2, activations: 16 },
    description: 'ternary weights with a scale, fp16 activations',
    source: 'Li and Liu 2016, arXiv 1605.04711',
    target: 'fp16',
    quantizers: () => ({ input: fp16(), weight: twn() }),
  },
  {
    ...LATENT,
    name: 'ttq',
    bits: { weights: 2, activations: 16 },
    description: 'ternary weights with two learned scales, fp16 activations; products in real numbers',
    source: 'Zhu et al., ICLR 2017',
    target: 'fp16',
    quantizers: ({ name }) => ({ input: fp16(), weight: ttq(name) }),
  },
];
