import type { CodeArray } from '../datapaths/kernel/index.js';
import type { Fit } from '../formats/codec.js';

/** Codes of a format, one element each: bytes up to 8 bits, halves up to 16, words up to 32. */
export type { CodeArray };

/** Types of real numbers: every value is one of its type, whatever array holds it. */
export type RealType = 'float32' | 'float16' | 'bfloat16' | 'float64';
/** Types of integers that no scale gives a meaning. */
export type IntegerType = 'bool' | `${'' | 'u'}int${2 | 4 | 8 | 16 | 32 | 64}`;

/** Real values, row-major; activations are [n, c, h, w] or [n, features]. */
export interface FloatTensor {
  kind: 'float';
  shape: readonly number[];
  data: Float32Array;
  /** float32 where it is left out; of float64 it holds the float32 nearest to each. */
  type?: RealType;
}

/** Integers as they are: indices, shapes, masks, images in bytes. Beyond 2^53 they cannot be held. */
export interface IntegerTensor {
  kind: 'integers';
  shape: readonly number[];
  data: Float64Array;
  type: IntegerType;
}

/** Codes with the meaning that a quantization gives them. */
export interface CodeTensor {
  kind: 'codes';
  shape: readonly number[];
  data: CodeArray;
  quantization: Quantization;
}

/** What layers compute with. */
export type Operand = FloatTensor | CodeTensor;
export type Tensor = Operand | IntegerTensor;

/** What is known of a tensor before a run: its shape, its quantization where it is codes, else its type. */
export interface TensorFacts {
  shape: readonly number[];
  quantization?: Quantization;
  /** float32 where it is left out. */
  type?: RealType | IntegerType;
  /**
   * The layer whose result is as long as its data say, where this tensor's shape follows from it: the shape is certain only in a
   * run. Lengths that depend on it are NaN; where not even the number of axes is known, there is one that is infinite.
   */
  open?: string;
}

/**
 * real = scale * (value(code) - zeroPoint). `scale` has one entry, or one for each index along `axis` (weights:
 * output channels, axis 0). The zero point counts in units of the format's value and is 0 for floats.
 * `fit` says how x / scale is forced into the format; in an integer format the zero point is added to the rounded
 * integer, before overflow is looked at (ONNX QuantizeLinear).
 */
export interface Quantization {
  fit: Fit;
  scale: Float32Array;
  axis: number;
  /** Weights may have one for each scale. */
  zeroPoint: number | Int32Array;
}

/** The zero point of a tensor that has one for all of it. @throws RangeError where channels have their own */
export function oneZeroPoint({ zeroPoint }: Pick<Quantization, 'zeroPoint'>): number {
  if (typeof zeroPoint === 'number') return zeroPoint;
  throw new RangeError('a zero point for each channel is for weights that a layer dequantizes: one is wanted here');
}

/** Elements of a tensor of one image, or of one stored in a file: 1 GiB of float32. */
export const LARGEST = 2 ** 28;

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function floatTensor(
  shape: readonly number[],
  data: Float32Array = new Float32Array(sizeOf(shape)),
): FloatTensor {
  if (data.length !== sizeOf(shape))
    throw new RangeError(`tensor: shape ${shape.join('x')} needs ${sizeOf(shape)} values, found ${data.length}`);
  return { kind: 'float', shape, data };
}

/** @throws RangeError when the shape and the number of integers do not agree */
export function integerTensor(
  shape: readonly number[],
  type: IntegerType,
  data: Float64Array = new Float64Array(sizeOf(shape)),
): IntegerTensor {
  if (data.length !== sizeOf(shape))
    throw new RangeError(`tensor: shape ${shape.join('x')} needs ${sizeOf(shape)} integers, found ${data.length}`);
  return { kind: 'integers', shape, data, type };
}

/** Lengths as they are told: `?x4` where the first is known only in a run. */
export function lengthsText(shape: readonly number[]): string {
  return shape.map((length) => (Number.isFinite(length) ? length : '?')).join('x');
}

/** What is known of a tensor that is there. */
export function factsOfTensor(tensor: Tensor): TensorFacts {
  const { shape } = tensor;
  if (tensor.kind === 'codes') return { shape, quantization: tensor.quantization };
  return tensor.type === undefined ? { shape } : { shape, type: tensor.type };
}
