import {
  type ConvLayer,
  type DenseLayer,
  type GeneralLayer,
  isMacLayer,
  type Layer,
  type Network,
} from '../../networks/network.js';
import { dequantize, quantize } from '../../networks/quantization.js';
import type { CodeTensor, FloatTensor, Quantization } from '../../networks/tensor.js';
import { heldTensors } from './ends.js';
import { type ProductFactor, type CodeProduct, productsOf, storedCodes } from './factors.js';
import { type Images, valuesSeen } from './images.js';
import type { OperandSchemes, Recipe } from './recipe.js';
import { quantizationOf, type Scheme } from './scheme.js';

/** The schemes of each product, by its layer's name. */
export function schemesOf(network: Network, recipe: Recipe): Map<string, OperandSchemes> {
  const names = [...productsOf(network).keys()].map(({ name }) => name);
  return new Map(names.map((name, index) => [name, recipe.operands({ index, count: names.length })]));
}

/** @throws Error naming the layer when it has codes already */
export function floatWeights(layer: ConvLayer | DenseLayer): FloatTensor {
  if (layer.weight.kind === 'float') return layer.weight;
  throw new Error(
    `layer ${layer.name} is quantized already (${layer.weight.quantization.fit.format.name}): take the float network`,
  );
}

/** @param scale of the weights, in place of the scheme's own */
export function quantizedWeights(
  layer: ConvLayer | DenseLayer,
  { weight }: OperandSchemes,
  scale?: Float32Array,
): CodeTensor {
  const real = floatWeights(layer);
  const bad = real.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`layer ${layer.name}: weight ${bad} is ${real.data[bad]}: it must be a finite number`);
  return within(`layer ${layer.name}`, () => {
    if (weight.codes !== undefined) return weight.codes(real, scale);
    const own = quantizationOf(real, weight);
    return quantize(real, scale === undefined ? own : { ...own, scale });
  });
}

/** What `make` gives; its errors begin with the place. */
function within<T>(place: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
  }
}

/** Stored factors of a function on their grids, by their place. */
export function storedFactors(
  { name }: GeneralLayer,
  factors: readonly ProductFactor[],
  { weight }: OperandSchemes,
): { place: number; codes: CodeTensor }[] {
  return factors.flatMap(({ place, stored }) =>
    stored === undefined
      ? []
      : [{ place, codes: within(`layer ${name}`, () => storedCodes(stored.real, stored.axis, weight)) }],
  );
}

/** Quantizations from images run through the network with its weights on their grids. */
export interface Ranges {
  /** Of what each product computes with, in the order of its factors, by its layer. */
  inputs: ReadonlyMap<string, readonly Quantization[]>;
  /** Of tensors that hold codes for others than products, where codes go from layer to layer, by their name. */
  held: ReadonlyMap<string, Quantization>;
}

export function calibrate(network: Network, recipe: Recipe, images: Images): Ranges {
  const schemes = schemesOf(network, recipe);
  const products = productsOf(network);
  if (products.size === 0) throw new Error(`network ${network.name} has no products to quantize`);
  const rounded = network.layers.map((layer) => withRoundedWeights(layer, schemes, products));
  const schemeOf = (layer: string) => (schemes.get(layer) as OperandSchemes).input;
  const held = recipe.result === 'requantize' ? heldTensors(network, products) : new Map<string, string>();
  const read = [...products.values()].flatMap((factors) => factors.flatMap(({ tensor }) => tensor ?? []));
  const seen = valuesSeen({ ...network, layers: rounded }, images, new Set([...read, ...held.keys()]));
  const known = new Map<Scheme, Map<string, Quantization>>();
  const gridOf = (tensor: string, scheme: Scheme): Quantization => {
    const own = known.get(scheme) ?? new Map<string, Quantization>();
    known.set(scheme, own);
    const grid = own.get(tensor) ?? quantizationOf(seen.get(tensor) as FloatTensor, scheme);
    own.set(tensor, grid);
    return grid;
  };
  const inputs = [...products].map(([{ name }, factors]): [string, readonly Quantization[]] => {
    const tensors = factors.flatMap(({ tensor }) => tensor ?? []);
    return [name, within(`the input of layer ${name}`, () => tensors.map((each) => gridOf(each, schemeOf(name))))];
  });
  const grids = [...held].map(([tensor, layer]): [string, Quantization] => {
    return [tensor, within(`the tensor ${tensor}`, () => gridOf(tensor, schemeOf(layer)))];
  });
  return { inputs: new Map(inputs), held: new Map(grids) };
}

function withRoundedWeights(
  layer: Layer,
  schemes: ReadonlyMap<string, OperandSchemes>,
  products: ReadonlyMap<CodeProduct, readonly ProductFactor[]>,
): Layer {
  const own = schemes.get(layer.name);
  if (own === undefined) return layer;
  if (isMacLayer(layer)) return { ...layer, weight: dequantize(quantizedWeights(layer, own)) };
  if (layer.op !== 'general') return layer;
  const stored = storedFactors(layer, products.get(layer) ?? [], own);
  const operands = layer.operands.map((operand, place) => {
    const codes = stored.find((factor) => factor.place === place)?.codes;
    return codes === undefined ? operand : dequantize(codes);
  });
  return { ...layer, operands };
}
