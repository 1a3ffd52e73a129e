import type { Options } from 'yargs';
import { OVERFLOWS } from '../formats/fit.js';
import { ROUNDINGS } from '../formats/rounding.js';
import { energyNames } from '../targets/schema.js';

/** The options that several commands share; arguments.ts reads their values. */
export const inputOption = {
  type: 'string',
  demandOption: true,
  describe: 'CSV file to read, or - for standard input',
} as const;
export const outputOption = {
  type: 'string',
  alias: 'out',
  default: '-',
  describe: 'CSV file to write, or - for standard output',
} as const;
export const jsonOption = { type: 'boolean', default: false, describe: 'print JSON for machines' } as const;
export const wideOption = {
  type: 'boolean',
  default: false,
  describe: 'print all columns of a table, however wide',
} as const;
export const seedOption = { type: 'number', default: 1, describe: 'seed of every random choice' } as const;

/** Files and folders that several commands read or write; `and` adds what a command makes of one. */
export const networkOption = { type: 'string', describe: 'ONNX file of a quantized network' } as const;
export const floatNetworkOption = { type: 'string', describe: 'ONNX file of a float network' } as const;
export const targetOption = { type: 'string', describe: 'target by name or file' } as const;
export const energyOption = {
  type: 'string',
  describe: `in place of the target's own: ${energyNames.join(', ')}`,
} as const;
export const folderOption = { type: 'string', describe: 'folder' } as const;
export const dataOption = {
  type: 'string',
  describe:
    "folder with MNIST's IDX files, or a CSV file of labels and pixels (plain or .gz); default: generated images",
} as const;
export const imageOption = { type: 'number', defaultDescription: '0', describe: 'number of the image' } as const;
export const imagesOption = { type: 'number', default: 1000, describe: 'images to classify' } as const;
export const threadsOption = { type: 'number', describe: 'worker threads; default: one for each processor' } as const;

type Described = { readonly describe: string };
type Redescribed<O extends Described> = Omit<O, 'describe'> & Described;

/** An option with more behind its description, or with something before it. */
export function and<O extends Described>(option: O, after: string, before = ''): Redescribed<O> {
  return { ...option, describe: `${before}${option.describe}${after}` };
}

/** An option that a command cannot do without. */
export function required<O extends Described>(option: O): O & { readonly demandOption: true } {
  return { ...option, demandOption: true };
}

/** Defaults are filled in by `fitFrom`, so that commands can tell which options were given. */
export const fitOptions = {
  rounding: {
    type: 'string',
    defaultDescription: 'rne',
    describe: `${ROUNDINGS.join(', ')} or stochastic:<bits>`,
  },
  overflow: {
    type: 'string',
    choices: OVERFLOWS,
    describe:
      'beyond the largest value; saturate takes infinities too, saturate-propagate leaves them; default: ieee, and wrap in an integer',
  },
  subnormals: {
    type: 'string',
    choices: ['keep', 'flush'],
    defaultDescription: 'keep',
    describe: 'of operands and results',
  },
  tininess: {
    type: 'string',
    choices: ['after', 'before'],
    defaultDescription: 'after',
    describe: 'when underflow is detected',
  },
  seed: { type: 'number', defaultDescription: '1', describe: seedOption.describe },
} as const satisfies Record<string, Options>;
