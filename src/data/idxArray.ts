import { bigEndian } from './byteOrder.js';
import { type NumberArray, NUMBER_TYPES, type NumberType } from './numbers.js';

/**
 * IDX files (yann.lecun.com/exdb/mnist): a big-endian word of two zero bytes, the type of the elements and the number of
 * dimensions, then a word for each dimension, then the elements, big-endian.
 */
const TYPES: Readonly<Record<number, { type: NumberType; each: number }>> = {
  0x08: { type: 'uint8', each: 1 },
  0x09: { type: 'int8', each: 1 },
  0x0b: { type: 'int16', each: 2 },
  0x0c: { type: 'int32', each: 4 },
  0x0d: { type: 'float32', each: 4 },
  0x0e: { type: 'float64', each: 8 },
};

/** Whether a file begins as one of IDX does: a bare magic of 0 0 and a known type, with a dimension at least. */
export const isIdx = (bytes: Uint8Array): boolean =>
  bytes[0] === 0 && bytes[1] === 0 && TYPES[bytes[2]] !== undefined && bytes[3] > 0;

interface IdxContent {
  type: NumberType;
  dimensions: number[];
  /** Big-endian, in the file's own memory. */
  bytes: Uint8Array;
}

/**
 * @param wanted the only magic that will do, and what a file of it is called
 * @throws Error with one line that begins with the path: cut, too long, or another magic
 */
export function idxContent(file: Uint8Array, path: string, wanted?: { magic: number; name: string }): IdxContent {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (wanted === undefined && file.length >= 4 && !isIdx(file))
    throw new Error(
      `${path} is not an IDX file: magic ${hex(view.getUint32(0))}, not 0x0000, a type (08, 09, 0b to 0e) and a number of dimensions`,
    );
  const rank = (wanted?.magic ?? file[3] ?? 0) & 0xff;
  const header = 4 * (rank + 1);
  if (file.length < header)
    throw new Error(`${path} is truncated: ${file.length} bytes, its header alone has ${header}`);
  const magic = view.getUint32(0);
  if (wanted !== undefined && magic !== wanted.magic)
    throw new Error(`${path} is not an IDX file ${wanted.name}: magic ${hex(magic)}, not ${hex(wanted.magic)}`);
  const { type, each } = TYPES[file[2]];
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 * (i + 1)));
  const size = dimensions.reduce((product, length) => product * length, each);
  const rest = file.length - header;
  const promised = `${dimensions.join('x')}${each === 1 ? '' : ` of ${type}`}`;
  if (rest < size)
    throw new Error(
      `${path} is truncated: its header promises ${promised} ${each === 1 ? 'bytes' : `(${size} bytes)`}, ${rest} follow`,
    );
  if (rest > size)
    throw new Error(`${path} has ${rest - size} bytes more than its header's ${promised}: not an IDX file`);
  return { type, dimensions, bytes: file.subarray(header) };
}

const hex = (word: number) => `0x${word.toString(16).padStart(8, '0')}`;

/** An IDX file of any rank and type. @throws Error with one line that begins with the path */
export function readIdxArray(file: Uint8Array, path: string): NumberArray {
  const { type, dimensions, bytes } = idxContent(file, path);
  const { array } = NUMBER_TYPES[type];
  const own = bigEndian(new Uint8Array(bytes), array.BYTES_PER_ELEMENT);
  return { type, shape: dimensions, data: new array(own.buffer, 0, own.length / array.BYTES_PER_ELEMENT) };
}
