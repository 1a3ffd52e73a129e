import { floatTensor, type IntegerTensor, integerTensor, type IntegerType, type Tensor } from '../tensor.js';
import { broadcastPlaces, broadcastShape } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';

/** Functions of two numbers, broadcast; float32 operands give the float32 nearest to the float64 result. */

type Pair = (x: number, y: number) => number;

function binary(reals: Pair, integers: Pair | undefined = reals): TensorFunction {
  return {
    facts: ([x, y]) => [{ shape: broadcastShape(shapesOf(x, y)), ...integerTypeOf(x) }],
    run: ([x, y]) => [paired(x as Tensor, y as Tensor, reals, integers)],
  };
}

function shapesOf(...operands: readonly (OperandFacts | undefined)[]): readonly (readonly number[])[] {
  return operands.map((operand) => (operand as OperandFacts).shape);
}

function integerTypeOf(x: OperandFacts | undefined): { type?: IntegerType } {
  return x?.type === undefined || x.type.includes('float') ? {} : { type: x.type as IntegerType };
}

function paired(x: Tensor, y: Tensor, reals: Pair, integers: Pair): Tensor {
  const shape = broadcastShape([x.shape, y.shape]);
  const output = x.kind === 'integers' ? integerTensor(shape, x.type) : floatTensor(shape);
  combine(x, y, x.kind === 'integers' ? integers : reals, output);
  return output;
}

function combine(
  x: Tensor,
  y: Tensor,
  pair: Pair,
  output: { shape: readonly number[]; data: Float32Array | IntegerTensor['data'] },
): void {
  const [from, other] = [x, y].map(({ shape }) => broadcastPlaces(shape, output.shape));
  const { data } = output;
  for (let i = 0; i < data.length; i++)
    data[i] = pair(x.data[from === undefined ? i : from[i]], y.data[other === undefined ? i : other[i]]);
}

export const BINARY: Readonly<Record<string, TensorFunction>> = {
  Add: binary((x, y) => x + y),
  Sub: binary((x, y) => x - y),
  Mul: binary((x, y) => x * y),
  Div: binary(
    (x, y) => x / y,
    (x, y) => Math.trunc(x / y),
  ),
};
