import { describe, expect, it } from 'vitest';
import { pictureDecoder, pictureSize, withChannels } from '../../src/data/pictures.js';
import { pictureShapeOf } from '../../src/data/pictureShape.js';
import type { DataLayout } from '../../src/data/samples.js';
import { randomFrom } from '../../src/random/random.js';
import { greyPng, JPEGS, png } from './imageFiles.js';

const decode = await pictureDecoder(['a.png', 'b.JPEG']);
const palette = [1, 2, 3, 40, 50, 60, 7, 8, 9];

describe('PNG', () => {
  it.each([
    [
      'grey of 1 bit',
      { width: 10, height: 2, depth: 1, color: 0, rows: [0, 0b10110011, 0b01000000, 0, 0xff, 0x80] },
      1,
      [255, 0, 255, 255, 0, 0, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0],
    ],
    [
      'grey of 2 bits',
      { width: 5, height: 1, depth: 2, color: 0, rows: [0, 0b00011011, 0b10000000] },
      1,
      [0, 85, 170, 255, 170],
    ],
    ['grey of 4 bits', { width: 3, height: 1, depth: 4, color: 0, rows: [0, 0x1f, 0x50] }, 1, [17, 255, 85]],
    [
      'grey, filtered by what is left and above',
      { width: 2, height: 2, depth: 8, color: 0, rows: [1, 5, 1, 2, 1, 1] },
      1,
      [5, 6, 6, 7],
    ],
    ['grey with alpha', { width: 2, height: 1, depth: 8, color: 4, rows: [0, 9, 0, 8, 255] }, 1, [9, 8]],
    ['RGB', { width: 1, height: 2, depth: 8, color: 2, rows: [0, 1, 2, 3, 0, 4, 5, 6] }, 3, [1, 2, 3, 4, 5, 6]],
    [
      'RGB with alpha',
      { width: 2, height: 1, depth: 8, color: 6, rows: [0, 1, 2, 3, 0, 4, 5, 6, 77] },
      3,
      [1, 2, 3, 4, 5, 6],
    ],
    [
      'palette of 2 bits',
      { width: 3, height: 1, depth: 2, color: 3, rows: [0, 0b00011000], palette },
      3,
      [1, 2, 3, 40, 50, 60, 7, 8, 9],
    ],
    ['palette of 8 bits', { width: 2, height: 1, depth: 8, color: 3, rows: [0, 2, 0], palette }, 3, [7, 8, 9, 1, 2, 3]],
    [
      'grey of 16 bits',
      { width: 2, height: 1, depth: 16, color: 0, rows: [0, 0x12, 0x34, 0xff, 0xff] },
      1,
      [0x1234, 0xffff],
    ],
    // Adam7 of 3 x 3: (0, 0); (2, 0); (0, 2) and (2, 2); (1, 0); (1, 2); then the row 1.
    [
      'interlaced',
      {
        width: 3,
        height: 3,
        depth: 8,
        color: 0,
        interlaced: true,
        rows: [0, 1, 0, 3, 0, 7, 9, 0, 2, 0, 8, 0, 4, 5, 6],
      },
      1,
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ],
  ])('%s', (_, parts, channels, pixels) => {
    const picture = decode(png(parts), 'a.png');
    expect(picture).toMatchObject({ width: parts.width, height: parts.height, channels });
    expect(Array.from(picture.data)).toEqual(pixels);
  });

  it.each([1, 2, 4])(
    'samples of %i bits lie in each row from the high bits of its first byte on, whatever its length',
    (depth) => {
      const random = randomFrom(depth);
      const highest = 2 ** depth - 1;
      for (let width = 1; width <= 18; width++) {
        const height = 1 + (width % 3);
        const samples = Array.from({ length: width * height }, () => random.below(highest + 1));
        const rows = Array.from({ length: height }, (_, row) => {
          // A byte for the filter, which is none, then the row's bits.
          const bits = samples
            .slice(row * width, (row + 1) * width)
            .map((sample) => sample.toString(2).padStart(depth, '0'));
          const text = bits.join('').padEnd(Math.ceil((width * depth) / 8) * 8, '0');
          return [0, ...(text.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))];
        }).flat();
        const grey = decode(png({ width, height, depth, color: 0, rows }), 'a.png');
        expect([grey.channels, ...grey.data]).toEqual([1, ...samples.map((sample) => (sample * 255) / highest)]);
        const colors = Array.from({ length: 3 * (highest + 1) }, () => random.below(256));
        const indexed = decode(png({ width, height, depth, color: 3, rows, palette: colors }), 'a.png');
        expect([indexed.channels, ...indexed.data]).toEqual([
          3,
          ...samples.flatMap((sample) => colors.slice(3 * sample, 3 * sample + 3)),
        ]);
      }
    },
  );

  it('cut, damaged, or with a colour that is not there: one line', () => {
    const file = greyPng(3, [1, 2, 3, 4, 5, 6]);
    const message = 'a.png is cut, damaged or of a kind of PNG that is not read';
    for (let length = 8; length < file.length - 12; length++)
      expect(() => decode(file.subarray(0, length), 'a.png')).toThrow(new Error(message));
    expect(() => decode(Buffer.from(file.with(45, file[45] ^ 1)), 'a.png')).toThrow(message);
    const indexed = { width: 1, height: 1, depth: 8, color: 3, rows: [0, 3] };
    expect(() => decode(png({ ...indexed, palette }), 'a.png')).toThrow(message);
    expect(() => decode(png(indexed), 'a.png')).toThrow(message);
    const passes = { width: 2, height: 1, depth: 4, color: 0, interlaced: true, rows: [0, 0x10, 0, 0x20] };
    expect(() => decode(png(passes), 'a.png')).toThrow(
      new Error('a.png is an interlaced PNG of fewer than 8 bits: save it without interlacing'),
    );
  });
});

describe('JPEG', () => {
  it.each(Object.entries(JPEGS))('%s: the bytes that djpeg gives', (name, { file, pixels }) => {
    const picture = decode(file, 'b.jpg');
    expect([picture.width, picture.height, picture.channels]).toEqual([6, 4, 3]);
    expect(Array.from(withChannels(picture, name === 'grey' ? 1 : 3).data)).toEqual(pixels);
    expect(pictureSize(file)).toEqual([6, 4]);
  });

  it('cut: one line', () => {
    const { file } = JPEGS.color;
    for (const length of [3, 20, 200, 300])
      expect(() => decode(file.subarray(0, length), 'b.jpg')).toThrow(
        new Error('b.jpg is cut, damaged or of a kind of JPEG that is not read'),
      );
  });
});

it('neither, or the other one', async () => {
  expect(() => decode(Buffer.from('GIF89a'), 'a.png')).toThrow('a.png is neither a PNG nor a JPEG file');
  const only = await pictureDecoder(['a.png']);
  expect(() => only(JPEGS.grey.file, 'a.png')).toThrow(new Error('a.png holds a JPEG: give it the ending .jpg'));
});

it('grey becomes RGB three times over, RGB the grey of BT.601', () => {
  const grey = { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 200) } as const;
  expect(Array.from(withChannels(grey, 3).data)).toEqual([0, 0, 0, 200, 200, 200]);
  // 0.299, 0.587 and 0.114 of 255 are 76.2, 149.7 and 29.1.
  const colors = {
    width: 4,
    height: 1,
    channels: 3,
    data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9),
  } as const;
  expect(Array.from(withChannels(colors, 1).data)).toEqual([76, 150, 29, 9]);
  const words = { width: 1, height: 1, channels: 3, data: Uint16Array.of(65535, 65535, 65535) } as const;
  expect(withChannels(words, 1).data).toEqual(Uint16Array.of(65535));
});

it('colours become grey by the weights of Pillow: 19595, 38470 and 7471 of 65536, rounded half up', () => {
  const random = randomFrom(8);
  for (const [Words, most] of [
    [Uint8Array, 255],
    [Uint16Array, 65535],
  ] as const) {
    const data = new Words(300);
    for (let i = 0; i < 300; i++) data[i] = i < 30 ? [0, most][(i >> (i % 3)) & 1] : random.below(most + 1);
    const { data: grey, ...rest } = withChannels({ width: 10, height: 10, channels: 3, data }, 1);
    expect(rest).toEqual({ width: 10, height: 10, channels: 1 });
    const [red, green, blue] = [0.299, 0.587, 0.114].map((weight) => BigInt(Math.round(weight * 65536)));
    const wanted = Array.from({ length: 100 }, (_, i) => {
      const [r, g, b] = [0, 1, 2].map((c) => BigInt(data[3 * i + c]));
      return Number((red * r + green * g + blue * b + 32768n) >> 16n);
    });
    expect(Array.from(grey)).toEqual(wanted);
    expect(grey).toBeInstanceOf(Words);
  }
});

describe('ports of images', () => {
  const shapeOf = (shape: (number | string)[], layout?: DataLayout) =>
    pictureShapeOf({ name: 'x', type: 'float32', shape }, layout);

  it.each<[(number | string)[], DataLayout | undefined, number, number[], number, number]>([
    [['N', 3, 4, 6], undefined, 3, [2, 0, 1], 4, 6],
    [[1, 4, 6, 3], undefined, 3, [0, 1, 2], 4, 6],
    [['N', 1, 'h', 0], 'nhwc', 1, [2, 0, 1], 0, 0],
    [[1, 3, 5, 1], 'nchw', 3, [2, 0, 1], 5, 1],
    [[1, 3, 5, 1], 'nhwc', 1, [0, 1, 2], 3, 5],
    [['N', 4, 6], undefined, 1, [0, 1], 4, 6],
    [[3, 4, 6], undefined, 3, [2, 0, 1], 4, 6],
    [[4, 6, 3], undefined, 3, [0, 1, 2], 4, 6],
  ])('%j, %s: %i channels', (shape, layout, channels, order, height, width) =>
    expect(shapeOf(shape, layout)).toMatchObject({ channels, order, height, width }),
  );

  /** Which axis has the channels: it has 1 or 3, and where both could be it the layout says. */
  it('every shape of three or four axes is one image, or several, or refused', () => {
    const axes = ['N', 1, 3, 4] as const;
    for (const layout of [undefined, 'nchw', 'nhwc'] as const)
      for (const a of axes)
        for (const b of axes)
          for (const c of axes)
            for (const batch of [undefined, ...axes]) {
              const shape = batch === undefined ? [a, b, c] : [batch, a, b, c];
              const side = (axis: number | string) => (axis === 'N' ? 0 : axis);
              const isGrey = batch === undefined && (a === 'N' || a === 1);
              const [first, last] = [a, c].map((axis) => axis === 1 || axis === 3);
              const refused = !isGrey && (first ? last && layout === undefined : !last);
              if (refused) {
                expect(() => shapeOf(shape, layout), shape.join()).toThrow(
                  first ? 'may be the channels: --layout' : 'an image has 1 or 3 channels',
                );
                continue;
              }
              const before = first && last ? layout === 'nchw' : first;
              const wanted = isGrey
                ? { channels: 1, order: [0, 1], height: side(b), width: side(c), hasBatch: true, hasChannels: false }
                : before
                  ? {
                      channels: a,
                      order: [2, 0, 1],
                      height: side(b),
                      width: side(c),
                      hasBatch: shape.length === 4,
                      hasChannels: true,
                    }
                  : {
                      channels: c,
                      order: [0, 1, 2],
                      height: side(a),
                      width: side(b),
                      hasBatch: shape.length === 4,
                      hasChannels: true,
                    };
              expect(shapeOf(shape, layout), `${shape.join()} ${layout}`).toEqual(wanted);
            }
  });

  it.each<[(number | string)[], string]>([
    [
      [1, 3, 5, 1],
      'reads 1x3x5x1 (float32), of which the first axis or the last may be the channels: --layout nchw or nhwc says',
    ],
    [[1, 4, 5, 6], 'reads 1x4x5x6 (float32), and an image has 1 or 3 channels: the axis of channels is 4 or 6'],
    [[1, 2, 3, 4, 5], 'which is not the shape of an image: 1x3x224x224 would be one, or 1x224x224x3'],
    [['N', 'D'], 'which is not the shape of an image'],
  ])('%j is refused', (shape, message) => expect(() => shapeOf(shape)).toThrow(message));
});
