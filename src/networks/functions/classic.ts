import { exp } from '../elementary.js';
import { transpose } from '../products/gemm.js';
import { dequantize } from '../quantization.js';
import { floatTensor, type FloatTensor, integerTensor, type Tensor } from '../tensor.js';
import { type Attributes, float, floats, int, ints, word } from './attributes.js';
import type { Around, OperandFacts, TensorFunction } from './function.js';
import { factsAt } from './numbers.js';
import { integersOf } from './operands.js';

/** Operators of ai.onnx.ml around networks of layers and linear models, as scikit-learn's are exported; numbers alone. */

/** Any numbers as a matrix of rows; a vector is one. */
function rowsOf(operand: Tensor | undefined, place = 0): FloatTensor {
  if (operand === undefined) throw new Error(`lacks operand ${place + 1}`);
  const { shape, data } = dequantize(operand);
  if (shape.length === 0 || shape.length > 2)
    throw new Error(`reads ${shape.join('x') || 'a scalar'}: rows are wanted`);
  return floatTensor(shape.length === 1 ? [1, ...shape] : shape, data);
}

/** A number for each column, or one for all. */
function perColumn(given: readonly number[], columns: number, absent: number): (column: number) => number {
  if (given.length > 1 && given.length !== columns)
    throw new Error(`has ${given.length} numbers for ${columns} columns: one, or one for each, is wanted`);
  return (column) => given[given.length === 1 ? 0 : column] ?? absent;
}

const list = (attributes: Attributes, name: string) => (attributes[name] as readonly number[] | undefined) ?? [];

/** Each number of its column, of the shape of what comes in. */
function columnwise(
  attributes: TensorFunction['attributes'],
  make: (given: Attributes, columns: number) => (x: number, column: number) => number,
): TensorFunction {
  return {
    ...{ operands: 1, ...(attributes && { attributes }) },
    run: ([operand], given) => {
      const { shape } = operand as Tensor;
      const x = rowsOf(operand);
      const columns = x.shape[1];
      const each = make(given, columns);
      return [
        real(
          shape,
          x.data.map((value, i) => each(value, i % columns)),
        ),
      ];
    },
  };
}

const real = (shape: readonly number[], data: Float32Array): FloatTensor => ({
  ...floatTensor(shape, data),
  type: 'float32',
});

/** A row over its largest, the sum of its sizes, or the root of the sum of its squares. */
const normalizer: TensorFunction = {
  operands: 1,
  attributes: { norm: word('MAX', ['MAX', 'L1', 'L2']) },
  operations: 3,
  run: ([operand], { norm }) => {
    const { shape } = operand as Tensor;
    const {
      data,
      shape: [rows, columns],
    } = rowsOf(operand);
    const result = new Float32Array(data.length);
    for (let r = 0; r < rows; r++) {
      const row = data.subarray(r * columns, (r + 1) * columns);
      const size = norm === 'MAX' ? Math.max(...row) : sizeBy(row, norm === 'L1');
      row.forEach((x, i) => (result[r * columns + i] = size === 0 ? x : x / size));
    }
    return [real(shape, result)];
  },
};

function sizeBy(row: Float32Array, plain: boolean): number {
  let sum = 0;
  for (const x of row) sum += plain ? Math.abs(x) : x * x;
  return plain ? sum : Math.sqrt(sum);
}

/** Columns by their index. */
const arrayFeatureExtractor: TensorFunction = {
  operands: 2,
  run: ([operand, places]) => {
    const x = operand as Tensor;
    if (x.kind === 'codes') throw new Error('reads codes: dequantize first');
    const { data: indices } = integersOf(places, 1);
    const columns = x.shape[x.shape.length - 1] ?? 1;
    const wrong = indices.find((index) => !(index >= 0 && index < columns));
    if (wrong !== undefined) throw new Error(`takes column ${wrong} of ${columns}`);
    const rows = x.data.length / columns;
    const shape = x.shape.length < 2 ? [1, indices.length] : [...x.shape.slice(0, -1), indices.length];
    const at = (i: number) => x.data[Math.floor(i / indices.length) * columns + indices[i % indices.length]];
    const values = Float64Array.from({ length: rows * indices.length }, (_, i) => at(i));
    return [
      x.kind === 'integers' ? integerTensor(shape, x.type, values) : { ...x, shape, data: Float32Array.from(values) },
    ];
  },
};

const featureVectorizer: TensorFunction = {
  attributes: { inputdimensions: ints() },
  run: (operands) => {
    const parts = operands.map((each, place) => rowsOf(each, place));
    const [rows] = parts[0].shape;
    const apart = parts.find(({ shape }) => shape[0] !== rows);
    if (apart !== undefined) throw new Error(`reads ${rows} rows and ${apart.shape[0]}: as many are wanted`);
    const columns = parts.reduce((sum, { shape }) => sum + shape[1], 0);
    const result = new Float32Array(rows * columns);
    let first = 0;
    for (const { data, shape } of parts) {
      for (let r = 0; r < rows; r++) result.set(data.subarray(r * shape[1], (r + 1) * shape[1]), r * columns + first);
      first += shape[1];
    }
    return [real([rows, columns], result)];
  },
};

const LINEAR = { coefficients: floats(), intercepts: floats() };
const POST = { post_transform: word('NONE', ['NONE', 'SOFTMAX', 'LOGISTIC']) };

/** x times coefficients [targets, columns], and intercepts, on the array. */
function scoresOf(operand: Tensor | undefined, attributes: Attributes, targets: number, { layer, arithmetic }: Around) {
  const {
    data,
    shape: [m, k],
  } = rowsOf(operand);
  const [coefficients, intercepts] = [list(attributes, 'coefficients'), list(attributes, 'intercepts')];
  checkLinear(attributes, targets, k);
  const turned = transpose(Float32Array.from(coefficients), targets, k, new Float32Array(targets * k));
  const sums = arithmetic.values(data, turned, { layer, m, n: targets, k });
  const scores = sums.map((sum, i) => sum + (intercepts[i % targets] ?? 0));
  return { rows: m, scores };
}

function checkLinear(attributes: Attributes, targets: number, k: number): void {
  const { length } = list(attributes, 'coefficients');
  if (length !== targets * k) throw new Error(`has ${length} coefficients: ${targets} x ${k} are wanted`);
}

function transformed(scores: Float32Array, targets: number, post: unknown): Float32Array {
  if (post === 'LOGISTIC') return scores.map((x) => 1 / (1 + exp(-x)));
  if (post !== 'SOFTMAX') return scores;
  const result = new Float32Array(scores.length);
  for (let first = 0; first < scores.length; first += targets) {
    const row = scores.subarray(first, first + targets);
    const largest = Math.max(...row);
    const powers = Float64Array.from(row, (x) => exp(x - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    powers.forEach((power, i) => (result[first + i] = power / sum));
  }
  return result;
}

function rowCount(operands: readonly (OperandFacts | undefined)[]): [number, number] {
  const { shape } = factsAt(operands, 0);
  if (shape.length === 0 || shape.length > 2)
    throw new Error(`reads ${shape.join('x') || 'a scalar'}: rows are wanted`);
  return shape.length === 1 ? [1, shape[0]] : [shape[0], shape[1]];
}

const linearRegressor: TensorFunction = {
  operands: 1,
  attributes: { ...LINEAR, ...POST, targets: int(1) },
  facts: (operands, attributes) => {
    const [rows, columns] = rowCount(operands);
    checkLinear(attributes, attributes.targets as number, columns);
    return [{ shape: [rows, attributes.targets as number], type: 'float32' }];
  },
  products: (operands, { targets }) => {
    const [m, k] = rowCount(operands);
    return { m, n: targets as number, k, groups: 1, inputs: m * k };
  },
  run: ([operand], attributes, around) => {
    const targets = attributes.targets as number;
    const { rows, scores } = scoresOf(operand, attributes, targets, around);
    return [real([rows, targets], transformed(scores, targets, attributes.post_transform))];
  },
};

/** The label of the largest score, and all scores. */
const linearClassifier: TensorFunction = {
  operands: 1,
  attributes: { ...LINEAR, ...POST, classlabels_ints: ints(), multi_class: int(0) },
  facts: (operands, attributes) => {
    const [rows] = rowCount(operands);
    return [
      { shape: [rows], type: 'int64' },
      { shape: [rows, classesOf(attributes).length], type: 'float32' },
    ];
  },
  products: (operands, attributes) => {
    const [m, k] = rowCount(operands);
    return { m, n: classesOf(attributes).length, k, groups: 1, inputs: m * k };
  },
  run: ([operand], attributes, around) => {
    const labels = classesOf(attributes);
    const { rows, scores } = scoresOf(operand, attributes, labels.length, around);
    const best = Float64Array.from({ length: rows }, (_, r) => {
      const row = scores.subarray(r * labels.length, (r + 1) * labels.length);
      return labels[row.indexOf(Math.max(...row))];
    });
    const all = transformed(scores, labels.length, attributes.post_transform);
    return [integerTensor([rows], 'int64', best), real([rows, labels.length], all)];
  },
};

function classesOf(attributes: Attributes): readonly number[] {
  const labels = list(attributes, 'classlabels_ints');
  const scores = list(attributes, 'intercepts').length;
  if (labels.length > 1 && labels.length === scores) return labels;
  throw new Error(
    `has ${labels.length} whole labels and ${scores} intercepts: one of each for every class is supported`,
  );
}

/** Scores by their labels: the scores, since there are no maps here. */
const zipMap: TensorFunction = {
  operands: 1,
  attributes: { classlabels_int64s: ints(), classlabels_strings: { kind: 'strings', absent: undefined } },
  operations: 0,
  facts: (operands) => [{ shape: factsAt(operands, 0).shape }],
  run: ([operand]) => [operand as Tensor],
};

export const CLASSIC: Readonly<Record<string, TensorFunction>> = {
  'ai.onnx.ml.ArrayFeatureExtractor': arrayFeatureExtractor,
  'ai.onnx.ml.Binarizer': columnwise(
    { threshold: float(0) },
    ({ threshold }) =>
      (x) =>
        Number(x > Number(threshold)),
  ),
  'ai.onnx.ml.FeatureVectorizer': featureVectorizer,
  'ai.onnx.ml.LinearClassifier': linearClassifier,
  'ai.onnx.ml.LinearRegressor': linearRegressor,
  'ai.onnx.ml.Normalizer': normalizer,
  'ai.onnx.ml.Scaler': columnwise({ offset: floats(), scale: floats() }, (given, columns) => {
    const [offset, scale] = [perColumn(list(given, 'offset'), columns, 0), perColumn(list(given, 'scale'), columns, 1)];
    return (x, column) => Math.fround(x - Math.fround(offset(column))) * Math.fround(scale(column));
  }),
  'ai.onnx.ml.ZipMap': zipMap,
};
