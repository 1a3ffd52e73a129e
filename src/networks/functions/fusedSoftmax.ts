import { codeArray, valuesOf } from '../../datapaths/kernel/index.js';
import { exp, log } from '../elementary.js';
import { codeTensor } from '../quantization.js';
import { type CodeTensor, oneZeroPoint, sizeOf } from '../tensor.js';
import { asOne, type AxisLine, overLines } from './along.js';
import { halfEven } from './fma.js';
import type { TensorFunction } from './function.js';

/**
 * ONNX Runtime's QLinearSoftmax (qlinear_softmax.cc; onnxruntime 1.30.0: 0 of 2.4 million codes differ). Powers are 32-bit
 * integers of which a line of the largest code just fits; with t that of a code less the line's largest and T their sum, a
 * code is rne(f32(f32(t) c) / f32(T)) + z, where c is the whole part of one over the result's scale.
 */
export const softmaxOfCodes: NonNullable<TensorFunction['fused']> = ([x], attributes, output) => {
  const { data, shape, quantization } = x as CodeTensor;
  const { format } = output.fit;
  if (format.kind !== 'int') throw new Error(`gives codes of ${format.name}: integers are wanted`);
  const values = valuesOf(quantization.fit.format);
  const found = asOne({ shape }, attributes);
  const powers = powersOf(quantization.scale[0], found.shape[found.axis]);
  const whole = Math.floor(Math.fround(1 / output.scale[0]));
  const zero = oneZeroPoint(output);
  const [lowest, mask] = [format.signed ? -(2 ** (format.bits - 1)) : 0, 2 ** format.bits - 1];
  const codes = codeArray(format, sizeOf(shape));
  overLines(found.shape, found.axis, ({ first, length, step }: AxisLine) => {
    let [most, total] = [-Infinity, 0];
    for (let i = 0, at = first; i < length; i++, at += step) most = Math.max(most, values[data[at]]);
    for (let i = 0, at = first; i < length; i++, at += step) total += powers[most - values[data[at]]];
    const divisor = Math.fround(total);
    for (let i = 0, at = first; i < length; i++, at += step) {
      const share = Math.fround(Math.fround(Math.fround(powers[most - values[data[at]]]) * whole) / divisor);
      codes[at] = Math.min(Math.max(halfEven(share) + zero, lowest), lowest + mask) & mask;
    }
  });
  return codeTensor(shape, codes, output);
};

/** By how far a code lies below the largest: as many of the largest power as the line is long make 2^32 - 1. */
function powersOf(scale: number, length: number): Float64Array {
  const shift = log((2 ** 32 - 1) / length) / scale;
  return Float64Array.from({ length: 256 }, (_, below) => Math.round(exp((shift - below) * scale)));
}
