import type { TargetFields } from './schema.js';

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

export const SIXTEEN: readonly TargetFields[] = DATAPATHS.map((datapath) => ({
  name: datapath,
  others: [...(OTHERS[datapath] ?? [])],
  array: { rows: 16, cols: 16, dataflow: 'os' },
  datapath,
  memories: { a: 32, b: 128, sum: 32 },
  clockMhz: 500,
  energy: 'horowitz-45nm',
  source: {
    array: 'chosen: the same for all seven',
    datapath: 'the catalogue of datapaths',
    memories: 'chosen: 32 KB of activations, 128 KB of weights and 32 KB of sums hold a network of the LeNet class',
    clockMhz: 'chosen: the same for all seven, moderate for 45 nm',
    energy: 'Horowitz, ISSCC 2014, and gate-level ratios; each entry has its own source',
  },
}));
