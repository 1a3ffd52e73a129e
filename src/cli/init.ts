import { sizeOf } from '../networks/tensor.js';
import { existsSync } from 'node:fs';
import { writeWhole } from '../outputs/files/file.js';
import { writingSet } from '../outputs/files/fileSet.js';
import type { Dataset } from '../training/data/dataset.js';
import { digits } from '../training/data/digits.js';
import { TEST_SEED, TRAIN_SEED } from '../training/data/generator.js';
import { idxBytes } from '../training/data/idx.js';
import { jsonOption } from './options.js';
import { command } from './command.js';
import { UsageError } from './errors.js';
import { DATA_README, SAMPLES } from './samples.js';
import { print, printJson } from './terminal.js';

/** Something to begin with: where it is written by default, what for, and how. */
interface Kind {
  path: string;
  about: string;
  /** A command line that uses it. */
  next(path: string): string;
  write(path: string): Promise<void>;
}

function fileKind(kind: keyof typeof SAMPLES, about: string, next: (path: string) => string): Kind {
  return { path: `${kind}.yaml`, about, next, write: (path) => writeWhole(path, SAMPLES[kind]) };
}

/** Adding a kind is one entry. */
const KINDS: Readonly<Record<string, Kind>> = {
  unit: fileKind('unit', 'a MAC unit', (path) => `lastbit show ${path}`),
  target: fileKind(
    'target',
    'an accelerator',
    (path) => `lastbit run models/digits-e4m3fn.onnx --target ${path} --images 100`,
  ),
  sweep: fileKind('sweep', 'a design space', (path) => `lastbit sweep ${path}`),
  data: {
    path: 'data',
    about: 'a folder of images and labels',
    next: (path) => `lastbit run models/digits-int8.onnx --target int8 --data ${path} --images 200`,
    write: writeData,
  },
};

/** `init`: samples to begin with. */
export const initCommand = command({
  options: {
    kind: { type: 'string', choices: Object.keys(KINDS), describe: 'of what; without it, the kinds are listed' },
    file: { type: 'string', describe: 'where; default: KIND.yaml here, and data is a folder. Nothing is overwritten' },
    json: jsonOption,
  },
  examples: [
    ['init', 'the kinds'],
    ['init unit', 'writes unit.yaml'],
    ['init sweep space.yaml', 'under another name'],
  ],
  async run({ kind, file, json }) {
    if (kind === undefined) return list(json);
    const { path: usual, write, next } = KINDS[kind];
    const path = file ?? usual;
    if (existsSync(path)) throw new UsageError(`${path} is there already, and nothing is overwritten: name another`);
    await write(path);
    if (json) printJson({ kind, path, next: next(path) });
    else print(`wrote ${path}; try: ${next(path)}`);
  },
});

function list(json: boolean): void {
  const kinds = Object.entries(KINDS).map(([kind, { path, about }]) => ({ kind, path, about }));
  if (json) return printJson({ kinds });
  for (const { kind, path, about } of kinds)
    print(`lastbit init ${kind.padEnd(6)}  writes ${path.padEnd(11)}  ${about}`);
}

const TRAINING_IMAGES = 500;
const TEST_IMAGES = 200;
const CSV_IMAGES = 20;

async function writeData(folder: string): Promise<void> {
  const test = digits(TEST_IMAGES, TEST_SEED);
  await writingSet(folder, (set) => {
    set.open('README.md').write(DATA_README.replaceAll('FOLDER', folder));
    for (const [part, data] of [['train', digits(TRAINING_IMAGES, TRAIN_SEED)] as const, ['t10k', test] as const]) {
      set.open(`${part}-images-idx3-ubyte`).write(idxBytes([data.count, ...data.shape.slice(1)], pixelsOf(data)));
      set.open(`${part}-labels-idx1-ubyte`).write(idxBytes([data.count], Uint8Array.from(data.labels)));
    }
    set.open('images.csv').write(csvOf(test, CSV_IMAGES));
  });
}

const pixelsOf = ({ images }: Dataset) => Uint8Array.from(images, (ink) => Math.round(ink * 255));

function csvOf(data: Dataset, count: number): string {
  const pixels = pixelsOf(data);
  const size = sizeOf(data.shape);
  const header = ['label', ...Array.from({ length: size }, (_, p) => `pixel${p}`)];
  const rows = Array.from({ length: count }, (_, i) => [data.labels[i], ...pixels.subarray(i * size, (i + 1) * size)]);
  return `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}
