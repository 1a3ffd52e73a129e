import { formatNamed } from '../../formats/catalog.js';
import { fitTo } from '../../formats/codec.js';
import { dequantize, quantize } from '../../networks/quantization.js';
import { floatTensor, sizeOf } from '../../networks/tensor.js';
import { type FakeQuantizer, straightThrough } from '../../quantize/contract/fake.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import { largestOfGroups, withoutSmallest } from '../../quantize/structure/prune.js';
import { pruneFilters } from '../../quantize/structure/pruneFilters.js';
import { quantizationOf, scheme } from '../../quantize/contract/scheme.js';
import { DISTILLATION } from '../../training/session/distill.js';
import { PLAIN } from './floats.js';
import type { TrainRecipe } from '../trainRecipe.js';

/**
 * Training with fewer weights, int8 forward: those that pruning zeroes are chosen anew in each step and still get the
 * gradient (Zhou et al., ICLR 2021, without their decay), so that one can come back.
 */
const INT8 = scheme('int8', maximum());

const int8 = (): FakeQuantizer => straightThrough((x) => quantizationOf(x, INT8));

/** @param prune of weights [filters, width] */
function pruned(prune: (weights: Float32Array, width: number) => Float32Array): FakeQuantizer {
  const fit = fitTo(formatNamed('int8'), { overflow: 'saturate' });
  return {
    forward(w) {
      const quantization = { ...quantizationOf(w, INT8), fit };
      const kept = floatTensor(w.shape, prune(w.data, sizeOf(w.shape.slice(1))));
      return { values: dequantize(quantize(kept, quantization)), quantization };
    },
    backward() {},
  };
}

const STRUCTURE = {
  ...PLAIN,
  family: 'fewer weights',
  bits: { weights: 8, activations: 8 },
  target: 'qat-int8',
} as const;

export const STRUCTURE_TRAIN_RECIPES: readonly TrainRecipe[] = [
  {
    ...STRUCTURE,
    name: 'prune-half',
    description: 'int8, half of each layer’s weights zero by magnitude',
    source: 'Han et al., NeurIPS 2015; Zhou et al., ICLR 2021',
    quantizers: () => ({ input: int8(), weight: pruned((w) => withoutSmallest(w, 0.5)) }),
  },
  {
    ...STRUCTURE,
    name: 'prune-2of4',
    description: 'int8, two of every four weights zero by magnitude',
    source: 'Mishra et al. 2021, arXiv 2104.08378; Zhou et al., ICLR 2021',
    quantizers: () => ({ input: int8(), weight: pruned((w, width) => largestOfGroups(w, width, { n: 2, m: 4 })) }),
  },
  {
    ...STRUCTURE,
    name: 'half-filters',
    description: 'int8, half of the filters taken out by their norm before training',
    source: 'Li et al., ICLR 2017',
    prepare: (network) => pruneFilters(network, 0.5),
    quantizers: () => ({ input: int8(), weight: int8() }),
  },
  {
    ...STRUCTURE,
    name: 'distill-half',
    description: 'the same, learning from the whole network too: half of the loss at temperature 4',
    source: 'Hinton, Vinyals and Dean 2015, arXiv 1503.02531',
    prepare: (network) => pruneFilters(network, 0.5),
    distillation: DISTILLATION,
    quantizers: () => ({ input: int8(), weight: int8() }),
  },
];
