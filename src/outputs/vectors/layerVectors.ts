import type { Format } from '../../formats/format.js';
import { multipliersOf } from '../../networks/products/weights.js';
import type { Layer } from '../../networks/network.js';
import type { CodeTensor } from '../../networks/tensor.js';
import type { GoldenProduct, GoldenRun } from '../../simulate/golden.js';
import { layerCostOf, type Target } from '../../targets/target.js';
import { writingSet } from '../files/fileSet.js';
import type { VectorFormat } from '../words/index.js';
import { activation, type Image, vector, weights, writeImages } from './images.js';
import { type Manifest, manifestText, type Provenance, SCHEMA_VERSION } from './manifest.js';
import { describeUnit } from './unitVectors.js';

/** Where the numbers of a set come from. */
export type Source = Pick<Extract<Manifest, { kind: 'layer' }>, 'network' | 'image' | 'data'>;

export interface ImageOptions {
  format: VectorFormat;
  /** Codes in a word. */
  pack: number;
}

/**
 * Writes one layer as memory images: its input, weights, bias and multipliers, the two matrices that reach the array, the
 * sums that it must give, and the layer's output.
 */
export async function writeLayerVectors(
  { tensors }: GoldenRun,
  product: GoldenProduct,
  target: Target,
  options: ImageOptions,
  folder: string,
  about: Provenance & Source,
): Promise<Manifest> {
  const { layer, job, unit, order } = product;
  const {
    name,
    inputs: [input],
  } = layer;
  const output = tensors.get(name) as CodeTensor;
  const images: Image[] = [
    activation(input, tensors.get(input) as CodeTensor, { direction: 'in', meaning: `what ${name} reads` }),
    ...parametersOf(product, tensors),
    matrix(`${name}_a`, 'in', unit.a, product.a, [job.groups, job.m, job.k], 'patches of the input, a row a pixel'),
    matrix(`${name}_b`, 'in', unit.b, product.b, [job.groups, job.k, job.n], 'weights, a column an output channel'),
    sumsOf(product),
    activation(name, output, { direction: 'out', meaning: `what ${name} gives` }),
  ];
  return writingSet(folder, (set) => {
    const manifest: Manifest = {
      schemaVersion: SCHEMA_VERSION,
      kind: 'layer',
      ...about,
      target: target.name,
      array: target.array,
      ...describeUnit(unit, order),
      layer: name,
      parameters: parametersIn(layer),
      ...costIn(product, target),
      format: options.format,
      ports: writeImages(set, options.format, options.pack, images),
      files: set.entries(),
    };
    set.open('manifest.json').write(manifestText(manifest));
    return manifest;
  });
}

/** Weights, bias and multipliers of a layer on the array. */
export function parametersOf({ layer }: GoldenProduct, tensors: GoldenRun['tensors']): Image[] {
  const { name, weight, bias, result } = layer;
  const { quantization } = tensors.get(layer.inputs[0]) as CodeTensor;
  const multipliers = multipliersOf(layer, quantization, (weight as CodeTensor).quantization);
  const unit = result.kind === 'requantize' ? 'added to the sums' : 'added after the multiplication';
  return [
    weights(name, weight),
    ...(bias === undefined ? [] : [vector(`${name}_bias`, bias, name, unit)]),
    vector(`${name}_multipliers`, multipliers, name, 'what the sums are multiplied by, in float32'),
  ];
}

export function sumsOf({ layer, job, sumFormat, sums }: GoldenProduct): Image {
  const meaning = 'sums of value(a) * value(b), no zero point taken off and no bias added';
  return matrix(`${layer.name}_sums`, 'out', sumFormat, sums, [job.groups, job.m, job.n], meaning);
}

function matrix(
  name: string,
  direction: Image['direction'],
  format: Format,
  codes: Image['codes'],
  shape: number[],
  meaning: string,
): Image {
  return { name, direction, format, codes, meaning, tensor: { shape } };
}

/** What a layer has beside its tensors: strides, padding and the like. */
export function parametersIn(layer: Layer): Record<string, unknown> {
  const tensors = ['op', 'name', 'inputs', 'outputs', 'weight', 'bias', 'result', 'quantization', 'scale', 'shift'];
  const entries = Object.entries(layer).filter(([key]) => !tensors.includes(key));
  return { ...Object.fromEntries(entries), ...('result' in layer && { result: layer.result.kind }) };
}

/** A product's shape, and the cycles that the target takes for it, its memories included. */
export function costIn({ job, unit }: GoldenProduct, target: Target) {
  const { m, n, k, groups } = job;
  return { product: { m, n, k, groups }, cycles: { ...layerCostOf(job, target, unit).cycles } };
}
