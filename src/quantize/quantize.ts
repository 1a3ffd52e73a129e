import { orderTable } from '../networks/codes.js';
import { inputOf as entryOf, keepsCodes, outputOf } from '../networks/facts.js';
import { foldBatchNorm } from '../networks/fold.js';
import { type ConvLayer, type DenseLayer, isMacLayer, type Layer, type Network } from '../networks/network.js';
import { zeroCode } from '../networks/quantization.js';
import type { CodeTensor, FloatTensor, Quantization } from '../networks/tensor.js';
import { inBlockFormat } from './blocks/blockWeights.js';
import { calibrate, quantizedWeights, type Ranges, schemesOf } from './contract/calibrate.js';
import { integerBias, scalesForBias } from './codes/integerBias.js';
import type { OperandSchemes, Recipe } from './contract/recipe.js';

type Mac = ConvLayer | DenseLayer;
/** Weights on their grid; with other scales than their scheme's where they are given. */
type Codes = (layer: Mac, scale?: Float32Array) => CodeTensor;

/**
 * Makes a quantized network of a float one.
 * @param images to calibrate on, or the ranges found earlier (training with fake quantization freezes them)
 * @throws Error naming the layer that the recipe cannot do
 */
export function quantizeNetwork(network: Network, recipe: Recipe, images: FloatTensor | Ranges): Network {
  if (recipe.prepare === undefined && recipe.correct === undefined) return onGrids(network, recipe, images);
  if ('inputs' in images)
    throw new Error(`recipe ${recipe.name} looks at what the layers read: give it images, not ranges`);
  const folded = foldBatchNorm(network);
  const float = recipe.prepare?.(folded, images) ?? folded;
  const quantized = onGrids(float, recipe, images);
  return recipe.correct?.(quantized, float, images) ?? quantized;
}

function onGrids(network: Network, recipe: Recipe, images: FloatTensor | Ranges): Network {
  if (recipe.blocks !== undefined) {
    if ('inputs' in images) throw new Error(`recipe ${recipe.name} finds no ranges: give it images`);
    const blocked = inBlockFormat(network, recipe.blocks, images);
    return { ...blocked, metadata: { ...network.metadata, recipe: recipe.description } };
  }
  const ranges = 'inputs' in images ? images : calibrate(network, recipe, images);
  const schemes = schemesOf(network, recipe);
  const codes: Codes = (layer, scale) => quantizedWeights(layer, schemes.get(layer.name) as OperandSchemes, scale);
  const metadata = { ...network.metadata, recipe: recipe.description };
  if (recipe.result === 'dequantize')
    return foldBatchNorm({
      ...network,
      metadata,
      layers: network.layers.flatMap((layer) => dequantizing(layer, codes, ranges)),
    });
  return { ...requantizing(foldBatchNorm(network), codes, ranges), metadata };
}

function inputOf({ name }: Mac, ranges: Ranges): Quantization {
  const quantization = ranges.inputs.get(name);
  if (quantization === undefined) throw new Error(`layer ${name}: no range was found for what it reads`);
  return quantization;
}

/** A quantize layer before each product, real numbers after it. */
function dequantizing(layer: Layer, codes: Codes, ranges: Ranges): Layer[] {
  if (!isMacLayer(layer)) return [layer];
  const name = `${layer.name}.input`;
  const quantize: Layer = {
    op: 'quantize',
    name,
    inputs: layer.inputs,
    outputs: [name],
    quantization: inputOf(layer, ranges),
  };
  return [quantize, { ...layer, inputs: [name], weight: codes(layer), result: { kind: 'dequantize' } }];
}

/** Codes end to end: each product is rescaled to what the next one reads. */
function requantizing(network: Network, codes: Codes, ranges: Ranges): Network {
  const macs = network.layers.filter(isMacLayer);
  const { name: input } = entryOf(network);
  const entry = `${input}.codes`;
  const layers: Layer[] = [
    {
      op: 'quantize',
      name: entry,
      inputs: [input],
      outputs: [entry],
      quantization: inputOf(macs[0], ranges),
    },
  ];
  const renamed = new Map([[input, entry]]);
  let held = inputOf(macs[0], ranges);
  for (const layer of network.layers) {
    const inputs = layer.inputs.map((name) => renamed.get(name) ?? name);
    if (isMacLayer(layer)) {
      const next = macs[macs.indexOf(layer) + 1];
      held = next === undefined ? ranges.output : inputOf(next, ranges);
      layers.push(requantized({ ...layer, inputs }, codes, inputOf(layer, ranges), held));
    } else if (layer.op === 'relu' && endsAtZero(held)) renamed.set(layer.name, inputs[0]);
    else if (keepsCodes(layer, held)) layers.push({ ...layer, inputs });
    else throw new Error(`layer ${layer.name}: ${layer.op} cannot run on codes here; take a recipe that dequantizes`);
  }
  const last = renamed.get(outputOf(network)) ?? outputOf(network);
  layers.push({ op: 'dequantize', name: `${last}.real`, inputs: [last], outputs: [`${last}.real`] });
  return { ...network, layers, outputs: [`${last}.real`] };
}

/** Codes that end below at zero have had their relu in the saturation. */
function endsAtZero(q: Quantization): boolean {
  return orderTable(q.fit.format)[zeroCode(q)] === 0;
}

function requantized(layer: Mac, codes: Codes, input: Quantization, output: Quantization): Mac {
  if (input.fit.format.kind !== 'int')
    throw new Error(`layer ${layer.name}: codes end to end need integers, found ${input.fit.format.name}`);
  const usual = codes(layer);
  const scale = scalesForBias(layer, usual, input);
  const weight = scale === undefined ? usual : codes(layer, scale);
  const bias = integerBias(layer, weight.quantization, input, weight.shape[0]);
  return { ...layer, weight, bias, result: { kind: 'requantize', output, convention: 'onnx' } };
}
