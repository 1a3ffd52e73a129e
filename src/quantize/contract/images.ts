import { executeAll, type Tap } from '../../networks/execute.js';
import { wholeFloat32Arithmetic } from '../../networks/arithmetic.js';
import { inputOf } from '../../networks/facts.js';
import type { Network } from '../../networks/network.js';
import { dequantize } from '../../networks/quantization.js';
import { type FloatTensor, floatTensor, sizeOf, type Tensor } from '../../networks/tensor.js';

/** What a network is calibrated on: images [n, ...] for its one input, or all that it reads, batch by batch. */
export type Images = FloatTensor | readonly Batch[];
/** All that a network reads at once, by name. */
export type Batch = ReadonlyMap<string, Tensor>;

/** @param most images that go together, where they lie in one tensor */
export function batchesOf(network: Network, images: Images, most = Infinity): readonly Batch[] {
  if (!('kind' in images)) return images;
  const { name } = inputOf(network);
  const [count, ...shape] = images.shape;
  const size = sizeOf(shape);
  const each = Math.min(most, count);
  return Array.from({ length: Math.ceil(count / each) }, (_, i) => {
    const rows = Math.min(each, count - i * each);
    const data = images.data.subarray(i * each * size, (i * each + rows) * size);
    return new Map([[name, floatTensor([rows, ...shape], data)]]);
  });
}

/** All values that some tensors of a float network take on images, flat, by name. */
export function valuesSeen(network: Network, images: Images, wanted: ReadonlySet<string>): Map<string, FloatTensor> {
  const parts = new Map<string, Float32Array[]>();
  const tap: Tap = (name, tensor) => {
    if (!wanted.has(name)) return;
    const known = parts.get(name);
    const { data } = dequantize(tensor);
    if (known === undefined) parts.set(name, [data]);
    else known.push(data);
  };
  for (const batch of batchesOf(network, images)) {
    for (const [name, tensor] of batch) tap(name, tensor);
    executeAll(network, batch, wholeFloat32Arithmetic, tap);
  }
  return new Map([...parts].map(([name, arrays]) => [name, joined(arrays)]));
}

function joined(arrays: readonly Float32Array[]): FloatTensor {
  if (arrays.length === 1) return floatTensor([arrays[0].length], arrays[0]);
  const all = floatTensor([arrays.reduce((length, array) => length + array.length, 0)]);
  let at = 0;
  for (const array of arrays) {
    all.data.set(array, at);
    at += array.length;
  }
  return all;
}
