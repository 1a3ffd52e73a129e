import { executeMac } from './mac.js';
import type { Arithmetic, Layer, Network } from './network.js';
import { add, averagePool, batchNorm, flatten, maxPool, realInput, relu, sign, softmax } from './operators.js';
import { dequantize, quantize } from './quantization.js';
import { sizeOf, type FloatTensor, type Tensor } from './tensor.js';

/** Called with every layer's output, in the order of the network; the layer's name is the tensor's. */
export type Tap = (layer: string, output: Tensor) => void;

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
    const other = layer.op === 'add' ? tensorOf(tensors, layer.other, layer) : undefined;
    const output = executeLayer(layer, tensorOf(tensors, layer.input, layer), arithmetic, other);
    tensors.set(layer.name, output);
    tap?.(layer.name, output);
    for (const tensor of tensors.keys()) if ((lastUse.get(tensor) ?? -1) <= i) tensors.delete(tensor);
  });
  return tensors.get(network.output) as Tensor;
}

/** The last layer that reads each tensor, so that big batches do not keep what nobody will read. */
function lastUses({ layers, output }: Network): Map<string, number> {
  const uses = new Map<string, number>();
  layers.forEach((layer, i) => {
    uses.set(layer.input, i);
    if (layer.op === 'add') uses.set(layer.other, i);
  });
  return uses.set(output, Infinity);
}

function tensorOf(tensors: ReadonlyMap<string, Tensor>, name: string, layer: Layer): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`layer ${layer.name} reads ${name}, which no layer before it writes`);
  return tensor;
}

/** Runs one layer on its own. @param other the second operand of an add */
export function executeLayer(layer: Layer, x: Tensor, arithmetic: Arithmetic, other?: Tensor): Tensor {
  switch (layer.op) {
    case 'conv':
    case 'dense':
      return executeMac(layer, x, arithmetic);
    case 'maxPool':
      return maxPool(layer, x);
    case 'averagePool':
      return averagePool(layer, realInput(layer, x));
    case 'quantize':
      return quantize(realInput(layer, x), layer.quantization);
    case 'dequantize':
      return dequantize(x);
    case 'relu':
      return relu(x);
    case 'sign':
      return sign(realInput(layer, x), layer);
    case 'flatten':
      return flatten(x);
    case 'batchNorm':
      return batchNorm(layer, realInput(layer, x));
    case 'softmax':
      return softmax(realInput(layer, x));
    case 'add':
      return addTensors(layer, x, other);
  }
}

function addTensors(layer: Layer, x: Tensor, other: Tensor | undefined): FloatTensor {
  if (other === undefined || sizeOf(other.shape) !== sizeOf(x.shape))
    throw new Error(
      `layer ${layer.name} adds shapes ${x.shape.join('x')} and ${other?.shape.join('x')}: they must be the same`,
    );
  return add(realInput(layer, x), realInput(layer, other));
}
