import { EINSUM } from './einsum.js';
import { ATTENTION } from './attention.js';
import { CONVOLUTIONS } from './convolutions.js';
import type { TensorFunction } from './function.js';
import { MATMUL } from './matmul.js';

/** Functions whose products run on the array. */
export const PRODUCTS: Readonly<Record<string, TensorFunction>> = {
  ...MATMUL,
  ...EINSUM,
  ...CONVOLUTIONS,
  ...ATTENTION,
};
