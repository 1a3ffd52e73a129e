import { didYouMean } from '../../../text/nearest.js';

import type { NetworkInput } from '../../network.js';
import { LARGEST, sizeOf } from '../../tensor.js';
import type { ReadOptions } from '../options.js';
import { elementTypeOf } from './element.js';
import { typeOf } from './storedTensor.js';
import type { Proto } from './proto.js';
import type { Reader } from './reader.js';

type ValueInfo = Proto<'ValueInfoProto'>;

/** Lengths by the file's names for them, where something says what they are. */
type Lengths = Map<string, number>;

/** Inputs of a graph that are not stored. @throws Error where a shape is open, or one is given that the file forbids */
export function inputsOf(
  graph: Proto<'GraphProto'>,
  reader: Reader,
  { shapes = {} }: Pick<ReadOptions, 'shapes'>,
): NetworkInput[] {
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !stored.has(name));
  if (inputs.length === 0) throw new Error('reads nothing: a network has an input that is not stored');
  const names = inputs.map(({ name }) => name);
  for (const name of Object.keys(shapes))
    if (!names.includes(name))
      throw new Error(`has no input ${name} to give a shape: it reads ${names.join(', ')}${didYouMean(name, names)}`);
  const lengths: Lengths = new Map();
  for (const input of inputs) learn(input, shapes[input.name], lengths);
  return inputs.map((input) => {
    const port = inputOf(input, shapes[input.name], lengths);
    const as = port.type === undefined || port.type.includes('float') ? 'real' : 'integers';
    reader.values.set(port.name, { kind: 'activation', ...port, as, shared: false });
    return port;
  });
}

/** An optional tensor is read as one that is there. */
function tensorTypeOf({ type }: ValueInfo) {
  return type?.tensorType ?? type?.optionalType?.elemType?.tensorType;
}

function dimsOf(input: ValueInfo): (number | string)[] {
  const dims = tensorTypeOf(input)?.shape?.dim ?? [];
  return dims.map(({ dimValue, dimParam }) => (dimParam === '' ? Number(dimValue) : dimParam));
}

/** What a given shape says of the lengths that the file names. */
function learn(input: ValueInfo, given: readonly number[] | undefined, lengths: Lengths): void {
  if (given === undefined) return;
  const dims = dimsOf(input);
  const open = tensorTypeOf(input)?.shape === undefined;
  const known = (axis: number) => (typeof dims[axis] === 'number' && dims[axis] > 0 ? dims[axis] : undefined);
  const fits =
    open || (dims.length === given.length && given.every((length, axis) => (known(axis) ?? length) === length));
  if (!fits || given.some((length) => !(Number.isInteger(length) && length >= 1)))
    throw new Error(`is given ${input.name} of shape ${given.join('x')}: its file says ${dims.join('x') || 'scalar'}`);
  dims.forEach((dim, axis) => {
    if (typeof dim !== 'string') return;
    const other = lengths.get(dim);
    if (other !== undefined && other !== given[axis])
      throw new Error(`is given ${dim} = ${other} and ${given[axis]}: inputs share the length`);
    lengths.set(dim, given[axis]);
  });
}

/** A first axis without a length is the batch, of 1 here. */
function inputOf(input: ValueInfo, given: readonly number[] | undefined, lengths: Lengths): NetworkInput {
  const { name } = input;
  const tensorType = tensorTypeOf(input);
  const element = elementTypeOf(tensorType?.elemType ?? 0);
  const real = element && typeOf(element);
  if (real === undefined)
    throw new Error(
      `input ${name} has type ${element?.name ?? tensorType?.elemType ?? 'none'}: real numbers of 16 to 64 bits and integers are supported`,
    );
  const dims = dimsOf(input);
  const known = dims.map((length) => (typeof length === 'string' ? (lengths.get(length) ?? length) : length));
  const shape = given ?? known.map((length, axis) => (axis === 0 && !(Number(length) > 0) ? 1 : length));
  const free = shape.find((length) => !(Number(length) > 0));
  if ((tensorType?.shape === undefined && given === undefined) || free !== undefined)
    throw new Error(
      `input ${name} has shape ${dims.join('x') || 'unknown'}: lengths are wanted but for the batch; give them with --shape ${name}=1x3x224x224`,
    );
  if (sizeOf(shape as number[]) > LARGEST)
    throw new Error(`input ${name} has shape ${dims.join('x')}: up to ${LARGEST} elements are supported`);
  return { name, shape: shape as number[], ...(real !== 'float32' && { type: real }) };
}
