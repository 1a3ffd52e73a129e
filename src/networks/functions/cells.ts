import { type Attributes, type AttributeSpec, int } from './attributes.js';
import type { Gate } from './gates.js';

/** What one step of a recurrent layer computes (ONNX RNN, GRU, LSTM); sums in float64 of the array's products, states in float32. */

/** A direction of a layer: weights [k, gates x hidden], of the gates in ONNX's order. */
export interface CellParts {
  batch: number;
  inputs: number;
  hidden: number;
  attributes: Attributes;
  w: Float32Array;
  r: Float32Array;
  /** Those of the input, then those of the state. */
  bias: Float32Array | undefined;
  peephole: Float32Array | undefined;
  gates: readonly Gate[];
  multiply(a: Float32Array, b: Float32Array, m: number, n: number, k: number): Float32Array;
  /** x times w plus h times r [batch, gates x hidden], where they are no products of real numbers. */
  sums?(x: Float32Array, h: Float32Array): Float32Array;
}

/** Changes states [batch, hidden] by inputs [batch, inputs], but of sequences that are over. */
export type Stepper = (x: Float32Array, states: readonly Float32Array[], over: Uint8Array) => void;

export interface RecurrentCell {
  gates: number;
  /** What it carries from step to step, and gives. */
  states: number;
  activations: readonly string[];
  attributes: Readonly<Record<string, AttributeSpec>>;
  stepper(parts: CellParts): Stepper;
}

/** x and h side by side, [batch, inputs + hidden], times both weights. */
function jointly({ batch, inputs, hidden, w, r, multiply }: CellParts, gates: number) {
  const k = inputs + hidden;
  const weights = new Float32Array(k * gates * hidden);
  weights.set(w);
  weights.set(r, w.length);
  const rows = new Float32Array(batch * k);
  return (x: Float32Array, h: Float32Array) => {
    for (let b = 0; b < batch; b++) {
      rows.set(x.subarray(b * inputs, (b + 1) * inputs), b * k);
      rows.set(h.subarray(b * hidden, (b + 1) * hidden), b * k + inputs);
    }
    return multiply(rows, weights, batch, gates * hidden, k);
  };
}

/** Both biases as one. */
function biasOf({ bias, hidden }: CellParts, gates: number): Float64Array {
  const rows = gates * hidden;
  return Float64Array.from({ length: rows }, (_, i) => (bias === undefined ? 0 : bias[i] + bias[rows + i]));
}

function clipper({ attributes: { clip } }: CellParts): Gate {
  if (clip === undefined) return (x) => x;
  const most = clip as number;
  return (x) => Math.min(Math.max(x, -most), most);
}

const rnn: RecurrentCell = {
  ...{ gates: 1, states: 1, activations: ['Tanh'], attributes: {} },
  stepper: (parts) => {
    const { batch, hidden, gates } = parts;
    const [sums, bias, clip] = [jointly(parts, 1), biasOf(parts, 1), clipper(parts)];
    const [f] = gates;
    return (x, [h], over) => {
      const z = sums(x, h);
      for (let b = 0; b < batch; b++)
        if (over[b] === 0) for (let i = b * hidden, j = 0; j < hidden; i++, j++) h[i] = f(clip(z[i] + bias[j]));
    };
  },
};

/** Gates i o f c; peepholes i o f. */
const lstm: RecurrentCell = {
  ...{ gates: 4, states: 2, activations: ['Sigmoid', 'Tanh', 'Tanh'], attributes: { input_forget: int(0) } },
  stepper: (parts) => {
    const { batch, hidden, gates, attributes } = parts;
    const [sums, bias, clip] = [parts.sums ?? jointly(parts, 4), biasOf(parts, 4), clipper(parts)];
    const [f, g, out] = gates;
    const peephole = parts.peephole ?? new Float32Array(3 * hidden);
    const coupled = attributes.input_forget === 1;
    return (x, [h, c], over) => {
      const z = sums(x, h);
      for (let b = 0; b < batch; b++) {
        if (over[b] === 1) continue;
        for (let j = 0; j < hidden; j++) {
          const [at, row] = [b * hidden + j, 4 * b * hidden + j];
          const old = c[at];
          const sum = (gate: number) => z[row + gate * hidden] + bias[gate * hidden + j];
          const input = f(clip(sum(0) + peephole[j] * old));
          const forget = coupled ? 1 - input : f(clip(sum(2) + peephole[2 * hidden + j] * old));
          c[at] = forget * old + input * g(clip(sum(3)));
          h[at] = f(clip(sum(1) + peephole[hidden + j] * c[at])) * out(c[at]);
        }
      }
    };
  },
};

/** Gates z r h. The last one's state is scaled by r before its product, or after it (linear_before_reset). */
const gru: RecurrentCell = {
  ...{ gates: 3, states: 1, activations: ['Sigmoid', 'Tanh'], attributes: { linear_before_reset: int(0) } },
  stepper: (parts) => {
    const { batch, inputs, hidden, w, r, bias, gates, multiply, attributes } = parts;
    const after = attributes.linear_before_reset === 1;
    const clip = clipper(parts);
    const [f, g] = gates;
    const both = (i: number) => (bias === undefined ? 0 : bias[i] + bias[3 * hidden + i]);
    const own = (i: number) => bias?.[i] ?? 0;
    const reset = columns(r, hidden, 2 * hidden, 3 * hidden);
    const first = columns(r, hidden, 0, 2 * hidden);
    const scaled = new Float32Array(batch * hidden);
    const [update, kept] = [new Float64Array(batch * hidden), new Float64Array(batch * hidden)];
    return (x, [h], over) => {
      const fromInput = multiply(x, w, batch, 3 * hidden, inputs);
      const fromState = multiply(h, first, batch, 2 * hidden, hidden);
      for (let b = 0; b < batch; b++)
        for (let j = 0; j < hidden; j++) {
          const [at, row, state] = [b * hidden + j, 3 * b * hidden + j, 2 * b * hidden + j];
          update[at] = f(clip(fromInput[row] + fromState[state] + both(j)));
          kept[at] = f(clip(fromInput[row + hidden] + fromState[state + hidden] + both(hidden + j)));
          scaled[at] = after ? h[at] : kept[at] * h[at];
        }
      const last = multiply(scaled, reset, batch, hidden, hidden);
      for (let b = 0; b < batch; b++) {
        if (over[b] === 1) continue;
        for (let j = 0; j < hidden; j++) {
          const at = b * hidden + j;
          const state = last[at] + own(5 * hidden + j);
          const sum =
            fromInput[3 * b * hidden + 2 * hidden + j] + own(2 * hidden + j) + (after ? kept[at] * state : state);
          h[at] = (1 - update[at]) * g(clip(sum)) + update[at] * h[at];
        }
      }
    };
  },
};

/** Columns of a matrix with so many rows. */
function columns(x: Float32Array, rows: number, first: number, end: number): Float32Array {
  const [width, all] = [end - first, x.length / rows];
  const part = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) part.set(x.subarray(i * all + first, i * all + end), i * width);
  return part;
}

export const CELLS: Readonly<Record<string, RecurrentCell>> = { RNN: rnn, GRU: gru, LSTM: lstm };
