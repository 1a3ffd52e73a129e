import { formatNamed } from '../../../formats/catalog.js';
import { fitTo } from '../../../formats/codec.js';
import { halfEven } from '../../functions/fma.js';
import { codeTensor, perTensor } from '../../quantization.js';
import type { CodeTensor, Quantization } from '../../tensor.js';
import { elementType } from './element.js';
import { freeNames, type GraphStep } from './order.js';
import type { Proto } from './proto.js';
import type { Reader, StoredValue, Value, WeightsValue } from './reader.js';

/**
 * Stored real weights and biases of a product between codes, which the rules have as integers: ONNX Runtime gives them to
 * every one of its list whose result nobody but a QuantizeLinear reads, by way of Relu and Clip (its WeightBiasQuantization),
 * before it chooses what becomes one step. Measured with onnxruntime-node 1.30.0, bit for bit.
 */

type Node = Proto<'NodeProto'>;

/** Names that nodes write and only a QuantizeLinear reads, by way of Relu and Clip; that the graph gives them changes nothing. */
export function namesBeforeCodes(steps: readonly GraphStep[]): string[] {
  const readers = new Map<string, (Node | undefined)[]>();
  const add = (name: string, by?: Node) => {
    const list = readers.get(name);
    if (list === undefined) readers.set(name, [by]);
    else list.push(by);
  };
  for (const { node } of steps) {
    for (const name of node.input) add(name, node);
    for (const name of freeNames(node)) add(name);
  }
  const reachesCodes = (name: string): boolean => {
    for (let at = name; ; ) {
      const [only, more] = readers.get(at) ?? [];
      if (only === undefined || more !== undefined || only.input[0] !== at) return false;
      if (only.opType === 'QuantizeLinear') return true;
      if (only.opType !== 'Relu' && only.opType !== 'Clip') return false;
      at = only.output[0];
    }
  };
  return steps.flatMap(({ node }) => node.output.slice(0, 1)).filter(reachesCodes);
}

/**
 * Codes of int8 that ONNX Runtime makes uint8 on x86-64: a QuantizeLinear gives them to one DequantizeLinear alone, and that to one
 * node (its QDQS8ToU8 behind EnsureUniqueDQForNodeUnit). A node is one step where all its codes are of one type afterwards.
 * @param outputs of the graph
 */
export function turnedCodes(steps: readonly GraphStep[], outputs: readonly string[]): string[] {
  const readers = new Map<string, (Node | undefined)[]>(outputs.map((name) => [name, [undefined]]));
  for (const { node } of steps)
    for (const name of [...node.input, ...freeNames(node)]) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  return steps.flatMap(({ node: { opType, output } }) => {
    const [only, more] = readers.get(output[0]) ?? [];
    if (opType !== 'QuantizeLinear' || only?.opType !== 'DequantizeLinear' || more !== undefined) return [];
    return readers.get(only.output[0])?.length === 1 ? [output[0]] : [];
  });
}

/** The node over integers in place of its stored real numbers, where the rules have them so. */
export function overIntegers(reader: Reader, node: Node): Node {
  const { rules, values, beforeCodes } = reader;
  const [x, weight, bias] = node.input.map((name) => values.get(name));
  if (node.domain !== '' || !rules.rounds.includes(node.opType) || !beforeCodes.has(node.output[0])) return node;
  if (x?.kind !== 'activation' || x.as !== 'dequantized' || !isWhole(x.quantization)) return node;
  if ((node.input[2] ?? '') !== '' && !isVector(bias)) return node;
  const inputs = [...node.input];
  const own = weight?.kind === 'stored' ? weightsOf(weight) : weight;
  if (own?.kind !== 'weights' || own.tensor.quantization.fit.format.kind !== 'int') return node;
  if (own !== weight) put(1, own);
  const whole = isVector(bias) ? biasOf(bias, x.quantization.scale[0], own.tensor) : undefined;
  if (whole !== undefined) put(2, whole);
  return { ...node, input: inputs };

  function put(place: number, value: StoredValue | WeightsValue): void {
    inputs[place] = `${node.output[0]}/${node.input[place]}`;
    values.set(inputs[place], value);
  }
}

/** Integers of one scale. */
function isWhole(q: Quantization | undefined): q is Quantization {
  return q?.fit.format.kind === 'int' && q.scale.length === 1;
}

/** A stored vector of float32, and no int32 of the file. */
function isVector(value: Value | undefined): value is StoredValue {
  if (value?.kind !== 'stored' || value.codes !== undefined) return false;
  return value.constant.type.name === 'FLOAT' && value.constant.shape.length === 1;
}

const INT8 = fitTo(formatNamed('int8'));

/** Codes of int8 from -128 to 127 over the range of the numbers and 0, one scale and zero point for all. */
function weightsOf({ constant: { type, data, shape } }: StoredValue): WeightsValue | undefined {
  let [low, high] = [0, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) return undefined;
    [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  if (type.name !== 'FLOAT') return undefined;
  const scale = low === high ? 1 : Math.fround(Math.fround(high - low) / 255);
  const zero = halfEven(Math.fround(-128 - Math.fround(low / scale)));
  const code = (value: number) => Math.max(-128, Math.min(127, halfEven(Math.fround(value / scale)) + zero)) & 255;
  const codes = Uint8Array.from(data, code);
  return { kind: 'weights', tensor: codeTensor(shape, codes, perTensor(INT8, scale, zero)) };
}

/** Real numbers as int32 in units of the sums, s_in * s_w in float32. */
function biasOf({ constant }: StoredValue, input: number, weight: CodeTensor): StoredValue | undefined {
  const { data } = constant;
  const scale = weight.quantization.scale.map((each) => each * input);
  if (scale.length > 1 && scale.length !== data.length) return undefined;
  const unit = (i: number) => scale[scale.length === 1 ? 0 : i];
  const whole = Float64Array.from(data, (value, i) => halfEven(Math.fround(value / unit(i))));
  if (!whole.every((value) => Math.abs(value) < 2 ** 31)) return undefined;
  const int32 = { ...constant, type: elementType('INT32'), data: Uint32Array.from(whole, (value) => value >>> 0) };
  return {
    kind: 'stored',
    constant: { ...constant, data: Float32Array.from(whole, (value, i) => Math.fround(value) * unit(i)) },
    codes: { whole: int32, scale },
  };
}
