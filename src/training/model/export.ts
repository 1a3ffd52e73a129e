import { widthOf } from '../../formats/format.js';
import { foldBatchNorm } from '../../networks/fold.js';
import { isMacLayer, type Layer, type Network } from '../../networks/network.js';
import { dequantize } from '../../networks/quantization.js';
import type { Quantization } from '../../networks/tensor.js';
import type { LayerOperands } from './module.js';

/** Codes that ONNX has a type or a function for. */
const WIDEST = 8;

/**
 * A trained network as it multiplies: a quantize layer before each product of codes up to 8 bits, real numbers after it,
 * batch-norms folded. Where an operand was real or wider the product stays real, with the weights rounded as they were.
 */
export function withOperands(network: Network, operands: ReadonlyMap<string, LayerOperands>): Network {
  return foldBatchNorm({ ...network, layers: network.layers.flatMap((layer) => quantized(layer, operands)) });
}

function quantized(layer: Layer, operands: ReadonlyMap<string, LayerOperands>): Layer[] {
  const own = operands.get(layer.name);
  if (!isMacLayer(layer) || own === undefined) return [layer];
  const { input, weight } = own;
  const narrow = (q: Quantization) => widthOf(q.fit.format) <= WIDEST;
  if (weight.kind === 'float' || input === undefined || !narrow(input) || !narrow(weight.quantization))
    return [{ ...layer, weight: dequantize(weight) }];
  const name = `${layer.name}.input`;
  return [
    { op: 'quantize', name, inputs: layer.inputs, outputs: [name], quantization: input },
    { ...layer, inputs: [name], weight, result: { kind: 'dequantize' } },
  ];
}
