import { formatNamed } from '../../formats/catalog.js';
import { type FloatTensor, floatTensor, integerTensor, type Tensor } from '../tensor.js';
import { CELLS, type CellParts } from './cells.js';
import { halfEven } from './fma.js';
import type { Around, OperandFacts, TensorFunction } from './function.js';
import { dynamicQuantizeLinear, matrixSums, scaledSums } from './integerProducts.js';
import { floatsOf, integersOf } from './operands.js';
import { recurrent } from './recurrent.js';

/**
 * ONNX Runtime's DynamicQuantizeLSTM: weights are codes [ways, k, gates x hidden] whose scales and zero points come last.
 * Codes of the input have one range for all steps up to the longest sequence's end, those of the state one for each step.
 */

type Given = readonly (Tensor | undefined)[];

/** Weights and their zero points. */
const CODES = [1, 2, 9, 11];

/** One direction's part of a tensor. */
function partOf(given: Tensor | undefined, place: number, ways: number, way: number): Tensor {
  const x = CODES.includes(place) ? integersOf(given, place) : floatsOf(given, place);
  const size = x.data.length / ways;
  const data = x.data.slice(way * size, (way + 1) * size);
  const shape = x.shape.length === 3 ? x.shape.slice(1) : [size];
  return x.kind === 'integers'
    ? integerTensor(shape, x.type, data as Float64Array)
    : floatTensor(shape, data as Float32Array);
}

/** x times the codes of a direction, as real numbers; the scale and zero point of x are its own or those given. */
function product(
  x: readonly [Tensor, Tensor, Tensor],
  [weights, scales, zeros]: readonly Tensor[],
  around: Around,
): Float32Array {
  const [codes, scale, zero] = x;
  return (scaledSums(matrixSums(codes, weights, [zero, zeros], around), scale, scales, undefined) as FloatTensor).data;
}

/** x times w plus h times r of one direction. */
function sumsOf(operands: Given, ways: number, way: number, around: Around, { batch, inputs, hidden }: CellParts) {
  const part = (place: number) => partOf(operands[place], place, ways, way);
  const [ofInput, ofState] = [
    [part(1), part(8), part(9)],
    [part(2), part(10), part(11)],
  ];
  const quantized = (x: Tensor) => dynamicQuantizeLinear.run([x], {}, around) as [Tensor, Tensor, Tensor];
  const { data } = floatsOf(operands[0], 0);
  const longest = operands[4] && Math.max(...integersOf(operands[4], 4).data);
  const read = data.slice(0, longest === undefined ? data.length : longest * batch * inputs);
  const [, scale, zero] = quantized(floatTensor([read.length], read));
  const codeOf = (x: number) => Math.min(Math.max(halfEven(Math.fround(x / scale.data[0])) + zero.data[0], 0), 255);
  return (x: Float32Array, h: Float32Array) => {
    const codes = integerTensor([batch, inputs], 'uint8', Float64Array.from(x, codeOf));
    const sums = product([codes, scale, zero], ofInput, around);
    const more = product(quantized(floatTensor([batch, hidden], h.slice())), ofState, around);
    return sums.map((sum, i) => sum + more[i]);
  };
}

const plain = recurrent(CELLS.LSTM);

/** Operands of an LSTM whose weights have the other order of axes; what they hold does not matter. */
function turned<T extends { shape: readonly number[] }>(
  operands: readonly (T | undefined)[],
  make: (shape: readonly number[]) => T,
): (T | undefined)[] {
  const swap = (x: T | undefined) => x && make([x.shape[0], x.shape[2], x.shape[1]]);
  const [x, w, r, ...rest] = operands.slice(0, 8);
  return [x, swap(w), swap(r), ...rest];
}

const dynamicQuantizeLstm: TensorFunction = {
  ...plain,
  operands: 12,
  acrossBatch: () => true,
  facts: (operands, attributes) =>
    plain.facts?.(
      turned<OperandFacts>(operands, (shape) => ({ shape })),
      attributes,
    ) ?? [],
  products: (operands, attributes) => {
    const made = plain.products?.(
      turned<OperandFacts>(operands, (shape) => ({ shape })),
      attributes,
    );
    return made && { ...made, aFormat: formatNamed('uint8'), bFormat: formatNamed(String(operands[1]?.type)) };
  },
  run: (operands, attributes, around) => {
    const ways = integersOf(operands[1], 1).shape[0];
    let way = 0;
    const stepper: typeof CELLS.LSTM.stepper = (parts) =>
      CELLS.LSTM.stepper({ ...parts, sums: sumsOf(operands, ways, way++, around, parts) });
    const reals = turned<Tensor>(operands, (shape) => floatTensor(shape));
    return recurrent({ ...CELLS.LSTM, stepper }).run(reals, attributes, around);
  },
};

export const DYNAMIC_LSTM: Readonly<Record<string, TensorFunction>> = {
  'com.microsoft.DynamicQuantizeLSTM': dynamicQuantizeLstm,
};
