import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { counted } from '../../text/plural.js';
import { readBytes } from '../../text/read.js';
import type { Dataset } from './dataset.js';

/**
 * Reader of MNIST's IDX files (yann.lecun.com/exdb/mnist): big-endian words magic, counts and dimensions, then bytes.
 * Magic 0x00000803 is images [count, rows, cols], 0x00000801 labels [count].
 */
const IMAGES = 0x803;
const LABELS = 0x801;

/**
 * The pair `<part>-images-idx3-ubyte` and `<part>-labels-idx1-ubyte` in a folder, plain or with .gz; a dot in place of
 * the last hyphen is taken too, as some distributions have it.
 * @throws Error with one line when a file is missing, truncated, not IDX, or the two do not agree
 */
export function readIdx(folder: string, part: 'train' | 't10k' = 't10k'): Dataset {
  const images = readPart(folder, `${part}-images`, 'idx3-ubyte', IMAGES);
  const labels = readPart(folder, `${part}-labels`, 'idx1-ubyte', LABELS);
  const [count, rows, cols] = images.dimensions;
  if (labels.dimensions[0] !== count)
    throw new Error(
      `${images.path} holds ${counted(count, 'image')} and ${labels.path} ${counted(labels.dimensions[0], 'label')}: take a pair`,
    );
  if (images.bytes.length === 0) throw new Error(`${images.path} holds no image: it has ${count} of ${rows}x${cols}`);
  const places = Uint32Array.from({ length: count }, (_, i) => i);
  return {
    images: Float32Array.from(images.bytes, (byte) => byte / 255),
    labels: labels.bytes,
    count,
    rows,
    cols,
    origin: { file: labels.path, unit: 'image', places },
  };
}

interface IdxFile {
  path: string;
  dimensions: number[];
  bytes: Uint8Array;
}

function readPart(folder: string, stem: string, suffix: string, magic: number): IdxFile {
  const names = [`${stem}-${suffix}`, `${stem}.${suffix}`].flatMap((name) => [name, `${name}.gz`]);
  const path = names.map((name) => join(folder, name)).find((candidate) => existsSync(candidate));
  if (path === undefined)
    throw new Error(`no ${names[0]} in ${folder}: MNIST's IDX files, plain or .gz, are read from there`);
  return parseIdx(readUnpacked(path), path, magic);
}

/** A file's bytes, those of a .gz unpacked. */
export function readUnpacked(path: string): Uint8Array {
  const bytes = readBytes(path);
  if (!path.endsWith('.gz')) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new Error(`${path} is not a whole gzip file (${(error as Error).message}): fetch it again`, { cause: error });
  }
}

/** @param magic what the file must be: 0x803 for images, 0x801 for labels */
export function parseIdx(bytes: Uint8Array, path: string, magic: number): IdxFile {
  const rank = magic & 0xff;
  const header = 4 * (rank + 1);
  if (bytes.length < header)
    throw new Error(`${path} is truncated: ${bytes.length} bytes, its header alone has ${header}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint32(0);
  const hex = (word: number) => `0x${word.toString(16).padStart(8, '0')}`;
  if (found !== magic)
    throw new Error(
      `${path} is not an IDX file of ${magic === IMAGES ? 'images' : 'labels'}: magic ${hex(found)}, not ${hex(magic)}`,
    );
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 * (i + 1)));
  const size = dimensions.reduce((product, length) => product * length, 1);
  const rest = bytes.length - header;
  if (rest < size)
    throw new Error(`${path} is truncated: its header promises ${dimensions.join('x')} bytes, ${rest} follow`);
  if (rest > size)
    throw new Error(`${path} has ${rest - size} bytes more than its header's ${dimensions.join('x')}: not an IDX file`);
  return { path, dimensions, bytes: bytes.slice(header) };
}

/** An IDX file of bytes: its magic number, which holds the number of dimensions, the dimensions, the bytes. */
export function idxBytes(dimensions: readonly number[], bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 * (dimensions.length + 1));
  [0x800 + dimensions.length, ...dimensions].forEach((word, i) => header.writeUInt32BE(word, 4 * i));
  return Buffer.concat([header, bytes]);
}
