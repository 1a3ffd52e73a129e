import { describe, expect, it } from 'vitest';
import { floatTensor } from '../../../src/networks/tensor.js';
import {
  classesOf,
  type Dataset,
  firstOf,
  imagesOf,
  partOf,
  placeOf,
  selectFrom,
} from '../../../src/training/data/dataset.js';
import { idxBytes, parseIdx } from '../../../src/training/data/idx.js';

/** Pixel p of image i is 10 i + p; the label of i is 3 i. */
function numbered(count: number, unit?: 'line' | 'image'): Dataset {
  const images = Float32Array.from({ length: count * 6 }, (_, at) => 10 * Math.floor(at / 6) + (at % 6));
  const labels = Uint8Array.from({ length: count }, (_, i) => 3 * i);
  const places = Uint32Array.from({ length: count }, (_, i) => 2 * i + 5);
  return { images, labels, count, shape: [1, 2, 3], ...(unit && { origin: { file: 'own', unit, places } }) };
}

const pixelsOf = (image: number) => Array.from({ length: 6 }, (_, p) => 10 * image + p);
const range = (first: number, end: number) => Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);

describe('images of a data set', () => {
  it('are a tensor of any run of them, fewer at the end', () => {
    const data = numbered(5);
    for (let first = 0; first <= 5; first++)
      for (let count = 0; count <= 7; count++) {
        const { shape, data: pixels } = imagesOf(data, first, count);
        const own = range(first, Math.min(first + count, 5));
        expect(shape).toEqual([own.length, 1, 2, 3]);
        expect(Array.from(pixels)).toEqual(own.flatMap(pixelsOf));
      }
    expect(imagesOf(data)).toEqual(imagesOf(data, 0, 5));
    expect(imagesOf(data, 3)).toEqual(imagesOf(data, 3, 2));
  });

  it('are a data set of any run of them, with labels and places, or refused where there are fewer', () => {
    for (const unit of ['line', 'image', undefined] as const) {
      const data = numbered(5, unit);
      for (let first = 0; first <= 5; first++)
        for (let count = 0; count <= 5; count++) {
          if (first + count > 5) {
            const who = unit === undefined ? 'the data' : 'own';
            const text = `${who} holds 5 images, ${first + count} were asked for`;
            expect(() => partOf(data, first, count)).toThrow(text);
            continue;
          }
          const part = partOf(data, first, count);
          const own = range(first, first + count);
          expect([part.count, part.shape]).toEqual([count, [1, 2, 3]]);
          expect(Array.from(part.images)).toEqual(own.flatMap(pixelsOf));
          expect(Array.from(part.labels)).toEqual(own.map((i) => 3 * i));
          own.forEach((i, at) => {
            const place = { line: `own:${2 * i + 5}`, image: `own: image ${2 * i + 5}`, none: `image ${at}` };
            expect(placeOf(part, at)).toBe(place[unit ?? 'none']);
          });
          if (first === 0) expect(firstOf(data, count)).toEqual(part);
        }
    }
  });

  it('are copied from the places that are asked for, in their order', () => {
    const data = numbered(5);
    const places = Uint32Array.of(4, 0, 4, 2);
    const { images, labels } = selectFrom(data, places);
    expect(images.shape).toEqual([4, 1, 2, 3]);
    expect(Array.from(images.data)).toEqual([4, 0, 4, 2].flatMap(pixelsOf));
    expect(Array.from(labels)).toEqual([12, 0, 12, 6]);
    // Of more classes than a byte counts too.
    const many = { ...data, labels: Int32Array.of(0, 255, 256, 999, 70_000) };
    expect(Array.from(selectFrom(many, places).labels)).toEqual([70_000, 0, 70_000, 256]);
    images.data.fill(0);
    expect(data).toEqual(numbered(5));
  });
});

it('the class is the first of the largest logits, in each row: all rows of three small numbers', () => {
  const rows = Array.from({ length: 27 }, (_, i) => [(i % 3) - 1, (Math.floor(i / 3) % 3) - 1, Math.floor(i / 9) - 1]);
  const found = classesOf(floatTensor([27, 3], Float32Array.from(rows.flat())));
  expect(Array.from(found)).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
});

it('IDX bytes of any rank are read as they were written, and no prefix of them is', () => {
  for (const dimensions of [[4], [2, 3], [2, 1, 2]]) {
    const size = dimensions.reduce((a, b) => a * b);
    const content = Uint8Array.from({ length: size }, (_, i) => 255 - i);
    const bytes = idxBytes(dimensions, content);
    const magic = 0x800 + dimensions.length;
    const read = parseIdx(bytes, 'f', magic);
    expect([read.path, read.dimensions, Array.from(read.bytes)]).toEqual(['f', dimensions, Array.from(content)]);
    for (let length = 0; length < bytes.length; length++)
      expect(() => parseIdx(bytes.subarray(0, length), 'f', magic)).toThrow(/^f is truncated: /);
    for (let at = 0; at < 4; at++) {
      const wrong = Uint8Array.from(bytes);
      wrong[at] ^= 1;
      expect(() => parseIdx(wrong, 'f', magic)).toThrow(/^f is not an IDX file of \w+: magic 0x[0-9a-f]{8}, not /);
    }
  }
});
