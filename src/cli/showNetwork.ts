import { counted } from '../text/plural.js';
import { imageShape, isMacLayer, type Layer, type Network, opNameOf } from '../networks/network.js';
import { factsOf } from '../networks/facts.js';
import { lastUses } from '../networks/execute.js';
import { type LoweredJob, lower, macsOf } from '../networks/lower.js';
import { lengthsText, type Quantization, type TensorFacts } from '../networks/tensor.js';
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
  /** Operands that a unit of the target has to take, for its products to run on the array. */
  needs?: string;
  /** Conditions that it waits for. */
  when?: string;
  /** The layers that it reads, where that is not the one above alone; `input` is a network's own. */
  from?: string;
  /** Tensors of layers above that layers below it read, beside what it writes itself. */
  open: number;
}

function formatOf(quantization: Quantization | undefined, type = 'float'): string {
  return quantization === undefined ? type : quantization.fit.format.name;
}

function tensorText(network: Network, state: TensorFacts | undefined): string {
  return state === undefined
    ? ''
    : `${lengthsText(imageShape(network, state.shape))} ${formatOf(state.quantization, state.type)}`.trim();
}

function weightText(layer: Layer): string {
  if (!isMacLayer(layer)) return '';
  const { weight } = layer;
  return `${weight.shape.join('x')} ${formatOf(weight.kind === 'codes' ? weight.quantization : undefined)}`;
}

/** The layers of a network in order. */
export function linesOfNetwork(network: Network): LayerLine[] {
  const states = factsOf(network);
  const jobs = new Map(lower(network).map((job) => [job.layer, job]));
  const uses = lastUses(network);
  const written = new Map(network.layers.flatMap((layer, i) => layer.outputs.map((output) => [output, i] as const)));
  return network.layers.map((layer, i) => {
    const job = jobs.get(layer.name);
    const above = i === 0 ? network.inputs.map(({ name }) => name) : network.layers[i - 1].outputs;
    const straight = layer.inputs.length === 1 && above.includes(layer.inputs[0]);
    const sources = layer.inputs.map((input) => nameOf(network.layers[written.get(input) ?? -1], input));
    const open = [...uses].filter(([name, last]) => last > i && (written.get(name) ?? -1) < i);
    return {
      layer: layer.node ?? layer.name,
      op: opNameOf(layer),
      input: tensorText(network, states.get(layer.inputs[0])),
      weight: weightText(layer),
      output: tensorText(network, states.get(layer.outputs[0])),
      macs: job && job.m * job.n * job.k * job.groups,
      ...(job && { needs: needsOf(job) }),
      ...(layer.when && { when: layer.when.map(({ tensor, is }) => `${is ? '' : 'not '}${tensor}`).join(', ') }),
      ...(!straight && { from: sources.join(', ') }),
      open: open.length,
    };
  });
}

function nameOf(layer: Layer | undefined, tensor: string): string {
  return layer === undefined ? tensor : (layer.node ?? layer.name);
}

function needsOf({ aFormat, bFormat, blocks }: LoweredJob): string {
  if (blocks !== undefined) return `blocks of ${blocks.name}`;
  return aFormat === undefined || bFormat === undefined ? 'float' : `${aFormat.name} x ${bFormat.name}`;
}

/** A layer with its branches: a rail for each tensor that passes it by. */
function drawn({ layer, open }: LayerLine): string {
  return `${'│ '.repeat(Math.min(open, MOST_RAILS))}● ${layer}`;
}

const MOST_RAILS = 6;

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

const WHEN = { title: 'when', value: (line: LayerLine) => line.when, priority: 1 };

/** `show <file.onnx>`. */
export function showNetwork(network: Network, wide: boolean): void {
  print(`network ${network.name}: ${counted(network.layers.length, 'layer')}, ${macsOf(network)} MAC an image`);
  const open = [...factsOf(network).values()].find((facts) => facts.open !== undefined)?.open;
  if (network.layers.some(({ op }) => op === 'choose'))
    print('  If: an image takes one of two branches, and the heavier one is counted');
  if (open !== undefined) print(`  ?: as long as the data of an image say, from ${open} on`);
  for (const [key, value] of Object.entries(network.metadata)) print(`  ${key}: ${value}`);
  print('');
  const lines = linesOfNetwork(network);
  printTable<LayerLine>(
    [
      { title: 'layer', value: drawn },
      { title: 'op', value: (line) => line.op },
      ...(lines.some(({ when }) => when !== undefined) ? [WHEN] : []),
      { title: 'needs', value: (line) => line.needs, priority: 1 },
      { title: 'input', value: (line) => line.input, priority: 3 },
      { title: 'weight', value: (line) => line.weight, priority: 2 },
      { title: 'output', value: (line) => line.output, priority: 2 },
      { title: 'MAC', value: (line) => line.macs },
      { title: 'from', value: (line) => line.from, priority: 4 },
    ],
    lines,
    wide,
  );
}
