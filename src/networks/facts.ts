import { operatorOf } from './operators/index.js';
import { isMacLayer, type Layer, type Network, type NetworkInput } from './network.js';
import { openProduct } from './operators/general.js';
import type { Quantization, TensorFacts } from './tensor.js';

/**
 * What a layer reads, by name: tensors, or what is known of them.
 * @throws Error where no layer before it writes one of them, or where their number is not the operator's
 */
export function inputsOf<T>(layer: Layer, tensors: ReadonlyMap<string, T>): readonly T[] {
  const { reads } = operatorOf(layer);
  if (reads !== undefined && layer.inputs.length !== reads)
    throw new Error(`layer ${layer.name} reads ${layer.inputs.length} tensors: ${layer.op} reads ${reads}`);
  return layer.inputs.map((name) => tensorOf(tensors, name, layer.name));
}

/** @throws Error naming reader and tensor */
export function tensorOf<T>(tensors: ReadonlyMap<string, T>, name: string, reader: string): T {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`layer ${reader} reads ${name}, which no layer before it writes`);
  return tensor;
}

/** Puts what a layer gave under the names of its outputs. @throws Error where it has not one name for each */
export function putOutputs<T>({ name, outputs }: Layer, given: readonly T[], tensors: Map<string, T>): void {
  if (given.length !== outputs.length)
    throw new Error(`layer ${name} names ${outputs.length} outputs, and gives ${given.length} tensors`);
  outputs.forEach((output, i) => tensors.set(output, given[i]));
}

/** The one input of a network. @throws Error where it has several */
export function inputOf({ name, inputs }: Network): NetworkInput {
  if (inputs.length === 1) return inputs[0];
  throw new Error(`network ${name} reads ${inputs.map((input) => input.name).join(', ')}: one input is wanted here`);
}

/** The name of the one output of a network. @throws Error where it has several */
export function outputOf({ name, outputs }: Pick<Network, 'name' | 'outputs'>): string {
  if (outputs.length === 1) return outputs[0];
  throw new Error(`network ${name} gives ${outputs.join(', ')}: one output is wanted here`);
}

/** A network that reads so many images at once. @throws Error where its file has set another batch */
export function ofBatch(network: Network, batch: number): Network {
  const inputs = network.inputs.map(({ shape, ...port }) => ({ ...port, shape: [batch, ...shape.slice(1)] }));
  const same = network.inputs.every(({ shape }) => shape[0] === batch);
  if (network.batch === 'free' || same) return same ? network : { ...network, inputs };
  throw new Error(
    `network ${network.name} reads a batch of ${network.inputs[0].shape[0] ?? 'none'}, which its file has set: found ${batch} images`,
  );
}

/** Every tensor of a network by name. @throws Error when a layer reads what no layer before it writes */
export function factsOf(network: Network): Map<string, TensorFacts> {
  const facts = new Map<string, TensorFacts>(network.inputs.map(({ name, ...port }) => [name, port]));
  for (const layer of network.layers) putOutputs(layer, factsAfter(layer, inputsOf(layer, facts)), facts);
  return facts;
}

/** What a layer writes. @throws Error where its attributes cannot be meant */
export function factsAfter(layer: Layer, inputs: readonly TensorFacts[]): readonly TensorFacts[] {
  const operator = operatorOf(layer);
  operator.check?.(layer);
  const open = inputs.find((input) => input.open !== undefined)?.open;
  if (open !== undefined && isMacLayer(layer))
    throw new Error(`layer ${layer.name} (${layer.op}) ${openProduct(open)}`);
  const facts = operator.facts(layer, inputs);
  return open === undefined ? facts : facts.map((each) => ({ ...each, open }));
}

/** Codes that a layer reads come out of it as codes of the same quantization. */
export function keepsCodes(layer: Layer, quantization: Quantization): boolean {
  const operator = operatorOf(layer);
  if (operator.codes === undefined) return false;
  const inputs = layer.inputs.map(() => ({ shape: [1, 1, 1, 1], quantization }));
  return operator.facts(layer, inputs).every((output) => output.quantization === quantization);
}

/** How many layers read a tensor. */
export function readersOf({ layers }: Network, name: string): number {
  return layers.filter((layer) => layer.inputs.includes(name)).length;
}
