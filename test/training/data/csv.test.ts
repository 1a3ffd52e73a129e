import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCsvImages } from '../../../src/training/data/csv.js';
import { readData } from '../../../src/training/data/data.js';
import { folderWith } from '../../cli/command.js';

const parse = (text: string) => parseCsvImages(new TextEncoder().encode(text), 'x.csv');

describe('images in CSV', () => {
  it('are a label and a square of bytes, with or without a header', () => {
    const data = parse('label,1x1,1x2,2x1,2x2\r\n7,0,255,51,1\r\n3,1,2,3,4');
    expect(data).toMatchObject({ count: 2, shape: [1, 2, 2], labels: Uint8Array.of(7, 3) });
    expect(Array.from(data.images.subarray(0, 4))).toEqual([0, 1, 0.2, 1 / 255].map(Math.fround));
    expect(parse('7,0,255,51,1\n\n3,1,2,3,4\n').images).toEqual(data.images);
  });

  it('may be packed, and are told from a folder by their name', () => {
    const folder = folderWith();
    writeFileSync(join(folder, 'x.csv.gz'), gzipSync('1,9,9,9,9\n'));
    expect(readData(join(folder, 'x.csv.gz'))).toMatchObject({ count: 1, labels: Uint8Array.of(1) });
    expect(() => readData(folder)).toThrow('t10k-images');
  });

  it.each([
    ['', 'x.csv holds no image: each line is a label and its pixels, 0 to 255'],
    ['label,a\n', 'x.csv holds no image'],
    ['1,2,3\n', 'x.csv:1: a label and 2 pixels, which are no square'],
    ['1,2\n1,2,3\n', 'x.csv:2: 3 fields, and 2 in the first line of images'],
    ['1,256\n', 'x.csv:1: field 2 is "256": labels and pixels are 0 to 255'],
    ['1,0.5\n', 'x.csv:1: field 2 is "0.5"'],
    ['1,2\n3,\n', 'x.csv:2: field 2 is ""'],
  ])('%j is refused', (text, message) => expect(() => parse(text)).toThrow(message));
});
