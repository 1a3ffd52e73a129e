import type { TensorFunction } from './function.js';

/** Functions whose products run on the array. */
export const PRODUCTS: Readonly<Record<string, TensorFunction>> = {};
