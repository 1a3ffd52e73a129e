import { widthOf } from '../formats/format.js';
import { isMacLayer, type Network } from '../networks/network.js';
import { sizeOf } from '../networks/tensor.js';

/**
 * Bytes of a network's weights and biases: codes packed, four for each scale and bias; weights in blocks take their
 * elements and scales; other float weights take four.
 */
export function modelBytesOf(network: Network): number {
  return network.layers.filter(isMacLayer).reduce((total, { weight, bias, result }) => {
    const count = sizeOf(weight.shape);
    const biases = 4 * (bias?.length ?? 0);
    if (weight.kind === 'codes') {
      const { fit, scale } = weight.quantization;
      return total + (count * widthOf(fit.format)) / 8 + 4 * scale.length + biases;
    }
    if (result.kind !== 'blocks') return total + 4 * count + biases;
    const { element, size, scale, tensorScale } = result.format;
    const blocks = weight.shape[0] * Math.ceil(count / weight.shape[0] / size);
    const bits = count * widthOf(element) + blocks * widthOf(scale);
    return total + bits / 8 + (tensorScale ? 4 : 0) + biases;
  }, 0);
}
