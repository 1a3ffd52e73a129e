import { formatNamed } from '../formats/catalog.js';
import { fitTo } from '../formats/codec.js';
import type { IntFormat } from '../formats/format.js';
import { binaryWeights, LATENT_LIMIT } from '../quantize/binaryConnect.js';
import { binaryActivations } from '../quantize/bnn.js';
import { dorefaActivationQuantizer, dorefaWeightQuantizer } from '../quantize/dorefa.js';
import { type FakeQuantizer, straightThrough } from '../quantize/fake.js';
import { lsq } from '../quantize/lsq.js';
import { maximum } from '../quantize/maximum.js';
import { pact } from '../quantize/pact.js';
import { sawbRow, sawbWeights } from '../quantize/sawbRows.js';
import { quantizationOf, scheme } from '../quantize/scheme.js';
import { ttq } from '../quantize/ttq.js';
import { twn } from '../quantize/twn.js';
import { xnorWeightQuantizer } from '../quantize/xnor.js';
import { inFormat, PLAIN } from './floatRecipes.js';
import { int4Forward, pixels } from './fp4Recipes.js';
import type { OperandQuantizers } from './mac.js';
import { adam } from './optimizer.js';
import { isEnd, isFirst, type TrainRecipe } from './trainRecipe.js';

/**
 * Quantization-aware training: the forward product in few bits, gradients in real numbers straight through. Where a paper
 * keeps the first and last layer in high precision and the array has no unit for it, they are in the recipe's bits too,
 * but for binary activations, whose ends are int8.
 */
const byMaximum = (format: string): FakeQuantizer => {
  const by = scheme(format, maximum());
  return straightThrough((x) => quantizationOf(x, by));
};

const int8 = formatNamed('int8') as IntFormat;
const INT8_ENDS = (): OperandQuantizers => ({ input: byMaximum('int8'), weight: byMaximum('int8') });
const fp16 = () => inFormat(fitTo(formatNamed('fp16'), { overflow: 'saturate' }));

/** Latent weights of binary layers are moved by Adam, as in their papers. */
const LATENT = { ...PLAIN, rate: 0.004, optimizer: () => adam() } as const;

export const QAT_RECIPES: readonly TrainRecipe[] = [
  {
    ...PLAIN,
    name: 'pact',
    description: '4-bit PACT activations, 4-bit DoReFa weights (odd integers), in int8 containers',
    source: 'Choi et al. 2018, arXiv 1805.06085',
    target: 'int8',
    quantizers: (layer) => ({
      input: isFirst(layer) ? pixels('int8', 15) : pact(layer.name, { bits: 4, format: int8 }),
      weight: dorefaWeightQuantizer(4, 8),
    }),
  },
  {
    ...PLAIN,
    name: 'sawb',
    description: '4-bit SAWB weights on 15 levels, 4-bit activations by their largest',
    source: 'Choi et al., SysML 2019; row 403 of fms-model-optimizer',
    target: 'int4-relu',
    quantizers: (layer) => ({
      input: isFirst(layer) ? pixels('uint4', 15) : byMaximum('uint4'),
      weight: sawbWeights(sawbRow('403')),
    }),
  },
  {
    ...PLAIN,
    name: 'pact-sawb',
    description: '4-bit PACT activations, 4-bit SAWB weights on 15 levels',
    source: 'Choi et al., SysML 2019; row 403 of fms-model-optimizer',
    target: 'int4-relu',
    quantizers: (layer) => int4Forward(layer),
  },
  {
    ...PLAIN,
    name: 'lsq',
    description: '4-bit weights and activations with learned step sizes',
    source: 'Esser et al., ICLR 2020; gradient scale by features',
    target: 'int4-relu',
    quantizers: (layer) => ({
      input: isFirst(layer) ? pixels('uint4', 15) : lsq(`${layer.name}.input`, 4, 'input'),
      weight: lsq(`${layer.name}.weight`, 4, 'weight'),
    }),
  },
  {
    ...PLAIN,
    name: 'dorefa',
    description: '4-bit activations in [0, 1], 4-bit weights (odd integers), in int8 containers; real gradients',
    source: 'Zhou et al. 2016, arXiv 1606.06160',
    target: 'int8',
    style: 'normed',
    quantizers: (layer) => ({
      input: isFirst(layer) ? pixels('int8', 15) : dorefaActivationQuantizer(4, int8),
      weight: dorefaWeightQuantizer(4, 8),
    }),
  },
  {
    ...LATENT,
    name: 'bnn',
    description: 'signs of weights and activations; first and last layer int8',
    source: 'Courbariaux et al. 2016, arXiv 1602.02830',
    target: 'xnor',
    style: 'sign',
    quantizers: (layer) =>
      isEnd(layer) ? INT8_ENDS() : { input: binaryActivations(), weight: binaryWeights(), weightLimit: LATENT_LIMIT },
  },
  {
    ...LATENT,
    name: 'xnor',
    description:
      'signs of activations, a scale and signs for each filter; first and last layer int8; no input scales K',
    source: 'Rastegari et al., ECCV 2016',
    target: 'xnor',
    style: 'sign',
    quantizers: (layer) =>
      isEnd(layer)
        ? INT8_ENDS()
        : { input: binaryActivations(), weight: xnorWeightQuantizer(), weightLimit: LATENT_LIMIT },
  },
  {
    ...LATENT,
    name: 'binaryconnect',
    description: 'signs of weights, fp16 activations',
    source: 'Courbariaux et al., NeurIPS 2015',
    target: 'fp16',
    style: 'normed',
    quantizers: () => ({ input: fp16(), weight: binaryWeights(), weightLimit: LATENT_LIMIT }),
  },
  {
    ...LATENT,
    // Latent weights have to move far before their signs are no longer drawn evenly.
    rate: 0.1,
    name: 'binaryconnect-stochastic',
    description: 'weights +1 or -1 at random by their value, their means where the network is judged; fp16 activations',
    source: 'Courbariaux et al., NeurIPS 2015',
    target: 'fp16',
    style: 'normed',
    quantizers: (_layer, { unit }) => ({ input: fp16(), weight: binaryWeights(unit), weightLimit: LATENT_LIMIT }),
  },
  {
    ...PLAIN,
    name: 'twn',
    description: 'ternary weights with a scale, fp16 activations',
    source: 'Li and Liu 2016, arXiv 1605.04711',
    target: 'fp16',
    quantizers: () => ({ input: fp16(), weight: twn() }),
  },
  {
    ...LATENT,
    name: 'ttq',
    description: 'ternary weights with two learned scales, fp16 activations; products in real numbers',
    source: 'Zhu et al., ICLR 2017',
    target: 'fp16',
    quantizers: ({ name }) => ({ input: fp16(), weight: ttq(name) }),
  },
];
