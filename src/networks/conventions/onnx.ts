import { encodeAll } from '../codes.js';
import { codesStep } from '../lanes.js';
import { oneZeroPoint } from '../tensor.js';
import type { Requantization } from './requantization.js';

/**
 * ONNX Runtime's QLinearConv (mlas, RequantizeOutput): the sum plus bias as an int32 is made a float32, multiplied by the
 * float32 s_in * s_w / s_out, rounded half to even, moved by the zero point and saturated.
 */
export const onnx: Requantization = {
  multipliers: (scales, output) => scales.map((scale) => scale / output.scale[0]),
  withBias: asInt32,
  codes: (scaled, output) => encodeAll(scaled, output.fit, oneZeroPoint(output)),
  finish({ corrections, multipliers, largest, bias }, output) {
    const step = codesStep(output);
    // Without a bias sums do not wrap.
    if (step === undefined || (bias === undefined && largest >= 2 ** 31)) return undefined;
    if (bias !== undefined && !bias.every(Number.isInteger)) return undefined;
    const offsets = Int32Array.from(corrections, (correction, f) => ((bias?.[f] ?? 0) - correction) | 0);
    return { offsets, multipliers, steps: [step] };
  },
};

/** A loop of its own, over arrays that it reads the lengths of once. */
function asInt32(sums: Float32Array | Float64Array, bias: Float32Array | Int32Array): Float64Array {
  const whole = new Float64Array(sums.length);
  const filters = bias.length;
  for (let from = 0; from < sums.length; from += filters)
    for (let j = 0; j < filters; j++) whole[from + j] = (sums[from + j] + bias[j]) | 0;
  return whole;
}
