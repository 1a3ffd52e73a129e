import type { NumberArray } from './numbers.js';
import type { ClassLabels } from './labels.js';

/** A network's input or output. `type` is a name of NUMBER_TYPES; a string or 0 is a free axis, the batch first. */
export interface PortShape {
  name: string;
  type: string;
  shape: readonly (number | string)[];
}

/** What a user's data is to a network: `count` runs of it. */
export interface Samples extends ClassLabels {
  count: number;
  /** Rows of a sample, where the network fixes a batch: there are count * batch labels. */
  batch: number;
  /**
   * What the network reads for sample i, by input name, in the input's type. Each array has the port's rank, with 1 (or
   * the fixed batch) in front. @throws Error with one line where a file that is read only now is wrong
   */
  inputs(i: number): ReadonlyMap<string, NumberArray>;
  /** Outputs stored beside the data, as they lie there: test_data_set's output_k.pb, arrays named as outputs. */
  expected?(i: number): ReadonlyMap<string, NumberArray>;
  /** What sample i is called in messages: `cats/3.png`, `data.csv:17`, `x.npy[5]`. */
  place(i: number): string;
}

/** One input's numbers for every sample, before they take the input's type. */
export interface SampleColumn {
  count: number;
  /** Rows of the file in a sample, each of which may have a label. */
  rows: number;
  /** Of the port's rank. */
  part(i: number): NumberArray;
  /** Whether the numbers are bytes of images, which stand for 0 to 1 where the input is real. */
  pixels: boolean;
  /** Of a set that is to be taken as it lies: mean and scale are not for it. */
  final?: boolean;
  place(i: number): string;
}

/** What a file or folder holds for some inputs of a network. */
export interface DataSource extends ClassLabels {
  path: string;
  columns: ReadonlyMap<string, SampleColumn>;
  expected?(i: number): ReadonlyMap<string, NumberArray>;
}

/** How data lies in its files: channels before rows and columns, or behind them. */
export type DataLayout = 'nchw' | 'nhwc';

/** For what a path is read, and how it lies there. */
export interface SourcePlan {
  /** The ports that it has to fill. */
  inputs: readonly PortShape[];
  outputs: readonly PortShape[];
  layout?: DataLayout;
  /** Whether the path is given for one input by its name, so that other arrays in it may be for others. */
  isNamed?: boolean;
}
