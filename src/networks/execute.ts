import { type Chain, chainsOf, singly } from './chains.js';
import { type RunLayer, runSteps } from './elements.js';
import { inputOf, inputsOf, outputOf, putOutputs, tensorOf } from './facts.js';
import { NO_STEPS } from './lanes.js';
import type { Arithmetic, ChooseLayer, Layer, Network } from './network.js';
import { operatorOf } from './operators/index.js';
import type { FloatTensor, Operand, Tensor } from './tensor.js';

/** Called with every tensor that a layer writes, in the order of the network. */
export type Tap = (name: string, output: Tensor) => void;

/**
 * Runs a network of one input and one output, float or quantized, on images.
 * @param input a batch of images, of the shape that the network reads
 * @param arithmetic what the MAC layers multiply with
 * @returns the tensor that the network names as its output
 * @throws Error naming the layer, when the input's shape is another or a layer cannot run on what it reads
 */
export function execute(network: Network, input: FloatTensor, arithmetic: Arithmetic, tap?: Tap): Operand {
  const outputs = executeAll(network, new Map([[inputOf(network).name, input]]), arithmetic, tap);
  const output = outputs.get(outputOf(network)) as Tensor;
  if (output.kind !== 'integers') return output;
  throw new Error(`network ${network.name} gives integers (${output.type}): real numbers or codes are wanted here`);
}

/**
 * Runs a network on all that it reads.
 * @param inputs by name, of the shapes that the network says, but for a free batch
 * @returns the tensors that it names as its outputs, by name
 * @throws Error naming what is missing or of another shape, or the layer that cannot run on what it reads
 */
export function executeAll(
  network: Network,
  inputs: ReadonlyMap<string, Tensor>,
  arithmetic: Arithmetic,
  tap?: Tap,
): Map<string, Tensor> {
  checkInputs(network, inputs);
  const tensors = new Map(inputs);
  // Whoever looks at tensors wants them made.
  const chains = tap === undefined ? chainsOf(network) : singly(network);
  const lastUse = lastUses({ layers: chains, outputs: network.outputs });
  chains.forEach((chain, i) => {
    if (isWanted(chain.layers[0], tensors)) {
      executeChain(chain, tensors, arithmetic);
      for (const output of chain.outputs) tap?.(output, tensors.get(output) as Tensor);
    }
    for (const tensor of tensors.keys()) if ((lastUse.get(tensor) ?? -1) <= i) tensors.delete(tensor);
  });
  return new Map(network.outputs.map((name) => [name, tensors.get(name) as Tensor]));
}

function executeChain(chain: Chain, tensors: Map<string, Tensor>, arithmetic: Arithmetic): void {
  const { layers, inputs, outputs, isSteps, rest } = chain;
  const run: RunLayer = (layer, given) => executeLayer(layer, given, arithmetic);
  if (isSteps) {
    const [first] = layers;
    const given = inputs.map((name) => tensorOf(tensors, name, first.name));
    tensors.set(outputs[0], runSteps(chain, given, run));
    return;
  }
  const [layer] = layers;
  const given = layer.op === 'choose' ? [chosen(layer, tensors)] : inputsOf(layer, tensors);
  if (rest === undefined) {
    putOutputs(layer, run(layer, given), tensors);
    return;
  }
  const through = operatorOf(layer).through?.(layer, given, arithmetic, rest.lanes ?? NO_STEPS);
  tensors.set(outputs[0], through ?? runSteps(rest, run(layer, given), run));
}

/** Whether all that it waits for is so; a condition that was not looked at itself is none. */
function isWanted({ when = [] }: Layer, tensors: ReadonlyMap<string, Tensor>): boolean {
  return when.every(({ tensor, is }) => {
    const condition = tensors.get(tensor);
    return condition !== undefined && isTrue(condition) === is;
  });
}

function isTrue({ data }: Tensor): boolean {
  return data[0] !== 0;
}

function chosen({ name, inputs: [condition, yes, no] }: ChooseLayer, tensors: ReadonlyMap<string, Tensor>): Tensor {
  return tensorOf(tensors, isTrue(tensorOf(tensors, condition, name)) ? yes : no, name);
}

function checkInputs(network: Network, inputs: ReadonlyMap<string, Tensor>): void {
  for (const { name, shape } of network.inputs) {
    const found = inputs.get(name);
    if (found === undefined) throw new Error(`network ${network.name} reads ${name}, and nothing is given for it`);
    const [wanted, given] = [shape, found.shape].map((each) => (network.batch === 'free' ? each.slice(1) : each));
    if (wanted.join('x') !== given.join('x'))
      throw new Error(`network ${network.name} reads ${wanted.join('x')}, the images are ${given.join('x')}`);
  }
  if (network.batch === 'fixed') return;
  const batches = network.inputs.map(({ name }) => inputs.get(name)?.shape[0]);
  if (batches.some((batch) => batch !== batches[0]))
    throw new Error(`network ${network.name} reads batches of one length: found ${batches.join(', ')}`);
}

/** Layers, or chains of them, and what is read of them in the end. */
interface Reading {
  layers: readonly { inputs: readonly string[] }[];
  outputs: readonly string[];
}

/** The place of the last layer that reads each tensor, infinite where the network gives it. */
export function lastUses({ layers, outputs }: Reading): Map<string, number> {
  const uses = new Map<string, number>();
  layers.forEach(({ inputs }, i) => {
    for (const input of inputs) uses.set(input, i);
  });
  for (const output of outputs) uses.set(output, Infinity);
  return uses;
}

/**
 * Runs one layer on its own.
 * @returns a tensor for each of its outputs
 * @throws Error naming the layer, where it reads codes and works on real numbers only, or the reverse
 */
export function executeLayer(layer: Layer, inputs: readonly Tensor[], arithmetic: Arithmetic): readonly Tensor[] {
  const operator = operatorOf(layer);
  if (operator.any !== undefined) return operator.any(layer, inputs, arithmetic);
  const operands = inputs.filter((input) => input.kind !== 'integers');
  if (operands.length < inputs.length)
    throw new Error(`layer ${layer.name} (${layer.op}) reads integers: cast to real numbers before it`);
  const codes = operands.find((input) => input.kind === 'codes');
  if (codes === undefined && operator.reals !== undefined)
    return operator.reals(layer, inputs as readonly FloatTensor[], arithmetic);
  if (codes !== undefined && operator.codes !== undefined) return operator.codes(layer, operands, arithmetic);
  throw new Error(
    codes === undefined
      ? `layer ${layer.name} (${layer.op}) reads real numbers: quantize before it`
      : `layer ${layer.name} (${layer.op}) reads codes of ${codes.quantization.fit.format.name}: dequantize before it`,
  );
}
