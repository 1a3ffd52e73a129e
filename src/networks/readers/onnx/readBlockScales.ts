import { roundedTo } from '../../functions/types.js';
import { floatTensor, sizeOf } from '../../tensor.js';
import { type Constant, realsOf, valuesOf } from './constant.js';
import type { ElementType } from './element.js';
import { typeOf, valueOf } from './storedTensor.js';
import { axisAmong, type NodeReader, type Value } from './reader.js';

/**
 * Stored weights with a scale for each block of indices along an axis, or with scales of 16 bits, as the real numbers that
 * they stand for: what multiplies by them runs beside the array. The last block may be short.
 */
export function dequantizedBlocks(
  node: NodeReader,
  { shape, ...codes }: Constant,
  scale: Constant,
  zero: Constant | undefined,
  asked: ElementType,
): Value {
  const size = node.int('block_size', 0);
  const axis = scale.data.length === 1 ? 0 : axisAmong(node.int('axis', 1), shape.length);
  // A negative one puts the largest number of a block at the end that reaches further (ONNX Runtime's quantizer).
  const scales = realsOf(scale);
  // One scale for each index is blocks of one, along an axis; one scale for all is a block of all.
  const each = size > 0 ? size : 1;
  const blocks = Math.ceil(shape[axis] / each);
  const wanted = size > 0 ? shape.map((length, i) => (i === axis ? blocks : length)) : [blocks];
  const one = size === 0 && scales.length === 1;
  if (!one && scale.shape.join('x') !== wanted.join('x'))
    throw new Error(
      `has scales of shape ${scale.shape.join('x')} in ${scale.name}: ${wanted.join('x')} is wanted, block_size = ${size} along axis ${axis} of ${shape.join('x')}`,
    );
  const zeros = zero === undefined ? undefined : valuesOf(zero);
  if (zeros !== undefined && zeros.length !== scales.length)
    throw new Error(`has ${zeros.length} zero points and ${scales.length} scales: one for each is wanted`);
  const values = valuesOf({ ...codes, shape });
  const inner = sizeOf(shape.slice(axis + 1));
  const reals = floatTensor(shape);
  for (let i = 0; i < values.length; i++) {
    const index = Math.floor(i / inner) % shape[axis];
    const outer = Math.floor(i / (inner * shape[axis]));
    const block = (outer * blocks + Math.floor(index / each)) * inner + (i % inner);
    const at = one ? 0 : size > 0 ? block : index;
    reals.data[i] = Math.fround(values[i] - (zeros?.[at] ?? 0)) * scales[at];
  }
  const type = typeOf(asked);
  if (type === 'float32') return valueOf(reals, node.output);
  if (type === 'float16' || type === 'bfloat16') return valueOf(roundedTo(reals, type), node.output);
  throw new Error(`dequantizes to ${asked.name}: FLOAT, FLOAT16 and BFLOAT16 are supported`);
}
