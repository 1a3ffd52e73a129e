import { encodeValue } from './codes.js';
import { decoderOf } from '../datapaths/kernel/index.js';
import { readersOf } from './facts.js';
import {
  type BatchNormLayer,
  type ConvLayer,
  type DenseLayer,
  isMacLayer,
  type Layer,
  type Network,
} from './network.js';
import { type CodeTensor, type Operand, sizeOf } from './tensor.js';

/**
 * Folds every batch-norm into the conv or dense layer that it follows: y = (w x + b) scale + shift. Float weights are
 * multiplied; codes keep their magnitude, the scales take the factor, and a negative factor turns the signs of a filter.
 * Batch-norms that follow anything else, or a layer whose output is read elsewhere, stay.
 */
export function foldBatchNorm(network: Network): Network {
  const layers: Layer[] = [];
  const renamed = new Map<string, string>();
  for (const layer of network.layers) {
    const inputs = layer.inputs.map((name) => renamed.get(name) ?? name);
    const before = layers.at(-1);
    if (
      layer.op === 'batchNorm' &&
      before?.name === inputs[0] &&
      isMacLayer(before) &&
      readersOf(network, layer.inputs[0]) === 1 &&
      canFold(before)
    ) {
      layers[layers.length - 1] = folded(before, layer);
      renamed.set(layer.name, before.name);
    } else layers.push({ ...layer, inputs });
  }
  return { ...network, layers, outputs: network.outputs.map((name) => renamed.get(name) ?? name) };
}

function canFold(layer: ConvLayer | DenseLayer): boolean {
  return (
    layer.result.kind !== 'requantize' && !(layer.weight.kind === 'codes' && layer.weight.quantization.zeroPoint !== 0)
  );
}

function folded<L extends ConvLayer | DenseLayer>(layer: L, { scale, shift }: BatchNormLayer): L {
  const filters = layer.weight.shape[0];
  const bias = Float32Array.from({ length: filters }, (_, f) => (layer.bias?.[f] ?? 0) * scale[f] + shift[f]);
  return { ...layer, bias, weight: scaledWeights(layer.weight, scale) };
}

function scaledWeights(weight: Operand, factors: Float32Array): Operand {
  const filters = weight.shape[0];
  const size = sizeOf(weight.shape) / filters;
  if (weight.kind === 'float') return { ...weight, data: weight.data.map((w, i) => w * factors[Math.floor(i / size)]) };
  const { quantization: q } = weight;
  const value = decoderOf(q.fit.format);
  const data = weight.data.map((code, i) =>
    factors[Math.floor(i / size)] < 0 ? encodeValue(-value(code), q.fit) : code,
  );
  const scale = Float32Array.from(factors, (factor, f) => Math.abs(factor) * q.scale[q.scale.length === 1 ? 0 : f]);
  return { ...weight, data: data as CodeTensor['data'], quantization: { ...q, scale, axis: 0 } };
}
