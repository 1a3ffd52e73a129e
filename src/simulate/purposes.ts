import { counted } from '../text/plural.js';
import { isCsv, readData } from '../training/data/data.js';
import { type Dataset, firstOf, partOf } from '../training/data/dataset.js';
import { digits, TEST_SEED, TRAIN_SEED } from '../training/data/digits.js';
import { CALIBRATION_IMAGES } from '../training/session/finetune.js';
import { type DataPlan, loadData } from './plan.js';

/**
 * Which images calibrate, train and judge, so that none does two of these: of generated digits the two seeds, of a user's
 * data the parts of a folder, and of one set its head and what follows.
 */

/** Generated digits that a network is judged by after its quantization, and the most of a user's images. */
const TEST_IMAGES = 1000;

/**
 * For quantization after training: digits of the two seeds, or the head of a test set and what follows.
 * @param images to calibrate on
 * @param path folder or CSV file of the user
 * @throws Error where nothing is left to judge by
 */
export function calibrationData(images: number, path: string | undefined): { calibration: Dataset; test: Dataset } {
  if (path === undefined) return { calibration: digits(images, TRAIN_SEED), test: digits(TEST_IMAGES) };
  const all = readData(path);
  if (all.count <= images)
    throw new Error(
      `${path} holds ${counted(all.count, 'image')} and ${images} go to calibration: take fewer --images`,
    );
  return {
    calibration: firstOf(all, images),
    test: partOf(all, images, Math.min(TEST_IMAGES, all.count - images)),
  };
}

/**
 * For training: digits of the two seeds, both parts of a folder, or a CSV file's head and rest.
 * @throws RangeError where there are not as many images
 */
export function trainingData(
  images: number,
  judged: number,
  path: string | undefined,
): { training: Dataset; judged: Dataset } {
  if (path === undefined) return { training: digits(images, TRAIN_SEED), judged: digits(judged, TEST_SEED) };
  const data = readData(path, 'train');
  const training = firstOf(data, images);
  if (isCsv(path)) return { training, judged: partOf(data, images, judged) };
  return { training, judged: firstOf(readData(path), judged) };
}

export interface StudyData {
  calibration: Dataset;
  training: Dataset;
  judged: Dataset;
  /** Of the images judged by. */
  plan: DataPlan;
}

/**
 * For a study: digits of the two seeds, or a user's: the head calibrates, what follows judges; a CSV file's rest trains.
 * @param images to judge by
 * @param trained images to train on
 * @throws RangeError where there are not as many images
 */
export function studyData(images: number, trained: number, path: string | undefined): StudyData {
  if (path === undefined) {
    const [training, plan] = [digits(Math.max(trained, CALIBRATION_IMAGES), TRAIN_SEED), { images }];
    return {
      calibration: firstOf(training, CALIBRATION_IMAGES),
      training: firstOf(training, trained),
      judged: loadData(plan),
      plan,
    };
  }
  const plan = { folder: path, images, skip: CALIBRATION_IMAGES };
  const all = readData(path);
  const training = isCsv(path)
    ? partOf(all, CALIBRATION_IMAGES + images, trained)
    : firstOf(readData(path, 'train'), trained);
  return { calibration: firstOf(all, CALIBRATION_IMAGES), training, judged: loadData(plan), plan };
}
