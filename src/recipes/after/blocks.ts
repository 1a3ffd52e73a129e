import { BLOCK_FORMATS, type BlockFormat } from '../../formats/block.js';
import { fitTo } from '../../formats/codec.js';
import { maximum } from '../../quantize/ranges/maximum.js';
import type { Recipe } from '../../quantize/contract/recipe.js';
import type { Scheme } from '../../quantize/contract/scheme.js';

/** Weights and activations in blocks along k, one recipe for each block format. */
export const BLOCK_RECIPES: readonly Recipe[] = BLOCK_FORMATS.map(blockRecipe);

function blockRecipe(blocks: BlockFormat): Recipe {
  const { name, element, size, scale, tensorScale } = blocks;
  const whole = tensorScale ? ', and one of the tensor' : '';
  const elements: Scheme = { fit: fitTo(element, { overflow: 'saturate' }), calibrate: maximum(), per: 'tensor' };
  return {
    name,
    family: 'blocks after training',
    description: `blocks of ${size} ${element.name} along k with a scale of ${scale.name}${whole}`,
    result: 'blocks',
    blocks,
    operands: () => ({ input: elements, weight: elements }),
  };
}
