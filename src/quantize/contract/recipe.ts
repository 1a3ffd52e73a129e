import type { BlockFormat } from '../../formats/block.js';
import type { Network } from '../../networks/network.js';
import type { Scheme } from './scheme.js';
import type { Images } from './images.js';

/** Kinds of methods, in the order in which they are told. */
export const FAMILIES = [
  'int8 after training',
  'int4 after training',
  'small floats after training',
  'blocks after training',
  'weights alone after training',
  'few bits in training',
  'fp16 training',
  'fp8 training',
  'fp4 training',
  'fewer weights',
] as const;
export type Family = (typeof FAMILIES)[number];

/** How a float network becomes a quantized one. */
export interface Recipe {
  name: string;
  family: Family;
  /** For `lastbit list` and the file's metadata. */
  description: string;
  /**
   * `requantize`: codes from layer to layer, rescaled by ONNX's arithmetic (a chain of conv, dense, maxPool, relu and
   * flatten, integers only). `dequantize`: real numbers between layers, quantized before each. `blocks`: real numbers
   * between layers, put in blocks along k by the array itself.
   */
  result: 'requantize' | 'dequantize' | 'blocks';
  /** For `blocks`; `operands` then name the elements. */
  blocks?: BlockFormat;
  operands(place: Place): OperandSchemes;
  /** Changes the float network first, batch-norms folded: SmoothQuant, AWQ. */
  prepare?(network: Network, images: Images): Network;
  /** Corrects the quantized network by the float one that it was made from: bias correction, GPTQ. */
  correct?(quantized: Network, float: Network, images: Images): Network;
}

/** Which of a network's conv and dense layers, counted from 0. */
export interface Place {
  index: number;
  count: number;
}

export interface OperandSchemes {
  input: Scheme;
  weight: Scheme;
  /** In training, latent weights are kept in [-limit, limit]. */
  weightLimit?: number;
}

/** First and last layer in one way, all between in another. */
export function guarded(ends: OperandSchemes, middle: OperandSchemes): Recipe['operands'] {
  return ({ index, count }) => (index === 0 || index === count - 1 ? ends : middle);
}
