import { BLOCK_FORMATS, type BlockFormat } from '../../formats/block.js';
import { fitTo } from '../../formats/codec.js';
import { widthOf } from '../../formats/format.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import type { AfterRecipe } from '../method.js';
import type { Scheme } from '../../quantize/contract/scheme.js';

/** Weights and activations in blocks along k, one recipe for each block format. */
export const BLOCK_RECIPES: readonly AfterRecipe[] = BLOCK_FORMATS.map(blockRecipe);

function blockRecipe(blocks: BlockFormat): AfterRecipe {
  const { name, element, size, scale, tensorScale } = blocks;
  const whole = tensorScale ? ', and one of the tensor' : '';
  const bits = widthOf(element);
  const elements: Scheme = { fit: fitTo(element, { overflow: 'saturate' }), calibrate: maximum(), per: 'tensor' };
  return {
    kind: 'after',
    name,
    family: 'blocks after training',
    description: `blocks of ${size} ${element.name} along k with a scale of ${scale.name}${whole}`,
    bits: { weights: bits, activations: bits },
    source: 'OCP Microscaling Formats v1.0; nvfp4 is of NVIDIA',
    result: 'blocks',
    blocks,
    operands: () => ({ input: elements, weight: elements }),
  };
}
