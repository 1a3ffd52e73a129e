import { counted } from '../../text/plural.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../networks/tensor.js';

/** Labelled images, or whatever a network reads, one after another; of digits a pixel is in [0, 1], a byte over 255. */
export interface Dataset {
  images: Float32Array;
  labels: Uint8Array | Int32Array;
  count: number;
  /** Of one image: [1, rows, cols] where it is grey. */
  shape: readonly number[];
  /** Where they are from, for messages: a file of CSV with the line of each label, or one of IDX with its place. */
  origin?: { file: string; unit: 'line' | 'image'; places: Uint32Array };
}

/** What to call an image in a message: `data.csv:17`. */
export function placeOf({ origin }: Dataset, image: number): string {
  if (origin === undefined) return `image ${image}`;
  const { file, unit, places } = origin;
  return unit === 'line' ? `${file}:${places[image]}` : `${file}: image ${places[image]}`;
}

/** Images first .. first + count - 1 (fewer at the end) as a tensor [n, ...shape]; it shares the data's memory. */
export function imagesOf(data: Dataset, first = 0, count = data.count - first): FloatTensor {
  const size = sizeOf(data.shape);
  const n = Math.min(count, data.count - first);
  return floatTensor([n, ...data.shape], data.images.subarray(first * size, (first + n) * size));
}

/** The first `count` images. @throws RangeError when there are fewer */
export function firstOf(data: Dataset, count: number): Dataset {
  return partOf(data, 0, count);
}

/** `count` images after `first` others, in the data's own memory. @throws RangeError when there are fewer */
export function partOf(data: Dataset, first: number, count: number): Dataset {
  if (first + count > data.count)
    throw new RangeError(
      `${data.origin?.file ?? 'the data'} holds ${counted(data.count, 'image')}, ${first + count} were asked for`,
    );
  const labels = data.labels.subarray(first, first + count);
  const origin = data.origin && { ...data.origin, places: data.origin.places.subarray(first, first + count) };
  return { ...data, count, images: imagesOf(data, first, count).data, labels, ...(origin && { origin }) };
}

/** The images at the given places, copied. */
export function selectFrom(data: Dataset, places: Uint32Array): { images: FloatTensor; labels: Dataset['labels'] } {
  const size = sizeOf(data.shape);
  const images = floatTensor([places.length, ...data.shape]);
  const labels = Int32Array.from(places, (place) => data.labels[place]);
  places.forEach((place, i) => images.data.set(data.images.subarray(place * size, (place + 1) * size), i * size));
  return { images, labels };
}

/** Index of the largest value in each row of [n, classes]; the first one where several are equal. */
export function classesOf(logits: FloatTensor): Uint32Array {
  const [n, classes] = logits.shape;
  const found = new Uint32Array(n);
  for (let i = 0; i < n; i++)
    for (let c = 1; c < classes; c++)
      if (logits.data[i * classes + c] > logits.data[i * classes + found[i]]) found[i] = c;
  return found;
}
