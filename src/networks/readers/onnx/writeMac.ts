import { decode } from '../../../formats/codec.js';
import { toNumber } from '../../../formats/raw.js';
import type { ConvLayer, Convention, DenseLayer, GeneralLayer, Layer, MacResult } from '../../network.js';
import { int32s } from '../../integers.js';
import { codeTensor, dequantize, zeroCode } from '../../quantization.js';
import type { CodeTensor, Quantization } from '../../tensor.js';
import { markBlocks } from './blockMarks.js';
import type { ElementType } from './element.js';
import { type AttributeValue, emit, FLOAT, INT32, INT64, type Sheet, store, type Written } from './sheet.js';
import { asBytes, asReals, byteTypeOf, clipTo, saturateOf, storeQuantization, storeReals } from './writeCodes.js';

/** Writes a conv or dense layer and gives the element type of its output. */
export function writeMac(sheet: Sheet, layer: ConvLayer | DenseLayer, input: Written): ElementType {
  if (layer.result.kind === 'requantize') return requantize(sheet, layer, layer.result, input);
  const x = operandOf(sheet, layer, input);
  const rest = [storeReals(sheet, `${layer.name}/weight`, asWritten(layer, input).weight)];
  if (layer.bias !== undefined)
    rest.push(store(sheet, `${layer.name}/bias`, FLOAT, [layer.bias.length], Float32Array.from(layer.bias)));
  if (layer.op === 'dense') emit(sheet, 'Gemm', [x, ...rest], layer.name, { transB: 1 });
  else writeConv(sheet, layer, x, rest, input);
  return FLOAT;
}

function operandOf(sheet: Sheet, { name, result }: ConvLayer | DenseLayer, input: Written): string {
  if (result.kind === 'blocks') return markBlocks(sheet, name, input.name, result);
  return result.kind === 'float' ? input.name : asReals(sheet, input);
}

/** Weights over lines have no height in a file. */
function asWritten<L extends ConvLayer | DenseLayer>(layer: L, { shape }: Written): L {
  if (layer.op === 'dense' || shape.length !== 3) return layer;
  const [filters, channels, , length] = layer.weight.shape;
  return { ...layer, weight: { ...layer.weight, shape: [filters, channels, length] } };
}

function writeConv(sheet: Sheet, layer: ConvLayer, x: string, rest: string[], input: Written): void {
  const [lines, padding] = [input.shape.length === 3, paddingOf(layer, input)];
  const window = windowOf(layer, lines);
  if (padding === 0) emit(sheet, 'Conv', [x, ...rest], layer.name, window);
  else
    emit(sheet, 'Conv', [padded(sheet, layer, x, padding, lines), ...rest], layer.name, {
      ...window,
      pads: lines ? [0, 0] : [0, 0, 0, 0],
    });
}

/** What the padding stands for: zero, but for formats that have none (binary: +1). */
function paddingOf({ pad }: ConvLayer, { quantization: q }: Written): number {
  if (q === undefined || pad.every((length) => length === 0)) return 0;
  return dequantize(codeTensor([1], Uint32Array.of(zeroCode(q)), q)).data[0];
}

/** Conv pads with zeros only: other padding goes before it. */
function padded(sheet: Sheet, { name, pad }: ConvLayer, x: string, value: number, lines: boolean): string {
  const [top, left, bottom, right] = pad;
  const lengths = lines ? [0, 0, left, 0, 0, right] : [0, 0, top, left, 0, 0, bottom, right];
  const pads = store(sheet, `${name}/pads`, INT64, [lengths.length], Float64Array.from(lengths));
  const constant = store(sheet, `${name}/padding`, FLOAT, [], Float32Array.of(value));
  return emit(sheet, 'Pad', [x, pads, constant], `${name}/padded`);
}

/** @param lines whether the file has one axis instead of height and width */
function windowOf(layer: ConvLayer, lines: boolean): Record<string, AttributeValue> {
  const pair = (lengths: readonly number[]) => (lines ? lengths.slice(1) : lengths);
  return {
    kernel_shape: pair(layer.weight.shape.slice(2)),
    strides: pair(layer.stride),
    pads: lines ? [layer.pad[1], layer.pad[3]] : layer.pad,
    dilations: pair(layer.dilation),
    group: layer.groups,
  };
}

/** Whether QLinearConv rounds as a convention does. */
const QLINEAR: Readonly<Record<Convention, boolean>> = { onnx: true };

/**
 * QLinearConv; a dense layer is a 1 x 1 convolution over features x 1 x 1. Integers narrower than a byte run as bytes
 * whose results are clipped, which is the same as saturating to the narrow range.
 */
function requantize(
  sheet: Sheet,
  layer: ConvLayer | DenseLayer,
  { output, convention }: Extract<MacResult, { kind: 'requantize' }>,
  input: Written,
): ElementType {
  const { name, weight } = layer;
  if (!QLINEAR[convention])
    throw new Error(`layer ${name} requantizes by the convention ${convention}: ONNX has that of QLinearConv alone`);
  if (weight.kind === 'float' || input.quantization === undefined)
    throw new Error(`layer ${name} requantizes, so its input and weights must be codes`);
  const byte = byteTypeOf(output.fit.format, name);
  saturateOf(output.fit, byte);
  if (output.scale.length !== 1)
    throw new Error(`layer ${name} has ${output.scale.length} output scales: QLinearConv has one`);
  let x = asBytes(sheet, input);
  if (layer.op === 'dense') x = emit(sheet, 'Reshape', [x, columnShape(sheet, weight.shape[1])], `${name}/column`);
  const own = { ...layer, weight: asWritten({ ...layer, weight }, input).weight };
  const inputs = qlinearInputs(sheet, own, x, input, output, byte);
  return finish(sheet, layer, inputs, output, byte, input.shape.length === 3);
}

/** Codes, weights and the result with their scales and zero points, and biases where there are some. */
function qlinearInputs(
  sheet: Sheet,
  layer: Pick<Layer, 'name' | 'op'> & { weight: CodeTensor; bias?: ArrayLike<number> },
  x: string,
  { name: from, quantization }: Written,
  output: Quantization,
  byte: ElementType,
): string[] {
  const { name, weight, bias } = layer;
  const q = quantization as Quantization;
  return [
    ...[x, ...storeQuantization(sheet, `${name}/input`, q, byteTypeOf(q.fit.format, from))],
    ...byteWeights(sheet, layer, weight),
    ...storeQuantization(sheet, name, output, byte),
    ...(bias === undefined ? [] : [store(sheet, `${name}/bias`, INT32, [bias.length], asWords(bias, name))]),
  ];
}

/**
 * A function that convolves codes in one step, as QLinearConv.
 * @returns undefined where weights are computed, or the input is no codes
 */
export function writeConvOfCodes(
  sheet: Sheet,
  { name, op, operands, output }: GeneralLayer,
  [input]: readonly Written[],
  attributes: Record<string, AttributeValue>,
): ElementType | undefined {
  const [x, weight, bias] = operands;
  const stored = x === 0 && typeof weight === 'object' && weight.kind === 'codes' ? weight : undefined;
  if (output === undefined || stored === undefined || input.quantization === undefined) return undefined;
  const byte = byteTypeOf(output.fit.format, name);
  saturateOf(output.fit, byte);
  const sums = typeof bias === 'object' ? bias.data : undefined;
  const layer = { name, op, weight: stored, ...(sums && { bias: sums }) };
  emit(sheet, 'QLinearConv', qlinearInputs(sheet, layer, asBytes(sheet, input), input, output, byte), name, attributes);
  return byte;
}

/** int32 biases as the words that hold them. */
function asWords(bias: ArrayLike<number>, layer: string): Uint32Array {
  return Uint32Array.from(int32s(bias, `layer ${layer}: the bias`));
}

function finish(
  sheet: Sheet,
  layer: ConvLayer | DenseLayer,
  inputs: string[],
  output: Quantization,
  byte: ElementType,
  lines: boolean,
): ElementType {
  const { name } = layer;
  const format = output.fit.format;
  const steps: ((x: string, y: string) => string)[] = [
    (_, y) =>
      emit(sheet, 'QLinearConv', inputs, y, layer.op === 'conv' ? windowOf(layer, lines) : { kernel_shape: [1, 1] }),
  ];
  if (layer.op === 'dense') steps.push((x, y) => emit(sheet, 'Flatten', [x], y));
  if (format.kind === 'int' && format.bits < 8) steps.push((x, y) => clipTo(sheet, x, format, y));
  steps.reduce((x, step, i) => step(x, i === steps.length - 1 ? name : `${name}/step${i}`), '');
  return byte;
}

function columnShape(sheet: Sheet, features: number): string {
  return store(sheet, `column/${features}`, INT64, [4], new Float64Array([0, features, 1, 1]));
}

/** Weights, scales and zero points as QLinearConv takes them. */
function byteWeights(sheet: Sheet, { name, op }: Pick<Layer, 'name' | 'op'>, weight: CodeTensor): string[] {
  const q = weight.quantization;
  const { format } = q.fit;
  const byte = byteTypeOf(format, `${name}/weight`);
  const shape = op === 'dense' ? [...weight.shape, 1, 1] : weight.shape;
  const values = Uint8Array.from(weight.data, (code) => toNumber(decode(format, code)) & 0xff);
  let stored = store(sheet, `${name}/weight`, byte, shape, values);
  if (format.kind === 'int' && format.bits < 8) stored = clipTo(sheet, stored, format, `${name}/weight/${format.name}`);
  return [stored, ...storeQuantization(sheet, `${name}/weight`, q, byte)];
}
