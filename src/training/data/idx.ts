import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { idxContent } from '../../data/idxArray.js';
import { counted } from '../../text/plural.js';
import { readUnpacked } from '../../text/read.js';
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
    shape: [1, rows, cols],
    origin: { file: labels.path, unit: 'image', places },
  };
}

interface IdxBytes {
  path: string;
  dimensions: number[];
  bytes: Uint8Array;
}

function readPart(folder: string, stem: string, suffix: string, magic: number): IdxBytes {
  const names = [`${stem}-${suffix}`, `${stem}.${suffix}`].flatMap((name) => [name, `${name}.gz`]);
  const path = names.map((name) => join(folder, name)).find((candidate) => existsSync(candidate));
  if (path === undefined)
    throw new Error(`no ${names[0]} in ${folder}: MNIST's IDX files, plain or .gz, are read from there`);
  return parseIdx(readUnpacked(path), path, magic);
}

/** @param magic what the file must be: 0x803 for images, 0x801 for labels */
export function parseIdx(file: Uint8Array, path: string, magic: number): IdxBytes {
  const { dimensions, bytes } = idxContent(file, path, {
    magic,
    name: magic === IMAGES ? 'of images' : 'of labels',
  });
  return { path, dimensions, bytes: new Uint8Array(bytes) };
}

/** An IDX file of bytes: its magic number, which holds the number of dimensions, the dimensions, the bytes. */
export function idxBytes(dimensions: readonly number[], bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 * (dimensions.length + 1));
  [0x800 + dimensions.length, ...dimensions].forEach((word, i) => header.writeUInt32BE(word, 4 * i));
  return Buffer.concat([header, bytes]);
}
