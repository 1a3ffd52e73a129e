import type { Style } from './style.js';
import { foldBatchNorm } from '../../networks/fold.js';
import { type BatchNormLayer, isMacLayer, type Layer, type Network } from '../../networks/network.js';
import { operatorOf } from '../../networks/operators/index.js';

/**
 * A float network of the user's, as a style of training wants it. `relu`: as it is, batch-norms folded. `normed`: a
 * batch-norm after every product too, one that changes nothing yet. `sign`: besides, the relu before each product but the
 * first and the last becomes a sign. `bare`: as `sign`, with the signs left to the products' own quantizers.
 * @throws Error naming a layer that no sign can come before
 */
export function restyled(network: Network, style: Style): Network {
  const folded = foldBatchNorm(network);
  if (style === 'relu') return folded;
  const normed = { ...folded, layers: folded.layers.flatMap((layer) => withNorm(layer)) };
  const named = renamedInputs(normed);
  if (style === 'normed') return named;
  const signed = withSigns(named);
  return style === 'sign' ? signed : withoutSigns(signed);
}

const norm = (name: string) => `${name}.norm`;

function withNorm(layer: Layer): Layer[] {
  if (!isMacLayer(layer)) return [layer];
  const [channels] = layer.weight.shape;
  const [scale, shift] = [new Float32Array(channels).fill(1), new Float32Array(channels)];
  const after: BatchNormLayer = {
    op: 'batchNorm',
    name: norm(layer.name),
    inputs: layer.outputs,
    outputs: [norm(layer.name)],
    scale,
    shift,
  };
  return [layer, after];
}

/** What read a product reads the batch-norm behind it. */
function renamedInputs(network: Network): Network {
  const macs = new Set(network.layers.filter(isMacLayer).map(({ name }) => name));
  const now = (name: string, reader?: Layer) => (macs.has(name) && reader?.op !== 'batchNorm' ? norm(name) : name);
  const layers = network.layers.map((layer) => ({ ...layer, inputs: layer.inputs.map((name) => now(name, layer)) }));
  return { ...network, layers, outputs: network.outputs.map((output) => now(output)) };
}

function withSigns(network: Network): Network {
  const macs = network.layers.filter(isMacLayer);
  const signs = new Set(
    macs.slice(1, -1).map((layer) => {
      if (layer.op === 'conv' && layer.pad.some((side) => side > 0))
        throw new Error(`layer ${layer.name} is padded: there is no code for zero among signs, take another recipe`);
      return reluBefore(network, layer.inputs[0], layer.name);
    }),
  );
  const layers = network.layers.map(
    (layer): Layer =>
      signs.has(layer.name) ? { op: 'sign', name: layer.name, inputs: layer.inputs, outputs: layer.outputs } : layer,
  );
  return { ...network, layers };
}

/** The relu that a product reads, through layers that only move or choose values. */
function reluBefore({ layers }: Pick<Network, 'layers'>, input: string, reader: string): string {
  const layer = layers.find(({ name }) => name === input);
  if (layer?.op === 'relu') return layer.name;
  if (layer !== undefined && operatorOf(layer).chooses === true) return reluBefore({ layers }, layer.inputs[0], reader);
  throw new Error(`layer ${reader} reads ${input} and no relu that could become a sign: take another recipe`);
}

/** Products then read real numbers, whose magnitudes a recipe can use, and take signs themselves. */
export function withoutSigns(network: Network): Network {
  const signs = new Map(network.layers.flatMap(({ op, name, inputs }) => (op === 'sign' ? [[name, inputs[0]]] : [])));
  const now = (name: string) => signs.get(name) ?? name;
  const layers = network.layers
    .filter(({ op }) => op !== 'sign')
    .map((layer) => ({ ...layer, inputs: layer.inputs.map(now) }));
  return { ...network, layers, outputs: network.outputs.map((output) => now(output)) };
}
