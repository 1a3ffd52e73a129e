import { inputOf, outputOf } from '../../networks/facts.js';
import { type Layer, type Network, opNameOf } from '../../networks/network.js';
import type { Tensor } from '../../networks/tensor.js';
import type { GoldenRun } from '../../simulate/golden.js';
import type { Target } from '../../targets/target.js';
import { writingSet } from '../files/fileSet.js';
import { operatorOf } from '../../networks/operators/index.js';
import { activation, type Image, vector, writeImages } from './images.js';
import { costIn, type ImageOptions, parametersIn, parametersOf, type Source, sumsOf } from './layerVectors.js';
import { type Manifest, manifestText, type Provenance, SCHEMA_VERSION } from './manifest.js';
import { describeUnit } from './unitVectors.js';

type LayerEntry = Extract<Manifest, { kind: 'network' }>['layers'][number];

/**
 * Writes a whole network as memory images: the input, and for every layer in order its parameters, its sums where it runs
 * on the array, and the tensor that it writes.
 */
export async function writeNetworkVectors(
  network: Network,
  run: GoldenRun,
  target: Target,
  options: ImageOptions,
  folder: string,
  about: Provenance & Source,
): Promise<Manifest> {
  const { name: input } = inputOf(network);
  const images = [
    activation(input, run.tensors.get(input) as Tensor, { direction: 'in', meaning: 'the input, in float32' }),
    ...network.layers.flatMap((layer) => imagesOf(layer, run)),
  ];
  return writingSet(folder, (set) => {
    const manifest: Manifest = {
      schemaVersion: SCHEMA_VERSION,
      kind: 'network',
      ...about,
      target: target.name,
      array: target.array,
      input,
      output: outputOf(network),
      layers: network.layers.map((layer) => entryOf(layer, run, target)),
      format: options.format,
      ports: writeImages(set, options.format, options.pack, images),
      files: set.entries(),
    };
    set.open('manifest.json').write(manifestText(manifest));
    return manifest;
  });
}

function imagesOf(layer: Layer, { tensors, products }: GoldenRun): Image[] {
  const { name } = layer;
  const product = products.get(name);
  return [
    ...(product === undefined ? [] : [...parametersOf(product, tensors), sumsOf(product)]),
    ...(operatorOf(layer).parameters?.(layer) ?? []).map(({ part, data, meaning }) =>
      vector(`${name}_${part}`, data, name, meaning),
    ),
    ...layer.outputs.map((output) =>
      activation(output, tensors.get(output) as Tensor, { direction: 'out', meaning: `what ${name} gives` }),
    ),
  ];
}

function entryOf(layer: Layer, { products }: GoldenRun, target: Target): LayerEntry {
  const product = products.get(layer.name);
  return {
    name: layer.name,
    op: opNameOf(layer),
    reads: [...layer.inputs],
    parameters: parametersIn(layer),
    ...(product !== undefined && { ...describeUnit(product.unit, product.order), ...costIn(product, target) }),
  };
}
