import { keepsCodes } from '../../networks/facts.js';
import { type ConvLayer, type DenseLayer, isMacLayer, type Layer, type Network } from '../../networks/network.js';
import type { CodeTensor, Quantization } from '../../networks/tensor.js';
import { integerBias, scalesForBias } from './integerBias.js';
import type { Ranges } from '../contract/calibrate.js';
import { boundsOf, endOf, saturatesAt } from '../contract/ends.js';
import { type ProductFactor, type CodeProduct, productsOf, withFactors } from '../contract/factors.js';

type Mac = ConvLayer | DenseLayer;

/** Codes of what a product stores. */
export interface StoredCodes {
  /** Weights on their grid; with other scales than their scheme's where they are given. */
  weights(layer: Mac, scale?: Float32Array): CodeTensor;
  /** Stored factors of a function, by their place. */
  factors(layer: CodeProduct, factors: readonly ProductFactor[]): { place: number; codes: CodeTensor }[];
}

/** A tensor as codes: the name that they have, and what they mean. */
interface Held {
  name: string;
  grid: Quantization;
}

/**
 * Codes end to end: each conv and dense layer gives codes, on the grid of what reads them. Layers that keep codes run on
 * them, bounds that codes cannot exceed go, and what works on real numbers (sums, means, gates, concatenations) gets the
 * numbers that codes stand for; its result is quantized where a product reads it.
 * @param network float, batch-norms folded
 */
export function codesEndToEnd(network: Network, stored: StoredCodes, ranges: Ranges): Network {
  const chain = new Chain(network, stored, ranges);
  for (const { name } of network.inputs) chain.real(name);
  for (const layer of network.layers) chain.take(layer);
  const outputs = network.outputs.map((name) => chain.given(name));
  return { ...network, layers: chain.layers, outputs };
}

/** The layers while they are put one behind the other. */
class Chain {
  readonly layers: Layer[] = [];
  readonly #network: Network;
  readonly #stored: StoredCodes;
  readonly #ranges: Ranges;
  readonly #products: ReadonlyMap<CodeProduct, readonly ProductFactor[]>;
  /** Grids of what products read, by tensor. */
  readonly #grids = new Map<string, Quantization>();
  readonly #held = new Map<string, Held>();
  /** Tensors that are there as real numbers. */
  readonly #reals = new Set<string>();

  constructor(network: Network, stored: StoredCodes, ranges: Ranges) {
    this.#network = network;
    this.#stored = stored;
    this.#ranges = ranges;
    this.#products = productsOf(network);
    for (const [{ name }, factors] of this.#products)
      factors.forEach(({ tensor }, i) => {
        if (tensor !== undefined && !this.#grids.has(tensor)) this.#grids.set(tensor, inputsOf(name, ranges)[i]);
      });
  }

  /** A tensor of real numbers is written: where it ends in a product it becomes codes at once. */
  real(name: string): void {
    this.#reals.add(name);
    const grid = this.#grids.get(endOf(this.#network, name));
    if (grid === undefined) return;
    const codes = `${name}.codes`;
    this.layers.push({ op: 'quantize', name: codes, inputs: [name], outputs: [codes], quantization: grid });
    this.#held.set(name, { name: codes, grid });
  }

  take(layer: Layer): void {
    const factors = this.#products.get(layer as CodeProduct);
    if (isMacLayer(layer)) this.#product(layer);
    else if (factors !== undefined && layer.op === 'general') this.#function(layer, factors);
    else if (!this.#kept(layer)) this.#beside(layer);
  }

  /** What the network gives of a tensor: real numbers. */
  given(tensor: string): string {
    return this.#reals.has(tensor) ? tensor : this.#realOf(tensor);
  }

  #product(layer: Mac): void {
    const [input] = layer.inputs;
    const { name, grid } = this.#codesOf(input, layer.name);
    const end = endOf(this.#network, layer.name);
    const output = this.#grids.get(end) ?? this.#ranges.held.get(end);
    if (output === undefined) throw new Error(`layer ${layer.name}: no range was found for ${end}`);
    this.layers.push(requantized({ ...layer, inputs: [name] }, this.#stored, grid, output));
    this.#held.set(layer.name, { name: layer.name, grid: output });
  }

  #function(layer: Extract<CodeProduct, { op: 'general' }>, factors: readonly ProductFactor[]): void {
    const computed = factors.flatMap(({ place, tensor }) =>
      tensor === undefined ? [] : [{ place, codes: this.#codesOf(tensor, layer.name).name }],
    );
    const own = withFactors(layer, [...computed, ...this.#stored.factors(layer, factors)]);
    const codes = new Set(computed.map((factor) => factor.codes));
    this.layers.push({ ...own, inputs: own.inputs.map((name) => (codes.has(name) ? name : this.#realOf(name))) });
    for (const output of layer.outputs) this.real(output);
  }

  /** A layer that codes pass through; false where it takes real numbers. */
  #kept(layer: Layer): boolean {
    const held = layer.inputs.length === 1 ? this.#held.get(layer.inputs[0]) : undefined;
    if (held === undefined) return false;
    const { name, outputs } = layer;
    const bounds = boundsOf(layer);
    const [low, high] = bounds === undefined ? [false, false] : saturatesAt(held.grid, bounds);
    if (low && high) this.#held.set(name, held);
    else {
      const kept: Layer | undefined =
        bounds?.[0] === 0 && high
          ? { op: 'relu', name, outputs, inputs: [], ...(layer.node !== undefined && { node: layer.node }) }
          : keepsCodes(layer, held.grid)
            ? layer
            : undefined;
      if (kept === undefined) return false;
      this.layers.push({ ...kept, inputs: [held.name] });
      this.#held.set(name, { name, grid: held.grid });
    }
    return true;
  }

  #beside(layer: Layer): void {
    this.layers.push({ ...layer, inputs: layer.inputs.map((name) => this.#realOf(name)) });
    for (const output of layer.outputs) this.real(output);
  }

  #codesOf(tensor: string, reader: string): Held {
    const held = this.#held.get(tensor);
    if (held === undefined) throw new Error(`layer ${reader}: no codes were made of ${tensor}`);
    return held;
  }

  /** What was made codes is read as the real numbers that they stand for, by all. */
  #realOf(tensor: string): string {
    const held = this.#held.get(tensor);
    if (held === undefined) return tensor;
    const name = `${held.name}.real`;
    if (!this.layers.some((layer) => layer.name === name))
      this.layers.push({ op: 'dequantize', name, inputs: [held.name], outputs: [name] });
    return name;
  }
}

export function inputsOf(layer: string, ranges: Ranges): readonly Quantization[] {
  const quantizations = ranges.inputs.get(layer);
  if (quantizations === undefined) throw new Error(`layer ${layer}: no range was found for what it reads`);
  return quantizations;
}

function requantized(layer: Mac, stored: StoredCodes, input: Quantization, output: Quantization): Mac {
  if (input.fit.format.kind !== 'int')
    throw new Error(`layer ${layer.name}: codes end to end need integers, found ${input.fit.format.name}`);
  const usual = stored.weights(layer);
  const scale = scalesForBias(layer, usual, input);
  const weight = scale === undefined ? usual : stored.weights(layer, scale);
  const bias = integerBias(layer, weight.quantization, input, weight.shape[0]);
  return { ...layer, weight, bias, result: { kind: 'requantize', output, convention: 'onnx' } };
}
