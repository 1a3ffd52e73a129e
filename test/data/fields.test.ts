import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { checkAffine } from '../../src/data/affine.js';
import { readCsvTable } from '../../src/data/csvTable.js';
import { divide } from '../../src/data/divide.js';
import { labelsOfArray } from '../../src/data/labels.js';
import { readNpy, writeNpy } from '../../src/data/npy.js';
import { readNpz } from '../../src/data/npz.js';
import { readNpzSource } from '../../src/data/npzSource.js';
import type { NumberArray } from '../../src/data/numbers.js';
import { pictureSize, withChannels } from '../../src/data/pictures.js';
import { readSamples } from '../../src/data/index.js';
import { readTensorFile } from '../../src/data/tensorFile.js';
import { folderWith } from '../cli/command.js';
import { greyPng, JPEGS } from './imageFiles.js';
import { tensorBytes } from './tensorBytes.js';

/** Fields of files at every length that changes how they are laid down, by the formats' own documents. */

const bytesOf = (shape: readonly number[]): NumberArray => ({
  type: 'uint8',
  shape,
  data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
});

describe('.npy', () => {
  it('a header of any length is NumPy’s: room for 21 digits of the first axis, then to a multiple of 64', () => {
    for (const rank of [0, 1, 2, 3, 20, 40, 60, 120, 200])
      for (const first of [0, 3, 10, 4000]) {
        const shape = rank === 0 ? [] : [first, ...new Array<number>(rank - 1).fill(1)];
        const tuple = rank === 1 ? `(${first},)` : `(${shape.join(', ')})`;
        let text = `{'descr': '|u1', 'fortran_order': False, 'shape': ${tuple}, }`;
        // numpy.lib.format: _write_array_header, _wrap_header.
        if (rank > 0) text += ' '.repeat(21 - `${first}`.length);
        text += `${' '.repeat(64 - ((6 + 2 + 2 + text.length + 1) % 64))}\n`;
        const file = writeNpy(bytesOf(shape));
        expect(file[8] + 256 * file[9]).toBe(text.length);
        expect(new TextDecoder('latin1').decode(file.subarray(10, 10 + text.length))).toBe(text);
        expect(readNpy(file, 'x.npy')).toEqual(bytesOf(shape));
      }
  });

  it('a header is a dictionary of either quotes, and lacks none of its three', () => {
    const fields = ['\'descr\': "|u1"', '"fortran_order": False', "'shape': (2,)"];
    const file = (text: string) =>
      Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0, ...new TextEncoder().encode(text), 8, 9);
    expect(readNpy(file(`{${fields.join(', ')}}`), 'x').data).toEqual(Uint8Array.of(8, 9));
    for (const less of fields)
      expect(() => readNpy(file(`{${fields.filter((field) => field !== less).join(', ')}}`), 'x')).toThrow(
        'x has a header that says no descr, fortran_order and shape',
      );
  });
});

describe('.npz', () => {
  const [x, y] = [writeNpy(bytesOf([3])), writeNpy(bytesOf([2]))];

  it('every array has a checksum, behind names, extra fields and comments of any length', () => {
    const extras: Record<number, Uint8Array>[] = [{}, { 0x7075: Uint8Array.of(1, 2, 3) }];
    for (const comment of ['', 'c', 'of some length'])
      for (const extra of extras) {
        const of = { comment, extra, level: 0 } as const;
        const zip = zipSync({ 'a.npy': [x, of], 'notes.txt': [y, of], 'last.npy': [y, of] });
        // The archive's own comment lies behind the end of its directory (APPNOTE 4.3.16).
        const file = Uint8Array.of(...zip, ...Buffer.from(comment));
        new DataView(file.buffer).setUint16(zip.length - 2, comment.length, true);
        expect([...readNpz(file, 'x.npz').keys()]).toEqual(['a', 'last']);
        const at = Buffer.from(file).lastIndexOf(y);
        expect(() => readNpz(file.with(at + y.length - 1, 77), 'x.npz')).toThrow('the checksum of last.npy is another');
      }
  });

  it.each<[string, NumberArray, 'labels' | 'expected']>([
    ['whole numbers, one a sample', { type: 'int64', shape: [2], data: Float64Array.of(1, 0) }, 'labels'],
    ['in a column', { type: 'int8', shape: [2, 1], data: Int8Array.of(1, 0) }, 'labels'],
    ['reals', { type: 'float32', shape: [2, 1], data: Float32Array.of(1, 0) }, 'expected'],
    ['several a sample', { type: 'int64', shape: [2, 2], data: Float64Array.of(1, 0, 0, 1) }, 'expected'],
  ])('an output called y: %s', (_, array, kind) => {
    const { shape } = array;
    const out = { name: 'y', type: array.type, shape: ['N', shape[1] ?? 1] };
    const input = { name: 'x', type: 'uint8', shape: ['N', 1] };
    const file = zipSync({ 'x.npy': writeNpy(bytesOf([2, 1])), 'y.npy': writeNpy(array) });
    const source = readNpzSource(file, 'x.npz', { inputs: [input], outputs: [out] });
    expect([source.labels !== undefined, source.expected !== undefined]).toEqual([
      kind === 'labels',
      kind === 'expected',
    ]);
  });

  it('labels are one number a sample', () => {
    expect(labelsOfArray(bytesOf([2, 1, 1]), 'y.npy')).toEqual(Int32Array.of(0, 1));
    for (const shape of [[], [2, 2], [1, 1, 2]])
      expect(() => labelsOfArray(bytesOf(shape), 'y.npy')).toThrow('labels are one number a sample');
  });
});

it('a tensor of any length, whose length takes one byte, two or three', () => {
  for (const length of [0, 1, 60, ...Array.from({ length: 80 }, (_, i) => 90 + i), 16300, 16370, 16384, 16390, 40000]) {
    const raw = Uint8Array.from({ length }, (_, i) => i);
    expect(readTensorFile(tensorBytes([length], 2, raw, 'x'), 'x.pb').array.data).toEqual(raw);
  }
  expect(() => readTensorFile(tensorBytes([3], 2, Uint8Array.of(1)), 'x.pb')).toThrow('without a name');
});

describe('images', () => {
  it('a JPEG’s size stands in its frame header, whatever lies before it (ITU-T T.81, table B.1)', () => {
    const segment = (marker: number, ...content: number[]) => [0xff, marker, 0, content.length + 2, ...content];
    const frame = (marker: number) => segment(marker, 8, 0x01, 0x02, 0x03, 0x04, 1, 1, 0x11, 0);
    for (const before of [[], [0xff], [0xff, 0xff], segment(0xe0, 1, 2, 3), [...segment(0xfe, 255), 0xff]])
      for (let marker = 0xc0; marker <= 0xcf; marker++) {
        const file = Uint8Array.from([0xff, 0xd8, ...before, ...frame(marker), ...segment(0xdb, 0), 0, 0, 0, 0, 0, 0]);
        const tables = [0xc4, 0xc8, 0xcc].includes(marker);
        expect(pictureSize(file), marker.toString(16)).toEqual(tables ? undefined : [0x0304, 0x0102]);
      }
    expect(pictureSize(Uint8Array.from([0xff, 0xd8, 0xff, 0xd9, 0, 0, 0, 0, 0, 0, 0, 0]))).toBe(undefined);
  });

  it('a PNG’s in its first 24 bytes', () => {
    const file = greyPng(3, [1, 2, 3, 4, 5, 6]);
    expect(pictureSize(file.subarray(0, 24))).toEqual([3, 2]);
    expect(pictureSize(file.subarray(0, 23))).toBe(undefined);
  });

  it('has the height and the width that the input says, each where it says one', async () => {
    const folder = folderWith();
    writeFileSync(join(folder, 'a.png'), greyPng(4, [1, 2, 3, 4, 5, 6, 7, 8]));
    for (const [h, high] of [
      ['H', true],
      [2, true],
      [5, false],
      [4, false],
    ] as const)
      for (const [w, wide] of [
        ['W', true],
        [4, true],
        [5, false],
        [2, false],
      ] as const)
        for (const shape of [
          ['N', 1, h, w],
          ['N', h, w, 1],
          ['N', h, w],
        ]) {
          const samples = await readSamples({ data: folder }, [{ name: 'x', type: 'uint8', shape }], []);
          const read = () => samples.inputs(0).get('x');
          const size = `${w === 'W' ? 'any' : w} wide and ${h === 'H' ? 'any' : h} high`;
          if (high && wide) {
            const sides = shape.map((axis) => (axis === 'N' ? 1 : axis === 'H' ? 2 : axis === 'W' ? 4 : axis));
            expect(read()).toEqual({ type: 'uint8', shape: sides, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
          } else
            expect(read).toThrow(
              `a.png is 4 wide and 2 high, and input "x" reads ${shape.join('x')} (uint8): resize it to ${size}`,
            );
        }
    for (const [pixels, fits] of [
      [8, true],
      [5, false],
      [4, false],
      [2, false],
    ] as const) {
      const samples = await readSamples({ data: folder }, [{ name: 'x', type: 'uint8', shape: ['N', pixels] }], []);
      if (fits) expect(samples.inputs(0).get('x')?.shape).toEqual([1, 8]);
      else expect(() => samples.inputs(0)).toThrow(`resize it to ${pixels} pixels`);
    }
  });

  it('grey becomes RGB pixel by pixel', () => {
    const picture = { width: 3, height: 1, channels: 1, data: Uint8Array.of(5, 6, 7) } as const;
    expect(withChannels(picture, 3).data).toEqual(Uint8Array.of(5, 5, 5, 6, 6, 6, 7, 7, 7));
  });

  it('folders of classes without an image hold none', async () => {
    const folder = folderWith();
    for (const name of ['cats', 'dogs']) mkdirSync(join(folder, name));
    const image = { name: 'x', type: 'float32', shape: ['N', 1, 2, 2] };
    await expect(readSamples({ data: folder }, [image], [])).rejects.toThrow('holds nothing that is read as data');
  });
});

describe('folders', () => {
  const image = { name: 'x', type: 'float32', shape: ['N', 1, 1, 2] };

  it('labels alone may be words that name columns elsewhere', async () => {
    const folder = folderWith();
    for (const name of ['a.png', 'b.png', 'c.png']) writeFileSync(join(folder, name), greyPng(2, [1, 2]));
    writeFileSync(join(folder, 'labels.txt'), 'cat\nname\nfile\n');
    const { labels, classes } = await readSamples({ data: folder }, [image], []);
    expect([labels, classes]).toEqual([Int32Array.of(0, 2, 1), ['cat', 'file', 'name']]);
  });

  it('an image whose header says no size is decoded, or refused in a line', async () => {
    const folder = folderWith();
    writeFileSync(join(folder, 'a.jpg'), JPEGS.color.file.subarray(0, 20));
    const samples = await readSamples({ data: folder }, [image], []);
    expect(() => samples.inputs(0)).toThrow(/a\.jpg is cut, damaged or of a kind of JPEG that is not read$/);
  });

  it('a set whose outputs do not divide as its inputs do is one sample', async () => {
    const folder = folderWith();
    const [x, out] = [
      { name: 'x', type: 'uint8', shape: ['N', 2] },
      { name: 'out', type: 'uint8', shape: ['N', 1] },
    ];
    writeFileSync(join(folder, 'input_0.pb'), tensorBytes([2, 2], 2, Uint8Array.of(1, 2, 3, 4)));
    writeFileSync(join(folder, 'output_0.pb'), tensorBytes([2], 2, Uint8Array.of(5, 6)));
    expect((await readSamples({ data: folder }, [x], [out])).count).toBe(1);
    writeFileSync(join(folder, 'output_0.pb'), tensorBytes([2, 1], 2, Uint8Array.of(5, 6)));
    const samples = await readSamples({ data: folder }, [x], [out]);
    expect([samples.count, samples.expected?.(1).get('out')?.data]).toEqual([2, Uint8Array.of(6)]);
  });
});

it('rows of a sample: the batch that the port fixes, unless each sample has all of it', () => {
  const rows = (shape: number[], port: (number | string)[]) =>
    divide(bytesOf(shape), { name: 'x', type: 'uint8', shape: port }, undefined, 'x').rows;
  for (const [shape, port, wanted] of [
    [[6, 3], [2, 3], 2],
    [[2, 3], [2, 3], 2],
    [[4, 2, 3], [2, 3], 1],
    [[6, 4], [2, 1, 2, 2], 2],
    [[5], ['N', 'T'], 1],
    [[12], [1, 3, 2, 2], 1],
    [[7], ['N'], 1],
    [[], [], 1],
    [[3], [], 1],
  ] as const)
    expect(rows([...shape], [...port]), `${shape.join()} for ${port.join()}`).toBe(wanted);
  expect(() => rows([3, 1], [])).toThrow('x holds 3x1');
});

it('a mean, or a scale, for each channel may be alone', () => {
  expect(() => checkAffine([1, 2, 3], undefined)).not.toThrow();
  expect(() => checkAffine(undefined, [1, 2, 3])).not.toThrow();
  const ones = (count: number) => new Array<number>(count).fill(1);
  for (const mean of [1, 2, 3, 4])
    for (const scale of [1, 2, 3, 4]) {
      const check = () => checkAffine(ones(mean), ones(scale));
      if (mean === 1 || scale === 1 || mean === scale) expect(check).not.toThrow();
      else expect(check).toThrow(`--mean has ${mean} numbers and --scale ${scale}: `);
    }
});

it('CSV: the first column may be the one called label, and letters beyond ASCII are no byte-order mark', () => {
  const read = (text: string) => readCsvTable(new TextEncoder().encode(text), 'x.csv', undefined, 'any');
  expect(read('label,a,b\n7,1,2\n')).toMatchObject({ labels: Int32Array.of(7), values: Float64Array.of(1, 2) });
  expect(read('\n\r\n1,2\n')).toMatchObject({ lines: Uint32Array.of(3), values: Float64Array.of(1, 2) });
  for (const letters of ['a\u00bf', 'a\u00fb', 'ab'])
    expect(read(`${letters},b\n1,2\n`)).toMatchObject({ lines: Uint32Array.of(2), values: Float64Array.of(1, 2) });
});
