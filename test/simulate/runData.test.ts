import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NumberArray, Samples } from '../../src/data/index.js';
import { exactArithmetic } from '../../src/networks/arithmetic.js';
import { executeAll } from '../../src/networks/execute.js';
import { ofBatch } from '../../src/networks/facts.js';
import type { Network, NetworkInput } from '../../src/networks/network.js';
import { floatTensor, type Tensor } from '../../src/networks/tensor.js';
import { loadRunData } from '../../src/simulate/plan.js';
import { datasetOf, isOwn, ofDataset, ofSamples, portsOf, readRunData } from '../../src/simulate/runData.js';
import { tensorsOf } from '../../src/simulate/tensors.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { DIGITS } from '../../src/training/data/digits.js';
import { generate } from '../../src/training/data/generator.js';
import { GENERATORS } from '../../src/training/data/generators.js';
import { folderWith } from '../cli/command.js';
import { tensorBytes } from '../data/tensorBytes.js';
import { integers, network } from '../networks/readers/onnx/samples.js';

/** A network that reads these and gives the first of them back. */
function reading(inputs: readonly NetworkInput[], batch: Network['batch']): Network {
  const flat = { op: 'flatten' as const, name: 'y', inputs: [inputs[0].name], outputs: ['y'] };
  return { ...network('reader', [], [flat]), inputs, batch };
}

/** Sample i of input p, in rows: numbers that occur once. */
const numberAt = (port: number, row: number, column: number) => 1000 * port + 10 * row + column;

function samples(inputs: readonly NetworkInput[], count: number, batch: number): Samples {
  const arrayOf = (port: number, i: number, name: string): NumberArray => ({
    ...{ name, type: inputs[port].type ?? 'float32', shape: [batch, 3] },
    data: Float64Array.from({ length: 3 * batch }, (_, at) => numberAt(port, i * batch + Math.floor(at / 3), at % 3)),
  });
  return {
    ...{ count, batch },
    inputs: (i) => new Map(inputs.map(({ name }, port) => [name, arrayOf(port, i, name)])),
    place: (i) => `sample ${i}`,
  };
}

describe.each([1, 2, 3])('samples of %d rows', (batch) => {
  const inputs: NetworkInput[] = [
    { name: 'x', shape: [batch, 3] },
    { name: 'half', shape: [batch, 3], type: 'float16' },
    { name: 'index', shape: [batch, 3], type: 'int64' },
    { name: 'byte', shape: [batch, 3], type: 'uint8' },
  ];
  const net = reading(inputs, batch === 1 ? 'free' : 'fixed');
  const data = ofSamples(net, samples(inputs, 4, batch));

  it('are their rows one after another, each input in its own type', () => {
    expect([data.count, data.batch]).toEqual([4 * batch, batch]);
    for (let first = 0; first < 4; first++)
      for (let count = 1; first + count <= 4; count++) {
        const tensors = data.inputs(first * batch, count * batch);
        expect([...tensors.keys()]).toEqual(['x', 'half', 'index', 'byte']);
        [...tensors.values()].forEach((tensor, port) => {
          expect(tensor.shape).toEqual([count * batch, 3]);
          expect(tensor.kind).toBe(port < 2 ? 'float' : 'integers');
          expect('type' in tensor ? tensor.type : undefined).toBe(inputs[port].type);
          const wanted = Array.from({ length: 3 * count * batch }, (_, at) =>
            numberAt(port, first * batch + Math.floor(at / 3), at % 3),
          );
          expect(Array.from(tensor.data)).toEqual(wanted);
        });
      }
  });

  it('are called by their sample, whichever of its rows is meant', () => {
    for (let row = 0; row < 4 * batch; row++) expect(data.place(row)).toBe(`sample ${Math.floor(row / batch)}`);
  });

  it('bring labels and stored outputs along where they have them', () => {
    expect([data.labels, data.expected]).toEqual([undefined, undefined]);
    const labels = Int32Array.from({ length: 4 * batch }, (_, i) => i);
    const stored = Array.from({ length: 4 }, () => new Map<string, NumberArray>());
    const own = ofSamples(net, { ...samples(inputs, 4, batch), labels, expected: (i) => stored[i] });
    expect(own.labels).toBe(labels);
    for (let row = 0; row < 4 * batch; row++) expect(own.expected?.(row)).toBe(stored[Math.floor(row / batch)]);
  });

  it('fill ports of which the first axis is free or the batch of the file', () => {
    expect(portsOf(net)).toEqual(
      ['float32', 'float16', 'int64', 'uint8'].map((type, i) => ({
        ...{ name: inputs[i].name, type },
        shape: [batch === 1 ? 'N' : batch, 3],
      })),
    );
  });
});

it('a single number is an input without axes', () => {
  const inputs: NetworkInput[] = [{ name: 'x', shape: [], type: 'int64' }];
  const net = reading(inputs, 'fixed');
  const array: NumberArray = { type: 'int64', shape: [], data: Float64Array.of(7) };
  const one = ofSamples(net, { count: 1, batch: 1, inputs: () => new Map([['x', array]]), place: () => 'x' });
  expect(one.inputs(0, 1).get('x')).toEqual({ kind: 'integers', shape: [], type: 'int64', data: Float64Array.of(7) });
});

it('grey images are refused by a network that reads others', () => {
  expect(() => ofDataset(reading([{ name: 'x', shape: [1, 3, 28, 28] }], 'free'), generate(DIGITS, 1))).toThrow(
    'network reader reads 3x28x28, the images are 1x28x28',
  );
});

it('outputs stored beside the data are read as what the network gives', async () => {
  const [{ layers }] = integers;
  // Whole rows of codes, of numbers and of indices.
  const quantized = { ...integers[0], layers: layers.slice(0, -1), outputs: ['fc2'] };
  const flat = reading([{ name: 'x', shape: [1, 3], type: 'int64' }], 'free');
  for (const [net, type, raw, element] of [
    [quantized, 'uint8', Uint8Array.of(1, 2, 3, 4, 5), 2],
    [integers[0], 'float32', Float32Array.of(1, 2, 3, 4, 5), 1],
    [flat, 'int64', BigInt64Array.of(1n, 2n, 3n), 7],
  ] as const) {
    const folder = folderWith();
    const [port] = portsOf(net);
    const shape = port.shape.map((length) => (length === 'N' ? 1 : Number(length)));
    const size = shape.reduce((product, length) => product * length);
    const input = port.type === 'int64' ? new BigInt64Array(size) : new Float32Array(size);
    const name = net.outputs[0];
    writeFileSync(join(folder, 'input_0.pb'), tensorBytes(shape, port.type === 'int64' ? 7 : 1, input, port.name));
    writeFileSync(join(folder, 'output_0.pb'), tensorBytes([1, raw.length], element, raw, name));
    const data = await readRunData(net, { folder });
    const stored = data.expected?.(0).get(name);
    expect([stored?.type, stored?.shape, Array.from(stored?.data ?? [])]).toEqual([
      type,
      [1, raw.length],
      Array.from(raw, Number),
    ]);
  }
});

it('data is a user’s own where a folder or an input is named', () => {
  expect([isOwn({}), isOwn({ inputs: [] }), isOwn({ images: 3 })]).toEqual([false, false, false]);
  expect([isOwn({ folder: 'x' }), isOwn({ inputs: ['x=y'] })]).toEqual([true, true]);
});

describe('a file of a user', () => {
  const lines = Array.from({ length: 7 }, (_, i) => `${i % 3},${[0, 1, 2].map((j) => numberAt(0, i, j)).join()}`);
  const fileOf = (count: number) => join(folderWith({ 'x.csv': `${lines.slice(0, count).join('\n')}\n` }), 'x.csv');
  const free = reading([{ name: 'x', shape: [1, 3] }], 'free');

  it('is taken as a whole, or as many of its images as are asked for, behind those passed over', async () => {
    const path = fileOf(7);
    for (const [plan, first, count] of [
      [{}, 0, 7],
      [{ images: 2 }, 0, 2],
      [{ skip: 3 }, 3, 4],
      [{ images: 2, skip: 3 }, 3, 2],
    ] as const) {
      const data = await readRunData(free, { folder: path, mean: [0], scale: [1], ...plan });
      const rows = Array.from({ length: count }, (_, i) => first + i);
      expect([data.count, data.batch]).toEqual([count, 1]);
      expect(Array.from(data.inputs(0, count).get('x')?.data ?? [])).toEqual(
        rows.flatMap((row) => [0, 1, 2].map((j) => numberAt(0, row, j))),
      );
      expect(Array.from(data.labels ?? [])).toEqual(rows.map((row) => row % 3));
      expect(data.place(1)).toBe(`${path}:${first + 2}`);
    }
  });

  it('is a set for training where its images are real and have labels', async () => {
    const path = fileOf(7);
    const data = await readRunData(free, { folder: path, mean: [0], scale: [1] });
    const set = datasetOf(free, data, path);
    expect(set).toMatchObject({ count: 7, shape: [3], labels: Int32Array.of(0, 1, 2, 0, 1, 2, 0) });
    expect(set.origin).toEqual({ file: path, unit: 'image', places: Uint32Array.of(0, 1, 2, 3, 4, 5, 6) });
    expect(Array.from(set.images)).toEqual(Array.from(data.inputs(0, 7).get('x')?.data ?? []));
    expect(() => datasetOf(free, { ...data, labels: undefined }, path)).toThrow(
      `${path} has no labels: accuracies need one for each of its images`,
    );
    const whole = reading([{ name: 'x', shape: [1, 3], type: 'int32' }], 'free');
    const numbers = await readRunData(whole, { folder: path });
    expect(() => datasetOf(whole, numbers, path)).toThrow(
      'network reader reads integers: real numbers are wanted here',
    );
  });

  it('gives a network with a batch of its own as many rows as that holds, at least as many as were asked for', async () => {
    const fixed = reading([{ name: 'x', shape: [2, 3] }], 'fixed');
    for (const [images, count] of [
      [1, 2],
      [2, 2],
      [3, 4],
      [5, 6],
    ]) {
      const data = await readRunData(fixed, { folder: fileOf(6), mean: [0], scale: [1], images });
      expect([images, data.count, data.batch]).toEqual([images, count, 2]);
    }
  });
});

it.each(GENERATORS)(
  'generated $name go to networks that read one image of their size, and to no others',
  async (generator) => {
    const [channels, height, width] = generator.shape;
    const net = reading([{ name: 'image', shape: [1, channels, height, width] }], 'free');
    const images = generate(generator, 3);
    const [given, own] = [await loadRunData(net, { images: 3 }), ofDataset(net, images)];
    expect(given.inputs(1, 2)).toEqual(own.inputs(1, 2));
    expect([given.count, given.batch, given.labels]).toEqual([3, 1, images.labels]);
    const rest = Array.from(images.images.subarray(channels * height * width));
    expect(Array.from(given.inputs(1, 2).get('image')?.data ?? [])).toEqual(rest);
    for (const [inputs, text] of [
      [[{ name: 'x', shape: [1, channels + 1, height, width] }], `x (1x${channels + 1}x${height}x${width})`],
      [[{ name: 'x', shape: [1, channels * height * width] }], `x (1x${channels * height * width})`],
      [[0, 1].map((i) => ({ name: `x${i}`, shape: [1, 1, 28, 28] })), 'x0 (1x1x28x28), x1 (1x1x28x28)'],
    ] as const)
      await expect(loadRunData(reading(inputs, 'free'), { images: 3 })).rejects.toThrow(
        `network reader reads ${text}, and generated digits are 1x28x28 and flags are 3x24x24: give data of your own`,
      );
  },
);

describe('the tensors of a run', () => {
  const [{ layers, ...rest }] = integers;
  // As a reader leaves it: a tensor between two nodes has a name that no file knows.
  const named: Network = {
    ...rest,
    layers: layers.map((layer) => ({
      ...layer,
      inputs: layer.inputs.map((name) => (name === 'pool1' ? 'pool1/codes' : name)),
      ...(layer.name === 'pool1' && { name: 'pool1/codes', outputs: ['pool1/codes'] }),
    })),
  };
  const target = loadTarget('uint8');
  const image = (i: number) => Float32Array.from({ length: 144 }, (_, at) => Math.sin(i + at));
  const size = (count: number, of: (i: number) => Float32Array) =>
    floatTensor([count, 2, 9, 8], Float32Array.from(Array.from({ length: count }, (_, i) => [...of(i)]).flat()));

  it.each([1, 2, 3])('are those of the images that go together with it, %d of them', (batch) => {
    const net = batch === 1 ? named : { ...ofBatch(named, batch), batch: 'fixed' as const };
    const data = {
      ...{ count: 6, batch, place: String },
      inputs: (first: number, count: number) => new Map([['image', size(count, (i) => image(first + i))]]),
    };
    for (let i = 0; i < 6; i++) {
      const inputs = data.inputs(batch * Math.floor(i / batch), batch);
      const all = new Map<string, Tensor>(inputs);
      // Sums of integers that fit their register are exact.
      const outputs = executeAll(net, inputs, exactArithmetic, (name, tensor) => all.set(name, tensor));
      expect(tensorsOf(net, target, data, i, 'outputs')).toEqual(outputs);
      all.delete('pool1/codes');
      const found = tensorsOf(net, target, data, i, 'all');
      expect(found).toEqual(all);
      expect([...found.keys()][0]).toBe('image');
      expect([...outputs.keys()]).toEqual(['scores']);
    }
    expect(() => tensorsOf(net, target, data, 6, 'all')).toThrow('there are 6 images, and image 6 was asked for');
  });
});
