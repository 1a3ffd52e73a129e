import { power } from '../scalars/power.js';
import { type IntegerType, type Tensor } from '../tensor.js';
import { int } from './attributes.js';
import { broadcastShape } from './broadcast.js';
import { castInteger } from './convert.js';
import type { TensorFunction } from './function.js';
import {
  bitsOf,
  emptyNumbers,
  factsAt,
  integerTypeOf,
  numberFacts,
  type NumberTensor,
  numbersOf,
  typeTogether,
  wrapped,
} from './numbers.js';
import { overRows, type RowLoop } from './rows.js';

/** Arithmetic of two numbers, broadcast; float32 operands give the float32 nearest to the float64 result. */

export type NumberPair = (x: number, y: number) => number;

/** A row of results of a function of two numbers. */
export function pairwise(pair: NumberPair): RowLoop {
  return ([x, y], to, at, length) => {
    for (let i = 0, p = x.at, q = y.at; i < length; i++, p += x.step, q += y.step)
      to[at + i] = pair(x.data[p], y.data[q]);
  };
}

/** The shape of two operands together, and their type. */
export const factsTogether: NonNullable<TensorFunction['facts']> = (operands) => {
  const [x, y] = [factsAt(operands, 0), factsAt(operands, 1)];
  return [numberFacts(broadcastShape([x.shape, y.shape]), typeTogether([x, y]))];
};

/** Operands of one type to a result of that type, and integers wrap. */
export function combined(
  operands: readonly (Tensor | undefined)[],
  reals: RowLoop,
  integers: (type: IntegerType) => RowLoop,
): NumberTensor {
  const numbers = operands.map((operand, place) => numbersOf(operand, place));
  const shape = broadcastShape(numbers.map((each) => each.shape));
  const type = typeTogether(numbers);
  const output = emptyNumbers(shape, type);
  overRows(numbers, shape, output.data, type === undefined ? reals : integers(type));
  if (output.kind === 'integers') wrapped(output.data, output.type);
  return output;
}

function binary(reals: RowLoop, integers: (type: IntegerType) => RowLoop = () => reals): TensorFunction {
  return {
    oneType: true,
    operands: 2,
    elementwise: true,
    facts: factsTogether,
    run: ([x, y]) => [combined([x, y], reals, integers)],
  };
}

// The four that networks are full of have loops of their own: a call for each element takes several times as long.

const add: RowLoop = ([{ data: a, at: p, step: s }, { data: b, at: q, step: t }], to, at, length) => {
  for (let i = 0; i < length; i++) to[at + i] = a[p + i * s] + b[q + i * t];
};

const subtract: RowLoop = ([{ data: a, at: p, step: s }, { data: b, at: q, step: t }], to, at, length) => {
  for (let i = 0; i < length; i++) to[at + i] = a[p + i * s] - b[q + i * t];
};

const multiply: RowLoop = ([{ data: a, at: p, step: s }, { data: b, at: q, step: t }], to, at, length) => {
  for (let i = 0; i < length; i++) to[at + i] = a[p + i * s] * b[q + i * t];
};

const divide: RowLoop = ([{ data: a, at: p, step: s }, { data: b, at: q, step: t }], to, at, length) => {
  for (let i = 0; i < length; i++) to[at + i] = a[p + i * s] / b[q + i * t];
};

/** The low 32 bits of a product of integers up to 32 bits: in float64 those of the largest would be lost. */
const multiplyLow = pairwise(Math.imul);

const divideWhole = pairwise((x, y) => {
  if (y === 0) throw new Error('divides an integer by 0');
  return Math.trunc(x / y);
});

/** The sign of the divisor, as in Python; with `fmod` that of the dividend, as in C. */
const modulo: TensorFunction = {
  operands: 2,
  attributes: { fmod: int(0) },
  facts: (operands, { fmod }) => {
    if (fmod !== 1 && typeTogether([factsAt(operands, 0), factsAt(operands, 1)]) === undefined)
      throw new Error('has fmod = 0 over real numbers: 1 is wanted');
    return factsTogether(operands, {});
  },
  run: ([x, y], { fmod }) => [combined([x, y], remainder, () => (fmod === 1 ? remainder : flooredRemainder))],
};

const remainder = pairwise((x, y) => x % y);
const flooredRemainder = pairwise((x, y) => {
  if (y === 0) throw new Error('divides an integer by 0');
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
});

/** ONNX Runtime's for the one exponent 3: two products in float32. */
const cube = pairwise((x) => Math.fround(x * x) * x);

/** The type of the base; an integer base to a real power is cut toward zero. */
const pow: TensorFunction = {
  operands: 2,
  operations: 8,
  // A lone exponent is looked at before the elements are: one that is computed may be alone in a part of them.
  elementwise: ([, exponent]) => typeof exponent === 'object',
  facts: (operands) => {
    const [x, y] = [factsAt(operands, 0), factsAt(operands, 1)];
    const shape = broadcastShape([x.shape, y.shape]);
    const type = integerTypeOf(x);
    return [type === undefined && x.type !== undefined ? { shape, type: x.type } : numberFacts(shape, type)];
  },
  run: ([base, exponent]) => {
    const [x, y] = [numbersOf(base, 0), numbersOf(exponent, 1)];
    const shape = broadcastShape([x.shape, y.shape]);
    const output = emptyNumbers(shape, integerTypeOf(x));
    const cubes = y.data.length === 1 && y.data[0] === 3 && x.kind === 'float';
    overRows([x, y], shape, output.data, cubes ? cube : pairwise(power));
    if (output.kind === 'integers') castInteger(output.data, output.type);
    return [output];
  },
};

export const BINARY: Readonly<Record<string, TensorFunction>> = {
  Add: binary(add),
  Sub: binary(subtract),
  Mul: binary(multiply, (type) => (bitsOf(type) <= 32 ? multiplyLow : multiply)),
  Div: binary(divide, () => divideWhole),
  PRelu: binary(pairwise((x, slope) => (x < 0 ? x * slope : x))),
  Mod: modulo,
  Pow: pow,
};
