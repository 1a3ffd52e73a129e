import { sizeOf } from '../networks/tensor.js';
import { bigEndian, littleEndian, smallEndian } from './byteOrder.js';
import { widenHalves } from './halves.js';
import { type NumberArray, type NumberData, NUMBER_TYPES, type NumberType } from './numbers.js';
import { reordered } from './reorder.js';

/**
 * NumPy's .npy files (numpy.lib.format, versions 1.0 to 3.0): magic, version, length of the header, a header that is a
 * Python dictionary of descr, fortran_order and shape, then the elements. The header's length has 2 bytes in version 1
 * and 4 from version 2 on; version 3 says it in UTF-8.
 */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER_ALIGNMENT = 64;
/** NumPy leaves room for a first axis of so many digits, so that a file may grow in place; files here are as its own. */
const GROWTH_DIGITS = 21;

export const isNpy = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/** Element types by what follows the order of bytes in `descr`. */
const DESCRIBED: Readonly<Record<string, NumberType>> = {
  b1: 'bool',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** @throws Error with one line that begins with the path: no .npy file, cut, or of a type that holds no numbers */
export function readNpy(bytes: Uint8Array, path: string): NumberArray {
  const { descr, fortran, shape, begin } = headerOf(bytes, path);
  const type = /^[<>|=]/.test(descr) ? DESCRIBED[descr.slice(1)] : undefined;
  if (type === undefined) throw new Error(`${path} holds elements of type '${descr}'${adviceOn(descr)}`);
  const each = Number(descr.slice(2));
  const size = sizeOf(shape);
  const found = bytes.length - begin;
  if (found !== size * each)
    throw new Error(
      `${path} is ${found < size * each ? 'cut' : 'too long'}: its header says ${shape.join('x') || 'one element'} of '${descr}', ${size * each} bytes, and ${found} follow`,
    );
  const own = inMachineOrder(bytes.subarray(begin), each, descr.startsWith('>'));
  const stored = fortran ? [...shape].reverse() : shape;
  const array: NumberArray = { type, shape: stored, data: elementsOf(own, type, size, path) };
  return fortran ? reordered(array, stored.map((_, axis) => axis).reverse()) : array;
}

interface Header {
  descr: string;
  fortran: boolean;
  shape: number[];
  /** Where the elements begin. */
  begin: number;
}

function headerOf(bytes: Uint8Array, path: string): Header {
  if (!isNpy(bytes)) throw new Error(`${path} is no .npy file: such a file begins with \\x93NUMPY`);
  const version = bytes[MAGIC.length];
  if (bytes.length > MAGIC.length && !(version >= 1 && version <= 3))
    throw new Error(`${path} is of version ${version} of the .npy format: 1, 2 and 3 are read`);
  const lengthBytes = version === 1 ? 2 : 4;
  const start = MAGIC.length + 2 + lengthBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < start ? Infinity : readLength(view, lengthBytes);
  if (start + length > bytes.length) throw new Error(`${path} is cut: its header does not end`);
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, start + length));
  return { ...parsed(text.trim(), path), begin: start + length };
}

const readLength = (view: DataView, bytes: number): number =>
  bytes === 2 ? view.getUint16(MAGIC.length + 2, true) : view.getUint32(MAGIC.length + 2, true);

function parsed(text: string, path: string): Omit<Header, 'begin'> {
  const structured = /'descr'\s*:\s*[[(]/.test(text);
  if (structured) throw new Error(`${path} holds records of several fields: save each field as an array of its own`);
  const descr = /['"]descr['"]\s*:\s*(?:'([^']*)'|"([^"]*)")/.exec(text);
  const fortran = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const lengths = /['"]shape['"]\s*:\s*\(([^)]*)\)/.exec(text)?.[1].split(',');
  // A tuple of one has a comma behind it, and Python 2 wrote long integers with an L.
  const shape = lengths
    ?.map((word) => word.trim().replace(/L$/, ''))
    .filter((word, i, all) => word !== '' || i < all.length - 1);
  if (descr === null || fortran === null || shape === undefined || !shape.every((word) => /^\d{1,15}$/.test(word)))
    throw new Error(`${path} has a header that says no descr, fortran_order and shape: ${text.slice(0, 80)}`);
  return { descr: descr[1] ?? descr[2], fortran: fortran[1] === 'True', shape: shape.map(Number) };
}

/** What to do about a type that is not read. */
function adviceOn(descr: string): string {
  const kind = descr.replace(/^[<>|=]/, '');
  if (kind === 'V2')
    return ": NumPy writes bfloat16 so, without a name; save x.astype('float32'), which holds every bfloat16";
  if (kind === 'V1')
    return ": NumPy writes 8-bit floats and 4-bit numbers so, without a name; save x.astype('float32'), or the codes as x.view('uint8')";
  if (kind.startsWith('c')) return ', complex numbers: save real and imaginary parts as real arrays';
  if (kind.startsWith('O')) return ", Python's objects: save an array of numbers";
  return ": bool, integers of 8 to 64 bits and floats of 16 to 64 bits are read; save x.astype('float32')";
}

/** Elements in the order of the machine's bytes, where arrays of their width may begin: in place where they are so already. */
function inMachineOrder(bytes: Uint8Array, each: number, isBig: boolean): Uint8Array {
  if (!isBig && bytes.byteOffset % each === 0 && littleEndian) return bytes;
  // `slice` of a Buffer would be no copy.
  return (isBig ? bigEndian : smallEndian)(new Uint8Array(bytes), each);
}

function elementsOf({ buffer, byteOffset }: Uint8Array, type: NumberType, size: number, path: string): NumberData {
  if (type === 'float16') return widenHalves(new Uint16Array(buffer, byteOffset, size));
  if (type === 'int64') return safeIntegers(new BigInt64Array(buffer, byteOffset, size), path);
  if (type === 'uint64') return safeIntegers(new BigUint64Array(buffer, byteOffset, size), path);
  return new NUMBER_TYPES[type].array(buffer, byteOffset, size);
}

function safeIntegers(words: BigInt64Array | BigUint64Array, path: string): Float64Array {
  const values = new Float64Array(words.length);
  for (let i = 0; i < words.length; i++) {
    values[i] = Number(words[i]);
    if (!Number.isSafeInteger(values[i]))
      throw new Error(`${path} holds ${words[i]} at index ${i}: integers up to 2^53 are read`);
  }
  return values;
}

/** What an array is written as where its type has no `descr`: reals as float32, bool and codes of formats as bytes. */
const WRITTEN: Readonly<Partial<Record<NumberType, string>>> = {
  float32: 'f4',
  float64: 'f8',
  float16: 'f4',
  bfloat16: 'f4',
  int8: 'i1',
  int4: 'i1',
  int2: 'i1',
  int16: 'i2',
  uint16: 'u2',
  int32: 'i4',
  uint32: 'u4',
  int64: 'i8',
  uint64: 'u8',
};

/**
 * An array as a .npy file of version 1.0, little-endian, in C order. float16 and bfloat16 become float32, which holds
 * them; bool and the codes of float8 and float4 become uint8, int4 and int2 int8.
 * @throws RangeError where the data has not as many elements as the shape
 */
export function writeNpy({ type, shape, data }: NumberArray): Uint8Array {
  if (data.length !== sizeOf(shape))
    throw new RangeError(`writeNpy: shape ${shape.join('x')} needs ${sizeOf(shape)} numbers, found ${data.length}`);
  const kind = WRITTEN[type] ?? 'u1';
  const descr = `${kind.endsWith('1') ? '|' : '<'}${kind}`;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = MAGIC.length + 4;
  const grown = text.length + (shape.length === 0 ? 0 : GROWTH_DIGITS - `${shape[0]}`.length) + 1;
  const padded = text.padEnd(grown - 1 + HEADER_ALIGNMENT - ((before + grown) % HEADER_ALIGNMENT));
  const body = bytesOf(type, data);
  const bytes = new Uint8Array(before + padded.length + 1 + body.length);
  bytes.set([...MAGIC, 1, 0, (padded.length + 1) & 255, (padded.length + 1) >> 8]);
  bytes.set(new TextEncoder().encode(`${padded}\n`), before);
  bytes.set(body, before + padded.length + 1);
  return bytes;
}

function bytesOf(type: NumberType, data: NumberData): Uint8Array {
  const isWide = type === 'int64' || type === 'uint64';
  const words = isWide ? BigInt64Array.from(data as Float64Array, BigInt) : data;
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength).slice();
  return smallEndian(bytes, words.BYTES_PER_ELEMENT);
}
