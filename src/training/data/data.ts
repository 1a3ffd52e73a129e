import { existsSync, readdirSync, statSync } from 'node:fs';
import { readCsvImages } from './csv.js';
import type { Dataset } from './dataset.js';
import { readIdx } from './idx.js';

/**
 * A user's images: a folder of MNIST's IDX files, or a file of CSV (plain or .gz). A CSV file has no parts.
 * @param part of the folder: the images to train on, or those to test with
 */
export function readData(path: string, part: 'train' | 't10k' = 't10k'): Dataset {
  return isCsv(path) ? readCsvImages(path) : readIdx(path, part);
}

/** Whether the path names a CSV file, whose head and what follows have to serve for two purposes. */
export const isCsv = (path: string) => /\.csv(\.gz)?$/i.test(path);

/** Whether a folder has images to train on beside those to test with: MNIST's. */
export const hasParts = (path: string) =>
  existsSync(path) && statSync(path).isDirectory() && readdirSync(path).some((name) => name.startsWith('train-images'));

/** Whether the path is a folder of MNIST's files: grey images with labels. */
export const isMnist = (path: string) =>
  existsSync(path) && statSync(path).isDirectory() && readdirSync(path).some((name) => IDX.test(name));

const IDX = /^(train|t10k)-images/;
