import { codeArray, decoderOf } from '../datapaths/kernel/index.js';
import { widthOf } from '../formats/format.js';
import { encodeAll } from './codes.js';
import { lookUp } from './lookUp.js';
import {
  type CodeTensor,
  type FloatTensor,
  floatTensor,
  oneZeroPoint,
  type Quantization,
  type Tensor,
} from './tensor.js';

/** Codes with a quantization. @throws RangeError when the shape and the codes do not agree */
export function codeTensor(shape: readonly number[], data: CodeTensor['data'], quantization: Quantization): CodeTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  if (data.length !== size)
    throw new RangeError(`tensor: shape ${shape.join('x')} needs ${size} codes, found ${data.length}`);
  return { kind: 'codes', shape, data, quantization };
}

/** Calls `each` with the first element, the number of elements and the scale of every run that shares a scale. */
function overScales(
  shape: readonly number[],
  q: Quantization,
  each: (first: number, count: number, scale: number, zeroPoint: number) => void,
): void {
  const size = shape.reduce((product, length) => product * length, 1);
  if (q.scale.length === 1) {
    each(0, size, q.scale[0], oneZeroPoint(q));
    return;
  }
  if (q.scale.length !== shape[q.axis])
    throw new RangeError(`quantization: ${q.scale.length} scales for axis ${q.axis} of shape ${shape.join('x')}`);
  const run = shape.slice(q.axis + 1).reduce((product, length) => product * length, 1);
  for (let first = 0, i = 0; first < size; first += run, i++) {
    const channel = i % q.scale.length;
    each(first, run, q.scale[channel], zeroPointAt(q, channel));
  }
}

/** The zero point of a channel. */
export function zeroPointAt({ zeroPoint }: Quantization, channel: number): number {
  return typeof zeroPoint === 'number' ? zeroPoint : zeroPoint[channel];
}

/** x / scale in float32, rounded to the format, plus the zero point: ONNX QuantizeLinear, for any format. */
export function quantize(x: FloatTensor, q: Quantization): CodeTensor {
  const scaled = new Float32Array(x.data.length);
  overScales(x.shape, q, (first, count, scale) => divide(x.data, scaled, first, count, scale));
  if (typeof q.zeroPoint === 'number') return codeTensor(x.shape, encodeAll(scaled, q.fit, q.zeroPoint), q);
  const codes = codeArray(q.fit.format, scaled.length);
  overScales(x.shape, q, (first, count, _scale, zeroPoint) =>
    codes.set(encodeAll(scaled.subarray(first, first + count), q.fit, zeroPoint), first),
  );
  return codeTensor(x.shape, codes, q);
}

/** A loop of its own, which is compiled for these arrays alone. */
function divide(from: Float32Array, to: Float32Array, first: number, count: number, by: number): void {
  for (let i = first; i < first + count; i++) to[i] = from[i] / by;
}

/** (value - zeroPoint) * scale in float32: ONNX DequantizeLinear. A float tensor is given back as it is, integers as reals. */
export function dequantize(x: Tensor): FloatTensor {
  if (x.kind === 'float') return x;
  if (x.kind === 'integers') return floatTensor(x.shape, Float32Array.from(x.data));
  const { quantization: q, data } = x;
  const value = decoderOf(q.fit.format);
  const real = floatTensor(x.shape);
  if (data instanceof Uint8Array && q.scale.length === 1 && data.length > TABLE) {
    const meant = Uint8Array.from({ length: 2 ** widthOf(q.fit.format) }, (_, code) => code);
    lookUp(dequantize({ ...x, shape: [meant.length], data: meant }).data, data, real.data);
    return real;
  }
  overScales(x.shape, q, (first, count, scale, zeroPoint) => {
    for (let i = first; i < first + count; i++) real.data[i] = Math.fround(value(data[i]) - zeroPoint) * scale;
  });
  return real;
}

/** Codes of a byte at most: of more elements than there are codes, each code is looked up. */
const TABLE = 256;

/** The code that stands for zero: what padding is made of. The nearest one where the format has no zero (binary: +1). */
export function zeroCode(q: Quantization): number {
  return encodeAll(Float32Array.of(0), q.fit, oneZeroPoint(q), codeArray(q.fit.format, 1))[0];
}

/** A quantization with one scale. */
export function perTensor(fit: Quantization['fit'], scale: number, zeroPoint = 0): Quantization {
  return { fit, scale: Float32Array.of(scale), axis: 0, zeroPoint };
}

/** All numbers of a quantization: arrays may be written to in place, and what is kept by one has to be told apart then. */
export function numbersIn({ scale, zeroPoint }: Quantization): readonly number[] {
  return typeof zeroPoint === 'number' ? [...scale, zeroPoint] : [...scale, ...zeroPoint];
}

/** Bit for bit, so that a NaN is the same as itself, and -0 is not 0. */
export function sameNumbers(x: readonly number[], y: readonly number[]): boolean {
  return x.length === y.length && x.every((value, i) => Object.is(value, y[i]));
}
