import type { TensorFunction } from './function.js';
export const ATTENTION: Readonly<Record<string, TensorFunction>> = {};
