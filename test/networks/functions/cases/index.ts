import type { FunctionCase } from '../standard.js';
import { ALONG_CASES } from './along.js';
import { CODES_CASES } from './codes.js';
import { MOVES_CASES } from './moves.js';
import { NUMBERS_CASES } from './numbers.js';
import { PLANES_CASES } from './planes.js';
import { PRODUCTS_CASES } from './products.js';
import { SEQUENCES_CASES } from './sequences.js';
// Last, because all draw their numbers from one stream.
import { CONTRIB_CASES } from './contrib.js';

/** Every function that a file can ask for, in one graph or more. */
export const FUNCTION_CASES: readonly FunctionCase[] = [
  ...NUMBERS_CASES,
  ...ALONG_CASES,
  ...MOVES_CASES,
  ...PLANES_CASES,
  ...PRODUCTS_CASES,
  ...SEQUENCES_CASES,
  ...CODES_CASES,
  ...CONTRIB_CASES,
];
