import { f32x4, v128 } from '../../wasm/vector.js';
import { floatBits, type LaneStep } from '../lanes.js';
import { integerTensor, type Tensor } from '../tensor.js';
import { int } from './attributes.js';
import type { TensorFunction } from './function.js';
import { emptyNumbers, factsAt, integerTypeOf, numberFacts, type Numbers, numbersOf, wrapped } from './numbers.js';
import { floatsOf, integersOf } from './operands.js';

/** Functions of one number that integers have too, and those that give integers. */

function numeric(real: (x: number) => number, integer: (x: number) => number = real): TensorFunction {
  return {
    operands: 1,
    elementwise: true,
    facts: (operands) => [numberFacts(factsAt(operands, 0).shape, integerTypeOf(factsAt(operands, 0)))],
    run: ([operand]) => {
      const x = numbersOf(operand, 0);
      const type = integerTypeOf(x);
      const output = emptyNumbers(x.shape, type);
      each(x.data, type === undefined ? real : integer, output.data);
      if (output.kind === 'integers') wrapped(output.data, output.type);
      return [output];
    },
  };
}

function each(from: Numbers, scalar: (x: number) => number, to: Numbers): void {
  for (let i = 0; i < to.length; i++) to[i] = scalar(from[i]);
}

/** A question about a real number, answered by 0 and 1. */
function asked(question: (x: number, attributes: Readonly<Record<string, number>>) => boolean): TensorFunction {
  return {
    operands: 1,
    facts: (operands) => [{ shape: factsAt(operands, 0).shape, type: 'bool' }],
    run: ([operand], attributes) => {
      const x = floatsOf(operand, 0);
      const output = integerTensor(x.shape, 'bool');
      const given = attributes as Readonly<Record<string, number>>;
      for (let i = 0; i < x.data.length; i++) output.data[i] = Number(question(x.data[i], given));
      return [output];
    },
  };
}

/** Another integer of the same type. */
function integral(integer: (x: number, type: string) => number): TensorFunction {
  return {
    operands: 1,
    facts: (operands) => [numberFacts(factsAt(operands, 0).shape, integerTypeOf(factsAt(operands, 0)))],
    run: ([operand]) => {
      const x = integersOf(operand, 0);
      const output = integerTensor(x.shape, x.type);
      for (let i = 0; i < x.data.length; i++) output.data[i] = integer(x.data[i], x.type);
      wrapped(output.data, x.type);
      return [output];
    },
  };
}

/** -1 - x is every bit of x turned; of unsigned types the bits above are dropped. */
function turned(x: number, type: string): number {
  return type === 'uint64' ? 2 ** 64 - 1 - x : -1 - x;
}

/** Between two bounds, each of which may be missing; the upper one wins where they cross. */
const clip: TensorFunction = {
  operands: 3,
  since: [
    { opset: 11, attribute: 'min', kind: 'float', operand: 1 },
    { opset: 11, attribute: 'max', kind: 'float', operand: 2 },
  ],
  operations: 2,
  // A computed bound is one number, whatever it bounds.
  elementwise: ([, low, high]) => typeof low !== 'number' && typeof high !== 'number',
  facts: (operands) => {
    [1, 2].forEach((place) => boundOf(operands[place]?.value, place, 0));
    return [numberFacts(factsAt(operands, 0).shape, integerTypeOf(factsAt(operands, 0)))];
  },
  lanes: ([, low, high]) => {
    if (typeof low === 'number' || typeof high === 'number') return undefined;
    return clipStep(boundOf(low, 1, -Infinity), boundOf(high, 2, Infinity));
  },
  run: ([operand, low, high]) => {
    const x = numbersOf(operand, 0);
    const output = emptyNumbers(x.shape, integerTypeOf(x));
    clipped(x.data, boundOf(low, 1, -Infinity), boundOf(high, 2, Infinity), output.data);
    return [output];
  },
};

function boundOf(operand: Tensor | undefined, place: number, absent: number): number {
  if (operand === undefined) return absent;
  const { data } = numbersOf(operand, place);
  if (Number.isNaN(data[0])) throw new Error('has a bound that is no number');
  if (data.length === 1) return data[0];
  throw new Error(`has a bound of ${data.length} numbers: one is wanted`);
}

/** NaN stays. */
function clipped(from: Numbers, low: number, high: number, to: Numbers): void {
  for (let i = 0; i < from.length; i++) {
    const x = from[i];
    const raised = x < low ? low : x;
    to[i] = raised > high ? high : raised;
  }
}

/** The same over registers: a comparison with NaN is false. */
function clipStep(low: number, high: number): LaneStep {
  return {
    name: 'clip',
    constants: floatBits(low, high),
    compute: (x, [least, most]) => {
      const raised = v128.select(least, x, f32x4.lt(x, least));
      return v128.select(most, raised, f32x4.gt(raised, most));
    },
  };
}

/** A loop of its own: it is the most frequent function. */
const relu: TensorFunction = {
  operands: 1,
  elementwise: true,
  lanes: () => clipStep(0, Infinity),
  facts: (operands) => [numberFacts(factsAt(operands, 0).shape, integerTypeOf(factsAt(operands, 0)))],
  run: ([operand]) => {
    const x = numbersOf(operand, 0);
    const output = emptyNumbers(x.shape, integerTypeOf(x));
    clipped(x.data, 0, Infinity, output.data);
    return [output];
  },
};

export const NUMERIC: Readonly<Record<string, TensorFunction>> = {
  Abs: numeric(Math.abs),
  Neg: numeric((x) => -x),
  Sign: numeric((x) => (x === 0 ? 0 : Math.sign(x))),
  Relu: relu,
  Clip: clip,
  Not: integral((x) => 1 - x),
  BitwiseNot: integral(turned),
  IsNaN: asked(Number.isNaN),
  IsInf: {
    ...asked(
      (x, { detect_positive: positive, detect_negative: negative }) =>
        (x === Infinity && positive === 1) || (x === -Infinity && negative === 1),
    ),
    attributes: { detect_positive: int(1), detect_negative: int(1) },
  },
};
