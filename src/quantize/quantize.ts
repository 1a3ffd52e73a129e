import { foldBatchNorm } from '../networks/fold.js';
import { isMacLayer, type Layer, type Network } from '../networks/network.js';
import { inBlockFormat } from './blocks/blockWeights.js';
import { calibrate, quantizedWeights, type Ranges, schemesOf, storedFactors } from './contract/calibrate.js';
import { heldTensors } from './contract/ends.js';
import { type ProductFactor, type CodeProduct, productsOf, withFactors } from './contract/factors.js';
import type { Images } from './contract/images.js';
import type { OperandSchemes, Recipe } from './contract/recipe.js';
import { codesEndToEnd, inputsOf, type StoredCodes } from './codes/endToEnd.js';

/**
 * Makes a quantized network of a float one. What its recipe cannot do stays real numbers (see `leftReal`).
 * @param images to calibrate on, or the ranges found earlier (training with fake quantization freezes them)
 * @throws Error naming the layer that the recipe cannot do
 */
export function quantizeNetwork(network: Network, recipe: Recipe, images: Images | Ranges): Network {
  if (recipe.prepare === undefined && recipe.correct === undefined) return onGrids(network, recipe, images);
  if ('inputs' in images)
    throw new Error(`recipe ${recipe.name} looks at what the layers read: give it images, not ranges`);
  const folded = foldBatchNorm(network);
  const float = recipe.prepare?.(folded, images) ?? folded;
  const quantized = onGrids(float, recipe, images);
  return recipe.correct?.(quantized, float, images) ?? quantized;
}

function onGrids(network: Network, recipe: Recipe, images: Images | Ranges): Network {
  if (recipe.blocks !== undefined) {
    if ('inputs' in images) throw new Error(`recipe ${recipe.name} finds no ranges: give it images`);
    const blocked = inBlockFormat(network, recipe.blocks, images);
    return { ...blocked, metadata: { ...network.metadata, recipe: recipe.description } };
  }
  const branch = network.layers.find(({ op }) => op === 'choose');
  if (branch !== undefined)
    throw new Error(
      `network ${network.name} has the branch ${branch.node ?? branch.name}, and images calibrate one of the two: none are quantized`,
    );
  const schemes = schemesOf(network, recipe);
  const stored: StoredCodes = {
    weights: (layer, scale) => quantizedWeights(layer, schemes.get(layer.name) as OperandSchemes, scale),
    factors: (layer, factors) =>
      layer.op === 'general' ? storedFactors(layer, factors, schemes.get(layer.name) as OperandSchemes) : [],
  };
  const metadata = { ...network.metadata, recipe: recipe.description };
  if (recipe.result === 'requantize') {
    const folded = foldBatchNorm(network);
    const ranges = 'inputs' in images ? images : calibrate(seenBy(network, folded), recipe, images);
    return { ...codesEndToEnd(folded, stored, ranges), metadata };
  }
  const ranges = 'inputs' in images ? images : calibrate(network, recipe, images);
  const products = productsOf(network);
  const layers = network.layers.flatMap((layer) => dequantizing(layer, products, stored, ranges));
  return foldBatchNorm({ ...network, metadata, layers });
}

/** The network whose tensors are looked at: where codes are held for others than products, by the names of the folded one. */
function seenBy(network: Network, folded: Network): Network {
  const others = [...heldTensors(folded, productsOf(folded)).keys()].filter((name) => !folded.outputs.includes(name));
  return others.length > 0 || folded.outputs.join() !== network.outputs.join() ? folded : network;
}

/** A quantize layer before each product, real numbers after it. */
function dequantizing(
  layer: Layer,
  products: ReadonlyMap<CodeProduct, readonly ProductFactor[]>,
  stored: StoredCodes,
  ranges: Ranges,
): Layer[] {
  const factors = products.get(layer as CodeProduct);
  if (factors === undefined) return [layer];
  const grids = inputsOf(layer.name, ranges);
  const computed = factors.flatMap(({ place, tensor }) => (tensor === undefined ? [] : [{ place, tensor }]));
  const quantizes = computed.map(({ tensor }, i): Layer => {
    const name = `${layer.name}.input${i === 0 ? '' : i + 1}`;
    return { op: 'quantize', name, inputs: [tensor], outputs: [name], quantization: grids[i] };
  });
  if (isMacLayer(layer)) {
    const [{ name }] = quantizes;
    return [...quantizes, { ...layer, inputs: [name], weight: stored.weights(layer), result: { kind: 'dequantize' } }];
  }
  if (layer.op !== 'general') return [layer];
  const codes = computed.map(({ place }, i) => ({ place, codes: quantizes[i].name }));
  return [...quantizes, withFactors(layer, [...codes, ...stored.factors(layer, factors)])];
}
