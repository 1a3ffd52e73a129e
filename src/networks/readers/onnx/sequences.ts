import { storeIntegers } from './control.js';
import { madeNode, type NodePlace } from './madeNode.js';
import { valuesOf } from './constant.js';
import { elementType } from './element.js';
import type { Reader, Value } from './reader.js';

/** Sequences of tensors, and tensors that may be absent: which they are is known while the file is read. */

/** Undefined where the node has to do with none. @throws Error where a place in a sequence is computed */
export function readSequence(place: NodePlace): true | undefined {
  const { reader, step } = place;
  const { opType, domain, input } = step.node;
  if ((domain || 'ai.onnx') !== 'ai.onnx') return undefined;
  if (opType === 'Identity' && !reader.sequences.has(input[0] ?? '')) return undefined;
  const operator = OPERATORS[opType];
  if (operator === undefined) return undefined;
  operator(place);
  return true;
}

const OPERATORS: Readonly<Record<string, (place: NodePlace) => void>> = {
  SequenceEmpty: (place) => set(place, []),
  SequenceConstruct: (place) => set(place, place.step.node.input),
  Identity: (place) => set(place, sequenceOf(place)),
  SequenceInsert: (place) => {
    const items = sequenceOf(place);
    const at = placeOf(place, 2, items.length, items.length) ?? items.length;
    set(place, items.toSpliced(at, 0, place.step.node.input[1]));
  },
  SequenceErase: (place) => {
    const items = sequenceOf(place);
    set(place, items.toSpliced(placeOf(place, 1, items.length) ?? items.length - 1, 1));
  },
  SequenceAt: (place) => {
    const items = sequenceOf(place);
    alias(place, items[placeOf(place, 1, items.length) ?? 0]);
  },
  SequenceLength: (place) => {
    storeIntegers(place.reader, place.step.node.output[0], [sequenceOf(place).length], []);
  },
  SplitToSequence: splitToSequence,
  ConcatFromSequence: concatFromSequence,
  Optional: (place) => {
    const [name = ''] = place.step.node.input;
    if (name !== '') passed(place, name);
  },
  OptionalGetElement: (place) => passed(place, place.step.node.input[0] ?? ''),
  OptionalHasElement: (place) => {
    const { reader, step } = place;
    const [name = ''] = step.node.input;
    const there = reader.values.has(name) || reader.sequences.has(name);
    const constant = {
      name: step.node.output[0],
      type: elementType('BOOL'),
      shape: [],
      data: Uint8Array.of(Number(there)),
    };
    reader.values.set(constant.name, { kind: 'stored', constant });
  },
};

/** Those of sequences and optional tensors; Identity is one of other tensors too. */
export const SEQUENCE_OPERATORS: readonly string[] = Object.keys(OPERATORS).filter((name) => name !== 'Identity');

function set({ reader, step }: NodePlace, items: readonly string[]): void {
  reader.sequences.set(step.node.output[0], items);
}

function sequenceOf({ reader, step }: NodePlace): readonly string[] {
  const [name = ''] = step.node.input;
  const items = reader.sequences.get(name);
  if (items !== undefined) return items;
  throw new Error(`reads ${name}, which is no sequence that is known while the file is read`);
}

/** The tensor of a name under that of the output; whoever reads it there is not its only reader. */
function alias({ reader, step }: NodePlace, name: string): void {
  const value = valueOf(reader, name);
  reader.values.set(step.node.output[0], value.kind === 'activation' ? { ...value, shared: true } : value);
}

function passed(place: NodePlace, name: string): void {
  const items = place.reader.sequences.get(name);
  if (items === undefined) alias(place, name);
  else set(place, items);
}

function valueOf({ values }: Reader, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`reads ${name || 'what is not there'}, which nothing before it writes`);
  return value;
}

/** A stored place, from the front; undefined where none is given. */
/** @param last the largest place: behind all others for what is put in, where negative ones count as for the rest */
function placeOf({ reader, step }: NodePlace, input: number, length: number, last = length - 1): number | undefined {
  const name = step.node.input[input] ?? '';
  if (name === '') return undefined;
  const value = valueOf(reader, name);
  if (value.kind !== 'stored' || value.constant.data.length !== 1)
    throw new Error(`computes the place ${name} in a sequence while it runs: one known from the file is supported`);
  const at = valuesOf(value.constant)[0];
  if (at >= -length && at <= last) return at < 0 ? at + length : at;
  throw new Error(`has place ${at} in a sequence of ${length}`);
}

function integerOf({ step }: NodePlace, name: string, absent: number): number {
  return Number(step.node.attribute.find((each) => each.name === name)?.i ?? absent);
}

function splitToSequence(place: NodePlace): void {
  const { reader, step, read } = place;
  const [x, split = ''] = step.node.input;
  const [output] = step.node.output;
  const value = valueOf(reader, x);
  const shape =
    value.kind === 'activation' ? value.shape : value.kind === 'weights' ? value.tensor.shape : value.constant.shape;
  const given = integerOf(place, 'axis', 0);
  const axis = given < 0 ? given + shape.length : given;
  if (value.kind === 'activation' && value.open !== undefined && !Number.isFinite(shape[axis]))
    throw new Error(
      `splits an axis that is as long as the data of ${value.open} say: a length known before a run is wanted`,
    );
  if (!(axis >= 0 && axis < shape.length)) throw new Error(`has axis ${given} over ${shape.length} axes`);
  const sizes =
    split === '' ? new Array<number>(shape[axis]).fill(1) : sizesOf(valueOf(reader, split), shape[axis], split);
  const items = sizes.map((_, i) => `${output}/${i}`);
  const squeezes = split === '' && integerOf(place, 'keepdims', 1) === 0;
  const parts = squeezes ? items.map((item) => `${item}/part`) : items;
  read([madeNode(step, 'Split', [x, storeIntegers(reader, `${output}/sizes`, sizes)], parts, { axis })], parts);
  if (squeezes) {
    const axes = storeIntegers(reader, `${output}/axes`, [axis]);
    read(
      parts.map((part, i) => madeNode(step, 'Squeeze', [part, axes], [items[i]])),
      items,
    );
  }
  set(place, items);
}

/** A scalar says the length of all pieces, the last of which may be short. */
function sizesOf(value: Value, length: number, name: string): number[] {
  if (value.kind !== 'stored')
    throw new Error(`computes its sizes ${name} while it runs: they must be known from the file`);
  const sizes = [...valuesOf(value.constant)];
  if (value.constant.shape.length > 0) return sizes;
  const [each] = sizes;
  if (!(each >= 1)) throw new Error(`splits into pieces of ${each}: 1 and more are wanted`);
  return Array.from({ length: Math.ceil(length / each) }, (_, i) => Math.min(each, length - i * each));
}

function concatFromSequence(place: NodePlace): void {
  const { reader, step, read } = place;
  const [output] = step.node.output;
  const items = sequenceOf(place);
  const axis = integerOf(place, 'axis', 0);
  if (items.length === 0) throw new Error('joins a sequence of no tensors');
  const parts = items.map((item, i) => (integerOf(place, 'new_axis', 0) === 1 ? `${output}/${i}` : item));
  const axes = storeIntegers(reader, `${output}/axes`, [axis]);
  const unsqueezes = parts.flatMap((part, i) =>
    part === items[i] ? [] : [madeNode(step, 'Unsqueeze', [items[i], axes], [part])],
  );
  read([...unsqueezes, madeNode(step, 'Concat', parts, [output], { axis })], [output]);
}
