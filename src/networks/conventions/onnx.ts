import { saturates } from '../../formats/codec.js';
import { encodeAll } from '../codes.js';
import { oneZeroPoint } from '../tensor.js';
import type { Quantization } from '../tensor.js';
import { narrowed, narrowedPlanes, type Narrowing } from './bytes.js';
import type { Filters, Requantization } from './requantization.js';

/**
 * ONNX Runtime's QLinearConv (mlas, RequantizeOutput): the sum plus bias as an int32 is made a float32, multiplied by the
 * float32 s_in * s_w / s_out, rounded half to even, moved by the zero point and saturated.
 */
export const onnx: Requantization = {
  multipliers: (scales, output) => scales.map((scale) => scale / output.scale[0]),
  withBias: asInt32,
  codes: (scaled, output) => encodeAll(scaled, output.fit, oneZeroPoint(output)),
  columns(filters, output) {
    const narrowing = narrowingOf(filters, output);
    return narrowing && ((rows) => narrowed(rows, narrowing));
  },
  planes(filters, output) {
    const narrowing = narrowingOf(filters, output);
    return narrowing && ((planes, pixels) => narrowedPlanes(planes, pixels, narrowing));
  },
};

function narrowingOf(filters: Filters, { fit, zeroPoint }: Quantization): Narrowing | undefined {
  const { format, rounding, overflow } = fit;
  if (format.kind !== 'int' || format.exponent !== 0 || format.bits > 8) return undefined;
  if (rounding !== 'rne' || !saturates(overflow) || typeof zeroPoint !== 'number') return undefined;
  // Without a bias sums do not wrap, and bounds of the codes have to be numbers of float32.
  if ((filters.bias === undefined && filters.largest >= 2 ** 31) || Math.abs(zeroPoint) >= 2 ** 20) return undefined;
  const { corrections, multipliers, bias } = filters;
  if (bias !== undefined && !bias.every(Number.isInteger)) return undefined;
  const offsets = Int32Array.from(corrections, (correction, f) => ((bias?.[f] ?? 0) - correction) | 0);
  const { bits, signed } = format;
  return { offsets, multipliers, bits, signed, zeroPoint };
}

/** A loop of its own, over arrays that it reads the lengths of once. */
function asInt32(sums: Float32Array | Float64Array, bias: Float32Array | Int32Array): Float64Array {
  const whole = new Float64Array(sums.length);
  const filters = bias.length;
  for (let from = 0; from < sums.length; from += filters)
    for (let j = 0; j < filters; j++) whole[from + j] = (sums[from + j] + bias[j]) | 0;
  return whole;
}
