import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { calibrationData, studyData, trainingData } from '../../src/simulate/purposes.js';
import type { Dataset } from '../../src/training/data/dataset.js';
import { CALIBRATION_IMAGES } from '../../src/training/session/finetune.js';
import { folderWith } from '../cli/command.js';

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
