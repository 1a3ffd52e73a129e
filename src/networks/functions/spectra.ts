import { cosine as cos, sine as sin } from '../scalars/trigonometric.js';
import { floatTensor, type FloatTensor, sizeOf, type Tensor } from '../tensor.js';
import { type Attributes, int } from './attributes.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { factsAt } from './numbers.js';
import { axisOf, floatsOf, integersOf, knownIntegers } from './operands.js';

/** Fourier transforms of lines, whole (DFT) or in frames (STFT): sums in float64, each number rounded once. */

/** exp(2 pi i k / n), for each k. */
function turnsOf(n: number): { cosines: Float64Array; sines: Float64Array } {
  const angle = (k: number) => (2 * Math.PI * k) / n;
  return {
    cosines: Float64Array.from({ length: n }, (_, k) => cos(angle(k))),
    sines: Float64Array.from({ length: n }, (_, k) => sin(angle(k))),
  };
}

interface Line {
  /** Numbers and their imaginary parts, if any. */
  real: Float64Array;
  imaginary?: Float64Array;
}

/** The first `bins` of a line's transform, or its inverse, as pairs. */
function transform({ real, imaginary }: Line, bins: number, inverse: boolean): Float64Array {
  const n = real.length;
  const { cosines, sines } = turnsOf(n);
  const sign = inverse ? 1 : -1;
  const result = new Float64Array(2 * bins);
  for (let bin = 0; bin < bins; bin++) {
    let [re, im] = [0, 0];
    for (let i = 0; i < n; i++) {
      const [c, s] = [cosines[(i * bin) % n], sign * sines[(i * bin) % n]];
      re += real[i] * c;
      im += real[i] * s;
      if (imaginary === undefined) continue;
      re -= imaginary[i] * s;
      im += imaginary[i] * c;
    }
    result.set(inverse ? [re / n, im / n] : [re, im], 2 * bin);
  }
  return result;
}

const binsOf = (n: number, onesided: unknown) => (onesided === 1 ? Math.floor(n / 2) + 1 : n);

/** Lengths of a transform: of the input's axis, of the line taken, and of the bins given; one back from one side is real. */
function dftOf(shape: readonly number[], length: number | undefined, axis: number, { onesided, inverse }: Attributes) {
  const place = axisOf(axis, shape.length);
  if (shape.length < 2 || place === shape.length - 1 || ![1, 2].includes(shape[shape.length - 1]))
    throw new Error(`transforms axis ${axis} of ${shape.join('x')}: the last axis is real numbers, or pairs`);
  const back = inverse === 1 && onesided === 1;
  const n = length ?? (back ? 2 * (shape[place] - 1) : shape[place]);
  const bins = back ? n : binsOf(n, onesided);
  const parts = back ? 1 : 2;
  return { place, n, bins, parts, output: [...shape.slice(0, -1).map((own, i) => (i === place ? bins : own)), parts] };
}

const dft: TensorFunction = {
  operands: 3,
  // The axis was 1 until opset 20, and is the last but one since; `lastbit.axis` stands for the opset.
  attributes: { inverse: int(0), onesided: int(0), 'lastbit.axis': int(-2) },
  since: [{ opset: 20, attribute: 'axis', kind: 'int', operand: 2 }],
  before: [{ opset: 20, attributes: { 'lastbit.axis': 1 } }],
  operations: 2,
  facts: ([x, length, axis], attributes) => {
    const known = (operand: OperandFacts | undefined, what: string) =>
      operand === undefined ? undefined : knownIntegers(operand, what)[0];
    const { shape } = x as OperandFacts;
    const along = known(axis, 'its axis') ?? (attributes['lastbit.axis'] as number);
    return [{ shape: dftOf(shape, known(length, 'its length'), along, attributes).output }];
  },
  run: ([operand, length, axis], attributes) => {
    const x = floatsOf(operand, 0);
    const given = (each: Tensor | undefined, place: number) => each && integersOf(each, place).data[0];
    const along = given(axis, 2) ?? (attributes['lastbit.axis'] as number);
    const { place, n, bins, parts, output } = dftOf(x.shape, given(length, 1), along, attributes);
    const pairs = x.shape[x.shape.length - 1];
    const inner = sizeOf(x.shape.slice(place + 1, -1));
    const own = x.shape[place];
    const result = floatTensor(output);
    for (let outer = 0; outer < sizeOf(x.shape.slice(0, place)); outer++)
      for (let i = 0; i < inner; i++) {
        const at = (k: number, which: number) => x.data[((outer * own + k) * inner + i) * pairs + which];
        // What lies beyond one side mirrors it.
        const part = (which: number) =>
          Float64Array.from({ length: n }, (_, k) =>
            k < own ? at(k, which) : parts === 1 && n - k < own ? (1 - 2 * which) * at(n - k, which) : 0,
          );
        const line = { real: part(0), ...(pairs === 2 && { imaginary: part(1) }) };
        const found = transform(line, bins, attributes.inverse === 1);
        for (let k = 0; k < bins; k++)
          result.data.set(found.subarray(2 * k, 2 * k + parts), ((outer * bins + k) * inner + i) * parts);
      }
    return [result];
  },
};

/** Lengths of the frames of signals. */
function stftOf(shape: readonly number[], step: number, frame: number, onesided: unknown) {
  const [batch, length, parts = 1] = shape;
  if (shape.length < 2 || shape.length > 3 || !(step >= 1) || !(frame >= 1) || frame > length)
    throw new Error(`takes frames of ${frame}, ${step} apart, of ${shape.join('x')}: batch x length are wanted`);
  const frames = Math.floor((length - frame) / step) + 1;
  const bins = binsOf(frame, onesided);
  return { batch, length, parts, frames, bins, output: [batch, frames, bins, 2] };
}

const stft: TensorFunction = {
  operands: 4,
  attributes: { onesided: int(1) },
  operations: 2,
  facts: ([x, step, window, frame], { onesided }) => {
    const length = frame === undefined ? window?.shape[0] : knownIntegers(frame, 'the length of its frames')[0];
    const [apart] = knownIntegers(step, 'the step of its frames');
    return [{ shape: stftOf(factsAt([x], 0).shape, apart, length ?? 0, onesided).output }];
  },
  run: ([operand, step, window, frame], { onesided }) => {
    const x = floatsOf(operand, 0);
    const shape: FloatTensor | undefined = window && floatsOf(window, 2);
    const size = frame === undefined ? (shape?.data.length ?? 0) : integersOf(frame, 3).data[0];
    const [apart] = integersOf(step, 1).data;
    const { batch, length, parts, frames, bins, output } = stftOf(x.shape, apart, size, onesided);
    const result = floatTensor(output);
    for (let b = 0, at = 0; b < batch; b++)
      for (let f = 0; f < frames; f++, at += 2 * bins) {
        const part = (which: number) =>
          Float64Array.from(
            { length: size },
            (_, i) => x.data[(b * length + f * apart + i) * parts + which] * (shape?.data[i] ?? 1),
          );
        result.data.set(transform({ real: part(0), ...(parts === 2 && { imaginary: part(1) }) }, bins, false), at);
      }
    return [result];
  },
};

/** a0 - a1 cos + a2 cos of twice the angle, over a period or symmetric. */
function window(a0: number, a1: number, a2: number): TensorFunction {
  return {
    operands: 1,
    attributes: { output_datatype: int(1), periodic: int(1) },
    facts: ([size]) => [{ shape: knownIntegers(size, 'its size') }],
    run: ([size], { periodic, output_datatype: type }) => {
      if (type !== 1) throw new Error(`has output_datatype = ${type as number}: 1 (FLOAT) is supported`);
      const n = integersOf(size, 0).data[0];
      const angle = (i: number) => (2 * Math.PI * i) / (periodic === 1 ? n : Math.max(n - 1, 1));
      const values = Float32Array.from({ length: n }, (_, i) => a0 - a1 * cos(angle(i)) + a2 * cos(2 * angle(i)));
      return [floatTensor([n], values)];
    },
  };
}

export const SPECTRA: Readonly<Record<string, TensorFunction>> = {
  DFT: dft,
  STFT: stft,
  BlackmanWindow: window(0.42, 0.5, 0.08),
  HammingWindow: window(25 / 46, 21 / 46, 0),
  HannWindow: window(0.5, 0.5, 0),
};
