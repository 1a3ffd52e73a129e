import { float32Arithmetic } from '../../networks/arithmetic.js';
import { execute } from '../../networks/execute.js';
import { inputOf, outputOf } from '../../networks/facts.js';
import { type ConvLayer, type DenseLayer, isMacLayer, type Layer, type Network } from '../../networks/network.js';
import { dequantize, quantize } from '../../networks/quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, type Quantization } from '../../networks/tensor.js';
import type { OperandSchemes, Recipe } from './recipe.js';
import { quantizationOf } from './scheme.js';

/** The schemes of each conv and dense layer, by its name. */
export function schemesOf(network: Network, recipe: Recipe): Map<string, OperandSchemes> {
  const macs = network.layers.filter(isMacLayer);
  return new Map(macs.map((layer, index) => [layer.name, recipe.operands({ index, count: macs.length })]));
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

/**
 * Quantizations of what each conv and dense layer reads, from images run through the network with its weights on their
 * grids; `output` is the one of the network's output by the last layer's scheme.
 */
export interface Ranges {
  inputs: ReadonlyMap<string, Quantization>;
  output: Quantization;
}

export function calibrate(network: Network, recipe: Recipe, images: FloatTensor): Ranges {
  const schemes = schemesOf(network, recipe);
  const rounded: Network = { ...network, layers: network.layers.map((layer) => withRoundedWeights(layer, schemes)) };
  const output = outputOf(network);
  const wanted = new Set(rounded.layers.filter(isMacLayer).map((layer) => layer.inputs[0])).add(output);
  const seen = new Map([[inputOf(network).name, flat(images)]]);
  execute(rounded, images, float32Arithmetic, (name, tensor) => {
    if (wanted.has(name)) seen.set(name, flat(dequantize(tensor)));
  });
  const inputs = new Map<string, Quantization>();
  let last: OperandSchemes | undefined;
  for (const layer of rounded.layers.filter(isMacLayer)) {
    last = schemes.get(layer.name) as OperandSchemes;
    const { input } = last;
    inputs.set(
      layer.name,
      within(`the input of layer ${layer.name}`, () => quantizationOf(seen.get(layer.inputs[0]) as FloatTensor, input)),
    );
  }
  if (last === undefined) throw new Error(`network ${network.name} has no conv or dense layer to quantize`);
  return { inputs, output: quantizationOf(seen.get(output) as FloatTensor, last.input) };
}

function flat(x: FloatTensor): FloatTensor {
  return floatTensor([x.data.length], x.data);
}

function withRoundedWeights(layer: Layer, schemes: ReadonlyMap<string, OperandSchemes>): Layer {
  const own = schemes.get(layer.name);
  return isMacLayer(layer) && own !== undefined
    ? { ...layer, weight: dequantize(quantizedWeights(layer, own)) }
    : layer;
}
