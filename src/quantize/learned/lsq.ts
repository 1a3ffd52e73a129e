import { fitTo } from '../../formats/codec.js';
import { int } from '../../formats/catalog.js';
import { parameter } from '../../networks/parameter.js';
import { dequantize, perTensor, quantize } from '../../networks/quantization.js';
import { type FloatTensor, sizeOf } from '../../networks/tensor.js';
import type { FakeQuantizer } from '../contract/fake.js';
import { clamp, mapped, meanMagnitude, narrowed, type Reals, roundEven, total } from '../algebra/reals.js';

/** Codes lie in [-negative, positive]: 2^(b-1) and 2^(b-1) - 1 for weights, 0 and 2^b - 1 for activations. */
export interface LsqLevels {
  negative: number;
  positive: number;
}

export function lsqLevels(bits: number, signed: boolean): LsqLevels {
  return signed
    ? { negative: 2 ** (bits - 1), positive: 2 ** (bits - 1) - 1 }
    : { negative: 0, positive: 2 ** bits - 1 };
}

/** LSQ, learned step size (Esser et al., ICLR 2020): vq = round(clip(v / s, -Qn, Qp)) s, ties to even. */
export function lsqForward<T extends Reals>(v: T, step: number, { negative, positive }: LsqLevels): T {
  const own = narrowed(v);
  return mapped(v, (value) => roundEven(clamp(own(value / step), -negative, positive)) * step);
}

/**
 * dv = g inside the levels; ds = gradientScale * sum of g times round(v/s) - v/s inside, -Qn below and Qp above.
 * @param ends what exactly -Qn and Qp count as: `outside` in the paper; `inside` where a framework's clamp makes the
 *   gradient, as in zhutmost/lsq-net and hustzxd/LSQuantization
 */
export function lsqGradient<T extends Reals>(
  v: T,
  step: number,
  { negative, positive }: LsqLevels,
  gradient: T,
  gradientScale: number,
  ends: 'outside' | 'inside' = 'outside',
): { v: T; step: number } {
  const own = narrowed(v);
  const inside =
    ends === 'inside' ? (x: number) => x >= -negative && x <= positive : (x: number) => x > -negative && x < positive;
  return {
    v: mapped(gradient, (g, i) => (inside(own(v[i] / step)) ? g : 0)),
    step:
      gradientScale *
      total(gradient, (g, i) => {
        const x = own(v[i] / step);
        return g * (inside(x) ? roundEven(x) - x : x <= -negative ? -negative : positive);
      }),
  };
}

/** The step at the start: 2 E|v| / sqrt(Qp). */
export function lsqInitialStep(v: Reals, { positive }: LsqLevels): number {
  return (2 * meanMagnitude(v)) / Math.sqrt(positive);
}

/**
 * What N is in the step's gradient scale 1 / sqrt(N Qp). `features`: the paper's, weights of a layer or features of an
 * activation, without the batch. `elements`: with the batch, as zhutmost/lsq-net has it. `none`: no scale at all.
 */
export type LsqRule = 'features' | 'elements' | 'none';

export function lsqGradientScale(elements: number, images: number, { positive }: LsqLevels, rule: LsqRule): number {
  if (rule === 'none') return 1;
  return 1 / Math.sqrt((rule === 'features' ? elements / images : elements) * positive);
}

/** LSQ as training uses it, one step for the tensor. @param kind of operand: weights are signed and have no batch */
export function lsq(name: string, bits: number, kind: 'weight' | 'input', rule: LsqRule = 'features'): FakeQuantizer {
  const levels = lsqLevels(bits, kind === 'weight');
  const step = parameter(`${name}.step`, new Float32Array(1));
  const fit = fitTo(int(bits, kind === 'weight'), { overflow: 'saturate' });
  const imagesOf = ({ shape }: FloatTensor) => (kind === 'weight' ? 1 : shape[0]);
  /** Training can carry a step to zero or below, where the paper's formulas end: the least normal float32 stands for it. */
  const stepNow = () => Math.max(step.value[0], 2 ** -126);
  return {
    parameters: [step],
    forward(x) {
      if (step.value[0] === 0) step.value[0] = lsqInitialStep(x.data, levels) || 1;
      const quantization = perTensor(fit, stepNow());
      return { values: dequantize(quantize(x, quantization)), quantization };
    },
    backward(x, gradient) {
      const scale = lsqGradientScale(sizeOf(x.shape), imagesOf(x), levels, rule);
      const by = lsqGradient(x.data, stepNow(), levels, gradient, scale);
      step.gradient[0] += by.step;
      gradient.set(by.v);
    },
  };
}
