import { formatNamed } from '../../formats/catalog.js';
import { type Fit, fitTo } from '../../formats/codec.js';
import { dequantize, perTensor, quantize } from '../../networks/quantization.js';
import { type FloatTensor, floatTensor } from '../../networks/tensor.js';
import type { Quantized } from '../contract/fake.js';
import { luq, luqAlpha, type LuqOptions } from './luq.js';
import { largestOf } from '../contract/range.js';
import { nextGradScale, phaseShift, radix4, restingGradScale, type TwoPhase } from '../codes/radix4.js';
import { largestMagnitude, mapped } from '../algebra/reals.js';

/** A gradient as the two products take it that it enters. */
export interface RoundedGradient {
  inputGradient: Quantized;
  weightGradient: Quantized;
  /** More of the latter, drawn at random anew: the product is made with each, and the mean is taken. */
  samples?: readonly Quantized[];
}

/** Rounds the gradient by a layer's output once for each of the two products that it enters. */
export interface GradientQuantizer {
  forward(gradient: FloatTensor): RoundedGradient;
  /** What it remembers from step to step. */
  state?: readonly { name: string; data: Float64Array }[];
}

/** The same rounding for both products. */
function both(round: (gradient: FloatTensor) => Quantized): GradientQuantizer {
  return {
    forward(gradient) {
      const rounded = round(gradient);
      return { inputGradient: rounded, weightGradient: rounded };
    },
  };
}

/** A float format as it is, scale 1: what lies beyond its range is lost, which loss scaling is for. */
export function formatGradients(fit: Fit): GradientQuantizer {
  const quantization = perTensor(fit, 1);
  return both((gradient) => ({ values: dequantize(quantize(gradient, quantization)), quantization }));
}

/**
 * A float format with the tensor's largest magnitude on its largest number, scaled anew at each step. An infinite gradient
 * stays one where the format can tell, as training that went astray must be seen.
 */
export function scaledGradients(format: string, largest = largestOf(formatNamed(format))): GradientQuantizer {
  const fit = fitTo(formatNamed(format), { overflow: 'saturate-propagate' });
  return both((gradient) => {
    const most = largestMagnitude(gradient.data);
    const quantization = perTensor(fit, Number.isFinite(most) && most > 0 ? most / largest : 1);
    return { values: dequantize(quantize(gradient, quantization)), quantization };
  });
}

/** A power-of-two scale that the layer keeps (GradScale): it is found on the first gradient and moves after each. */
function gradScaled(
  name: string,
  largest: number,
  round: (scaled: FloatTensor, scale: number) => RoundedGradient,
): GradientQuantizer {
  const scale = new Float64Array(1);
  return {
    state: [{ name: `${name}.gradScale`, data: scale }],
    forward(gradient) {
      const most = largestMagnitude(gradient.data);
      if (scale[0] === 0) scale[0] = restingGradScale(most, largest);
      const [now] = scale;
      scale[0] = nextGradScale(now, most, largest);
      return round(
        floatTensor(
          gradient.shape,
          mapped(gradient.data, (g) => g * now),
        ),
        now,
      );
    },
  };
}

const unscaled = (x: FloatTensor, scale: number) =>
  floatTensor(
    x.shape,
    mapped(x.data, (value) => value / scale),
  );

/** Radix-4 fp4 with GradScale; `phases` undefined: the even phase for both products. */
export function radix4Gradients(name: string, phases: TwoPhase | undefined): GradientQuantizer {
  const even = fitTo(formatNamed('radix4'), { overflow: 'saturate' });
  const odd = fitTo(formatNamed('radix4odd'), { overflow: 'saturate' });
  const { underflow } = phases ?? { underflow: 'literal' };
  return gradScaled(name, 64, (scaled, scale) => {
    const rounded = (pass: TwoPhase['even']): Quantized => {
      const shift = phases === undefined ? 0 : phaseShift(pass, phases);
      const values = floatTensor(scaled.shape, radix4(scaled.data, { shift, underflow }));
      // The codes of the odd grid count from 2^-1; on its upper place they weigh four times as much.
      const quantization = perTensor(shift === 0 ? even : odd, (shift === 1 ? 4 : 1) / scale);
      return { values: unscaled(values, scale), quantization };
    };
    return { inputGradient: rounded('inputGradient'), weightGradient: rounded('weightGradient') };
  });
}

/** Radix-2 fp4 of as many bits, 2^-2 .. 2^4 and zero, nearest even, with the same GradScale: the counter-example. */
export function radix2Gradients(name: string): GradientQuantizer {
  const fit = fitTo(formatNamed('fp4e3m0'), { overflow: 'saturate' });
  return gradScaled(name, largestOf(fit.format), (scaled, scale) => {
    const values = dequantize(quantize(scaled, perTensor(fit, 1)));
    const rounded = { values: unscaled(values, scale), quantization: perTensor(fit, 1 / scale) };
    return { inputGradient: rounded, weightGradient: rounded };
  });
}

/**
 * LUQ with as many levels as radix-2 fp4 has codes.
 * @param unit draws from [0, 1)
 * @param samples of the gradient for the weights' product, averaged (the paper's SMP)
 */
export function luqGradients(unit: () => number, samples = 1): GradientQuantizer {
  const fit = fitTo(formatNamed('fp4e3m0'), { overflow: 'saturate' });
  const options: LuqOptions = { levels: 7, maximum: 'magnitude' };
  return {
    forward(gradient) {
      const alpha = Math.fround(luqAlpha(gradient.data, options));
      // The smallest code of fp4e3m0 is 2^-2.
      const quantization = perTensor(fit, alpha > 0 ? alpha * 4 : 1);
      const drawn = Array.from({ length: samples }, () => {
        const values = floatTensor(gradient.shape, luq(gradient.data, unit, options, alpha));
        return { values, quantization };
      });
      return { inputGradient: drawn[0], weightGradient: drawn[0], samples: drawn.slice(1) };
    },
  };
}

/** One quantizer, and another from when `late` says so: the last steps in more bits (LUQ's FNT). */
export function switchedGradients(
  early: GradientQuantizer,
  then: GradientQuantizer,
  late: () => boolean,
): GradientQuantizer {
  return {
    state: [...(early.state ?? []), ...(then.state ?? [])],
    forward: (gradient) => (late() ? then : early).forward(gradient),
  };
}
