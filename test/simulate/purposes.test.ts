import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { type NumberArray, writeNpy } from '../../src/data/index.js';
import { calibrationData, studyData, trainingData } from '../../src/simulate/purposes.js';
import type { Dataset } from '../../src/training/data/dataset.js';
import { CALIBRATION_IMAGES } from '../../src/training/session/finetune.js';
import { idxBytes } from '../../src/training/data/idx.js';
import { folderWith } from '../cli/command.js';
import { network } from '../networks/readers/onnx/samples.js';

/** A CSV file whose images of 2 x 2 pixels hold their own number, in base 256. */
function numbered(count: number): string {
  const lines = Array.from({ length: count }, (_, i) => `${i % 10},${i & 255},${i >> 8},0,0\n`);
  return join(folderWith({ 'own.csv': lines.join('') }), 'own.csv');
}

const byte = (pixel: number) => Math.round(pixel * 255);
const numbersOf = ({ count, images }: Dataset) =>
  Array.from({ length: count }, (_, i) => byte(images[4 * i]) + 256 * byte(images[4 * i + 1]));
const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe('images of one file', () => {
  it('calibrate at its head, and those that follow judge', async () => {
    const { calibration, test } = await calibrationData(7, numbered(10));
    expect([numbersOf(calibration), numbersOf(test)]).toEqual([from(0, 7), from(7, 3)]);
    expect((await calibrationData(2, numbered(1010))).test.count).toBe(1000);
    await expect(calibrationData(10, numbered(10))).rejects.toThrow(
      /own\.csv holds 10 images and 10 go to calibration: take fewer --images$/,
    );
  });

  it('train at its head, and those that follow judge', async () => {
    const { training, judged } = await trainingData(6, 4, numbered(10));
    expect([numbersOf(training), numbersOf(judged)]).toEqual([from(0, 6), from(6, 4)]);
    await expect(trainingData(7, 4, numbered(10))).rejects.toThrow('own.csv holds 10 images, 11 were asked for');
  });

  it('serve three purposes of a study, none of them two', async () => {
    const { calibration, judged, training, plan } = await studyData(5, 3, numbered(CALIBRATION_IMAGES + 8));
    expect(numbersOf(calibration)).toEqual(from(0, CALIBRATION_IMAGES));
    expect(numbersOf(judged)).toEqual(from(CALIBRATION_IMAGES, 5));
    expect(numbersOf(training)).toEqual(from(CALIBRATION_IMAGES + 5, 3));
    expect(plan).toMatchObject({ images: 5, skip: CALIBRATION_IMAGES });
    await expect(studyData(5, 4, numbered(CALIBRATION_IMAGES + 8))).rejects.toThrow(RangeError);
  });
});

/** A folder of MNIST's files, whose images of 2 x 2 pixels hold their own number: from 0 to train on, from 500 to test with. */
function partsOf(train: number, test: number): string {
  const folder = folderWith();
  for (const [part, first, count] of [
    ['train', 0, train],
    ['t10k', 500, test],
  ] as const) {
    const pixels = from(first, count).flatMap((number) => [number & 255, number >> 8, 0, 0]);
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), idxBytes([count, 2, 2], Uint8Array.from(pixels)));
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), idxBytes([count], new Uint8Array(count)));
  }
  return folder;
}

describe('images of a folder in two parts', () => {
  it('train with the one, and are judged and calibrated by the other', async () => {
    const folder = partsOf(10, CALIBRATION_IMAGES + 8);
    const { training, judged } = await trainingData(9, 4, folder);
    expect([numbersOf(training), numbersOf(judged)]).toEqual([from(0, 9), from(500, 4)]);
    await expect(trainingData(11, 4, folder)).rejects.toThrow(RangeError);
    const { calibration, test } = await calibrationData(7, folder);
    expect([numbersOf(calibration), numbersOf(test)]).toEqual([from(500, 7), from(507, CALIBRATION_IMAGES + 1)]);
    const study = await studyData(5, 10, folder);
    expect(numbersOf(study.calibration)).toEqual(from(500, CALIBRATION_IMAGES));
    expect(numbersOf(study.judged)).toEqual(from(500 + CALIBRATION_IMAGES, 5));
    expect(numbersOf(study.training)).toEqual(from(0, 10));
    expect(study.plan).toEqual({ folder, images: 5, skip: CALIBRATION_IMAGES });
  });
});

it('a network gets of a file what it reads, and files that hold other things are named', async () => {
  const layers = [{ op: 'flatten' as const, name: 'y', inputs: ['image'], outputs: ['y'] }];
  const [grey, three] = [[1, 2, 2], [3]].map((shape) => network('net', shape, layers));
  for (const net of [undefined, grey]) {
    const { calibration, test } = await calibrationData(7, numbered(10), net);
    expect([numbersOf(calibration), numbersOf(test)]).toEqual([from(0, 7), from(7, 3)]);
  }
  await expect(calibrationData(7, numbered(10), three)).rejects.toThrow(/:1: 5 fields, and input "image" reads Nx3/);
  const folder = partsOf(3, 9);
  expect(numbersOf((await calibrationData(2, folder, grey)).test)).toEqual(from(502, 7));
  // NumPy's format, which nothing here takes for grey images, with a label for each row beside it.
  const rows = join(folderWith(), 'rows.npz');
  const array = (name: string, shape: number[], type: NumberArray['type'], data: NumberArray['data']) =>
    [`${name}.npy`, writeNpy({ shape, type, data })] as const;
  const files = Object.fromEntries([
    array('image', [5, 3], 'float32', Float32Array.from(from(0, 15))),
    array('labels', [5], 'int32', Int32Array.of(0, 1, 2, 0, 1)),
  ]);
  writeFileSync(rows, zipSync(files));
  const { calibration, test } = await calibrationData(2, rows, three);
  expect([Array.from(calibration.images), Array.from(test.images)]).toEqual([from(0, 6), from(6, 9)]);
  expect([calibration.labels, test.labels]).toEqual([Int32Array.of(0, 1), Int32Array.of(2, 0, 1)]);
});

it('generated digits that judge are drawn from another seed than those that train and calibrate', async () => {
  const same = (x: Dataset, y: Dataset) => x.images.every((pixel, i) => pixel === y.images[i]);
  const study = await studyData(20, 20, undefined);
  const { training, judged } = await trainingData(20, 20, undefined);
  expect(same(training, study.training)).toBe(true);
  expect(same(judged, study.judged)).toBe(true);
  expect(same(training, judged)).toBe(false);
  const { calibration, test } = await calibrationData(20, undefined);
  expect(same(calibration, training)).toBe(true);
  expect(test.count).toBe(1000);
});
