import type { ArrayProducts } from '../products/product.js';
import { transpose } from '../products/gemm.js';
import { dequantize } from '../quantization.js';
import { floatTensor, type Tensor, type TensorFacts } from '../tensor.js';
import { type Attributes, float, floats, int, word } from './attributes.js';
import { CELLS, type RecurrentCell, type Stepper } from './cells.js';
import type { Around, OperandFacts, TensorFunction } from './function.js';
import { gatesOf } from './gates.js';
import { integersOf } from './operands.js';

/** RNN, GRU and LSTM: one step after another; the products of each step run on the array. */

/** How many of what a layer has. */
interface Sizes {
  steps: number;
  batch: number;
  inputs: number;
  hidden: number;
  directions: readonly ('forward' | 'reverse')[];
}

interface Shaped {
  shape: readonly number[];
}

/** @throws Error where operands do not belong together */
function sizesOf(
  operands: readonly (Shaped | undefined)[],
  { layout, direction, hidden_size: given }: Attributes,
  gates: number,
): Sizes {
  if (operands[1] === undefined || operands[2] === undefined)
    throw new Error('lacks weights: those of its input and of its state are operands 2 and 3');
  const [x, w, r] = operands.map((operand) => operand?.shape ?? []);
  if (x.length !== 3 || w.length !== 3 || r.length !== 3)
    throw new Error(`reads ${[x, w, r].map((shape) => shape.join('x')).join(', ')}: three axes each are wanted`);
  const [steps, batch] = layout === 1 ? [x[1], x[0]] : [x[0], x[1]];
  const hidden = r[2];
  const directions = direction === 'bidirectional' ? (['forward', 'reverse'] as const) : [direction as 'forward'];
  const wanted = [
    [directions.length, gates * hidden, x[2]],
    [directions.length, gates * hidden, (given as number | undefined) ?? hidden],
  ];
  [w, r].forEach((shape, i) => {
    if (shape.join() !== wanted[i].join())
      throw new Error(`has ${i === 0 ? 'W' : 'R'} of shape ${shape.join('x')}: ${wanted[i].join('x')} is wanted`);
  });
  return { steps, batch, inputs: x[2], hidden, directions };
}

function outputShapes({ steps, batch, hidden, directions }: Sizes, { layout }: Attributes, states: number) {
  const ways = directions.length;
  const [all, last] =
    layout === 1
      ? [
          [batch, steps, ways, hidden],
          [batch, ways, hidden],
        ]
      : [
          [steps, ways, batch, hidden],
          [ways, batch, hidden],
        ];
  return [all, ...Array.from({ length: states }, () => last)];
}

/** Real numbers of an operand that may be left out. */
function realsOf(operand: Tensor | undefined): Float32Array | undefined {
  return operand && dequantize(operand).data;
}

function run(
  cell: RecurrentCell,
  operands: readonly (Tensor | undefined)[],
  attributes: Attributes,
  around: Around,
): Tensor[] {
  const sizes = sizesOf(operands, attributes, cell.gates);
  const outputs = outputShapes(sizes, attributes, cell.states).map((shape) => floatTensor(shape).data);
  sizes.directions.forEach((_, way) => runWay(cell, operands, attributes, around, sizes, way, outputs));
  return outputShapes(sizes, attributes, cell.states).map((shape, i) => floatTensor(shape, outputs[i]));
}

/** One direction, from the first step to the last or back; sequences that are over keep their state, and give 0. */
function runWay(
  cell: RecurrentCell,
  operands: readonly (Tensor | undefined)[],
  attributes: Attributes,
  around: Around,
  sizes: Sizes,
  way: number,
  outputs: readonly Float32Array[],
): void {
  const { steps, batch, inputs, hidden, directions } = sizes;
  const ways = directions.length;
  const last = attributes.layout === 1;
  const lengths = operands[4] && integersOf(operands[4], 4).data;
  const x = dequantize(operands[0] as Tensor).data;
  const states = Array.from({ length: cell.states }, (_, i) => stateOf(realsOf(operands[5 + i]), sizes, way, last));
  const stepper = stepperOf(cell, operands, attributes, around, sizes, way);
  const backward = directions[way] === 'reverse';
  const row = new Float32Array(batch * inputs);
  const over = new Uint8Array(batch);
  for (let turn = 0; turn < steps; turn++) {
    for (let b = 0; b < batch; b++) {
      const length = lengths?.[b] ?? steps;
      over[b] = Number(turn >= length);
      const step = over[b] === 1 ? turn : backward ? length - 1 - turn : turn;
      const from = (last ? b * steps + step : step * batch + b) * inputs;
      row.set(x.subarray(from, from + inputs), b * inputs);
    }
    stepper(row, states, over);
    for (let b = 0; b < batch; b++) {
      if (over[b] === 1) continue;
      const step = backward ? (lengths?.[b] ?? steps) - 1 - turn : turn;
      const to = last ? (b * steps + step) * ways + way : (step * ways + way) * batch + b;
      outputs[0].set(states[0].subarray(b * hidden, (b + 1) * hidden), to * hidden);
    }
  }
  states.forEach((state, i) => {
    for (let b = 0; b < batch; b++)
      outputs[1 + i].set(state.subarray(b * hidden, (b + 1) * hidden), placeOf(sizes, way, b, last));
  });
}

function placeOf({ batch, hidden, directions }: Sizes, way: number, b: number, last: boolean): number {
  return (last ? b * directions.length + way : way * batch + b) * hidden;
}

/** A state [batch, hidden] of one direction before the first step. */
function stateOf(given: Float32Array | undefined, sizes: Sizes, way: number, last: boolean): Float32Array {
  const { batch, hidden } = sizes;
  const state = new Float32Array(batch * hidden);
  if (given === undefined) return state;
  if (given.length !== sizes.directions.length * state.length)
    throw new Error(
      `has a first state of ${given.length} elements: ${sizes.directions.length * state.length} are wanted`,
    );
  for (let b = 0; b < batch; b++) {
    const from = placeOf(sizes, way, b, last);
    state.set(given.subarray(from, from + hidden), b * hidden);
  }
  return state;
}

function stepperOf(
  cell: RecurrentCell,
  operands: readonly (Tensor | undefined)[],
  attributes: Attributes,
  around: Around,
  sizes: Sizes,
  way: number,
): Stepper {
  const { batch, inputs, hidden } = sizes;
  const rows = cell.gates * hidden;
  const part = (operand: Tensor | undefined, size: number) => realsOf(operand)?.subarray(way * size, (way + 1) * size);
  const weight = (operand: Tensor | undefined, k: number) =>
    transpose(part(operand, rows * k) as Float32Array, rows, k, new Float32Array(rows * k));
  const count = cell.activations.length;
  const names =
    (attributes.activations as string | undefined)?.split(' ') ?? sizes.directions.flatMap(() => cell.activations);
  if (names.length !== count * sizes.directions.length)
    throw new Error(`has ${names.length} activations: ${count * sizes.directions.length} are wanted`);
  const given = ['activation_alpha', 'activation_beta'].map((name) => (attributes[name] as number[] | undefined) ?? []);
  return cell.stepper({
    ...{ batch, inputs, hidden, attributes },
    w: weight(operands[1], inputs),
    r: weight(operands[2], hidden),
    bias: part(operands[3], 2 * rows),
    peephole: part(operands[7], 3 * hidden),
    gates: gatesOf(names, given[0], given[1]).slice(way * count, (way + 1) * count),
    multiply: (a, b, m, n, k) => around.arithmetic.values(a, b, { layer: around.layer, m, n, k }),
  });
}

export function recurrent(cell: RecurrentCell): TensorFunction {
  const facts = (operands: readonly (OperandFacts | undefined)[], attributes: Attributes): TensorFacts[] =>
    outputShapes(sizesOf(operands, attributes, cell.gates), attributes, cell.states).map((shape) => ({ shape }));
  return {
    // Weights, biases, lengths and states, and of cells with a second state that and peepholes.
    operands: 5 + (cell.states > 1 ? 3 : 1),
    attributes: {
      activation_alpha: floats(),
      activation_beta: floats(),
      activations: { kind: 'strings', absent: undefined },
      clip: float(undefined),
      direction: word('forward', ['forward', 'reverse', 'bidirectional']),
      hidden_size: int(undefined),
      layout: int(0),
      ...cell.attributes,
    },
    operations: 4 * cell.gates,
    facts,
    run: (operands, attributes, around) => run(cell, operands, attributes, around),
    // Steps lie along axis 0, or before the batch in what is written.
    acrossBatch: (_, { layout }) => layout !== 1,
    products: (operands, attributes): ArrayProducts => {
      const { steps, batch, inputs, hidden, directions } = sizesOf(operands, attributes, cell.gates);
      const k = inputs + hidden;
      return { m: batch, n: cell.gates * hidden, k, groups: steps * directions.length, inputs: batch * k };
    },
  };
}

export const RECURRENT: Readonly<Record<string, TensorFunction>> = Object.fromEntries(
  Object.entries(CELLS).map(([name, cell]) => [name, recurrent(cell)]),
);
