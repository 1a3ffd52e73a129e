import type { LaneStep } from '../lanes.js';
import type { Arithmetic, GeneralLayer } from '../network.js';
import type { ArrayProducts } from '../products/product.js';
import type { Attributes, AttributeSpec } from './attributes.js';
import type { CodeTensor, IntegerTensor, Quantization, Tensor, TensorFacts } from '../tensor.js';

/** What is known of an operand before a run; of a stored one everything. */
export interface OperandFacts extends TensorFacts {
  value?: Tensor;
}

/** Where a function runs: what MACs go through, and who asks. */
export interface Around {
  layer: string;
  arithmetic: Arithmetic;
  /** How many tensors are asked of it. */
  outputs: number;
  /** The rule that its layer is computed by, where a runtime has one (conventions/rules.ts). */
  rule?: string;
}

/**
 * A function of tensors, by the ONNX operator of its name in the newest opset: operands in that order, undefined where an
 * optional one is left out. Most run beside the array. Members are methods, so that a record stands for any other.
 */
export interface TensorFunction {
  /** How many operands it has at most; any number where it is left out. */
  operands?: number;
  /** Besides what `since` turns into operands. */
  attributes?: Readonly<Record<string, AttributeSpec>>;
  /** Attributes of older files that are operands since: `axes` of Squeeze is operand 1 since opset 13. */
  since?: readonly { opset: number; attribute: string; kind: 'ints' | 'int' | 'float' | 'floats'; operand: number }[];
  /** Attributes whose absent value was another before an opset: the axis of Softmax before 13. */
  before?: readonly { opset: number; attributes: Attributes }[];
  /** One tensor for each output. @throws Error with what is wrong, without the layer's name */
  run(inputs: readonly (Tensor | undefined)[], attributes: Attributes, around: Around): readonly Tensor[];
  /** What it writes; where it is left out, the function is run on zeros to see. @throws Error as `run` */
  facts?(inputs: readonly (OperandFacts | undefined)[], attributes: Attributes): readonly TensorFacts[];
  /** Its operands are all of one type, as the standard has it. */
  oneType?: boolean;
  /** It only takes elements along (perhaps by some attributes alone): codes stay codes, of one quantization with one scale. */
  moves?: boolean | ((attributes: Attributes) => boolean);
  /** Operands whose elements are taken along, where it moves; the first where it is left out. */
  along?: readonly number[] | 'all';
  /** The one of them that fills what lies outside the others: zero where a node has none. */
  filler?: number;
  /** Codes come to it as they are; elsewhere they are dequantized first. Functions that move, and factors of products, come so anyway. */
  takesCodes?: boolean;
  /**
   * Each element of its result depends on nothing but the elements in its place of its operands, where these are of one shape
   * or one element; by what of them is stored, given as in a layer (GeneralLayer).
   */
  elementwise?: boolean | ((operands: GeneralLayer['operands']) => boolean);
  /** The same over real numbers in registers; left out, or undefined, where there is none. */
  lanes?(operands: GeneralLayer['operands']): LaneStep | undefined;
  /** It makes one image depend on another of the batch, or takes the batch for something else, without its shapes telling. */
  acrossBatch?(inputs: readonly (OperandFacts | undefined)[], attributes: Attributes): boolean;
  /** Matrix products that the array does. */
  products?(inputs: readonly (OperandFacts | undefined)[], attributes: Attributes): ArrayProducts | undefined;
  /** Places of the operands that the array multiplies: they come as codes where all of them are such, else as real numbers. */
  factors?: readonly number[];
  /** Elementary operations for each element that it writes; 1 where it is left out, 0 where it moves. */
  operations?: number;
  /**
   * The codes of its result from codes, by rule and in one step, where a runtime has an expression of its own; elsewhere the
   * operands are dequantized, and the result quantized. Integers among its operands are in units of the sums: biases.
   */
  fused?(
    inputs: readonly (CodeTensor | IntegerTensor | undefined)[],
    attributes: Attributes,
    output: Quantization,
    around: Around,
  ): CodeTensor;
}

/** Whether a function only takes elements along, with these attributes. */
export function movesAlong({ moves }: Pick<TensorFunction, 'moves'>, attributes: Attributes): boolean {
  return typeof moves === 'function' ? moves(attributes) : moves === true;
}
