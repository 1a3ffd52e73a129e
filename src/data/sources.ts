import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { inputPath } from '../text/packaged.js';
import { readUnpacked } from '../text/read.js';
import { readArrayColumn } from './arrayFile.js';
import { idxImagesIn, idxLabelsBeside } from './idxPair.js';
import { isZip } from './npz.js';
import { readNpzSource } from './npzSource.js';
import { pictureColumn } from './pictureColumn.js';
import { picturesIn } from './pictureFolder.js';
import { isPicture } from './pictures.js';
import { namesOf } from './ports.js';
import type { DataSource, PortShape, SourcePlan } from './samples.js';
import { readTestSets, testSetFolders } from './testSets.js';

/**
 * What a file or folder holds for some inputs of a network: arrays, tables, images, or ONNX test data sets.
 * @throws Error with one line that begins with the path or names the input; the system's error where it is not there
 */
export async function readSource(path: string, plan: SourcePlan): Promise<DataSource> {
  const place = inputPath(path);
  return isFolder(place) ? readFolder(place, plan) : readFile(place, plan);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

async function readFolder(path: string, plan: SourcePlan): Promise<DataSource> {
  const { inputs, outputs, layout } = plan;
  const sets = testSetFolders(path);
  if (sets.length > 0) return readTestSets(path, sets, inputs, outputs);
  const images = idxImagesIn(path);
  if (images !== undefined) return readFile(images, plan);
  const pictures = picturesIn(path);
  if (pictures === undefined)
    throw new Error(
      `${path} holds nothing that is read as data: a folder has images (.png, .jpg), itself or in a folder for each class, MNIST's IDX files, or ONNX test data sets (input_0.pb, test_data_set_0)`,
    );
  const port = onlyInput(path, 'images', inputs);
  const { names, labels, classes } = pictures;
  const column = await pictureColumn(path, names, port, layout);
  return { path, columns: new Map([[port.name, column]]), labels, classes };
}

async function readFile(path: string, plan: SourcePlan): Promise<DataSource> {
  const { inputs, layout } = plan;
  const bytes = readUnpacked(path);
  if (isZip(bytes)) return readNpzSource(bytes, path, plan);
  const port = onlyInput(path, 'one array', inputs);
  if (isPicture(bytes)) {
    const column = await pictureColumn(dirname(path), [basename(path)], port, layout);
    return { path, columns: new Map([[port.name, column]]) };
  }
  const { column, ...labels } = readArrayColumn(bytes, path, port, layout);
  return { path, columns: new Map([[port.name, column]]), ...labels, ...idxLabelsBeside(path) };
}

function onlyInput(path: string, what: string, inputs: readonly PortShape[]): PortShape {
  if (inputs.length === 1) return inputs[0];
  throw new Error(
    `${path} holds ${what}, and the network reads ${namesOf(inputs)}: give each of them by --input NAME=FILE`,
  );
}
