import { counted } from '../text/plural.js';
import { type Affine, affineOf, BYTES_TO_ONE, checkAffine } from './affine.js';
import { inputFiles } from './inputFiles.js';
import type { ClassLabels } from './labels.js';
import type { NumberArray } from './numbers.js';
import { isReal, isWhole, numbersFor, typeOfPort } from './portNumbers.js';
import { batchOf, namesOf } from './ports.js';
import type { DataLayout, DataSource, PortShape, SampleColumn, Samples } from './samples.js';
import { readSource } from './sources.js';

/** Where data is and what it means: the options of the command line. */
export interface DataOptions {
  /** `NAME=FILE`, or `FILE` for the only input left. */
  inputs?: readonly string[];
  /** A file or folder for the inputs that `inputs` does not name. */
  data?: string;
  /** (x - mean) / scale, in the units of the file: bytes, 0 to 255, of images. One number, or one for each channel. */
  mean?: readonly number[];
  scale?: readonly number[];
  /** Of the files; of images, which have their own, it says the network's where its shape does not. */
  layout?: DataLayout;
  /** How many samples; all by default. */
  images?: number;
  /** Samples before the first. */
  skip?: number;
}

/**
 * A user's data for a network's inputs. Real inputs get the file's numbers, of bytes 255ths (or what mean and scale make
 * of them); inputs of whole numbers get them as they are, or what mean and scale make of them if that is whole.
 * @throws Error with one line that names the file or option, what was found and what the network reads
 */
export async function readSamples(
  options: DataOptions,
  inputs: readonly PortShape[],
  outputs: readonly PortShape[],
): Promise<Samples> {
  if (inputs.length === 0) throw new Error('the network reads nothing: it takes no data');
  checkAffine(options.mean, options.scale);
  inputs.forEach(typeOfPort);
  const sources = await sourcesOf(options, inputs, outputs);
  const columns = inputs.map((port) => ({ port, column: columnFor(port, sources) }));
  const total = commonCount(columns);
  const rows = rowsOf(columns, outputs);
  const all: Samples = { count: total, batch: rows, ...readerOf(columns, options), ...labelsOf(sources, total, rows) };
  const stored = sources.find(({ expected }) => expected !== undefined)?.expected;
  return partOfSamples({ ...all, ...(stored && { expected: stored }) }, options, sources[0].path);
}

/** The files and folders that are named, each with the inputs that it has to fill. */
async function sourcesOf(
  { inputs: words = [], data, layout }: DataOptions,
  inputs: readonly PortShape[],
  outputs: readonly PortShape[],
): Promise<DataSource[]> {
  const files = inputFiles(words, inputs);
  const left = inputs.filter((port) => !files.has(port));
  if (layout !== undefined && !inputs.some(({ shape }) => shape.length >= 3))
    throw new Error(`--layout is for images, and the network reads ${namesOf(inputs)}, which are none`);
  if (data === undefined && left.length > 0)
    throw new Error(`no data for ${namesOf(left)}: the network reads ${namesOf(inputs)}; --input NAME=FILE gives one`);
  if (data !== undefined && left.length === 0)
    throw new Error(`--data ${data}: --input gives all that the network reads, ${namesOf(inputs)}`);
  const sources: DataSource[] = [];
  for (const [port, path] of files)
    sources.push(await readSource(path, { inputs: [port], outputs, layout, isNamed: true }));
  if (data !== undefined) sources.push(await readSource(data, { inputs: left, outputs, layout }));
  return sources;
}

const columnFor = ({ name }: PortShape, sources: readonly DataSource[]): SampleColumn =>
  sources.find(({ columns }) => columns.has(name))?.columns.get(name) as SampleColumn;

interface PortColumn {
  port: PortShape;
  column: SampleColumn;
}

function commonCount(columns: readonly PortColumn[]): number {
  const [first] = columns;
  const other = columns.find(({ column }) => column.count !== first.column.count);
  if (other === undefined) return first.column.count;
  const said = ({ port, column }: PortColumn) => `${counted(column.count, 'sample')} of "${port.name}"`;
  throw new Error(`there are ${said(first)} and ${said(other)}: as many of each input are wanted`);
}

/** Rows of a sample: those of its inputs, unless no output has as many, as where an input is one vector. */
function rowsOf(columns: readonly PortColumn[], outputs: readonly PortShape[]): number {
  const rows = Math.max(...columns.map(({ column }) => column.rows));
  return outputs.length === 0 || outputs.some((port) => batchOf(port) === rows) ? rows : 1;
}

/** Samples in the types of the ports. */
function readerOf(columns: readonly PortColumn[], { mean, scale }: DataOptions): Pick<Samples, 'inputs' | 'place'> {
  const isScaled = mean !== undefined || scale !== undefined;
  const free = columns.filter(({ column }) => column.final !== true);
  const real = free.filter(({ port }) => isReal(port));
  // Whole numbers only where nothing else can be meant: bytes less 128 for an image input of int8.
  const able = real.length > 0 ? real : free.filter(({ port }) => isWhole(port));
  if (isScaled && able.length === 0)
    throw new Error(
      '--mean and --scale are for numbers of arrays and images: test data sets and codes are taken as they are',
    );
  const pixels = able.filter(({ column }) => column.pixels);
  // Where there are images, they are what mean and scale speak of.
  const scaled = pixels.length > 0 ? pixels : able;
  const affineFor = (entry: PortColumn, { shape }: NumberArray): Affine | undefined => {
    if (!scaled.includes(entry)) return undefined;
    if (isScaled) return affineOf(entry.port, shape, { mean, scale });
    return entry.column.pixels && isReal(entry.port) ? BYTES_TO_ONE : undefined;
  };
  return {
    place: columns[0].column.place,
    inputs: (i) =>
      new Map(
        columns.map((entry): [string, NumberArray] => {
          const { port, column } = entry;
          const array = column.part(i);
          return [port.name, numbersFor(port, array, affineFor(entry, array), column.place(i))];
        }),
      ),
  };
}

/** @param rows of a sample: a label may be for each of them, or for all */
function labelsOf(
  sources: readonly DataSource[],
  count: number,
  rows: number,
): ClassLabels & Partial<Pick<Samples, 'batch'>> {
  const labelled = sources.filter(({ labels }) => labels !== undefined);
  const other = labelled.find(({ path }) => path !== labelled[0].path);
  if (other !== undefined)
    throw new Error(`${labelled[0].path} and ${other.path} both have labels: one set of them is wanted`);
  const { path, labels, classes } = labelled[0] ?? {};
  if (labels === undefined) return {};
  const batch = labels.length === count ? 1 : rows;
  if (labels.length === count * batch) return { labels, batch, ...(classes && { classes }) };
  throw new Error(
    `${path} has ${counted(labels.length, 'label')} for ${counted(count * rows, 'row')}: one each is wanted`,
  );
}

/** Samples skip .. skip + images - 1. @throws Error where there are not as many */
function partOfSamples(all: Samples, { images, skip = 0 }: DataOptions, path: string): Samples {
  const count = images ?? all.count - skip;
  if (skip + count > all.count || count < 1)
    throw new Error(`${path} holds ${counted(all.count, 'sample')}, ${skip + Math.max(count, 1)} were asked for`);
  const { batch, labels, expected } = all;
  return {
    ...all,
    count,
    inputs: (i) => all.inputs(skip + i),
    place: (i) => all.place(skip + i),
    ...(labels && { labels: labels.subarray(skip * batch, (skip + count) * batch) }),
    ...(expected && { expected: (i: number) => expected(skip + i) }),
  };
}
