import { widthOf } from '../../formats/format.js';
import { dequantize, quantize } from '../../networks/quantization.js';
import type { Parameter } from '../../networks/parameter.js';
import type { FloatTensor, Quantization } from '../../networks/tensor.js';
import { rangeOf } from './range.js';

/**
 * Fake quantization: in training an operand is rounded to the grid that the hardware will hold and goes on as a real
 * number, while the gradient passes as if nothing had been rounded (straight-through estimator, Bengio et al. 2013).
 */
export interface FakeQuantizer {
  /**
   * The values on the grid, and the quantization whose grid it is; undefined where no codes with one scale hold them.
   * @param training false where the network is judged, so that no random choice is made; true by default
   */
  forward(x: FloatTensor, training?: boolean): Quantized;
  /** Turns the gradient by the values into that by x, in place; `x` is what the last `forward` was given. */
  backward(x: FloatTensor, gradient: Float32Array): void;
  /** What it learns itself: a clipping level, a step size. */
  parameters?: readonly Parameter[];
}

export interface Quantized {
  values: FloatTensor;
  quantization: Quantization | undefined;
}

/** Rounds to the grid that `choose` gives, which for weights follows them as they change; clipped values get no gradient. */
export function straightThrough(choose: (x: FloatTensor) => Quantization): FakeQuantizer {
  let quantization: Quantization | undefined;
  return {
    forward(x) {
      quantization = choose(x);
      return { values: dequantize(quantize(x, quantization)), quantization };
    },
    backward(x, gradient) {
      if (quantization !== undefined) stopClipped(x, quantization, gradient);
    },
  };
}

/** Zeroes the gradient where x lies beyond the grid's ends. Two-valued grids have no inside: everything passes. */
function stopClipped(x: FloatTensor, q: Quantization, gradient: Float32Array): void {
  if (widthOf(q.fit.format) === 1) return;
  const [lowest, highest] = rangeOf(q);
  const run = x.data.length / q.scale.length;
  for (let i = 0; i < x.data.length; i++) {
    const scale = q.scale[q.scale.length === 1 ? 0 : Math.floor(i / run)];
    if (x.data[i] < lowest * scale || x.data[i] > highest * scale) gradient[i] = 0;
  }
}
