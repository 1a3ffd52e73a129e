import { type Activation, saturating } from '../../build/builder.js';
import { pushDense } from '../../build/products.js';
import { findFunction } from '../../functions/index.js';
import type { CodeTensor, Quantization } from '../../tensor.js';
import { elementType, formatOf } from './element.js';
import { codesOfFunction } from './overCodes.js';
import type { NodeReader } from './node.js';
import { integersOf, readQLinearMatMul, transposed } from './readMac.js';
import { checkedCodes, checkZeroPoint, quantizationOf, storedCodes } from './readCodes.js';
import { operand, optional, type Reader, stored, type Value } from './reader.js';

/** Operators of ONNX Runtime from codes to codes: the function of the standard with the quantization of its result. */
interface QLinear {
  function: string;
  /** First of the three inputs of each operand: codes, scale, zero point. */
  codes: readonly number[];
  /** From here on operands come by threes to the end. */
  more?: number;
  /** Inputs that are no codes, before those that are. */
  plain?: readonly number[];
  /** Where the scale of the result is; its zero point comes after. */
  output: number;
}

const unary = (name: string): QLinear => ({ function: name, codes: [0], output: 3 });
const binary = (name: string): QLinear => ({ function: name, codes: [0, 3], output: 6 });

const OPERATORS: Readonly<Record<string, QLinear>> = {
  QLinearAdd: binary('Add'),
  QLinearMul: binary('Mul'),
  QLinearConcat: { function: 'Concat', codes: [], more: 2, output: 0 },
  QLinearGlobalAveragePool: unary('GlobalAveragePool'),
  QLinearAveragePool: unary('AveragePool'),
  QLinearSigmoid: unary('Sigmoid'),
  QLinearLeakyRelu: unary('LeakyRelu'),
  QLinearSoftmax: unary('Softmax'),
  QLinearWhere: { function: 'Where', plain: [0], codes: [1, 4], output: 7 },
};

/** Operators of com.microsoft that are read here. */
export const QLINEAR_OPERATORS: readonly string[] = [...Object.keys(OPERATORS), 'QGemm'];

const OPSET = 13;

/** Undefined where the operator is none of these. @throws Error where scales are computed, or differ from those written */
export function readQLinear(reader: Reader, node: NodeReader): Value | undefined {
  const known = node.domain === 'com.microsoft' && Object.hasOwn(OPERATORS, node.opType);
  if (!known) return undefined;
  const operator = OPERATORS[node.opType];
  if (node.flag('channels_last', false)) throw new Error('has channels_last = 1: channels come first here');
  const firsts = [...operator.codes];
  if (operator.more !== undefined) for (let at = operator.more; at < node.inputs.length; at += 3) firsts.push(at);
  const given = [
    ...(operator.plain ?? []).map((place) => operand(reader, node, place)),
    ...firsts.map((first) => codesAt(reader, node, first)),
  ];
  // Attributes are those of the standard's opset 13, or of the one that a softmax names.
  const meant = { ...node, opset: node.opType === 'QLinearSoftmax' ? node.int('opset', OPSET) : OPSET };
  return codesOfFunction(reader, meant, operator.function, given, outputAt(reader, node, operator.output));
}

/** An operand with its scale and zero point. */
export function codesAt(reader: Reader, node: NodeReader, first: number): Activation | CodeTensor {
  const x = operand(reader, node, first);
  const [scale, zero] = [stored(reader, node, first + 1), optional(reader, node, first + 2)];
  if (x.kind === 'activation') return checkedCodes(reader, x, scale, zero);
  if (x.kind === 'weights') throw new Error(`reads ${node.inputs[first]}, which is real, as codes`);
  checkZeroPoint(x.constant.type, zero);
  const { type, shape } = x.constant;
  const axis = Math.max(0, shape.length - 1 - Number(node.opType === 'QGemm' && node.flag('transB', false)));
  return storedCodes(x, quantizationOf(saturating(formatOf(type)), scale, zero, axis, shape));
}

/** The quantization of the result, from its scale and zero point. */
export function outputAt(reader: Reader, node: NodeReader, place: number): Quantization {
  const [scale, zero] = [stored(reader, node, place), optional(reader, node, place + 1)];
  const output = quantizationOf(saturating(formatOf(zero?.type ?? elementType('UINT8'))), scale, zero);
  if (output.scale.length === 1) return output;
  throw new Error(`has ${output.scale.length} output scales: one is supported`);
}

/** A x B of codes with an int32 bias. @throws Error where B is computed, or the result is no codes */
export function readQGemm(reader: Reader, node: NodeReader): Value | undefined {
  if (node.domain !== 'com.microsoft' || node.opType !== 'QGemm') return undefined;
  const [x, b] = [codesAt(reader, node, 0), codesAt(reader, node, 3)];
  if (x.kind !== 'activation' || b.kind !== 'codes' || b.shape.length !== 2)
    throw new Error('multiplies by a computed matrix, or a stored one by another: one stored matrix is wanted');
  if (node.flag('transA', false) || node.float('alpha', 1) !== 1)
    throw new Error('has transA or alpha: A as it is, and alpha = 1, are supported');
  if ((node.inputs[7] ?? '') === '') throw new Error('gives real numbers: a scale for its result is wanted');
  const bias = optional(reader, node, 6);
  return pushDense(reader, node.output, {
    ...{ x, input: x.name, weight: node.flag('transB', false) ? b : transposed(b) },
    bias: bias && integersOf(bias),
    result: { kind: 'requantize', output: outputAt(reader, node, 7), convention: 'onnx' },
  });
}

/** Rows times a stored matrix are a dense layer; of any other shape, or of two computed tensors, a function multiplies. */
export function readAnyQLinearMatMul(reader: Reader, node: NodeReader): Value {
  const [a, b] = [operand(reader, node, 0), operand(reader, node, 3)];
  const dense = a.kind === 'activation' && a.shape.length === 2 && b.kind === 'stored' && b.constant.shape.length === 2;
  if (dense || findFunction('MatMul') === undefined) return readQLinearMatMul(reader, node);
  const given = [codesAt(reader, node, 0), codesAt(reader, node, 3)];
  return codesOfFunction(reader, node, 'MatMul', given, outputAt(reader, node, 6));
}
