import {
  floatTensor,
  type IntegerType,
  integerTensor,
  type RealType,
  type Tensor,
  type TensorFacts,
} from '../tensor.js';
import { int } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { taken } from './moves.js';
import { axisOf, OpenShape } from './operands.js';

/** Functions that make tensors by a rule: sequences, diagonals, triangles. */

/** Zeros of a type. */
function zeros(shape: readonly number[], type: TensorFacts['type'] = 'float32'): Exclude<Tensor, { kind: 'codes' }> {
  if (!type.includes('float')) return integerTensor(shape, type as IntegerType);
  return { ...floatTensor(shape), ...(type !== 'float32' && { type: type as RealType }) };
}

/** First, step and number of a sequence. @throws OpenShape where they are computed, Error where one is missing or the step is 0 */
function sequenceOf(operands: readonly (Pick<OperandFacts, 'value' | 'type'> | undefined)[]): {
  first: number;
  step: number;
  count: number;
} {
  const [first, limit, step] = [0, 1, 2].map((place) => {
    const operand = operands[place];
    if (operand === undefined) throw new Error('lacks its start, limit or delta');
    if (operand.value?.data.length === 1) return operand.value.data[0];
    const type = operands[0]?.type;
    throw new OpenShape(
      'computes its start, limit or delta while it runs: only those known from the file can be followed',
      [{ shape: [Number.NaN], ...(type && { type }) }],
    );
  });
  if (step === 0) throw new Error('has delta = 0');
  return { first, step, count: Math.max(0, Math.ceil((limit - first) / step)) };
}

const range: TensorFunction = {
  operands: 3,
  operations: 0,
  facts: (operands) => {
    const { type } = operands[0] as OperandFacts;
    return [{ shape: [sequenceOf(operands).count], ...(type && { type }) }];
  },
  run: (operands) => {
    const { first, step, count } = sequenceOf(operands.map((value) => ({ value })));
    const made = zeros([count], (operands[0] as Exclude<Tensor, { kind: 'codes' }>).type);
    for (let i = 0; i < count; i++) made.data[i] = first + i * step;
    return [made];
  },
};

/** TensorProto.DataType of what EyeLike may give. */
const ELEMENT_TYPES: Readonly<Record<number, TensorFacts['type']>> = {
  ...{ 1: 'float32', 2: 'uint8', 3: 'int8', 4: 'uint16', 5: 'int16', 6: 'int32', 7: 'int64', 9: 'bool' },
  ...{ 10: 'float16', 11: 'float64', 12: 'uint32', 13: 'uint64', 16: 'bfloat16' },
};

function eyeType(own: TensorFacts['type'], dtype: number | undefined): NonNullable<TensorFacts['type']> {
  const type = dtype === undefined ? (own ?? 'float32') : ELEMENT_TYPES[dtype];
  if (type === undefined)
    throw new Error(`has dtype = ${dtype}: real numbers of 16 to 64 bits and integers are supported`);
  return type;
}

const eyeLike: TensorFunction = {
  operands: 1,
  attributes: { dtype: int(undefined), k: int(0) },
  operations: 0,
  facts: ([x], { dtype }) => {
    const { shape, type } = x as OperandFacts;
    return [{ shape, type: eyeType(type, dtype as number | undefined) }];
  },
  run: ([x], { dtype, k }) => {
    const { shape, kind } = x as Tensor;
    if (shape.length !== 2) throw new Error(`reads ${shape.join('x')}: a matrix is wanted`);
    const own = kind === 'codes' ? undefined : (x as Exclude<Tensor, { kind: 'codes' }>).type;
    const eye = zeros(shape, eyeType(own, dtype as number | undefined));
    for (let i = 0; i < shape[0]; i++) {
      const column = i + (k as number);
      if (column >= 0 && column < shape[1]) eye.data[i * shape[1] + column] = 1;
    }
    return [eye];
  },
  acrossBatch: () => true,
};

/** The upper or the lower triangle of every matrix, beginning `k` diagonals above the middle one; zeros elsewhere. */
const trilu: TensorFunction = {
  operands: 2,
  attributes: { upper: int(1) },
  facts: ([x]) => {
    const { shape, type } = x as OperandFacts;
    return [{ shape, ...(type && { type }) }];
  },
  run: ([x, diagonal], { upper }) => {
    const { shape, data } = x as Tensor;
    const [rows, columns] = shape.slice(-2);
    axisOf(-2, shape.length);
    const k = diagonal?.data[0] ?? 0;
    const places = new Int32Array(data.length);
    for (let i = 0; i < places.length; i++) {
      const column = i % columns;
      const above = column - (Math.floor(i / columns) % rows) - k;
      places[i] = upper === 1 ? (above >= 0 ? i : -1) : above <= 0 ? i : -1;
    }
    return [taken(x as Tensor, shape, places, 0)];
  },
  acrossBatch: ([x]) => (x as OperandFacts).shape.length < 3,
};

export const MADE: Readonly<Record<string, TensorFunction>> = { Range: range, EyeLike: eyeLike, Trilu: trilu };
