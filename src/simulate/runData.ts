import { batchOf, type NumberArray, type PortShape, readSamples, type Samples } from '../data/index.js';
import { factsOf, inputOf } from '../networks/facts.js';
import type { Network, NetworkInput } from '../networks/network.js';
import {
  floatTensor,
  type IntegerType,
  integerTensor,
  type RealType,
  sizeOf,
  type Tensor,
} from '../networks/tensor.js';
import { type Dataset, imagesOf, placeOf } from '../training/data/dataset.js';
import { checkFits } from '../training/data/fits.js';

/** What a network is run on: `count` images, or whatever its inputs are. */
export interface RunData {
  count: number;
  /** Images that must go together: the batch that the network's file fixes, else 1. */
  batch: number;
  /** What the network reads for images first .. first + count - 1, which go together as `batch` says, by name. @throws Error naming the file that is wrong */
  inputs(first: number, count: number): ReadonlyMap<string, Tensor>;
  /** Of each image, where they are known. */
  labels?: ArrayLike<number>;
  /** Outputs stored beside the data for images that go together, by name. */
  expected?(first: number): ReadonlyMap<string, NumberArray>;
  /** What an image is called in messages. */
  place(image: number): string;
}

/** Where data is and what it means; without a file or folder it is generated. Paths are the user's. */
export interface DataPlan {
  /** A file or folder for the inputs that `inputs` does not name. */
  folder?: string;
  /** `NAME=FILE`, or `FILE`. */
  inputs?: readonly string[];
  mean?: readonly number[];
  scale?: readonly number[];
  layout?: 'nchw' | 'nhwc';
  /** How many. */
  images: number;
  /** Images of a user's data that are passed over first: those calibrated on. */
  skip?: number;
}

/** Whether the data is a user's own. */
export function isOwn({ folder, inputs }: OwnData): boolean {
  return folder !== undefined || (inputs?.length ?? 0) > 0;
}

/** What a user's data is called: the first of its files. */
export function nameOf({ folder, inputs = [] }: OwnData): string {
  return folder ?? inputs[0].slice(inputs[0].indexOf('=') + 1);
}

/** A network's inputs as data has to fill them. */
export function portsOf({ batch, inputs }: Network): PortShape[] {
  return inputs.map(({ name, shape, type }) => ({
    name,
    type: type ?? 'float32',
    shape: batch === 'free' ? ['N', ...shape.slice(1)] : shape,
  }));
}

function outputsOf(network: Network): PortShape[] {
  const facts = factsOf(network);
  return network.outputs.map((name) => {
    const { shape: lengths = [], type, quantization } = facts.get(name) ?? {};
    const shape = lengths.map((length) => (Number.isFinite(length) ? length : '?'));
    const free = network.batch === 'free' ? ['N', ...shape.slice(1)] : shape;
    return { name, type: quantization?.fit.format.name ?? type ?? 'float32', shape: free };
  });
}

/** Data of which all is taken where nobody says how much. */
export type OwnData = Omit<DataPlan, 'images'> & Partial<Pick<DataPlan, 'images'>>;

/** A user's own data. @throws Error naming the file or option, what was found and what the network reads */
export async function readRunData(network: Network, plan: OwnData): Promise<RunData> {
  const { folder, inputs, mean, scale, layout, images, skip = 0 } = plan;
  const ports = portsOf(network);
  const rows = Math.max(1, ...ports.map(batchOf));
  const options = {
    ...{ inputs, mean, scale, layout, skip: skip / rows, ...(folder !== undefined && { data: folder }) },
    ...(images !== undefined && { images: Math.ceil(images / rows) }),
  };
  return ofSamples(network, await readSamples(options, ports, outputsOf(network)));
}

/** Data whose samples are what a network with a batch of its own reads at once, or rows of a free one. */
export function ofSamples(network: Network, samples: Samples): RunData {
  const { batch, labels, expected } = samples;
  return {
    count: samples.count * batch,
    batch,
    place: (image) => samples.place(Math.floor(image / batch)),
    inputs(first, count) {
      const places = Array.from({ length: count / batch }, (_, i) => first / batch + i);
      const parts = places.map((place) => samples.inputs(place));
      return new Map(network.inputs.map((port) => [port.name, joined(port, parts)]));
    },
    ...(labels && { labels }),
    ...(expected && { expected: (first: number) => expected(Math.floor(first / batch)) }),
  };
}

function joined({ name, type }: NetworkInput, parts: readonly ReadonlyMap<string, NumberArray>[]): Tensor {
  const arrays = parts.map((part) => part.get(name) as NumberArray);
  const [{ shape }] = arrays;
  const whole = arrays.length === 1 ? shape : [arrays.length * shape[0], ...shape.slice(1)];
  const real = type === undefined || type.includes('float');
  const data = real ? new Float32Array(sizeOf(whole)) : new Float64Array(sizeOf(whole));
  let at = 0;
  for (const array of arrays) {
    data.set(array.data, at);
    at += array.data.length;
  }
  if (data instanceof Float64Array) return integerTensor(whole, type as IntegerType, data);
  return { ...floatTensor(whole, data), ...(type && { type: type as RealType }) };
}

/** `count` images of data after `first` others, both whole batches. */
export function partOfData(data: RunData, first: number, count: number): RunData {
  const { labels, expected } = data;
  return {
    ...data,
    count,
    inputs: (from, length) => data.inputs(first + from, length),
    place: (image) => data.place(first + image),
    ...(labels && { labels: Array.prototype.slice.call(labels, first, first + count) as number[] }),
    ...(expected && { expected: (from: number) => expected(first + from) }),
  };
}

/** All that a network reads for some images, in batches as it takes them. @param most images that go together, where it is free */
export function batchesIn(network: Network, data: RunData, most: number): ReadonlyMap<string, Tensor>[] {
  const each = network.batch === 'free' ? most : data.batch;
  return Array.from({ length: Math.ceil(data.count / each) }, (_, i) =>
    data.inputs(i * each, Math.min(each, data.count - i * each)),
  );
}

/** Images with a label each. @throws Error where the network reads others */
export function ofDataset(network: Network, data: Dataset): RunData {
  checkFits(network, data);
  const { name } = inputOf(network);
  return {
    count: data.count,
    batch: 1,
    place: (image) => placeOf(data, image),
    inputs: (first, count) => new Map([[name, imagesOf(data, first, count)]]),
    labels: data.labels,
  };
}

/** Data of one real input with labels, all of it in memory, as training and calibration want it. @throws Error naming what is missing */
export function datasetOf(network: Network, data: RunData, path: string): Dataset {
  const { name, shape } = inputOf(network);
  const { labels, count } = data;
  if (labels === undefined) throw new Error(`${path} has no labels: accuracies need one for each of its images`);
  const images = data.inputs(0, count).get(name);
  if (images?.kind !== 'float') throw new Error(`network ${network.name} reads integers: real numbers are wanted here`);
  const places = Uint32Array.from({ length: count }, (_, i) => i);
  const origin = { file: path, unit: 'image' as const, places };
  return { images: images.data, labels: Int32Array.from(labels), count, shape: shape.slice(1), origin };
}
