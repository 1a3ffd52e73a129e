import { counted } from '../text/plural.js';
import type { Network } from '../networks/network.js';
import { hasParts, isMnist, readData } from '../training/data/data.js';
import { type Dataset, firstOf, imagesOf, partOf } from '../training/data/dataset.js';
import { generate, TEST_SEED, TRAIN_SEED } from '../training/data/generator.js';
import { generatorFor } from '../training/data/generators.js';
import { CALIBRATION_IMAGES } from '../training/session/finetune.js';
import type { Batch, Images } from '../quantize/contract/images.js';
import { type DataPlan, loadData } from './plan.js';
import {
  batchesIn,
  datasetOf,
  isOwn,
  nameOf,
  ofDataset,
  type OwnData,
  partOfData,
  readRunData,
  type RunData,
} from './runData.js';

/**
 * Which images calibrate, train and judge, so that none does two of these: of generated images the two seeds, of a user's
 * data the parts of a folder, and of one set its head and what follows.
 */

/** Generated images that a network is judged by after its quantization, and the most of a user's images. */
const TEST_IMAGES = 1000;

/**
 * For quantization after training: generated images of the two seeds, or the head of a test set and what follows.
 * @param images to calibrate on
 * @param path folder or CSV file of the user
 * @throws Error where nothing is left to judge by
 */
export async function calibrationData(
  images: number,
  path: string | undefined,
  network?: Network,
): Promise<{ calibration: Dataset; test: Dataset }> {
  if (path === undefined) {
    const generator = generatorFor(network);
    return { calibration: generate(generator, images, TRAIN_SEED), test: generate(generator, TEST_IMAGES, TEST_SEED) };
  }
  const all = await readFor(network, path);
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
 * The same for whatever a network reads, with labels or without.
 * @param images to calibrate on; whole batches, where the network has set one. Default: 500, of a user's data at most half
 * @throws Error naming the data, where the network reads other, or nothing is left to judge by
 */
export async function quantizeData(
  network: Network,
  images: number | undefined,
  own: OwnData,
): Promise<{ calibration: Images; calibrated: number; judged: RunData }> {
  if (isLabelled(own)) {
    const { calibration, test } = await calibrationData(images ?? CALIBRATION_IMAGES, own.folder, network);
    return { calibration: imagesOf(calibration), calibrated: calibration.count, judged: ofDataset(network, test) };
  }
  const all = await readRunData(network, own);
  const half = Math.max(1, Math.floor(all.count / 2 / all.batch)) * all.batch;
  const wanted = Math.ceil((images ?? CALIBRATION_IMAGES) / all.batch) * all.batch;
  const head = images === undefined ? Math.min(wanted, half) : wanted;
  if (all.count <= head)
    throw new Error(
      `${nameOf(own)} holds ${counted(all.count, 'image')} and ${head} go to calibration: take fewer --images`,
    );
  const rest = Math.min(Math.max(TEST_IMAGES, all.batch), all.count - head);
  return {
    calibration: batchesIn(network, partOfData(all, 0, head), TOGETHER),
    calibrated: head,
    judged: partOfData(all, head, rest - (rest % all.batch)),
  };
}

/** Generated images, or MNIST's files. */
function isLabelled(own: OwnData): boolean {
  return !isOwn(own) || (own.folder !== undefined && isMnist(own.folder) && Object.keys(own).length === 1);
}

/** Images of a user's data that calibrate together. */
const TOGETHER = 50;

/**
 * For training: generated images of the two seeds, both parts of a folder, or a CSV file's head and rest.
 * @throws RangeError where there are not as many images
 */
export async function trainingData(
  images: number,
  judged: number,
  path: string | undefined,
  network?: Network,
): Promise<{ training: Dataset; judged: Dataset }> {
  if (path === undefined) {
    const generator = generatorFor(network);
    return { training: generate(generator, images, TRAIN_SEED), judged: generate(generator, judged, TEST_SEED) };
  }
  const data = await readFor(network, path, 'train');
  const training = firstOf(data, images);
  if (!hasParts(path)) return { training, judged: partOf(data, images, judged) };
  return { training, judged: firstOf(await readFor(network, path), judged) };
}

/** A user's images: MNIST's files, and CSV where no network says what it reads; for any network whatever its data room reads. */
async function readFor(network: Network | undefined, path: string, part?: 'train' | 't10k'): Promise<Dataset> {
  if (network === undefined || isMnist(path)) return readData(path, part);
  return datasetOf(network, await readRunData(network, { folder: path }), path);
}

export interface StudyData {
  calibration: Dataset | readonly Batch[];
  /** With labels; undefined where the data has none, or too few images. */
  training?: Dataset;
  judged: Dataset | RunData;
  /** Of the images judged by. */
  plan: DataPlan;
}

/** One whose images all are in memory, with labels. */
export interface LabelledStudyData extends StudyData {
  calibration: Dataset;
  training: Dataset;
  judged: Dataset;
}

/**
 * For a study: generated images of the two seeds, or a user's: the head calibrates, what follows judges; a CSV file's rest
 * trains.
 * @param images to judge by
 * @param trained images to train on
 * @throws RangeError where there are not as many images
 */
export async function studyData(
  images: number,
  trained: number,
  path: string | undefined,
  network?: Network,
): Promise<LabelledStudyData> {
  if (path === undefined) {
    const training = generate(generatorFor(network), Math.max(trained, CALIBRATION_IMAGES), TRAIN_SEED);
    const plan = { images };
    return {
      calibration: firstOf(training, CALIBRATION_IMAGES),
      training: firstOf(training, trained),
      judged: loadData(plan, network),
      plan,
    };
  }
  const plan = { folder: path, images, skip: CALIBRATION_IMAGES };
  const all = await readFor(network, path);
  const training = hasParts(path)
    ? firstOf(await readFor(network, path, 'train'), trained)
    : partOf(all, CALIBRATION_IMAGES + images, trained);
  const judged = partOf(all, CALIBRATION_IMAGES, images);
  return { calibration: firstOf(all, CALIBRATION_IMAGES), training, judged, plan };
}

/**
 * The same for whatever a network reads, with labels or without: the head calibrates, at most half of all; what follows
 * judges, and the rest trains where it has labels.
 * @throws Error naming the data, where the network reads other
 */
export async function studyDataFor(
  network: Network,
  images: number,
  trained: number,
  own: OwnData,
): Promise<StudyData> {
  if (isLabelled(own)) return studyData(images, trained, own.folder, network);
  const all = await readRunData(network, own);
  const { batch, count, labels } = all;
  const whole = (length: number) => length - (length % batch);
  const head = whole(Math.min(CALIBRATION_IMAGES, Math.floor(count / 2)));
  if (head === 0)
    throw new Error(`${nameOf(own)} holds ${counted(count, 'image')}: one half calibrates, the other judges`);
  const rest = whole(Math.min(images, count - head));
  const plan = { ...own, images: rest, skip: head };
  if (labels === undefined || network.inputs.length > 1 || network.batch === 'fixed')
    return {
      calibration: batchesIn(network, partOfData(all, 0, head), TOGETHER),
      judged: partOfData(all, head, rest),
      plan,
    };
  const data = datasetOf(network, all, nameOf(own));
  const trains = count - head - rest >= trained;
  return {
    calibration: firstOf(data, head),
    judged: partOf(data, head, rest),
    ...(trains && { training: partOf(data, head + rest, trained) }),
    plan,
  };
}
