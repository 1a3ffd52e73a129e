import type { Options } from 'yargs';
import { OVERFLOWS } from '../formats/fit.js';
import { ROUNDINGS } from '../formats/rounding.js';

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
