import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type NumberArray, type PortShape, readSamples, writeNpy } from '../../src/data/index.js';
import { greyPng, JPEGS, png } from './imageFiles.js';
import { numpyFile } from './numpyFiles.js';

const port = (name: string, shape: readonly (number | string)[], type = 'float32'): PortShape => ({
  name,
  type,
  shape,
});
const x = port('x', ['N', 2]);
const write = (folder: string, files: Readonly<Record<string, Uint8Array | string>>) => {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
};
const root = mkdtempSync(join(tmpdir(), 'lastbit-data-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folderOf = (files: Readonly<Record<string, Uint8Array | string>>) =>
  write(mkdtempSync(join(root, 'set-')), files);
const floats = (shape: number[], ...values: number[]) =>
  writeNpy({ type: 'float32', shape, data: Float32Array.from(values) });
const valuesOf = (array: NumberArray | undefined) => Array.from(array?.data ?? []);

describe('--input', () => {
  const folder = folderOf({
    'a.npy': floats([2, 2], 1, 2, 3, 4),
    'b.npy': writeNpy({ type: 'int32', shape: [2], data: Int32Array.of(5, 6) }),
    'three.npy': floats([3, 2], 1, 2, 3, 4, 5, 6),
    'with=sign.npy': floats([1, 2], 1, 2),
  });
  const ports = [port('a:0', [1, 2]), port('b', ['N'], 'int64')];
  const at = (name: string) => join(folder, name);
  const read = (...inputs: string[]) => readSamples({ inputs }, ports, []);

  it('names the file of each input, and one of them may be nameless', async () => {
    for (const words of [
      [`a:0=${at('a.npy')}`, `b=${at('b.npy')}`],
      [at('a.npy'), `b=${at('b.npy')}`],
    ]) {
      const samples = await read(...words);
      expect([samples.count, samples.batch, samples.labels, samples.expected]).toEqual([2, 1, undefined, undefined]);
      expect(samples.inputs(1)).toEqual(
        new Map<string, NumberArray>([
          ['a:0', { type: 'float32', shape: [1, 2], data: Float32Array.of(3, 4) }],
          ['b', { type: 'int64', shape: [1], data: Float64Array.of(6) }],
        ]),
      );
      expect(samples.place(1)).toBe(`${at('a.npy')}[1]`);
    }
    expect((await readSamples({ inputs: [at('with=sign.npy')] }, [x], [])).count).toBe(1);
  });

  it.each<[string[], string]>([
    [['c=x.npy'], '--input c=x.npy: the network reads "a:0", "b", and no "c"'],
    [['bb=x.npy'], 'and no "bb"; did you mean "b"?'],
    [['x.npy'], '--input x.npy: say for which input it is, NAME=FILE; the network reads "a:0", "b"'],
    [['b=x.npy', 'b=y.npy'], '--input b=y.npy: "b" has x.npy already'],
    [['b=x.npy', 'a:0=y.npy', 'z.npy'], '--input z.npy: the network reads "a:0", "b", and all of that is given'],
    [['b=b.npy'], 'no data for "a:0": the network reads "a:0", "b"; --input NAME=FILE gives one'],
    [['three.npy', 'b=b.npy'], 'there are 3 samples of "a:0" and 2 samples of "b": as many of each input are wanted'],
    [['b=nowhere.npy', 'a.npy'], "ENOENT: no such file or directory, stat 'nowhere.npy'"],
  ])('%j is refused', async (words, message) => {
    const there = /^(.*=)?((?:a|b|three)\.npy)$/;
    const paths = words.map((word) => word.replace(there, (_, name = '', file: string) => `${name}${at(file)}`));
    await expect(read(...paths)).rejects.toThrow(message);
  });

  it('goes together with --data for the others', async () => {
    const options = { inputs: [`b=${at('b.npy')}`], data: at('a.npy') };
    expect(valuesOf((await readSamples(options, ports, [])).inputs(0).get('a:0'))).toEqual([1, 2]);
    await expect(readSamples({ inputs: [at('a.npy')], data: at('a.npy') }, [x], [])).rejects.toThrow(
      '--input gives all that the network reads, "x"',
    );
    await expect(readSamples({ data: at('a.npy') }, ports, [])).rejects.toThrow(
      'a.npy holds one array, and the network reads "a:0", "b": give each of them by --input NAME=FILE',
    );
  });
});

describe('parts and batches', () => {
  const data = join(folderOf({ 'x.csv': '3,1,2\n4,5,6\n\n5,7,8\n6,9,0\n' }), 'x.csv');

  it('--skip and --images take what is between', async () => {
    const samples = await readSamples({ data, skip: 1, images: 2 }, [x], []);
    expect([samples.count, samples.labels, samples.place(1)]).toEqual([2, Int32Array.of(4, 5), `${data}:4`]);
    expect(valuesOf(samples.inputs(0).get('x'))).toEqual([5, 6]);
    await expect(readSamples({ data, skip: 3, images: 2 }, [x], [])).rejects.toThrow(
      'holds 4 samples, 5 were asked for',
    );
    await expect(readSamples({ data, skip: 4 }, [x], [])).rejects.toThrow('holds 4 samples, 5 were asked for');
  });

  it('a batch that the file fixes groups rows', async () => {
    const samples = await readSamples({ data, skip: 1 }, [port('x', [2, 2])], []);
    expect([samples.count, samples.batch, samples.labels]).toEqual([1, 2, Int32Array.of(5, 6)]);
    expect(samples.inputs(0).get('x')).toEqual({ type: 'float32', shape: [2, 2], data: Float32Array.of(7, 8, 9, 0) });
    expect(samples.place(0)).toBe(`${data}:4`);
    await expect(readSamples({ data }, [port('x', [3, 2])], [])).rejects.toThrow(
      'holds 4 rows, and the network reads 3',
    );
  });

  it('CSV may be packed, and its bytes are pixels where the input is an image', async () => {
    const folder = folderOf({ 'x.csv.gz': gzipSync('label,a,b\n7,51,255\n') });
    const packed = { data: join(folder, 'x.csv.gz') };
    const image = (await readSamples(packed, [port('x', [1, 1, 1, 2])], [])).inputs(0).get('x');
    expect(image).toEqual({ type: 'float32', shape: [1, 1, 1, 2], data: Float32Array.of(0.2, 1) });
    expect(valuesOf((await readSamples(packed, [x], [])).inputs(0).get('x'))).toEqual([51, 255]);
    const whole = await readSamples(packed, [port('x', [1, 1, 1, 2], 'int16')], []);
    expect(valuesOf(whole.inputs(0).get('x'))).toEqual([51, 255]);
    const narrow = await readSamples(packed, [port('x', [1, 2], 'int8')], []);
    expect(() => narrow.inputs(0)).toThrow(
      `${packed.data}:2: number 1 is 255, and input "x" reads int8: whole numbers from -128 to 127`,
    );
  });
});

it('samples of the whole shape of an input that fixes a batch', async () => {
  const folder = folderOf({ 'x.npy': floats([2, 2, 2], 1, 2, 3, 4, 5, 6, 7, 8) });
  const samples = await readSamples({ data: join(folder, 'x.npy') }, [port('x', [2, 2])], []);
  expect([samples.count, samples.batch, samples.place(1)]).toEqual([2, 1, `${join(folder, 'x.npy')}[1]`]);
  const pairs = await readSamples({ data: join(folder, 'x.npy') }, [port('x', [2, 2, 2])], []);
  expect([pairs.count, pairs.batch, pairs.place(0)]).toEqual([1, 2, `${join(folder, 'x.npy')}[0..1]`]);
});

it.each<[number[], number]>([
  [[4, 10], 4],
  [[10], 1],
  [[], 1],
])('an input of 4 is a batch where the output is one: %j', async (shape, batch) => {
  const data = join(folderOf({ 'x.npy': floats([4], 1, 2, 3, 4) }), 'x.npy');
  const samples = await readSamples({ data }, [port('x', [4])], [port('out', shape)]);
  expect([samples.count, samples.batch, valuesOf(samples.inputs(0).get('x'))]).toEqual([1, batch, [1, 2, 3, 4]]);
});

describe('.npz', () => {
  const folder = folderOf({ 'x.npz': numpyFile('npz'), 'abo.npz': numpyFile('npzc') });
  const read = (name: string, inputs: PortShape[], outputs: PortShape[] = []) =>
    readSamples({ data: join(folder, name) }, inputs, outputs);

  it('x and y are the samples and labels of the only input', async () => {
    const samples = await read('x.npz', [port('data', ['N', 2])]);
    expect([samples.count, samples.labels]).toEqual([2, Int32Array.of(1, 0)]);
    expect(valuesOf(samples.inputs(1).get('data'))).toEqual([2, 3]);
    expect(samples.place(1)).toBe(`${join(folder, 'x.npz')}:x[1]`);
  });

  it('arrays named as inputs and outputs are these', async () => {
    const inputs = [port('a', ['N', 1]), port('b', ['N', 2], 'int64')];
    const samples = await read('abo.npz', inputs, [port('out', ['N', 2])]);
    expect(valuesOf(samples.inputs(0).get('b'))).toEqual([1, 2]);
    expect(samples.expected?.(0).get('out')?.data).toEqual(Float32Array.of(0.5, 0.25));
  });

  it('serves several inputs that are named, one by one', async () => {
    const path = join(folder, 'abo.npz');
    const inputs = [port('a', ['N', 1]), port('b', ['N', 2], 'int64')];
    const samples = await readSamples({ inputs: [`a=${path}`, `b=${path}`] }, inputs, []);
    expect([valuesOf(samples.inputs(0).get('a')), valuesOf(samples.inputs(0).get('b'))]).toEqual([[7], [1, 2]]);
  });

  it.each<[string, PortShape[], string]>([
    [
      'abo.npz',
      [port('a', ['N', 1])],
      'holds "a", "b", "out", and the network reads "a": name the arrays so, and labels "y"',
    ],
    ['x.npz', [port('a', ['N', 1]), port('b', ['N', 1])], 'holds "x", "y", and the network reads "a", "b"'],
  ])('%s: one line', (name, inputs, message) => expect(read(name, inputs)).rejects.toThrow(message));
});

describe('IDX', () => {
  const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 51, 255, 1);
  const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 3);

  it('the pair of a folder, or its images', async () => {
    const folder = folderOf({
      't10k-images-idx3-ubyte': images,
      't10k-labels.idx1-ubyte.gz': gzipSync(labels),
      'train-images-idx3-ubyte': images.subarray(3),
    });
    for (const data of [folder, join(folder, 't10k-images-idx3-ubyte')]) {
      const samples = await readSamples({ data }, [port('x', ['N', 1, 1, 2])], []);
      expect([samples.count, samples.labels]).toEqual([2, Int32Array.of(7, 3)]);
      expect(valuesOf(samples.inputs(0).get('x'))).toEqual([0, Math.fround(0.2)]);
    }
  });

  it.each<[string, number[], number[]]>([
    ['int8', [0, 0, 9, 1, 0, 0, 0, 2, 0x80, 0x7f], [-128, 127]],
    ['int16', [0, 0, 0x0b, 1, 0, 0, 0, 2, 0x80, 0, 1, 2], [-32768, 258]],
    ['int32', [0, 0, 0x0c, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xfe, 0, 0, 1, 0], [-2, 256]],
    ['float32', [0, 0, 0x0d, 1, 0, 0, 0, 2, 0x3f, 0xc0, 0, 0, 0x80, 0, 0, 0], [1.5, -0]],
    ['float64', [0, 0, 0x0e, 1, 0, 0, 0, 2, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [1.5, 5e-324]],
  ])('of %s', async (type, bytes, values) => {
    const data = join(folderOf({ 'x.idx': Uint8Array.from(bytes) }), 'x.idx');
    const samples = await readSamples({ data }, [port('x', [1, 2], type)], []);
    expect(valuesOf(samples.inputs(0).get('x'))).toEqual(values);
  });

  it('labels of another count, or a cut file: one line', async () => {
    const name = 'a-images-idx3-ubyte';
    const other = folderOf({ [name]: images, 'a-labels-idx1-ubyte': Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7) });
    await expect(readSamples({ data: other }, [port('x', ['N', 2])], [])).rejects.toThrow('has 1 label for 2 rows');
    const cut = folderOf({ [name]: images.subarray(0, 18) });
    await expect(readSamples({ data: cut }, [port('x', ['N', 2])], [])).rejects.toThrow(
      `${name} is truncated: its header promises 2x1x2 bytes, 2 follow`,
    );
  });
});

describe('folders of images', () => {
  const dot = (value: number) => greyPng(2, [value, 255]);
  const image = port('x', ['N', 1, 1, 2]);

  it('one for each class', async () => {
    const data = folderOf({
      'dogs/a.png': dot(0),
      'cats/10.png': dot(51),
      'cats/3.PNG': dot(102),
      'cats/notes.txt': '',
    });
    const samples = await readSamples({ data }, [image], []);
    expect([samples.count, samples.labels, samples.classes]).toEqual([3, Int32Array.of(0, 0, 1), ['cats', 'dogs']]);
    expect([0, 1, 2].map((i) => samples.place(i))).toEqual(['cats/10.png', 'cats/3.PNG', 'dogs/a.png']);
    expect(samples.inputs(1).get('x')).toEqual({ type: 'float32', shape: [1, 1, 1, 2], data: Float32Array.of(0.4, 1) });
    write(data, { 'labels.txt': 'dogs\n\nbirds\ncats\n' });
    const ordered = await readSamples({ data }, [image], []);
    expect([ordered.labels, ordered.classes]).toEqual([Int32Array.of(2, 2, 0), ['dogs', 'birds', 'cats']]);
    write(data, { 'labels.txt': 'dog\ncats\n' });
    await expect(readSamples({ data }, [image], [])).rejects.toThrow(
      'labels.txt has no line "dogs", which is a folder of images',
    );
  });

  it('classes that are numbers are these numbers', async () => {
    const data = folderOf({ '10/a.png': dot(0), '9/a.png': dot(0) });
    const samples = await readSamples({ data }, [image], []);
    expect([samples.labels, samples.classes]).toEqual([Int32Array.of(10, 9), undefined]);
  });

  it('a flat one has the labels beside it, or none', async () => {
    const data = folderOf({ 'b c.png': dot(0), 'a.png': dot(1) });
    expect((await readSamples({ data }, [image], [])).labels).toBe(undefined);
    for (const text of ['b c.png 4\na.png 7\n', '7\n4\n', 'a.png, 7\n"b c.png"\t4']) {
      write(data, { 'labels.txt': text });
      expect((await readSamples({ data }, [image], [])).labels).toEqual(Int32Array.of(7, 4));
    }
    write(data, { 'labels.csv': 'file,label\na.png,ox\nb c.png,ant\n' });
    const { labels, classes } = await readSamples({ data }, [image], []);
    expect([labels, classes]).toEqual([Int32Array.of(1, 0), ['ant', 'ox']]);
    write(data, { 'labels.csv': 'file,label\na.png,1\n' });
    await expect(readSamples({ data }, [image], [])).rejects.toThrow('labels.csv has no label for b c.png');
    write(data, { 'labels.csv': '1\n2\n3\n' });
    await expect(readSamples({ data }, [image], [])).rejects.toThrow('has 3 labels, and 2 images lie beside it');
  });

  it('mean and scale are in units of bytes, one for each channel', async () => {
    const data = folderOf({ 'a.jpg': JPEGS.color.file });
    const options = { data, mean: [0, 10, 210], scale: [2, 1, 4] };
    const first = (await readSamples(options, [port('x', [1, 3, 4, 6])], [])).inputs(0).get('x') as NumberArray;
    const { pixels } = JPEGS.color;
    const channel = (c: number) =>
      pixels.filter((_, i) => i % 3 === c).map((p) => (p - options.mean[c]) / options.scale[c]);
    expect(Array.from(first.data)).toEqual([...channel(0), ...channel(1), ...channel(2)].map(Math.fround));
    const last = (await readSamples(options, [port('x', [1, 4, 6, 3])], [])).inputs(0).get('x') as NumberArray;
    expect(Array.from(last.data.subarray(3, 6))).toEqual([21 / 2, 14 - 10, (205 - 210) / 4].map(Math.fround));
  });

  it('16 bits are 257ths of a byte, and words where the input takes whole numbers', async () => {
    const file = png({ width: 2, height: 1, depth: 16, color: 0, rows: [0, 0x12, 0x34, 0xff, 0xff] });
    const data = folderOf({ 'a.png': file });
    const read = async (type: string) =>
      (await readSamples({ data }, [port('x', [1, 1, 1, 2], type)], [])).inputs(0).get('x');
    expect(valuesOf(await read('float64'))).toEqual([0x1234 / 257 / 255, 1]);
    expect(valuesOf(await read('uint16'))).toEqual([0x1234, 65535]);
    await expect(read('uint8')).rejects.toThrow('a.png: number 0 is 4660, and input "x" reads uint8');
  });

  it('bytes are shifted into int8 where mean says so, and not of themselves', async () => {
    const data = folderOf({ 'a.png': greyPng(2, [0, 255]) });
    const int8 = port('x', [1, 1, 1, 2], 'int8');
    const shifted = await readSamples({ data, mean: [128] }, [int8], []);
    expect(shifted.inputs(0).get('x')).toEqual({ type: 'int8', shape: [1, 1, 1, 2], data: Int8Array.of(-128, 127) });
    const plain = await readSamples({ data }, [int8], []);
    expect(() => plain.inputs(0)).toThrow(
      new Error(
        'a.png: number 1 is 255, and input "x" reads int8: whole numbers from -128 to 127 (--mean 128 shifts bytes there)',
      ),
    );
    const broken = await readSamples({ data, scale: [2] }, [int8], []);
    expect(() => broken.inputs(0)).toThrow('a.png: number 1 is 127.5, and input "x" reads int8');
  });

  it('a batch stacks them, a row takes a grey one, and a single file is one sample', async () => {
    const data = folderOf({ 'a.png': dot(0), 'b.png': dot(51), 'c.png': dot(102), 'd.png': dot(153) });
    const samples = await readSamples({ data }, [port('x', [2, 1, 1, 2])], []);
    expect([samples.count, samples.batch, samples.place(1)]).toEqual([2, 2, 'c.png to d.png']);
    expect(valuesOf(samples.inputs(1).get('x'))).toEqual([0.4, 1, 0.6, 1].map(Math.fround));
    const flat = await readSamples({ data }, [x], []);
    expect(valuesOf(flat.inputs(3).get('x'))).toEqual([0.6, 1].map(Math.fround));
    expect((await readSamples({ inputs: [join(data, 'b.png')] }, [image], [])).count).toBe(1);
    await expect(readSamples({ data }, [port('x', [3, 1, 1, 2])], [])).rejects.toThrow(
      'holds 4 images, and the network reads 3 at a time',
    );
  });

  it('an image input without a batch takes one at a time', async () => {
    const data = folderOf({ 'ox/a.jpg': JPEGS.color.file, 'ox/b.jpg': JPEGS.progressive.file });
    const samples = await readSamples({ data, images: 1, skip: 1 }, [port('x', [3, 4, 6], 'uint8')], []);
    expect([samples.count, samples.batch, samples.labels]).toEqual([1, 1, Int32Array.of(0)]);
    const { shape, data: bytes } = samples.inputs(0).get('x') as NumberArray;
    const { pixels } = JPEGS.progressive;
    expect([shape, Array.from(bytes.subarray(24, 48))]).toEqual([[3, 4, 6], pixels.filter((_, i) => i % 3 === 1)]);
  });

  it('one of another size is refused when it is read, by its header', async () => {
    const data = folderOf({ 'a.png': dot(0), 'b.jpg': JPEGS.grey.file.subarray(0, 200) });
    const samples = await readSamples({ data }, [image], []);
    expect(valuesOf(samples.inputs(0).get('x'))).toEqual([0, 1]);
    expect(() => samples.inputs(1)).toThrow(
      new Error(
        `${join(data, 'b.jpg')} is 6 wide and 4 high, and input "x" reads Nx1x1x2 (float32): resize it to 2 wide and 1 high`,
      ),
    );
    const flat = await readSamples({ data }, [x], []);
    expect(() => flat.inputs(1)).toThrow(
      'b.jpg is 6 wide and 4 high, and input "x" reads Nx2 (float32): resize it to 2 pixels',
    );
  });
});

it.each<[Readonly<Record<string, string>>, PortShape[], Parameters<typeof readSamples>[0], string]>([
  [{ 'x.txt': '1,2' }, [x], { data: 'x.txt' }, 'x.txt is of no kind that is read as data: .npy, .npz, .csv, IDX, .pb'],
  [{ 'x.csv': '1,2' }, [x], { data: '' }, ' holds nothing that is read as data: a folder has images'],
  [
    { 'x.csv': '1,2' },
    [x],
    { data: 'x.csv', layout: 'nhwc' },
    '--layout is for images, and the network reads "x", which are none',
  ],
  [
    { 'x.csv': '1,2' },
    [port('x', [1, 2], 'float8e5m2')],
    { data: 'x.csv', scale: [2] },
    '--mean and --scale are for numbers of arrays and images: test data sets and codes are taken as they are',
  ],
  [{ 'x.csv': '1,2' }, [], { data: 'x.csv' }, 'the network reads nothing: it takes no data'],
  [{ 'x.csv': '1,2' }, [x], {}, 'no data for "x": the network reads "x"'],
  [{ 'x.csv': '1,2' }, [port('x', [1, 2], 'string')], { data: 'x.csv' }, 'input "x" is of type string'],
])('%j for %j with %j is refused', async (files, ports, options, message) => {
  const folder = folderOf(files);
  const data = options.data === undefined ? {} : { data: join(folder, options.data) };
  await expect(readSamples({ ...options, ...data }, ports, [])).rejects.toThrow(message);
});
