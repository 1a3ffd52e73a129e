import type { BlockFormat } from '../../formats/block.js';
import type { Format } from '../../formats/format.js';

/** Matrix products of one layer, `groups` of one shape. */
export interface ArrayProducts {
  m: number;
  n: number;
  k: number;
  groups: number;
  /** Numbers that a group's input really has; a convolution's m x k repeats them. */
  inputs: number;
  /** Formats of activations and weights; undefined for real numbers. */
  aFormat?: Format;
  bFormat?: Format;
  /** Where operands are in blocks; aFormat and bFormat are then the elements'. */
  blocks?: BlockFormat;
}
