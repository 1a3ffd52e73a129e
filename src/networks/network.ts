import type { BlockFormat } from '../formats/block.js';
import type { WindowJob } from '../datapaths/kernel/index.js';
import type { Attributes } from './functions/attributes.js';
import type { LaneStep } from './lanes.js';
import type { IntegerPlanes, IntegerRows } from '../datapaths/kernel/index.js';
import type { CodeArray, Quantization, Operand, FloatTensor, Tensor, TensorFacts } from './tensor.js';

/**
 * A Network is plain data: layers in topological order, each with the names of the tensors that it reads and writes.
 * Between layers a tensor is real (float) or codes, as its producer says; `quantize` and `dequantize` go between.
 * Layouts are ONNX's: activations n c h w, conv weights [filters, channels / groups, r, s], dense weights
 * [outputs, inputs].
 */
export interface Network {
  name: string;
  /** What it reads. */
  inputs: readonly NetworkInput[];
  /** Names of the tensors that it gives. */
  outputs: readonly string[];
  /** The first axis of every input is the batch, as long as one likes: shapes say 1 there. Else shapes are as they are. */
  batch: 'free' | 'fixed';
  layers: readonly Layer[];
  /** How it was made and what it reaches, shown by `lastbit show`. */
  metadata: Readonly<Record<string, string>>;
}

/** A tensor that a network reads. */
export interface NetworkInput {
  name: string;
  /** With the batch. */
  shape: readonly number[];
  /** float32 where it is left out. */
  type?: TensorFacts['type'];
}

export type Layer =
  | ConvLayer
  | DenseLayer
  | MaxPoolLayer
  | AveragePoolLayer
  | QuantizeLayer
  | DequantizeLayer
  | ReluLayer
  | FlattenLayer
  | AddLayer
  | BatchNormLayer
  | SignLayer
  | ChooseLayer
  | SoftmaxLayer
  | GeneralLayer;

export type Op = Layer['op'];
/** The layers of one operator. */
export type LayerOf<O extends Op> = Extract<Layer, { op: O }>;

interface Common {
  /** Unique; a layer that writes one tensor gives it this name. */
  name: string;
  /** Names of the tensors that it reads and writes, in the operator's order. */
  inputs: readonly string[];
  outputs: readonly string[];
  /** Whose arithmetic makes codes of codes in one step: `ort` (fused by it), `ort-node` (a node of its own); else none does. */
  rule?: string;
  /** Its node's name in the file, where that is another. */
  node?: string;
  /** It runs only where these conditions are so, those around it first; else it writes nothing. */
  when?: readonly Condition[];
}

/** The first element of a tensor is true, or is not. */
export interface Condition {
  tensor: string;
  is: boolean;
}

/**
 * The layers that run on the MAC array. With a float input and float weights they are float layers; with codes on both
 * sides the array multiplies codes, and `result` says what becomes of the sums.
 */
export interface MacLayer extends Common {
  weight: Operand;
  /** One per output channel: reals for `dequantize`, integers in units of s_in * s_w for `requantize`. */
  bias?: Float32Array | Int32Array;
  result: MacResult;
}

/**
 * `float`: a float layer. `dequantize`: real = sum * s_in * s_w + bias, in float32 steps, as ONNX's
 * DequantizeLinear-MatMul-Add. `requantize`: codes again, `convention` naming the arithmetic (ONNX QLinearConv:
 * `onnx`, float32 multiplier s_in * s_w / s_out and round half to even). `blocks`: input and weights are real, the array's
 * own quantizers put both in blocks along k, and its sums are real again.
 */
export type MacResult =
  | { kind: 'float' }
  | ({ kind: 'blocks' } & Blocks)
  | { kind: 'dequantize' }
  | { kind: 'requantize'; output: Quantization; convention: Convention };

/** Arithmetics of requantization (conventions/). */
export type Convention = 'onnx';

/** How the operands of a product are put in blocks along k: a convolution's k is [c r s], its patches are cut, not its image. */
export interface Blocks {
  format: BlockFormat;
  /** Float32 scales of input and weights as a whole; 1 where the format has none. */
  aScale: number;
  bScale: number;
}

export interface ConvLayer extends MacLayer {
  op: 'conv';
  stride: readonly [number, number];
  /** top, left, bottom, right */
  pad: readonly [number, number, number, number];
  dilation: readonly [number, number];
  groups: number;
}
export interface DenseLayer extends MacLayer {
  op: 'dense';
}
interface Pooling extends Common {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  pad: readonly [number, number, number, number];
}
export interface MaxPoolLayer extends Pooling {
  op: 'maxPool';
}
export interface AveragePoolLayer extends Pooling {
  op: 'averagePool';
  /** In the order of a runtime (functions/runtimeSums.ts): rows of a window first, or the whole plane; else one by one. */
  sums?: 'rows' | 'plane';
}
export type PoolLayer = MaxPoolLayer | AveragePoolLayer;
export interface QuantizeLayer extends Common {
  op: 'quantize';
  quantization: Quantization;
}
export interface DequantizeLayer extends Common {
  op: 'dequantize';
}
export interface ReluLayer extends Common {
  op: 'relu';
}
/** Binary networks take the sign of a zero to be +1 (Courbariaux et al. 2016); with `ofZero` it is that, as in ONNX's Sign. */
export interface SignLayer extends Common {
  op: 'sign';
  ofZero?: 0;
}
export interface FlattenLayer extends Common {
  op: 'flatten';
}
/** Elementwise sum of two tensors of one shape (residual connections). */
export interface AddLayer extends Common {
  op: 'add';
}
/** Per channel: y = x * scale + shift. Folded into the layer before it where that is a conv or a dense layer. */
export interface BatchNormLayer extends Common {
  op: 'batchNorm';
  scale: Float32Array;
  shift: Float32Array;
}
export interface SoftmaxLayer extends Common {
  op: 'softmax';
}

/**
 * A function of tensors (functions/) with operands and attributes as ONNX has them in its newest opset. Most run beside the
 * array.
 */
export interface GeneralLayer extends Common {
  op: 'general';
  function: string;
  /** In the function's order: the place in `inputs`, or a stored tensor; undefined where an optional one is left out. */
  operands: readonly (number | Tensor | undefined)[];
  attributes: Attributes;
  /** Where the result is codes again, in one step with the function. */
  output?: Quantization;
}

/** The first element of its first input says whose tensor it gives: the second's, or the third's, which need not be there. */
export interface ChooseLayer extends Common {
  op: 'choose';
}

/** A tensor's shape as it is told: that of one image, where the batch is free. */
export function imageShape({ batch }: Pick<Network, 'batch'>, shape: readonly number[]): readonly number[] {
  return batch === 'free' ? shape.slice(1) : shape;
}

/** What an operator is called: a function of tensors by its own name. */
export function opNameOf(layer: Layer): string {
  if (layer.op === 'choose') return 'If';
  return layer.op === 'general' ? layer.function : layer.op;
}

export function isMacLayer(layer: Layer): layer is ConvLayer | DenseLayer {
  return layer.op === 'conv' || layer.op === 'dense';
}

/**
 * What the executor and the training engine multiply with. `values`: float operands; where the job names a quantization,
 * the operand lies on its grid. `codes`: operand codes; the sums of value(a) * value(b), zero points not yet taken off,
 * come back as values (float64 holds every sum register up to 53 bits).
 */
export interface Arithmetic {
  name: string;
  /** It wants all rows of a layer's product at once; else they come in chunks, which saves memory. */
  whole?: boolean;
  /** a is [m, k], b is [k, n], both row-major; the result is [m, n]. */
  values(a: Float32Array, b: Float32Array, job: MatmulJob): Float32Array;
  codes(a: CodeArray, b: CodeArray, job: MatmulJob): Float64Array;
  /** What `values` gives of a convolution's patches, with its bias added in float32, as planes; undefined where there is no way. */
  realPlanes?(windows: RealWindows): Float32Array | undefined;
  /** What `codes` gives, as integers in the kernels' memory; undefined where sums may be none of 32 bits. */
  integerRows?(a: CodeArray, b: CodeArray, job: MatmulJob): Iterable<IntegerRows> | undefined;
  /**
   * The sums of all groups of a convolution of codes, [groups, m, n] in place of m x n ones of each, where there is a way
   * without their patches; undefined where there is none.
   */
  windows?(windows: WindowJob, job: MatmulJob): Float64Array | undefined;
  /** What `windows` gives, as integers in the kernels' memory; undefined where sums may be none of 32 bits. */
  integerPlanes?(windows: WindowJob, job: MatmulJob): Iterable<IntegerPlanes> | undefined;
}

/** A convolution of one group of real numbers: [images][channels][height][width] by [filters][channels][r][s]. */
export interface RealWindows extends Omit<WindowJob, 'a' | 'b' | 'groups' | 'padding'> {
  a: Float32Array;
  b: Float32Array;
  /** Added to the sums, a filter each. */
  bias: Float32Array;
  /** What each goes through then; none of them gives codes. */
  steps: readonly LaneStep[];
}

/** One matrix product of one layer. */
export interface MatmulJob {
  layer: string;
  m: number;
  n: number;
  k: number;
  /** Quantizations of the two operands; undefined for float operands. */
  a?: Quantization;
  b?: Quantization;
  /** Blocks that `values` makes of its operands first. */
  blocks?: Blocks;
  /** Which of training's three products it is: y = x w, dx = dy w, dw = dy x. `forward` where it is left out. */
  pass?: 'forward' | 'inputGradient' | 'weightGradient';
}

export type { FloatTensor };
