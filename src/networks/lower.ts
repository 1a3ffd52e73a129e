import type { BlockFormat } from '../formats/block.js';
import type { Format } from '../formats/format.js';
import { productOf } from './convolution.js';
import { type Layer, isMacLayer, type Network } from './network.js';
import { shapeAfter } from './onnx/shapes.js';
import { type Quantization, sizeOf } from './tensor.js';

/** The matrix products of a layer, `groups` of one shape: what the array has to do, without running it. */
export interface LoweredJob {
  layer: string;
  op: 'conv' | 'dense';
  m: number;
  n: number;
  k: number;
  groups: number;
  /** Numbers that a group's input really has; a convolution's m x k repeats them. */
  inputs: number;
  /** Formats of activations and weights; undefined for real numbers. */
  aFormat?: Format;
  bFormat?: Format;
  /** Where operands are in blocks; aFormat and bFormat are then the elements'. */
  blocks?: BlockFormat;
}

/** The products of a batch of images, layer by layer. */
export function lower(network: Network, batch = 1): LoweredJob[] {
  const states = statesOf(network);
  return network.layers.filter(isMacLayer).map((layer) => {
    const input = states.get(layer.input) as TensorState;
    const { m, n, k, groups } = productOf(layer, [batch, ...input.shape]);
    const inputs = (batch * sizeOf(input.shape)) / groups;
    const bFormat = layer.weight.kind === 'codes' ? layer.weight.quantization.fit.format : undefined;
    const blocks = layer.result.kind === 'blocks' ? layer.result.format : undefined;
    return {
      layer: layer.name,
      op: layer.op,
      m,
      n,
      k,
      groups,
      inputs,
      aFormat: blocks?.element ?? input.quantization?.fit.format,
      bFormat: blocks?.element ?? bFormat,
      ...(blocks && { blocks }),
    };
  });
}

/** Multiply-accumulates of one image. */
export function macsOf(network: Network): number {
  return lower(network).reduce((total, { m, n, k, groups }) => total + m * n * k * groups, 0);
}

/** What is known of a tensor before a run: its shape without the batch, and its quantization where it is codes. */
export interface TensorState {
  shape: readonly number[];
  quantization?: Quantization;
}

/** Every tensor of a network by name. @throws Error when a layer reads what no layer before it writes */
export function statesOf(network: Network): Map<string, TensorState> {
  const states = new Map<string, TensorState>([[network.input.name, { shape: network.input.shape }]]);
  for (const layer of network.layers) {
    const input = states.get(layer.input);
    if (input === undefined)
      throw new Error(`layer ${layer.name} reads ${layer.input}, which no layer before it writes`);
    states.set(layer.name, {
      shape: shapeAfter(layer, input.shape),
      quantization: quantizationAfter(layer, input.quantization),
    });
  }
  return states;
}

function quantizationAfter(layer: Layer, input: Quantization | undefined): Quantization | undefined {
  switch (layer.op) {
    case 'quantize':
      return layer.quantization;
    case 'conv':
    case 'dense':
      return layer.result.kind === 'requantize' ? layer.result.output : undefined;
    case 'maxPool':
    case 'relu':
    case 'flatten':
      return input;
    default:
      return undefined;
  }
}
