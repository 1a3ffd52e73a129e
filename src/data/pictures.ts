import type { DecodedPng } from 'fast-png';

/** Where the header of a PNG has what the decoder does not say. */
const [DEPTH_AT, COLOR_TYPE_AT, INTERLACED_AT] = [24, 25, 28];

/** A decoded image: row-major, channels together, without alpha; grey or RGB, in bytes or 16-bit words. */
export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array | Uint16Array;
}

/** @param path begins the errors. @throws Error with one line where the file is cut, damaged or no such image */
export type PictureDecoder = (bytes: Uint8Array, path: string) => Picture;

interface PictureKind {
  name: string;
  endings: readonly string[];
  magic: readonly number[];
  /** Only where there is such a file: a decoder brings its tables along. */
  load(): Promise<(bytes: Uint8Array) => Picture>;
  /** Width and height by the header alone; undefined where it does not say them. */
  size(bytes: Uint8Array): readonly [number, number] | undefined;
  /** What is not read of it, and what would do. */
  unread?(bytes: Uint8Array): string | undefined;
}

const KINDS: readonly PictureKind[] = [
  {
    name: 'PNG',
    endings: ['.png'],
    magic: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    load: async () => {
      const { decode } = await import('fast-png');
      return (bytes) => fromPng(decode(bytes, { checkCrc: true }), bytes);
    },
    size: (bytes) => (bytes.length < 24 ? undefined : [wordAt(bytes, 16), wordAt(bytes, 20)]),
    // The decoder takes the passes of such a file for bytes, and may not notice.
    unread: (bytes) =>
      bytes[DEPTH_AT] < 8 && bytes[INTERLACED_AT] !== 0
        ? 'is an interlaced PNG of fewer than 8 bits: save it without interlacing'
        : undefined,
  },
  {
    name: 'JPEG',
    endings: ['.jpg', '.jpeg'],
    magic: [0xff, 0xd8, 0xff],
    // libjpeg-turbo itself, as WebAssembly: other decoders give other bytes than the Python libraries' from the same file.
    load: async () => {
      const { default: turbo } = await import('@cwasm/jpeg-turbo');
      return (bytes) => fromRgba(turbo.decode(bytes));
    },
    size: jpegSize,
  },
];

export const isPictureName = (name: string): boolean => kindNamed(name) !== undefined;

const kindNamed = (name: string) =>
  KINDS.find(({ endings }) => endings.some((ending) => name.toLowerCase().endsWith(ending)));

const kindOf = (bytes: Uint8Array) => KINDS.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte));

export const isPicture = (bytes: Uint8Array): boolean => kindOf(bytes) !== undefined;

/** Width and height of an image by its header; undefined where it does not say them. */
export const pictureSize = (bytes: Uint8Array): readonly [number, number] | undefined => kindOf(bytes)?.size(bytes);

/** A decoder of the kinds that files of these names are. */
export async function pictureDecoder(names: readonly string[]): Promise<PictureDecoder> {
  const kinds = KINDS.filter((kind) => names.some((name) => kindNamed(name) === kind));
  const decoders = new Map(await Promise.all(kinds.map(async (kind) => [kind, await kind.load()] as const)));
  return (bytes, path) => {
    const kind = kindOf(bytes);
    if (kind === undefined) throw new Error(`${path} is neither a PNG nor a JPEG file, by its first bytes`);
    const decode = decoders.get(kind);
    if (decode === undefined) throw new Error(`${path} holds a ${kind.name}: give it the ending ${kind.endings[0]}`);
    const unread = kind.unread?.(bytes);
    if (unread !== undefined) throw new Error(`${path} ${unread}`);
    return decoded(decode, bytes, path, kind.name);
  };
}

function decoded(decode: (bytes: Uint8Array) => Picture, bytes: Uint8Array, path: string, name: string): Picture {
  try {
    return decode(bytes);
  } catch (error) {
    throw new Error(`${path} is cut, damaged or of a kind of ${name} that is not read`, { cause: error });
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

const PALETTE = 3;

/** @throws Error where a palette is missing, or has not the colour that a pixel names */
function fromPng({ width, height, depth, channels, data, palette }: DecodedPng, file: Uint8Array): Picture {
  const isIndexed = file[COLOR_TYPE_AT] === PALETTE;
  const samples = depth < 8 ? unpacked(data, width, height, depth) : (data as Uint8Array | Uint16Array);
  if (isIndexed) return { width, height, channels: 3, data: colorsOf(samples, palette ?? []) };
  const highest = 2 ** depth - 1;
  const scaled = depth < 8 ? samples.map((sample) => (sample * 255) / highest) : samples;
  return withoutAlpha({ width, height, data: scaled }, channels);
}

/** @throws Error where a pixel names a colour that is not there */
function colorsOf(indices: ArrayLike<number>, palette: readonly (readonly number[])[]): Uint8Array {
  const colors = new Uint8Array(3 * indices.length);
  for (let i = 0; i < indices.length; i++) {
    const color = palette[indices[i]];
    if (color === undefined) throw new Error('a pixel names a colour that the palette has not');
    for (let c = 0; c < 3; c++) colors[3 * i + c] = color[c];
  }
  return colors;
}

/** Samples of fewer than 8 bits, high bits first; each row begins with a byte. */
function unpacked(data: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const perByte = 8 / depth;
  const rowBytes = Math.ceil(width / perByte);
  const mask = 2 ** depth - 1;
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const column = i % width;
    const byte = data[Math.floor(i / width) * rowBytes + Math.floor(column / perByte)];
    return (byte >> (8 - depth * ((column % perByte) + 1))) & mask;
  });
}

const fromRgba = ({ width, height, data }: { width: number; height: number; data: Uint8ClampedArray }): Picture =>
  withoutAlpha({ width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) }, 4);

function withoutAlpha({ width, height, data }: Omit<Picture, 'channels'>, stored: number): Picture {
  const channels = stored < 3 ? 1 : 3;
  if (stored === channels) return { width, height, channels, data };
  const size = width * height;
  const colors = data.slice(0, size * channels);
  for (let pixel = 0; pixel < size; pixel++)
    for (let c = 0; c < channels; c++) colors[pixel * channels + c] = data[pixel * stored + c];
  return { width, height, channels, data: colors };
}

/** By its frame header (ITU-T T.81, B.2.2): markers SOF0 to SOF15 but for DHT, JPG and DAC, which lie among them. */
function jpegSize(bytes: Uint8Array): readonly [number, number] | undefined {
  const half = (at: number) => bytes[at] * 256 + bytes[at + 1];
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return [half(at + 7), half(at + 5)];
    // A fill byte stands before a marker; every other segment here has a length.
    at += marker === 0xff ? 1 : 2 + half(at + 2);
  }
  return undefined;
}

/** Weights of red, green and blue in grey (ITU-R BT.601), in 65536ths, as Pillow has them. */
const LUMA = [19595, 38470, 7471];

/** The image with 1 or 3 channels: grey three times, or colours weighted and rounded half up. */
export function withChannels(picture: Picture, channels: 1 | 3): Picture {
  const { width, height, data } = picture;
  if (picture.channels === channels) return picture;
  const size = width * height;
  const made = data instanceof Uint16Array ? new Uint16Array(size * channels) : new Uint8Array(size * channels);
  for (let i = 0; i < size; i++)
    if (channels === 3) made.fill(data[i], 3 * i, 3 * i + 3);
    else made[i] = (LUMA[0] * data[3 * i] + LUMA[1] * data[3 * i + 1] + LUMA[2] * data[3 * i + 2] + 32768) / 65536;
  return { width, height, channels, data: made };
}
