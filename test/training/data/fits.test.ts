import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCsvImages } from '../../../src/training/data/csv.js';
import { classesOf, type Dataset, partOf } from '../../../src/training/data/dataset.js';
import { checkFits } from '../../../src/training/data/fits.js';
import { readIdx } from '../../../src/training/data/idx.js';
import { accuracyOf, train } from '../../../src/training/session/train.js';
import { runFloat } from '../../../src/simulate/run.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import type { Network } from '../../../src/networks/network.js';
import { folderWith } from '../../cli/command.js';
import { conv, dense, network } from '../../networks/readers/onnx/samples.js';

const three: Network = network(
  'three',
  [1, 2, 2],
  [
    { op: 'flatten', name: 'flat', inputs: ['image'], outputs: ['flat'] },
    dense(
      'd',
      'flat',
      floatTensor(
        [3, 4],
        Float32Array.from({ length: 12 }, (_, i) => i / 12),
      ),
    ),
  ],
);
const csv = (text: string) => parseCsvImages(new TextEncoder().encode(text), 'x.csv');
const beyond = csv('label,a,b,c,d\n0,1,2,3,4\n2,1,2,3,4\n\n3,1,2,3,4\n');

describe('data that do not fit a network', () => {
  const uses: Record<string, (data: Dataset) => unknown> = {
    'a check': (data) => checkFits(three, data),
    training: (data) => train(three, data, { epochs: 1, batch: 1, rate: 0.1, seed: 1 }),
    accuracy: (data) => accuracyOf(three, data),
    'a float run': (data) => runFloat(three, data),
  };

  it.each(Object.entries(uses))('labels beyond the outputs, by the line of the file: %s', (_, use) => {
    expect(() => use(beyond)).toThrow('x.csv:5: the label is 3, and network three has 3 outputs: labels are 0 to 2');
    expect(() => use(partOf(beyond, 2, 1))).toThrow('x.csv:5');
    expect(() => use(partOf(beyond, 0, 2))).not.toThrow();
  });

  it.each(Object.entries(uses))('images of another size: %s', (_, use) => {
    expect(() => use(csv('1,2\n'))).toThrow('network three reads 1x2x2, the images are 1x1x1 (x.csv)');
  });

  it('IDX files, by the place of the image', () => {
    const folder = folderWith();
    const words = (...values: number[]) => Uint8Array.from(values.flatMap((word) => [0, 0, word >> 8, word & 0xff]));
    writeFileSync(
      join(folder, 't10k-images-idx3-ubyte'),
      Buffer.from([...words(0x803, 2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8]),
    );
    writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), Buffer.from([...words(0x801, 2), 1, 33]));
    expect(() => checkFits(three, readIdx(folder))).toThrow(/t10k-labels-idx1-ubyte: image 1: the label is 33/);
  });

  it('a network that gives planes has no classes', () => {
    const planes = network('planes', [1, 2, 2], [conv('c', 'image', floatTensor([2, 1, 1, 1], Float32Array.of(1, 2)))]);
    expect(() => checkFits(planes, csv('1,2,3,4,5\n'))).toThrow('network planes gives 2x2x2 for an image');
  });

  it('more than 256 classes are told apart', () => {
    const scores = floatTensor([1, 300]);
    scores.data[299] = 1;
    expect([...classesOf(scores)]).toEqual([299]);
  });
});

it.each(['inf,1,2,3,4', 'nan,1,2,3,4', 'true,1,2,3,4', '-1,1,2,3,4', '1.5,1,2,3,4', ' 1,1,2,3,4', '1e1,1,2,3,4'])(
  'the first line %j is no header',
  (line) =>
    expect(() => csv(`${line}\n1,1,2,3,4\n`)).toThrow(/^x\.csv:1: field 1 is "[^\n]*labels and pixels are 0 to 255$/),
);
it.each(['1,inf,2,3,4', '1,true,2,3,4', '1,nan,2,3,4', '1,0x10,2,3,4', '1,-0,2,3,4', '1,,2,3,4'])(
  'the pixel of %j is refused',
  (line) => expect(() => csv(`1,1,2,3,4\n${line}\n`)).toThrow(/^x\.csv:2: field 2 is "[^\n]*$/),
);
it('a byte-order mark is no part of the data', () => {
  expect(csv('\ufeff1,2,3,4,5\n').labels).toEqual(Uint8Array.of(1));
  expect(csv('\ufefflabel,a,b,c,d\n1,2,3,4,5\n').count).toBe(1);
});
