/** A user's own data: files and folders as samples for a network's inputs, and arrays as files. */
export { NUMBER_TYPES, type NumberArray, type NumberType } from './numbers.js';
export { batchOf } from './ports.js';
export { writeNpy } from './npy.js';
export { type DataOptions, readSamples } from './readSamples.js';
export type { DataLayout, PortShape, Samples } from './samples.js';
