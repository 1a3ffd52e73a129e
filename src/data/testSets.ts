import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readBytes } from '../text/read.js';
import { divide, type DividedArray } from './divide.js';
import { type NumberArray, shapeText } from './numbers.js';
import { batchOf, fits, namesOf, portText } from './ports.js';
import type { DataSource, PortShape, SampleColumn } from './samples.js';
import { readTensorFile } from './tensorFile.js';

/** Folders of ONNX test data sets at a path: itself, or those in it called test_data_set_N, by N; none where it is no such thing. */
export function testSetFolders(path: string): string[] {
  const names = readdirSync(path);
  if (names.includes('input_0.pb')) return [path];
  const sets = names.filter((name) => /^test_data_set_\d+$/.test(name));
  const numberOf = (name: string) => Number(/\d+$/.exec(name)?.[0]);
  return sets.sort((a, b) => numberOf(a) - numberOf(b)).map((name) => join(path, name));
}

/**
 * ONNX test data sets: input_K.pb in the order of the network's inputs, unless the tensor in it has an input's name, and
 * output_K.pb likewise. A set is divided into samples along the first axis where all of it can be, else it is one.
 * @throws Error with one line naming the file or folder, and what the network reads
 */
export function readTestSets(
  path: string,
  folders: readonly string[],
  inputs: readonly PortShape[],
  outputs: readonly PortShape[],
): DataSource {
  const samples = folders.flatMap((folder) => samplesOfSet(folder, inputs, outputs));
  const columns = inputs.map((port): [string, SampleColumn] => [
    port.name,
    {
      count: samples.length,
      rows: batchOf(port),
      part: (i) => samples[i].inputs.get(port.name) as NumberArray,
      pixels: false,
      final: true,
      place: (i) => samples[i].place,
    },
  ]);
  const hasOutputs = samples.every((sample) => sample.outputs.size > 0);
  return {
    path,
    columns: new Map(columns),
    ...(hasOutputs && { expected: (i: number) => samples[i].outputs }),
  };
}

interface SetSample {
  inputs: ReadonlyMap<string, NumberArray>;
  outputs: ReadonlyMap<string, NumberArray>;
  place: string;
}

function samplesOfSet(folder: string, inputs: readonly PortShape[], outputs: readonly PortShape[]): SetSample[] {
  const given = tensorsOf(folder, 'input', inputs);
  const missing = inputs.find(({ name }) => !given.has(name));
  if (missing !== undefined)
    throw new Error(
      `${folder} has no input_${inputs.indexOf(missing)}.pb for "${missing.name}", and the network reads ${namesOf(inputs)}`,
    );
  const stored = tensorsOf(folder, 'output', outputs);
  const parts = dividedSet(given, inputs, folder) ?? [];
  const results = dividedSet(stored, outputs, folder) ?? [];
  const count = parts[0]?.[1].count ?? 1;
  const isDivided = parts.length > 0 && (stored.size === 0 || results[0]?.[1].count === count);
  if (!isDivided) {
    for (const port of inputs) checkWhole(given.get(port.name) as NumberArray, port, folder);
    return [{ inputs: given, outputs: stored, place: folder }];
  }
  return Array.from({ length: count }, (_, i) => ({
    inputs: new Map(parts.map(([name, { part }]) => [name, part(i)])),
    outputs: new Map(results.map(([name, { part }]) => [name, part(i)])),
    place: count === 1 ? folder : `${folder}[${i}]`,
  }));
}

/** All arrays of a set as parts of one count; undefined where they are not to be divided so. */
function dividedSet(
  arrays: ReadonlyMap<string, NumberArray>,
  ports: readonly PortShape[],
  folder: string,
): [string, DividedArray][] | undefined {
  const divided: [string, DividedArray][] = [];
  for (const port of ports) {
    const array = arrays.get(port.name);
    if (array === undefined) continue;
    if (array.shape.length !== port.shape.length) return undefined;
    try {
      divided.push([port.name, divide(array, port, undefined, folder)]);
    } catch {
      return undefined;
    }
  }
  return divided.some(([, { count }]) => count !== divided[0][1].count) ? undefined : divided;
}

function checkWhole({ shape }: NumberArray, port: PortShape, folder: string): void {
  if (!fits(shape, port.shape)) throw new Error(`${folder} holds ${shapeText(shape)}, and ${portText(port)}`);
}

/** The files input_K.pb or output_K.pb of a folder by the port that each is for. */
function tensorsOf(folder: string, kind: 'input' | 'output', ports: readonly PortShape[]): Map<string, NumberArray> {
  const found = new Map<string, NumberArray>();
  for (let k = 0; existsSync(join(folder, `${kind}_${k}.pb`)); k++) {
    const path = join(folder, `${kind}_${k}.pb`);
    const { name, array } = readTensorFile(readBytes(path), path);
    const port = ports.find((candidate) => candidate.name === name) ?? ports[k];
    if (port === undefined)
      throw new Error(`${path} is ${kind} ${k} ("${name}"), and the network has ${namesOf(ports) || `no ${kind}`}`);
    if (found.has(port.name)) throw new Error(`${path} is a second tensor for ${kind} "${port.name}"`);
    found.set(port.name, array);
  }
  return found;
}
