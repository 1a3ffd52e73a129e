import { foldBatchNorm } from '../networks/fold.js';
import { isMacLayer, type Layer, type Network } from '../networks/network.js';
import type { Operands } from './module.js';

/**
 * A trained network as it multiplies: a quantize layer before each product of codes, real numbers after it, batch-norms
 * folded. Where an operand was real the product stays real, with the weights rounded as they were.
 */
export function withOperands(network: Network, operands: ReadonlyMap<string, Operands>): Network {
  return foldBatchNorm({ ...network, layers: network.layers.flatMap((layer) => quantized(layer, operands)) });
}

function quantized(layer: Layer, operands: ReadonlyMap<string, Operands>): Layer[] {
  const own = operands.get(layer.name);
  if (!isMacLayer(layer) || own === undefined) return [layer];
  const { input, weight } = own;
  if (weight.kind === 'float') return [{ ...layer, weight }];
  if (input === undefined) return [layer];
  const name = `${layer.name}.input`;
  return [
    { op: 'quantize', name, input: layer.input, quantization: input },
    { ...layer, input: name, weight, result: { kind: 'dequantize' } },
  ];
}
