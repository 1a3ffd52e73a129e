import { join } from 'node:path';
import { NUMBER_TYPES, type NumberArray, type NumberType, writeNpy } from '../../data/index.js';
import { decoderOf } from '../../datapaths/kernel/index.js';
import { widthOf } from '../../formats/format.js';
import { quantizedTypeOf } from '../../networks/readers/onnx/element.js';
import type { Tensor } from '../../networks/tensor.js';
import { makeFolder } from '../files/file.js';
import { writingSet } from '../files/fileSet.js';

/** A tensor as a file, in the list beside it. */
export interface TensorFile {
  name: string;
  /** Within the folder. */
  file: string;
  type: string;
  shape: readonly number[];
}

/** Names of files are at most as long, which every file system takes. */
const LONGEST = 200;

/**
 * Writes `tensors/<name>.npy` for each tensor, and `tensors.json` with name, file, type and shape of all. Integers and
 * codes lie in the file's own type, narrower ones one in a byte; codes of small floats are uint8; reals are float32.
 */
export async function writeTensors(folder: string, tensors: ReadonlyMap<string, Tensor>): Promise<TensorFile[]> {
  makeFolder(join(folder, 'tensors'));
  return writingSet(folder, (set) => {
    const taken = new Set<string>();
    const listed = [...tensors].map(([name, tensor], index): TensorFile => {
      const { type, array } = asArray(tensor);
      const file = `tensors/${fileNameOf(name, index, taken)}.npy`;
      set.open(file).write(writeNpy(array));
      return { name, file, type, shape: tensor.shape };
    });
    set.open('tensors.json').write(`${JSON.stringify(listed, null, 2)}\n`);
    return listed;
  });
}

/** Characters outside [A-Za-z0-9_.-] become _; names that are too long, empty or there already go by their place. */
function fileNameOf(name: string, index: number, taken: Set<string>): string {
  const plain = name.replace(/[^A-Za-z0-9_.-]/g, '_');
  // Two names that differ in case alone are one on some file systems.
  const isTaken = (file: string) => taken.has(file.toLowerCase());
  let own = plain === '' || plain.length > LONGEST || isTaken(plain) ? `tensor_${index}` : plain;
  while (isTaken(own)) own += '_';
  taken.add(own.toLowerCase());
  return own;
}

/** The file's type of a tensor, and its numbers as an array of what numpy knows. */
function asArray(tensor: Tensor): { type: string; array: NumberArray } {
  const { shape } = tensor;
  if (tensor.kind === 'float')
    return { type: tensor.type ?? 'float32', array: { type: 'float32', shape, data: tensor.data } };
  if (tensor.kind === 'integers') return { type: tensor.type, array: held(tensor.type, shape, tensor.data) };
  const { format } = tensor.quantization.fit;
  const type = quantizedTypeOf(format)?.name.toLowerCase() ?? format.name;
  const bits = [8, 16, 32].find((width) => width >= widthOf(format)) ?? 32;
  if (format.kind !== 'int') return { type, array: held(`uint${bits}` as NumberType, shape, tensor.data) };
  const integers = Float64Array.from(tensor.data, decoderOf(format));
  return { type, array: held(`${format.signed ? '' : 'u'}int${bits}` as NumberType, shape, integers) };
}

/** Numbers in the array of their type. */
function held(type: NumberType, shape: readonly number[], data: ArrayLike<number>): NumberArray {
  return { type, shape, data: NUMBER_TYPES[type].array.from(data) };
}
