import { counted } from '../text/plural.js';
import { isMacLayer, type Layer, type Network, opNameOf } from '../networks/network.js';
import { factsOf, imageShape } from '../networks/facts.js';
import { lower, macsOf } from '../networks/lower.js';
import type { Quantization, TensorFacts } from '../networks/tensor.js';
import { print, printTable } from './terminal.js';

/** One line for each layer: what comes in, what it holds, what it costs, what goes out. */
export interface LayerLine {
  layer: string;
  op: string;
  input: string;
  weight: string;
  output: string;
  /** Multiply-accumulates of one image. */
  macs?: number;
}

function formatOf(quantization: Quantization | undefined, type = 'float'): string {
  return quantization === undefined ? type : quantization.fit.format.name;
}

function tensorText(network: Network, state: TensorFacts | undefined): string {
  return state === undefined
    ? ''
    : `${imageShape(network, state.shape).join('x')} ${formatOf(state.quantization, state.type)}`.trim();
}

function weightText(layer: Layer): string {
  if (!isMacLayer(layer)) return '';
  const { weight } = layer;
  return `${weight.shape.join('x')} ${formatOf(weight.kind === 'codes' ? weight.quantization : undefined)}`;
}

/** The layers of a network in order. */
export function linesOfNetwork(network: Network): LayerLine[] {
  const states = factsOf(network);
  const macs = new Map(lower(network).map(({ layer, m, n, k, groups }) => [layer, m * n * k * groups]));
  return network.layers.map((layer) => ({
    layer: layer.name,
    op: opNameOf(layer),
    input: tensorText(network, states.get(layer.inputs[0])),
    weight: weightText(layer),
    output: tensorText(network, states.get(layer.name)),
    macs: macs.get(layer.name),
  }));
}

/** Everything about a network but its weights, for machines. */
export function networkReport(network: Network): object {
  const { name, outputs, metadata } = network;
  const inputs = network.inputs.map((port) => ({ ...port, shape: imageShape(network, port.shape) }));
  return {
    name,
    input: inputs[0],
    output: outputs[0],
    inputs,
    outputs,
    metadata,
    macs: macsOf(network),
    layers: linesOfNetwork(network),
  };
}

/** `show <file.onnx>`. */
export function showNetwork(network: Network, wide: boolean): void {
  print(`network ${network.name}: ${counted(network.layers.length, 'layer')}, ${macsOf(network)} MAC an image`);
  for (const [key, value] of Object.entries(network.metadata)) print(`  ${key}: ${value}`);
  print('');
  printTable<LayerLine>(
    [
      { title: 'layer', value: (line) => line.layer },
      { title: 'op', value: (line) => line.op },
      { title: 'input', value: (line) => line.input, priority: 3 },
      { title: 'weight', value: (line) => line.weight, priority: 2 },
      { title: 'output', value: (line) => line.output, priority: 2 },
      { title: 'MAC', value: (line) => line.macs },
    ],
    linesOfNetwork(network),
    wide,
  );
}
