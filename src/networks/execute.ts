import { inputsOf, putOutputs } from './facts.js';
import type { Arithmetic, Layer, Network } from './network.js';
import { operatorOf } from './operators/index.js';
import type { FloatTensor, Tensor } from './tensor.js';

/** Called with every tensor that a layer writes, in the order of the network. */
export type Tap = (name: string, output: Tensor) => void;

/**
 * Runs a network, float or quantized, on images [n, ...input.shape].
 * @param arithmetic what the MAC layers multiply with
 * @returns the tensor that the network names as its output
 * @throws Error naming the layer, when the input's shape is another or a layer cannot run on what it reads
 */
export function execute(network: Network, input: FloatTensor, arithmetic: Arithmetic, tap?: Tap): Tensor {
  const { name, shape } = network.input;
  if (input.shape.slice(1).join('x') !== shape.join('x'))
    throw new Error(
      `network ${network.name} reads ${shape.join('x')}, the images are ${input.shape.slice(1).join('x')}`,
    );
  const tensors = new Map<string, Tensor>([[name, input]]);
  const lastUse = lastUses(network);
  network.layers.forEach((layer, i) => {
    putOutputs(layer, executeLayer(layer, inputsOf(layer, tensors), arithmetic), tensors);
    for (const output of layer.outputs) tap?.(output, tensors.get(output) as Tensor);
    for (const tensor of tensors.keys()) if ((lastUse.get(tensor) ?? -1) <= i) tensors.delete(tensor);
  });
  return tensors.get(network.output) as Tensor;
}

/** The last layer that reads each tensor, so that big batches do not keep what nobody will read. */
function lastUses({ layers, output }: Network): Map<string, number> {
  const uses = new Map<string, number>();
  layers.forEach(({ inputs }, i) => {
    for (const input of inputs) uses.set(input, i);
  });
  return uses.set(output, Infinity);
}

/**
 * Runs one layer on its own.
 * @returns a tensor for each of its outputs
 * @throws Error naming the layer, where it reads codes and works on real numbers only, or the reverse
 */
export function executeLayer(layer: Layer, inputs: readonly Tensor[], arithmetic: Arithmetic): readonly Tensor[] {
  const operator = operatorOf(layer);
  const codes = inputs.find((input) => input.kind === 'codes');
  if (codes === undefined && operator.reals !== undefined)
    return operator.reals(layer, inputs as readonly FloatTensor[], arithmetic);
  if (codes !== undefined && operator.codes !== undefined) return operator.codes(layer, inputs, arithmetic);
  throw new Error(
    codes === undefined
      ? `layer ${layer.name} (${layer.op}) reads real numbers: quantize before it`
      : `layer ${layer.name} (${layer.op}) reads codes of ${codes.quantization.fit.format.name}: dequantize before it`,
  );
}
