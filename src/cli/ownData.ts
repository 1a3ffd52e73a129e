import type { Options } from 'yargs';
import { inputOf } from '../networks/facts.js';
import type { Network } from '../networks/network.js';
import type { Tensor } from '../networks/tensor.js';
import { loadData } from '../simulate/plan.js';
import { imagesOf } from '../training/data/dataset.js';
import { type DataPlan, isOwn, type OwnData, readRunData } from '../simulate/runData.js';
import { integer } from './arguments.js';
import { usageAsync, UsageError } from './errors.js';

/** The options that say where a user's own data is and what it means, for any network. */
export const ownFileOptions = {
  data: {
    type: 'string',
    describe:
      'file or folder for the inputs: .npy, .npz, IDX, CSV, PNG or JPEG, ONNX test data sets; default: generated images',
  },
  input: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'NAME=FILE for one input; one may drop the name; repeatable',
  },
  mean: {
    type: 'string',
    describe: '(x - mean) / scale: one number, or one a channel with commas; of images in bytes',
  },
  scale: { type: 'string', describe: 'see --mean' },
  layout: { type: 'string', choices: ['nchw', 'nhwc'], describe: 'order of the axes of arrays' },
} as const satisfies Record<string, Options>;

/** And how much of it is taken. */
export const ownDataOptions = {
  ...ownFileOptions,
  images: {
    type: 'number',
    defaultDescription: '1000 digits; of your own all, at most 1000',
    describe: 'images to run on',
  },
} as const satisfies Record<string, Options>;

/** What was given of them. */
export interface OwnDataArguments {
  data?: string;
  input?: string[];
  mean?: string;
  scale?: string;
  layout?: string;
  images?: number;
}

const IMAGES = 1000;

/** Of them what says where data is and what it means. @throws UsageError naming the option */
export function ownDataFrom(given: OwnDataArguments): OwnData {
  const { data, input, layout } = given;
  const [mean, scale] = [numbersIn(given.mean, '--mean'), numbersIn(given.scale, '--scale')];
  const own = {
    ...(data !== undefined && { folder: data }),
    ...(input !== undefined && { inputs: input }),
    ...(mean && { mean }),
    ...(scale && { scale }),
    ...(layout !== undefined && { layout: layout as DataPlan['layout'] }),
  };
  const alone = Object.keys(own)[0];
  if (!isOwn(own) && alone !== undefined)
    throw new UsageError(`--${alone} is for data of your own: give --data or --input`);
  return own;
}

/** @throws UsageError naming the option; Error naming the file and what the network reads */
export async function planOfData(network: Network, given: OwnDataArguments): Promise<DataPlan> {
  const own = ownDataFrom(given);
  if (!isOwn(own)) return { images: integer(given.images ?? IMAGES, '--images', 1) };
  if (given.images !== undefined) return { ...own, images: integer(given.images, '--images', 1) };
  const { count } = await usageAsync(readRunData(network, own));
  return { ...own, images: Math.min(count, IMAGES) };
}

function numbersIn(text: string | undefined, option: string): number[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((word) => {
    const value = Number(word);
    if (word.trim() !== '' && Number.isFinite(value)) return value;
    throw new UsageError(`${option} takes numbers with commas between, found "${word}" in "${text}"`);
  });
}

/** What a network reads for one image, or the batch that it lies in where the file has set one. @throws Error where there are fewer */
export async function imageOf(network: Network, own: OwnData, image: number): Promise<ReadonlyMap<string, Tensor>> {
  // Of a generated image nobody asks the label here, so that it need not be among the network's outputs.
  if (!isOwn(own))
    return new Map([[inputOf(network).name, imagesOf(loadData({ images: image + 1 }, network), image, 1)]]);
  const data = await readRunData(network, { ...own, images: image + 1 });
  const first = image - (image % data.batch);
  return data.inputs(first, network.batch === 'free' ? 1 : data.batch);
}

/** The words of a command line that name the same data again, after a space; nothing for generated images. */
export function wordsOfData({ folder, inputs = [], mean, scale, layout }: OwnData): string {
  const words = [
    ...(folder === undefined ? [] : ['--data', folder]),
    ...inputs.flatMap((input) => ['--input', input]),
    ...(mean === undefined ? [] : ['--mean', mean.join()]),
    ...(scale === undefined ? [] : ['--scale', scale.join()]),
    ...(layout === undefined ? [] : ['--layout', layout]),
  ];
  return words.map((word) => ` ${word}`).join('');
}
