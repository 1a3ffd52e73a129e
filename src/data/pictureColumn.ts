import { join } from 'node:path';
import { sizeOf } from '../networks/tensor.js';
import { readBytes } from '../text/read.js';
import { type NumberArray, NUMBER_TYPES } from './numbers.js';
import { type Picture, type PictureDecoder, pictureDecoder, pictureSize, withChannels } from './pictures.js';
import { type PictureShape, pictureShapeOf } from './pictureShape.js';
import { batchOf, portText } from './ports.js';
import { isReal } from './portNumbers.js';
import { reordered } from './reorder.js';
import type { DataLayout, PortShape, SampleColumn } from './samples.js';

/** 16-bit samples in units of a byte: 65535 is 255. */
const WORDS_PER_BYTE = 257;

/**
 * Image files as samples of a port, each read and decoded when its sample is asked for. Numbers are bytes, 0 to 255;
 * 16-bit images give the words where the port takes whole numbers, and 257ths of them where it is real.
 * @param names of the files in the folder, which messages use
 * @throws Error with one line where the port takes no images; a file of another size is one when it is read
 */
export async function pictureColumn(
  folder: string,
  names: readonly string[],
  port: PortShape,
  layout: DataLayout | undefined,
): Promise<SampleColumn> {
  const wanted = pictureShapeOf(port, layout);
  const decode = await pictureDecoder(names);
  const batch = wanted.hasBatch ? batchOf(port) : 1;
  if (names.length % batch !== 0)
    throw new Error(`${folder} holds ${names.length} images, and the network reads ${batch} at a time`);
  const each = { port, wanted, decode };
  const row = (i: number) => numbersOfPicture(readPicture(join(folder, names[i]), each), each);
  return {
    count: names.length / batch,
    rows: batch,
    part: (i) =>
      stacked(
        Array.from({ length: batch }, (_, k) => row(i * batch + k)),
        wanted.hasBatch,
      ),
    pixels: true,
    place: (i) => (batch === 1 ? names[i] : `${names[i * batch]} to ${names[(i + 1) * batch - 1]}`),
  };
}

interface PicturePlan {
  port: PortShape;
  wanted: PictureShape;
  decode: PictureDecoder;
}

/** @throws Error naming the file, its size and the one that the port takes */
function readPicture(path: string, { port, wanted, decode }: PicturePlan): Picture {
  const bytes = readBytes(path);
  const check = ([width, height]: readonly [number, number]) => {
    const { flat, width: w, height: h } = wanted;
    const isRight = flat === undefined ? (w || width) === width && (h || height) === height : flat === width * height;
    if (isRight) return;
    const size = flat === undefined ? `${w || 'any'} wide and ${h || 'any'} high` : `${flat} pixels`;
    throw new Error(`${path} is ${width} wide and ${height} high, and ${portText(port)}: resize it to ${size}`);
  };
  // The header's size first, so that a wrong one is said before millions of pixels are decoded.
  const said = pictureSize(bytes);
  if (said !== undefined) check(said);
  const picture = withChannels(decode(bytes, path), wanted.channels);
  check([picture.width, picture.height]);
  return picture;
}

/** An image without the batch's axis. */
function numbersOfPicture({ width, height, channels, data }: Picture, { port, wanted }: PicturePlan): NumberArray {
  const pixels: NumberArray =
    data instanceof Uint8Array
      ? { type: 'uint8', shape: [], data }
      : isReal(port)
        ? { type: 'float64', shape: [], data: Float64Array.from(data, (word) => word / WORDS_PER_BYTE) }
        : { type: 'uint16', shape: [], data };
  if (wanted.flat !== undefined) return { ...pixels, shape: [wanted.flat] };
  const shape = wanted.hasChannels ? [height, width, channels] : [height, width];
  return reordered({ ...pixels, shape }, wanted.order);
}

/** Rows as one array; of float64 where some have bytes and others words. */
function stacked(rows: readonly NumberArray[], hasBatch: boolean): NumberArray {
  const [{ type, shape, data }] = rows;
  const whole = hasBatch ? [rows.length, ...shape] : shape;
  if (rows.length === 1) return { type, shape: whole, data };
  const common = rows.every((row) => row.type === type) ? type : 'float64';
  const all = new NUMBER_TYPES[common].array(sizeOf(whole));
  rows.forEach((row, i) => all.set(row.data, i * row.data.length));
  return { type: common, shape: whole, data: all };
}
