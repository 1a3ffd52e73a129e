import { integerTensor, type IntegerType } from '../tensor.js';
import { word } from './attributes.js';
import { combined, factsTogether, type NumberPair, pairwise } from './binary.js';
import { broadcastShape } from './broadcast.js';
import type { TensorFunction } from './function.js';
import { bitsOf, emptyNumbers, factsAt, integerTypeOf, numberFacts, numbersOf, typeTogether } from './numbers.js';
import { integersOf } from './operands.js';
import { overRows, type RowLoop } from './rows.js';

/** Comparisons, logic, bits, and the choice between two tensors. */

function compared(pair: NumberPair): TensorFunction {
  const loop = pairwise(pair);
  return {
    operands: 2,
    facts: (operands) => [{ ...factsTogether(operands, {})[0], type: 'bool' }],
    run: ([a, b]) => {
      const operands = [numbersOf(a, 0), numbersOf(b, 1)];
      typeTogether(operands);
      const shape = broadcastShape(operands.map((each) => each.shape));
      const output = integerTensor(shape, 'bool');
      overRows(operands, shape, output.data, loop);
      return [output];
    },
  };
}

/** Integers alone, of one type. */
function bitwise(narrow: NumberPair, wide: (x: bigint, y: bigint) => bigint): TensorFunction {
  const [low, high] = [pairwise(narrow), pairwise((x, y) => Number(wide(BigInt(x), BigInt(y))))];
  return {
    operands: 2,
    facts: factsTogether,
    run: ([x, y]) => {
      const operands = [integersOf(x, 0), integersOf(y, 1)];
      return [combined(operands, low, (type) => (bitsOf(type) <= 32 ? low : high))];
    },
  };
}

const and = bitwise(
  (x, y) => x & y,
  (x, y) => x & y,
);
const or = bitwise(
  (x, y) => x | y,
  (x, y) => x | y,
);
const xor = bitwise(
  (x, y) => x ^ y,
  (x, y) => x ^ y,
);

const bitShift: TensorFunction = {
  operands: 2,
  attributes: { direction: word('', ['LEFT', 'RIGHT']) },
  facts: factsTogether,
  run: ([x, y], { direction }) => {
    const operands = [integersOf(x, 0), integersOf(y, 1)];
    const loopOf = (type: IntegerType) => shift(bitsOf(type), direction === 'LEFT');
    return [combined(operands, shift(64, true), loopOf)];
  },
};

/** By as many bits as there are, or more, nothing is left. */
function shift(bits: number, left: boolean): RowLoop {
  if (!left) return pairwise((x, by) => (by >= bits ? 0 : Math.floor(x / 2 ** by)));
  return pairwise((x, by) => (by >= bits ? 0 : Number(BigInt.asUintN(bits, BigInt(x) << BigInt(by)))));
}

/** Of two tensors the first where the condition holds. */
const where: TensorFunction = {
  operands: 3,
  facts: (operands) => {
    const [condition, x, y] = [0, 1, 2].map((place) => factsAt(operands, place));
    return [numberFacts(broadcastShape([condition.shape, x.shape, y.shape]), typeTogether([x, y]))];
  },
  run: ([which, a, b]) => {
    const operands = [integersOf(which, 0), numbersOf(a, 1), numbersOf(b, 2)];
    typeTogether(operands.slice(1));
    const shape = broadcastShape(operands.map((each) => each.shape));
    const output = emptyNumbers(shape, integerTypeOf(operands[1]));
    overRows(operands, shape, output.data, choose);
    return [output];
  },
};

const choose: RowLoop = ([condition, x, y], to, at, length) => {
  for (let i = 0; i < length; i++)
    to[at + i] =
      condition.data[condition.at + i * condition.step] !== 0 ? x.data[x.at + i * x.step] : y.data[y.at + i * y.step];
};

export const LOGIC: Readonly<Record<string, TensorFunction>> = {
  Equal: compared((x, y) => Number(x === y)),
  Greater: compared((x, y) => Number(x > y)),
  Less: compared((x, y) => Number(x < y)),
  GreaterOrEqual: compared((x, y) => Number(x >= y)),
  LessOrEqual: compared((x, y) => Number(x <= y)),
  And: and,
  Or: or,
  Xor: xor,
  BitwiseAnd: and,
  BitwiseOr: or,
  BitwiseXor: xor,
  BitShift: bitShift,
  Where: where,
};
