import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readIdx } from '../../../src/training/data/idx.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastbit-idx-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

const images = Buffer.concat([words(0x803, 2, 2, 3), Buffer.from([0, 51, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9])]);
const labels = Buffer.concat([words(0x801, 2), Buffer.from([7, 3])]);
const write = (name: string, bytes: Buffer) => writeFileSync(join(folder, name), bytes);

it('reads a plain pair', () => {
  write('t10k-images-idx3-ubyte', images);
  write('t10k-labels-idx1-ubyte', labels);
  const data = readIdx(folder);
  expect([data.count, data.shape]).toEqual([2, [1, 2, 3]]);
  expect(Array.from(data.images.subarray(0, 4))).toEqual([0, Math.fround(0.2), 1, Math.fround(1 / 255)]);
  expect(Array.from(data.labels)).toEqual([7, 3]);
});

it('reads a gzipped pair, and the names with a dot', () => {
  write('train-images.idx3-ubyte.gz', gzipSync(images));
  write('train-labels-idx1-ubyte.gz', gzipSync(labels));
  expect(Array.from(readIdx(folder, 'train').labels)).toEqual([7, 3]);
});

it.each([
  [
    'missing',
    undefined,
    labels,
    /^no t10k-images-idx3-ubyte in .*: MNIST's IDX files, plain or \.gz, are read from there$/,
  ],
  ['cut', images.subarray(0, 20), labels, /images-idx3-ubyte is truncated: its header promises 2x2x3 bytes, 4 follow$/],
  ['cut in the header', images.subarray(0, 9), labels, /is truncated: 9 bytes, its header alone has 16$/],
  ['too long', Buffer.concat([images, labels]), labels, /has 10 bytes more than its header's 2x2x3: not an IDX file$/],
  ['swapped', Buffer.concat([labels, images]), labels, /not an IDX file of images: magic 0x00000801, not 0x00000803$/],
  [
    'of another count',
    images,
    Buffer.concat([words(0x801, 3), Buffer.from([1, 2, 3])]),
    /holds 2 images and .* 3 labels: take a pair$/,
  ],
])('one clear line for a file that is %s', (_, first, second, message) => {
  if (first !== undefined) write('t10k-images-idx3-ubyte', first);
  write('t10k-labels-idx1-ubyte', second);
  expect(() => readIdx(folder)).toThrow(message);
});

it('one clear line for a cut gzip file', () => {
  write('t10k-images-idx3-ubyte.gz', gzipSync(images).subarray(0, 25));
  write('t10k-labels-idx1-ubyte', labels);
  expect(() => readIdx(folder)).toThrow(/idx3-ubyte\.gz is not a whole gzip file \(.*\): fetch it again$/);
});
