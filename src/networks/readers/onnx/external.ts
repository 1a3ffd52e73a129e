import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { changed, type Proto } from './proto.js';

/** Tensors that a model keeps in files beside it (ONNX external data). */

type TensorProto = Proto<'TensorProto'>;

const EXTERNAL = 1;

/** Gives a tensor its bytes, if it has them elsewhere. */
export type Load = (tensor: TensorProto, name?: string) => TensorProto;

/** @param folder the model's; without one, nothing is beside it */
export function loaderFrom(folder: string | undefined): Load {
  return (tensor, name = tensor.name) => {
    if (tensor.dataLocation !== EXTERNAL) return tensor;
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const location = entries.get('location') ?? '';
    const told = `tensor ${name} is kept in ${location || 'another file'}`;
    if (folder === undefined) throw new Error(`${told}: what is beside a model is found by the model's path alone`);
    const [offset, length] = ['offset', 'length'].map((key) => wholeOf(entries.get(key), `${told}: its ${key}`));
    const rawData = bytesOf(pathOf(folder, location, told), offset ?? 0, length, told);
    return changed(tensor, { dataLocation: 0, rawData });
  };
}

/** A file in the model's folder or below, links followed: another could be any of the reader's own files. */
function pathOf(folder: string, location: string, told: string): string {
  const path = join(folder, location);
  if (location === '' || isAbsolute(location) || leaves(folder, path))
    throw new Error(`${told}, which is not in the model's folder: files below it are read`);
  const [own, real] = [folder, path].map((each) => resolved(each, told));
  if (leaves(own, real)) throw new Error(`${told}, a link that leaves the model's folder: files below it are read`);
  return real;
}

function leaves(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '..' || way.startsWith('../') || way.startsWith('..\\') || isAbsolute(way);
}

function resolved(path: string, told: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw new Error(`${told}, and there is no such file beside the model`, { cause: error });
  }
}

function wholeOf(text: string | undefined, what: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new Error(`${what} is ${JSON.stringify(text)}: a whole number of bytes is wanted`);
}

function bytesOf(path: string, offset: number, given: number | undefined, told: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const length = given ?? Math.max(0, size - offset);
    if (offset + length > size)
      throw new Error(`${told}, which has ${size} bytes: ${length} from byte ${offset} on are wanted`);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const count = readSync(file, bytes, at, Math.min(length - at, 1 << 30), offset + at);
      if (count === 0) throw new Error(`${told}, which got shorter while it was read`);
      at += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** A node with the tensors of its attributes loaded. */
export function withLoaded(node: Proto<'NodeProto'>, load: Load): Proto<'NodeProto'> {
  if (node.attribute.every(({ t }) => t?.dataLocation !== EXTERNAL)) return node;
  const attribute = node.attribute.map((each) => changed(each, { t: each.t && load(each.t, node.output[0]) }));
  return changed(node, { attribute });
}
