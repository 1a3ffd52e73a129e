import { type CsvLine, csvLines } from '../../data/csvLines.js';
import { counted } from '../../text/plural.js';
import { readUnpacked } from '../../text/read.js';
import type { Dataset } from './dataset.js';

const [COMMA, ZERO, NINE] = [44, 48, 57];

/**
 * Reader of images in CSV, the form that MNIST is often passed around in: a line for each image, its label and then its
 * pixels, whole numbers from 0 to 255, row after row of a square. A first line that begins with a name is passed over.
 * @throws Error with one line naming the file, the line and what is wrong
 */
export function readCsvImages(path: string): Dataset {
  return parseCsvImages(readUnpacked(path), path);
}

export function parseCsvImages(file: Uint8Array, path: string): Dataset {
  const { bytes, rows } = csvLines(file);
  if (rows.length === 0) throw new Error(`${path} holds no image: each line is a label and its pixels, 0 to 255`);
  const size = fieldsOf(bytes, rows[0], path).length - 1;
  const side = Math.sqrt(size);
  if (size < 1 || !Number.isInteger(side))
    throw new Error(`${path}:${rows[0].number}: a label and ${size} pixels, which are no square: 28 x 28 would be 784`);
  const images = new Float32Array(rows.length * size);
  const labels = new Uint8Array(rows.length);
  rows.forEach((row, i) => {
    const fields = fieldsOf(bytes, row, path);
    if (fields.length !== size + 1)
      throw new Error(
        `${path}:${row.number}: ${counted(fields.length, 'field')}, and ${size + 1} in the first line of images`,
      );
    labels[i] = fields[0];
    for (let p = 0; p < size; p++) images[i * size + p] = fields[p + 1] / 255;
  });
  const places = Uint32Array.from(rows, (row) => row.number);
  return { images, labels, count: rows.length, shape: [1, side, side], origin: { file: path, unit: 'line', places } };
}

const isDigit = (byte: number) => byte >= ZERO && byte <= NINE;

/** Whole numbers from 0 to 255 between commas. */
function fieldsOf(bytes: Uint8Array, { first, end, number }: CsvLine, path: string): number[] {
  const fields: number[] = [];
  for (let at = first; at <= end; at++) {
    let value = 0;
    const from = at;
    for (; at < end && isDigit(bytes[at]); at++) value = value * 10 + bytes[at] - ZERO;
    if (at === from || (at < end && bytes[at] !== COMMA) || value > 255) {
      const text = new TextDecoder().decode(bytes.subarray(from, end)).split(',')[0];
      throw new Error(`${path}:${number}: field ${fields.length + 1} is "${text}": labels and pixels are 0 to 255`);
    }
    fields.push(value);
  }
  return fields;
}
