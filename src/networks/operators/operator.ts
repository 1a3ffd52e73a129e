import type { LaneStep } from '../lanes.js';
import type { Arithmetic, Layer } from '../network.js';
import type { ArrayProducts } from '../products/product.js';
import { type FloatTensor, type Operand, sizeOf, type Tensor, type TensorFacts } from '../tensor.js';

/**
 * All that is to be known of an operator, but for what other rooms and formats make of it (training's gradients, readers
 * and writers of files): those are registries of their own, over the same list of operators. Members are methods, so that
 * the record of one operator may stand for that of any.
 */
export interface Operator<L extends Layer = Layer> {
  /** How many tensors it reads; any number where it is left out. */
  reads?: number;
  /** @throws Error where attributes cannot be meant: a check beside types, for layers that a program makes */
  check?(layer: L): void;
  /** What it writes, one entry for each of its outputs, from what it reads; shapes are with the batch. */
  facts(layer: L, inputs: readonly TensorFacts[]): readonly TensorFacts[];
  /** On real numbers; one tensor for each output. Left out where it reads codes alone. */
  reals?(layer: L, inputs: readonly FloatTensor[], arithmetic: Arithmetic): readonly Tensor[];
  /** Where some input is codes. Left out where it works on real numbers only: a dequantize has to come before. */
  codes?(layer: L, inputs: readonly Operand[], arithmetic: Arithmetic): readonly Tensor[];
  /** On tensors of any kind; where it is there, neither `reals` nor `codes` is asked. */
  any?(layer: L, inputs: readonly Tensor[], arithmetic: Arithmetic): readonly Tensor[];
  /**
   * Whether each element of its one output depends on nothing but the elements in its place of what it reads, so that it may run
   * on some of them, in whatever shape.
   */
  elementwise?(layer: L): boolean;
  /** The same step over real numbers in registers; left out, or undefined, where there is none. */
  lanes?(layer: L): LaneStep | undefined;
  /** What steps make of its one output, none of which is in memory before the last; undefined where it has to be. */
  through?(layer: L, inputs: readonly Tensor[], arithmetic: Arithmetic, steps: readonly LaneStep[]): Tensor | undefined;
  /** The matrix products that the array does; left out, or undefined, where it runs beside the array. */
  products?(layer: L, inputs: readonly TensorFacts[]): ArrayProducts | undefined;
  /** Elementary operations beside the array; none where it is left out. */
  operations?(layer: L, inputs: readonly TensorFacts[]): number;
  /** Stored arrays besides a product's weights and bias. */
  parameters?(layer: L): readonly { part: string; data: Float32Array; meaning: string }[];
  /** A positive factor of a channel passes through it: f(c x) = c f(x). */
  homogeneous?: boolean;
  /** It only moves or chooses elements of its input, so that a monotone function may come before it as well as after. */
  chooses?: boolean;
}

/** Facts of an operator that gives what it reads, codes or real. */
export const likeInput = (_: Layer, [input]: readonly TensorFacts[]): readonly TensorFacts[] => [input];

/** Facts of an operator that gives real numbers in the shape that it reads. */
export const realLikeInput = (_: Layer, [{ shape }]: readonly TensorFacts[]): readonly TensorFacts[] => [{ shape }];

/** One operation an element of the first input. */
export const oneEach = (_: Layer, [{ shape }]: readonly TensorFacts[]): number => sizeOf(shape);

/** Of an operator that always is a step over elements. */
export const always = (): boolean => true;
