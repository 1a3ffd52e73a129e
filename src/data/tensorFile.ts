import type { Constant } from '../networks/readers/onnx/constant.js';
import { readConstant } from '../networks/readers/onnx/constant.js';
import { decodeModel } from '../networks/readers/onnx/proto.js';
import { widenBrainFloats, widenHalves } from './halves.js';
import { type NumberArray, NUMBER_TYPES, typeNamed } from './numbers.js';

/**
 * A file of one TensorProto, as ONNX's test data sets have them.
 * @returns the name that the file gives it, which may be empty, and its numbers
 * @throws Error with one line that begins with the path
 */
export function readTensorFile(bytes: Uint8Array, path: string): { name: string; array: NumberArray } {
  const { name, constant } = constantOf(bytes, path);
  const type = typeNamed(constant.type);
  if (type === undefined) throw new Error(`${path} holds ${constant.type.name}, which is not read as data`);
  return { name, array: { type, shape: constant.shape, data: dataOf(constant) } };
}

function constantOf(bytes: Uint8Array, path: string): { name: string; constant: Constant } {
  try {
    const [tensor] = decodeModel(asModel(bytes)).graph?.initializer ?? [];
    return { name: tensor.name, constant: readConstant(tensor, tensor.name || 'without a name') };
  } catch (error) {
    throw new Error(`${path} is read as one ONNX TensorProto: ${(error as Error).message}`, { cause: error });
  }
}

/** Tags of fields with a length before them: ModelProto.graph (7), GraphProto.initializer (5). */
const [GRAPH, INITIALIZER] = [0x3a, 0x2a];

/** The tensor as the only initializer of a model, so that one schema and one reader serve for both. */
const asModel = (tensor: Uint8Array): Uint8Array => field(GRAPH, field(INITIALIZER, tensor));

function field(tag: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest % 128) + 128);
  }
  const bytes = new Uint8Array(1 + length.length + content.length);
  bytes.set([tag, ...length]);
  bytes.set(content, 1 + length.length);
  return bytes;
}

/** A constant's codes as the numbers that they are. */
function dataOf({ type, data }: Constant): NumberArray['data'] {
  if (type.name === 'FLOAT16') return widenHalves(Uint16Array.from(data));
  if (type.name === 'BFLOAT16') return widenBrainFloats(Uint16Array.from(data));
  const name = typeNamed(type);
  const { kind, array, bits, signed } = NUMBER_TYPES[name ?? 'uint8'];
  if (kind !== 'whole' || !signed || bits > 32) return data;
  const unused = 32 - bits;
  return array.from(data, (code) => (code << unused) >> unused);
}
