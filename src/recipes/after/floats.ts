import { formatNamed } from '../../formats/catalog.js';
import { widthOf } from '../../formats/format.js';
import { adaptiveBias, type BiasRule } from '../../quantize/ranges/adaptiveBias.js';
import type { AfterRecipe } from '../method.js';
import { scheme } from '../../quantize/contract/scheme.js';

/**
 * Floats of eight and fewer bits whose exponent bias is the tensor's own: the survey's six-bit method with its two rivals,
 * and AdaptivFloat. The scale of each tensor is a power of two.
 */
function biased(name: string, format: string, rule: BiasRule): AfterRecipe {
  const bits = widthOf(formatNamed(format));
  const operand = scheme(format, adaptiveBias(rule));
  const by = { fixed: 'as it is', max: 'by the largest magnitude', sqnr: 'by signal to quantization noise' }[rule];
  return {
    kind: 'after',
    name,
    family: 'small floats after training',
    description: `${format} weights and activations per tensor, exponent bias ${by}`,
    bits: { weights: bits, activations: bits },
    source: SOURCES[rule],
    result: 'dequantize',
    operands: () => ({ input: operand, weight: operand }),
  };
}

const SOURCES: Readonly<Record<BiasRule, string>> = {
  fixed: 'the baseline: the bias that the format has',
  max: 'Tambe et al., DAC 2020, arXiv 1909.13271',
  sqnr: 'told by a survey of 2022 without its paper',
};

const RULES = ['fixed', 'max', 'sqnr'] as const;

export const FLOAT_PTQ_RECIPES: readonly AfterRecipe[] = [
  ...['e4m3', 'e3m2', 'e2m3', 'e2m1'].flatMap((name) =>
    RULES.map((rule) => biased(`${name}-${rule}`, `${name}fn`, rule)),
  ),
  biased('adaptivfloat8', 'e3m4af', 'max'),
  biased('adaptivfloat6', 'e3m2af', 'max'),
  biased('adaptivfloat4', 'e2m1af', 'max'),
];
