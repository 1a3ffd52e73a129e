import type { Format } from '../../../formats/format.js';
import { type Activation, called, push } from '../../build/builder.js';
import { findFunction } from '../../functions/index.js';
import { int32s } from '../../integers.js';
import { type ConvLayer, type DenseLayer, type GeneralLayer, isMacLayer, type Layer } from '../../network.js';
import { type CodeTensor, integerTensor, oneZeroPoint, type Quantization } from '../../tensor.js';
import { scalarOf, valuesOf } from './constant.js';
import { attributesOf } from './general.js';
import type { NodeReader } from './node.js';
import type { Reader, StoredValue, Value } from './reader.js';

/**
 * A QuantizeLinear takes the node before it along, where the rules have both as one step over codes: ONNX Runtime's choice
 * of nodes (qdq_selectors), measured with onnxruntime-node 1.30.0.
 */

/** The codes that the node gives at once; undefined where it stays by itself. */
export function fusedInto(reader: Reader, node: NodeReader, x: Activation, q: Quantization): Activation | undefined {
  const { rules, written } = reader;
  if (x.as !== 'real' || x.type !== undefined || !isFusable(q, rules.bits)) return undefined;
  let source = node.inputs[0];
  const chain: string[] = [];
  for (;;) {
    if (reader.uses.get(source) !== 1) return undefined;
    chain.push(source);
    const before = written.get(source)?.node;
    if (before === undefined || !isRedundant(reader, before, q)) break;
    source = before.inputs[0];
  }
  const found = written.get(source);
  if (found === undefined || found.node.domain !== '' || !rules.fuses.includes(found.node.opType)) return undefined;
  const operands = found.node.inputs.map((name) => reader.values.get(name));
  if (q.fit.format.name === 'int8' && !areOneType(reader, found, node.output)) return undefined;
  const layer = productFused(found, operands, node.output, q) ?? functionFused(found.node, operands, node.output, q);
  if (layer === undefined) return undefined;
  for (const name of chain) remove(reader, written.get(name)?.layers ?? []);
  const reads = operands.filter((each): each is Activation => each?.kind === 'activation');
  const once = [...new Map(reads.map((each) => [each.name, each])).values()];
  const { name } = found.node;
  return push(reader, { ...layer, rule: rules.name, ...(name !== '' && { node: name }) }, once, {
    as: 'codes',
    column: once[0].column,
  });
}

function isFusable({ fit, scale }: Quantization, bits: readonly number[]): boolean {
  return fit.format.kind === 'int' && scale.length === 1 && bits.includes(fit.format.bits);
}

/** A ReLU or Clip that keeps all that the codes can say. */
function isRedundant(reader: Reader, node: NodeReader, q: Quantization): boolean {
  if (node.domain !== '' || (node.opType !== 'Relu' && node.opType !== 'Clip')) return false;
  const { format } = q.fit;
  if (format.kind !== 'int') return false;
  const [low, high] = node.opType === 'Relu' ? [0, Infinity] : boundsOf(reader, node);
  const lowest = format.signed ? -(2 ** (format.bits - 1)) : 0;
  const real = (code: number) => Math.fround((code - oneZeroPoint(q)) * q.scale[0]);
  return low <= real(lowest) && real(lowest + 2 ** format.bits - 1) <= high;
}

function boundsOf(reader: Reader, node: NodeReader): readonly [number, number] {
  const bound = (place: number, name: string, absent: number) => {
    if (node.opset < 11) return node.float(name, absent);
    const given = node.inputs[place] ?? '';
    const value = given === '' ? undefined : reader.values.get(given);
    if (given === '') return absent;
    return value?.kind === 'stored' ? scalarOf(value.constant) : Number.NaN;
  };
  return [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
}

type Brought = Reader['written'] extends Map<string, infer Each> ? Each : never;
type Given = Value | undefined;

/** Whether the operands' codes of int8 are made uint8 where the result's are, and only there; a product's weights are as they are. */
function areOneType({ written, turned, values }: Reader, { node, layers }: Brought, output: string): boolean {
  const stays =
    productIn(layers.at(-1)) !== undefined ? [] : node.inputs.filter((name) => values.get(name)?.kind === 'weights');
  const codes = node.inputs.flatMap((name) => {
    const before = written.get(name)?.node;
    return values.get(name)?.kind === 'activation' && before?.opType === 'DequantizeLinear' ? [before.inputs[0]] : [];
  });
  return [...stays, ...codes].every((name) => turned.has(name) === turned.has(output));
}

/** A product by stored codes: a layer of its own, or the function that convolves along other than one or two axes. */
function productIn(
  layer: Layer | undefined,
): { layer: ConvLayer | DenseLayer | GeneralLayer; weight: CodeTensor } | undefined {
  if (layer === undefined) return undefined;
  const weight = isMacLayer(layer) ? layer.weight : layer.op === 'general' ? layer.operands[1] : undefined;
  if (typeof weight !== 'object' || weight.kind !== 'codes') return undefined;
  if (isMacLayer(layer)) return layer.result.kind === 'dequantize' ? { layer, weight } : undefined;
  return layer.op === 'general' && layer.function === 'Conv' && layer.operands[0] === 0 ? { layer, weight } : undefined;
}

/** A product of codes whose sums become codes by one multiplier, as QLinearConv, QLinearMatMul and QGemm have it. */
function productFused(
  { node, layers }: Brought,
  [input, , bias]: readonly Given[],
  name: string,
  q: Quantization,
): ConvLayer | DenseLayer | GeneralLayer | undefined {
  const product = productIn(layers.at(-1));
  if (product === undefined) return undefined;
  const { layer, weight } = product;
  const format = formatOf(input);
  if (format?.name !== q.fit.format.name) return undefined;
  const own = weight.quantization.fit.format;
  const mixed = format.kind === 'int' && format.signed && own.name !== format.name;
  if (own.kind !== 'int' || own.bits !== 8 || mixed) return undefined;
  if ((node.inputs[2] ?? '') === '') return becoming(layer, name, q, weight);
  if (bias?.kind !== 'stored' || layer.name !== node.output) return undefined;
  const whole = wholeBias(bias, scalesOf(input, weight), layer.op !== 'dense');
  return whole && becoming(layer, name, q, weight, whole);
}

/** The product with its sums made codes. */
function becoming<L extends ConvLayer | DenseLayer | GeneralLayer>(
  layer: L,
  name: string,
  output: Quantization,
  weight: CodeTensor,
  bias?: Int32Array,
): L {
  if (layer.op !== 'general') return { ...layer, ...called(name), bias, result: requantized(output) };
  const sums = bias && integerTensor([bias.length], 'int32', Float64Array.from(bias));
  return { ...layer, ...called(name), operands: [0, weight, ...(sums ? [sums] : [])], output };
}

/** Scales of the sums, s_in * s_w in float32, a filter each. */
function scalesOf(input: Given, { shape, quantization: { scale } }: CodeTensor): Float32Array {
  const own = input?.kind === 'activation' ? (input.quantization?.scale[0] ?? 1) : 1;
  return Float32Array.from({ length: shape[0] }, (_, f) => own * scale[scale.length === 1 ? 0 : f]);
}

/**
 * Biases in units of the sums: int32 of the file, or what its real numbers were rounded to. A product of matrices takes the
 * file's whatever their scale says; a convolution stays by itself where that is another one.
 */
function wholeBias({ codes }: StoredValue, scales: Float32Array, checks: boolean): Int32Array | undefined {
  if (codes === undefined || codes.whole.data.length !== scales.length) return undefined;
  const near = (scale: number, f: number) =>
    Math.abs(codes.scale[codes.scale.length === 1 ? 0 : f] - scale) <= NEAR * scale;
  return !checks || scales.every(near) ? int32s(valuesOf(codes.whole), codes.whole.name) : undefined;
}

/** How far a scale of biases may be from that of the sums: with 1.49 % both are one step, with 1.51 % they are not. */
const NEAR = 0.015;

function requantized(output: Quantization): ConvLayer['result'] {
  return { kind: 'requantize', output, convention: 'onnx' };
}

/** A function whose operands all are codes of the result's format. */
function functionFused(
  node: NodeReader,
  given: readonly Given[],
  name: string,
  output: Quantization,
): GeneralLayer | undefined {
  const record = findFunction(node.opType);
  if (record === undefined || (record.products !== undefined && record.fused === undefined)) return undefined;
  const names: string[] = [];
  const operands: (number | CodeTensor)[] = [];
  for (const value of given) {
    if (value === undefined || formatOf(value)?.name !== output.fit.format.name) return undefined;
    if (value.kind === 'weights' && value.tensor.quantization.scale.length === 1) operands.push(value.tensor);
    else if (value.kind === 'activation' && value.column !== true) operands.push(placeOf(names, value.name));
    else return undefined;
  }
  const { attributes, added } = attributesOf(record, node);
  if (added.size > 0 || names.length === 0) return undefined;
  return {
    ...{ op: 'general', ...called(name), inputs: names, function: node.opType },
    ...{ operands, attributes, output },
  };
}

function placeOf(names: string[], name: string): number {
  const at = names.indexOf(name);
  return at >= 0 ? at : names.push(name) - 1;
}

/** Of codes that the file has as real numbers. */
function formatOf(value: Given): Format | undefined {
  if (value?.kind === 'weights') return value.tensor.quantization.fit.format;
  const reals = value?.kind === 'activation' && (value.as === 'dequantized' || value.as === 'carried');
  return reals ? value.quantization?.fit.format : undefined;
}

/** Layers that nobody needs any more, and the real numbers that were made for them alone. */
function remove(reader: Reader, layers: readonly Layer[]): void {
  reader.layers = reader.layers.filter((layer) => !layers.includes(layer));
  const read = new Set(reader.layers.flatMap(({ inputs }) => inputs));
  const before = new Set(layers.flatMap(({ inputs }) => inputs));
  reader.layers = reader.layers.filter(({ op, name }) => op !== 'dequantize' || read.has(name) || !before.has(name));
}
