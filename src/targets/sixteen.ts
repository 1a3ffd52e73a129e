import type { TargetFields } from './schema.js';
import { squareArray } from './square.js';

/**
 * Seven arrays of 16 x 16 that differ in nothing but their datapath, so that the datapaths can be judged side by side.
 * Output stationary, so that each unit adds in its own order.
 */
const DATAPATHS = ['int8', 'int4', 'xnor', 'fp8-fp16', 'fp8-fp32', 'radix4', 'radix4-fp16'];

/** Units beside the first: a binary network keeps its first and last layer in int8; fp8 comes in two formats. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  xnor: ['int8'],
  'fp8-fp32': ['fp8-fp32-e5m2', 'fp8-fp32-mixed'],
};

export const SIXTEEN: readonly TargetFields[] = DATAPATHS.map((datapath) =>
  squareArray(datapath, [datapath, ...(OTHERS[datapath] ?? [])], [], 'the catalogue of datapaths'),
);
