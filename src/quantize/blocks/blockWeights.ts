import { type BlockFormat, tensorScaleOf } from '../../formats/block.js';
import { foldBatchNorm } from '../../networks/fold.js';
import { isMacLayer, type Layer, type Network } from '../../networks/network.js';
import { floatTensor } from '../../networks/tensor.js';
import { floatWeights } from '../contract/calibrate.js';
import { gatherInputs } from '../contract/inputs.js';
import { largestMagnitude } from '../algebra/reals.js';
import { quantizeRows, realRows } from '../../networks/products/blocks.js';
import type { Images } from '../contract/images.js';

/**
 * A network whose products have their operands in blocks along k (OCP Microscaling v1.0; NVFP4). Weights are put on their
 * blocks here and stay real numbers; activations are put in blocks as they run, each by what it holds, so nothing is
 * calibrated but the scale of a whole tensor where the format has one: from the largest magnitude over the images.
 */
export function inBlockFormat(network: Network, format: BlockFormat, images: Images): Network {
  const folded = foldBatchNorm(network);
  const { gathered } = gatherInputs(folded, images, (most, x) => Math.max(most, Math.abs(x)));
  const layers = folded.layers.map((layer): Layer => {
    if (!isMacLayer(layer)) return layer;
    const { shape, data } = floatWeights(layer);
    const k = data.length / shape[0];
    const aScale = tensorScaleOf(format, [largestMagnitude(gathered.get(layer.name) ?? Float64Array.of(0))]);
    const bScale = tensorScaleOf(format, data);
    const weight = floatTensor(shape, realRows(quantizeRows(format, data, k, bScale), k));
    return { ...layer, weight, result: { kind: 'blocks', format, aScale, bScale } };
  });
  return { ...folded, layers };
}
