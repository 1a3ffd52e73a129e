import { EINSUM } from './einsum.js';
import { ATTENTION } from './attention.js';
import { CONVOLUTIONS } from './convolutions.js';
import type { TensorFunction } from './function.js';
import { CROSS_ATTENTION } from './crossAttention.js';
import { GROUPED_ATTENTION } from './groupedAttention.js';
import { MATMUL } from './matmul.js';
import { SELF_ATTENTION } from './selfAttention.js';

/** Functions whose products run on the array. */
export const PRODUCTS: Readonly<Record<string, TensorFunction>> = {
  ...MATMUL,
  ...EINSUM,
  ...CONVOLUTIONS,
  ...ATTENTION,
  ...SELF_ATTENTION,
  ...CROSS_ATTENTION,
  ...GROUPED_ATTENTION,
};
