import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readUnpacked } from '../text/read.js';
import { readIdxArray } from './idxArray.js';
import { type ClassLabels, labelsOfArray } from './labels.js';

const IMAGES = /images[-.]idx\d-ubyte(\.gz)?$/;

/** The file of images in a folder of MNIST's kind: of the part to test with where there are several; undefined where there is none. */
export function idxImagesIn(folder: string): string | undefined {
  const names = readdirSync(folder)
    .filter((name) => IMAGES.test(name))
    .sort();
  const name = names.find((candidate) => /^t10k|test/.test(candidate)) ?? names[0];
  return name && join(folder, name);
}

/** Labels of the file `<part>-labels-idx1-ubyte` beside one of images, packed or not; none where it is not there. */
export function idxLabelsBeside(path: string): ClassLabels {
  const name = basename(path);
  const stem = IMAGES.exec(name) === null ? undefined : name.replace(IMAGES, '');
  if (stem === undefined) return {};
  const names = ['labels-idx1-ubyte', 'labels.idx1-ubyte'].flatMap((end) => [`${stem}${end}`, `${stem}${end}.gz`]);
  const found = names.map((candidate) => join(dirname(path), candidate)).find((candidate) => existsSync(candidate));
  return found === undefined ? {} : { labels: labelsOfArray(readIdxArray(readUnpacked(found), found), found) };
}
