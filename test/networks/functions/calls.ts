import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { executeLayer } from '../../../src/networks/execute.js';
import { factsAfter } from '../../../src/networks/facts.js';
import type { AttributeData } from '../../../src/networks/functions/attributes.js';
import { functionNamed } from '../../../src/networks/functions/index.js';
import type { GeneralLayer } from '../../../src/networks/network.js';
import {
  factsOfTensor,
  floatTensor,
  type IntegerType,
  integerTensor,
  sizeOf,
  type Tensor,
} from '../../../src/networks/tensor.js';

/** Functions of tensors called alone, as a layer that reads all its operands. */

type Given = Readonly<Record<string, AttributeData>>;

/** What a function gives; its facts must say the same shapes and types. */
export function call(name: string, operands: readonly (Tensor | undefined)[], attributes: Given = {}, outputs = 1) {
  const layer = layerOf(name, operands, attributes, outputs);
  const inputs = operands.filter((operand): operand is Tensor => operand !== undefined);
  return executeLayer(layer, inputs, float32Arithmetic);
}

/** What a function says of its results; `stored` operands are known from the file. */
export function factsOf(
  name: string,
  operands: readonly (Tensor | undefined)[],
  attributes: Given = {},
  { outputs = 1, stored = [] as readonly number[] } = {},
) {
  const layer = layerOf(name, operands, attributes, outputs);
  const known = layer.operands.map((operand, place) => (stored.includes(place) ? operands[place] : operand));
  const inputs = operands.filter((operand): operand is Tensor => operand !== undefined);
  return factsAfter({ ...layer, operands: known }, inputs.map(factsOfTensor));
}

function layerOf(
  name: string,
  operands: readonly (Tensor | undefined)[],
  attributes: Given,
  outputs: number,
): GeneralLayer {
  let next = 0;
  const absent = Object.entries(functionNamed(name).attributes ?? {}).map(
    ([key, { absent }]) => [key, absent] as const,
  );
  return {
    op: 'general',
    name: 'y',
    inputs: operands.flatMap((operand, i) => (operand === undefined ? [] : [`x${i}`])),
    outputs: Array.from({ length: outputs }, (_, i) => (i === 0 ? 'y' : `y${i}`)),
    function: name,
    operands: operands.map((operand) => (operand === undefined ? undefined : next++)),
    attributes: { ...Object.fromEntries(absent.filter(([, value]) => value !== undefined)), ...attributes },
  };
}

/** Numbers in [from, to), float32, the same for each seed. */
export function randomReals(count: number, from: number, to: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(from + (to - from) * (state / 2 ** 32));
  });
}

export function reals(shape: readonly number[], seed: number, from = -4, to = 4): Tensor & { kind: 'float' } {
  return floatTensor(shape, Float32Array.from(randomReals(sizeOf(shape), from, to, seed)));
}

export function realsOf(shape: readonly number[], values: readonly number[]): Tensor & { kind: 'float' } {
  return floatTensor(shape, Float32Array.from(values));
}

export function integers(
  shape: readonly number[],
  type: IntegerType,
  seed: number,
  from: number,
  to: number,
): Tensor & { kind: 'integers' } {
  const values = randomReals(sizeOf(shape), 0, 1, seed).map((share) => Math.floor(from + share * (to - from + 1)));
  return integerTensor(
    shape,
    type,
    Float64Array.from(values, (value) => Math.min(value, to)),
  );
}

export function integersOf(shape: readonly number[], type: IntegerType, values: readonly number[]) {
  return integerTensor(shape, type, Float64Array.from(values));
}

/** Whether a float32 is one of those nearest to a real number, but for 1e-9 of the distance between two. */
export function isNearest(found: number, exact: number): boolean {
  if (Object.is(found, Math.fround(exact))) return true;
  const ulp = 2 ** Math.max(Math.floor(Math.log2(Math.abs(exact))) - 23, -149);
  return Math.abs(found - exact) <= (ulp / 2) * (1 + 1e-6);
}

/** Every index of a shape, in order. */
export function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, length) => all.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );
}

/** The element of a tensor at an index, which may be that of a larger shape (broadcast). */
export function at({ shape, data }: Tensor, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return data[shape.reduce((place, length, axis) => place * length + (length === 1 ? 0 : own[axis]), 0)];
}
