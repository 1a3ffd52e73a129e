import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../../src/networks/arithmetic.js';
import type { Attributes } from '../../../src/networks/functions/attributes.js';
import { functionNamed } from '../../../src/networks/functions/index.js';
import { floatTensor, integerTensor, sizeOf, type Tensor } from '../../../src/networks/tensor.js';
import { random } from '../readers/onnx/samples.js';

/** RNN, GRU and LSTM against their equations, written again here for one sequence at a time. */

const [STEPS, BATCH, INPUTS, HIDDEN] = [4, 3, 2, 5];
const draw = random(23);
const drawn = (shape: number[]) =>
  floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => draw() - 0.5),
  );

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const { tanh } = Math;

interface Direction {
  w: number[][];
  r: number[][];
  b: number[];
  p: number[];
}
type State = { h: number[]; c: number[] };
type Step = (x: number[], state: State, d: Direction, attributes: Attributes) => State;

const dot = (row: number[], x: number[]) => row.reduce((sum, value, i) => sum + value * x[i], 0);
/** A gate's sums: input and state parts apart. */
const partsOf = (gate: number, gates: number, x: number[], h: number[], { w, r, b }: Direction) =>
  Array.from({ length: HIDDEN }, (_, j) => {
    const row = gate * HIDDEN + j;
    return { input: dot(w[row], x) + b[row], state: dot(r[row], h) + b[gates * HIDDEN + row] };
  });
const sums = (...args: Parameters<typeof partsOf>) => partsOf(...args).map(({ input, state }) => input + state);

const STEP: Record<string, { gates: number; step: Step }> = {
  RNN: { gates: 1, step: (x, { h, c }, d) => ({ h: sums(0, 1, x, h, d).map(tanh), c }) },
  GRU: {
    gates: 3,
    step: (x, { h, c }, d, { linear_before_reset: after }) => {
      const [z, r] = [0, 1].map((gate) => sums(gate, 3, x, h, d).map(sigmoid));
      const scaled = h.map((value, j) => r[j] * value);
      const candidate = (
        after === 1
          ? partsOf(2, 3, x, h, d).map(({ input, state }, j) => input + r[j] * state)
          : sums(2, 3, x, scaled, d)
      ).map(tanh);
      return { h: h.map((value, j) => (1 - z[j]) * candidate[j] + z[j] * value), c };
    },
  },
  LSTM: {
    gates: 4,
    step: (x, { h, c }, d, { clip, input_forget: coupled }) => {
      const cut = (value: number) =>
        Math.min(Math.max(value, -((clip as number) ?? Infinity)), (clip as number) ?? Infinity);
      const [si, so, sf, sc] = [0, 1, 2, 3].map((gate) => sums(gate, 4, x, h, d));
      const next = c.map((old, j) => {
        const i = sigmoid(cut(si[j] + d.p[j] * old));
        const f = coupled === 1 ? 1 - i : sigmoid(cut(sf[j] + d.p[2 * HIDDEN + j] * old));
        return f * old + i * tanh(cut(sc[j]));
      });
      return { h: next.map((value, j) => sigmoid(cut(so[j] + d.p[HIDDEN + j] * value)) * tanh(value)), c: next };
    },
  },
};

const rowsOf = ({ data }: Tensor, first: number, rows: number, width: number) =>
  Array.from({ length: rows }, (_, i) => [...data.subarray((first + i) * width, (first + i + 1) * width)]);

const CASES: [string, Attributes][] = [
  ['RNN', {}],
  ['RNN', { direction: 'reverse' }],
  ['GRU', {}],
  ['GRU', { linear_before_reset: 1, direction: 'bidirectional' }],
  ['LSTM', {}],
  ['LSTM', { direction: 'bidirectional', clip: 0.25 }],
  ['LSTM', { direction: 'reverse', input_forget: 1 }],
];

describe('recurrent layers follow their equations', () => {
  for (const [name, own] of CASES)
    for (const layout of [0, 1])
      it(`${name} ${JSON.stringify({ ...own, layout })}, sequences of unequal length`, () => {
        const { gates, step } = STEP[name];
        const attributes: Attributes = { direction: 'forward', ...own, layout };
        const ways = attributes.direction === 'bidirectional' ? 2 : 1;
        const x = drawn(layout === 1 ? [BATCH, STEPS, INPUTS] : [STEPS, BATCH, INPUTS]);
        const [w, r] = [INPUTS, HIDDEN].map((k) => drawn([ways, gates * HIDDEN, k]));
        const b = drawn([ways, 2 * gates * HIDDEN]);
        const p = drawn([ways, 3 * HIDDEN]);
        const first = layout === 1 ? [BATCH, ways, HIDDEN] : [ways, BATCH, HIDDEN];
        const [h0, c0] = [drawn(first), drawn(first)];
        const lengths = [4, 1, 3];
        const states = name === 'LSTM' ? [h0, c0, p] : [h0];
        const operands = [x, w, r, b, integerTensor([BATCH], 'int32', Float64Array.from(lengths)), ...states];
        const around = { layer: 'l', arithmetic: exactArithmetic, outputs: states.length };
        const record = functionNamed(name);
        const [y, ...last] = record.run(operands, attributes, around);
        expect([y, ...last].map(({ shape }) => ({ shape }))).toEqual(record.facts?.(operands, attributes));

        const wanted = new Float64Array(y.data.length);
        const finals = last.map(({ data }) => new Float64Array(data.length));
        for (let way = 0; way < ways; way++) {
          const d: Direction = {
            w: rowsOf(w, way * gates * HIDDEN, gates * HIDDEN, INPUTS),
            r: rowsOf(r, way * gates * HIDDEN, gates * HIDDEN, HIDDEN),
            b: rowsOf(b, way, 1, 2 * gates * HIDDEN)[0],
            p: rowsOf(p, way, 1, 3 * HIDDEN)[0],
          };
          for (let n = 0; n < BATCH; n++) {
            const at = layout === 1 ? n * ways + way : way * BATCH + n;
            let state: State = { h: rowsOf(h0, at, 1, HIDDEN)[0], c: rowsOf(c0, at, 1, HIDDEN)[0] };
            const order = Array.from({ length: lengths[n] }, (_, t) => t);
            if (attributes.direction === 'reverse' || way === 1) order.reverse();
            for (const t of order) {
              const row = layout === 1 ? n * STEPS + t : t * BATCH + n;
              state = step(rowsOf(x, row, 1, INPUTS)[0], state, d, attributes);
              const to = layout === 1 ? row * ways + way : (t * ways + way) * BATCH + n;
              wanted.set(state.h, to * HIDDEN);
            }
            [state.h, state.c].slice(0, finals.length).forEach((each, i) => finals[i].set(each, at * HIDDEN));
          }
        }
        // States are float32 from step to step here, float64 there.
        [y, ...last].forEach(({ data }, i) => {
          const right = i === 0 ? wanted : finals[i - 1];
          const furthest = Float64Array.from(data).reduce(
            (most, value, j) => Math.max(most, Math.abs(value - right[j])),
            0,
          );
          expect(furthest).toBeLessThan(2e-7);
        });
      });

  it('their products are counted: every step, both directions', () => {
    const facts = [
      { shape: [STEPS, BATCH, INPUTS] },
      { shape: [2, 4 * HIDDEN, INPUTS] },
      { shape: [2, 4 * HIDDEN, HIDDEN] },
    ];
    const k = INPUTS + HIDDEN;
    expect(functionNamed('LSTM').products?.(facts, { direction: 'bidirectional' })).toEqual({
      ...{ m: BATCH, n: 4 * HIDDEN, k, groups: 2 * STEPS, inputs: BATCH * k },
    });
  });

  it('of codes have the range of the steps up to the longest sequence: what lies behind it changes nothing', () => {
    const codes = (shape: number[]) =>
      integerTensor(
        shape,
        'int8',
        Float64Array.from({ length: sizeOf(shape) }, () => Math.floor(draw() * 255) - 127),
      );
    const [scale, zero] = [floatTensor([1], Float32Array.of(0.01)), integerTensor([1], 'int8')];
    const weights = [codes([1, INPUTS, 4 * HIDDEN]), codes([1, HIDDEN, 4 * HIDDEN])];
    const lengths = integerTensor([BATCH], 'int32', Float64Array.of(3, 1, 2));
    const run = (x: Tensor) =>
      functionNamed('com.microsoft.DynamicQuantizeLSTM').run(
        [x, ...weights, undefined, lengths, undefined, undefined, undefined, scale, zero, scale, zero],
        { direction: 'forward' },
        { layer: 'lstm', arithmetic: exactArithmetic, outputs: 3 },
      );
    const x = drawn([STEPS, BATCH, INPUTS]);
    const other = floatTensor(x.shape, x.data.slice());
    other.data.fill(99, 3 * BATCH * INPUTS);
    expect(run(other)).toEqual(run(x));
  });
});
