import { type Activation, called, push, quantized, realFacts, realOf } from '../../build/builder.js';
import type { Fit } from '../../../formats/codec.js';
import type { Layer } from '../../network.js';
import { dequantize, quantize } from '../../quantization.js';
import { floatTensor, type Quantization } from '../../tensor.js';
import { type Constant, floatsOf, scalarOf } from './constant.js';
import { fitOfCall, isQuantizer } from './functions.js';
import { type NodeReader, operand, type Reader, stored, type Value } from './reader.js';
import { quantizationOf } from './readCodes.js';

/** A quantizer function (functions.ts), over weights or activations; undefined where the operator is none. */
export function readQuantizerCall(reader: Reader, node: NodeReader): Value | undefined {
  if (!isQuantizer(node.domain, node.opType)) return undefined;
  const attributes = {
    signed: Number(node.flag('signed', true)),
    narrow: Number(node.flag('narrow', false)),
    roundingMode: node.string('rounding_mode', 'ROUND'),
  };
  const scalars = node.inputs.slice(2).map((_, i) => scalarOf(stored(reader, node, i + 2)));
  const fit = fitOfCall(node.domain, node.opType, attributes, scalars);
  if (fit === undefined) return undefined;
  const scale = stored(reader, node, 1);
  const x = operand(reader, node, 0);
  const zeroPoint = scalars[0] ?? 0;
  const end = attributes.narrow === 1 ? narrowEnd(fit, attributes.signed === 1) : undefined;
  if (x.kind === 'activation') {
    const q = { ...scaledBy(fit, scale), zeroPoint };
    return quantized(reader, node.output, end === undefined ? x : clippedTo(reader, node, x, q, end), q, 'carried');
  }
  const reals = x.kind === 'stored' ? floatTensor(x.constant.shape, floatsOf(x.constant)) : dequantize(x.tensor);
  const tensor = quantize(reals, { ...scaledBy(fit, scale, reals.shape), zeroPoint });
  if (end !== undefined)
    for (let i = 0; i < tensor.data.length; i++) if (tensor.data[i] === end.out) tensor.data[i] = end.last;
  return { kind: 'weights', tensor };
}

/** The code that a narrow range is without, and the last one that it has; undefined where the format is without it anyway. */
function narrowEnd({ format }: Fit, signed: boolean): { out: number; last: number; value: number } | undefined {
  if (format.kind !== 'int' || !/^u?int/.test(format.name)) return undefined;
  const top = 2 ** format.bits - 1;
  const lowest = 2 ** (format.bits - 1);
  return signed ? { out: lowest, last: lowest + 1, value: 1 - lowest } : { out: top, last: top - 1, value: top - 1 };
}

/** Real numbers that give no code beyond the last one of a narrow range. */
function clippedTo(
  reader: Reader,
  node: NodeReader,
  x: Activation,
  { scale, zeroPoint }: Quantization,
  { value }: { value: number },
): Activation {
  const name = `${node.output}/narrow/part`;
  const bound = floatTensor([], Float32Array.of((value - Number(zeroPoint)) * scale[0]));
  const layer: Layer = {
    ...{ op: 'general', ...called(name), inputs: [realOf(reader, x)], function: 'Clip', attributes: {} },
    operands: value < 0 ? [0, bound] : [0, undefined, bound],
  };
  return push(reader, layer, [realFacts(x)]);
}

/** Scales as these functions take them: spread over what they scale by the rules of broadcasting, along one axis here. */
function scaledBy(fit: Fit, scale: Constant, shape: readonly number[] = []): Quantization {
  const long = scale.shape.flatMap((length, i) => (length > 1 ? [i] : []));
  const axis = (long[0] ?? 0) + shape.length - scale.shape.length;
  if (long.length > 1 || (long.length === 1 && shape.length > 0 && axis < 0))
    throw new Error(`has scales of shape ${scale.shape.join('x')}: one, or one for each channel, is supported`);
  return quantizationOf(fit, { ...scale, shape: [scale.data.length] }, undefined, axis, shape);
}
