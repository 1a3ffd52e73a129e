import { crc32, deflateSync } from 'node:zlib';

/** The parts of a PNG file (W3C PNG, 3rd edition), laid out by hand. */
interface PngParts {
  width: number;
  height: number;
  depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  color: number;
  /** A filter byte before each row. */
  rows: readonly number[];
  palette?: readonly number[];
  interlaced?: boolean;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

export function png({ width, height, depth, color, rows, palette, interlaced = false }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, color, 0, 0, Number(interlaced)], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...(palette === undefined ? [] : [chunk('PLTE', Uint8Array.from(palette))]),
    chunk('IDAT', deflateSync(Uint8Array.from(rows))),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** A grey image of bytes. */
export const greyPng = (width: number, pixels: readonly number[]): Buffer =>
  png({
    width,
    height: pixels.length / width,
    depth: 8,
    color: 0,
    rows: Array.from({ length: pixels.length / width }, (_, y) => [
      0,
      ...pixels.slice(y * width, (y + 1) * width),
    ]).flat(),
  });

/** Images of 6 x 4 that cjpeg of libjpeg-turbo 2.1.5 wrote, and the pixels that its djpeg gave back. */
export const JPEGS = {
  // cjpeg -optimize -quality 90: colour, chroma at half the resolution
  color: {
    file: Buffer.from(
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAEAAYDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAcEAABAwUAAAAAAAAAAAAAAAAAAQYHFTVCUdH/xAAUAQEAAAAAAAAAAAAAAAAAAAAG/8QAIREAAAQFBQAAAAAAAAAAAAAAAAIDBQQGFVLRASMkMTL/2gAMAwEAAhEDEQA/AKI6gtoU+3Y7TgABk0PDlV1+Sp3ebIVyW4RlBhd43m7XI//Z',
      'base64',
    ),
    pixels: [
      0, 10, 210, 21, 14, 205, 66, 14, 187, 107, 13, 169, 145, 13, 150, 170, 17, 144, 13, 56, 210, 38, 61, 203, 81, 60,
      187, 121, 59, 166, 162, 59, 150, 185, 62, 142, 13, 118, 176, 39, 121, 169, 82, 121, 154, 122, 120, 133, 163, 119,
      116, 185, 123, 108, 29, 163, 174, 54, 168, 169, 99, 167, 152, 139, 166, 133, 178, 166, 114, 201, 169, 108,
    ],
  },
  // cjpeg -progressive -quality 80
  progressive: {
    file: Buffer.from(
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wgARCAAEAAYDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAL/xAAUAQEAAAAAAAAAAAAAAAAAAAAE/9oADAMBAAIQAxAAAAGgRP8A/8QAFhABAQEAAAAAAAAAAAAAAAAABAMS/9oACAEBAAEFAjkjn//EABkRAAEFAAAAAAAAAAAAAAAAAAIAAwQTIf/aAAgBAwEBPwGA4dA6v//EABkRAAIDAQAAAAAAAAAAAAAAAAEDAAQTIv/aAAgBAgEBPwG29mx6M//EABUQAQEAAAAAAAAAAAAAAAAAAAAy/9oACAEBAAY/Apf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAE/IWP/2gAMAwEAAgADAAAAEAP/xAAXEQADAQAAAAAAAAAAAAAAAAAAATFR/9oACAEDAQE/EKvNZ//EABcRAAMBAAAAAAAAAAAAAAAAAAABUWH/2gAIAQIBAT8Q2pWf/8QAFhAAAwAAAAAAAAAAAAAAAAAAAGGB/9oACAEBAAE/EJhH/9k=',
      'base64',
    ),
    pixels: [
      0, 10, 207, 22, 13, 200, 65, 14, 179, 106, 12, 158, 146, 13, 140, 170, 17, 134, 12, 57, 212, 38, 60, 205, 81, 61,
      184, 123, 60, 164, 162, 60, 144, 186, 64, 139, 9, 116, 184, 35, 120, 177, 78, 121, 156, 121, 120, 136, 161, 120,
      118, 185, 123, 112, 22, 160, 186, 48, 164, 179, 92, 165, 158, 134, 164, 138, 174, 163, 118, 198, 167, 113,
    ],
  },
  // cjpeg -optimize -grayscale
  grey: {
    file: Buffer.from(
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAAEAAYBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAv/EABkQAAEFAAAAAAAAAAAAAAAAAAUABhMzQf/aAAgBAQAAPwBiGwLhoxf/2Q==',
      'base64',
    ),
    pixels: [
      30, 40, 50, 59, 69, 77, 58, 68, 79, 87, 97, 106, 96, 105, 116, 125, 134, 143, 120, 130, 141, 149, 159, 168,
    ],
  },
};
