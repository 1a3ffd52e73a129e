import { widthOf } from '../formats/format.js';
import { functionNamed } from '../networks/functions/index.js';
import { type GeneralLayer, isMacLayer, type Network } from '../networks/network.js';
import { sizeOf } from '../networks/tensor.js';

/**
 * Bytes of a network's weights and biases: codes packed, four for each scale and bias; weights in blocks take their
 * elements and scales; other float weights take four.
 */
export function modelBytesOf(network: Network): number {
  const functions = network.layers.reduce((total, layer) => total + (layer.op === 'general' ? storedIn(layer) : 0), 0);
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
  }, functions);
}

/** Of what a function stores whose products the array does. */
function storedIn({ function: called, operands }: GeneralLayer): number {
  if (functionNamed(called).products === undefined) return 0;
  return operands.reduce((total: number, operand) => {
    if (operand === undefined || typeof operand === 'number') return total;
    const count = sizeOf(operand.shape);
    if (operand.kind !== 'codes') return total + 4 * count;
    const { fit, scale } = operand.quantization;
    return total + (count * widthOf(fit.format)) / 8 + 4 * scale.length;
  }, 0);
}
