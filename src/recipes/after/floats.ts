import { adaptiveBias, type BiasRule } from '../../quantize/ranges/adaptiveBias.js';
import type { Recipe } from '../../quantize/contract/recipe.js';
import { scheme } from '../../quantize/contract/scheme.js';

/**
 * Floats of eight and fewer bits whose exponent bias is the tensor's own: the survey's six-bit method with its two rivals,
 * and AdaptivFloat. The scale of each tensor is a power of two.
 */
function biased(name: string, format: string, rule: BiasRule): Recipe {
  const operand = scheme(format, adaptiveBias(rule));
  const by = { fixed: 'as it is', max: 'by the largest magnitude', sqnr: 'by signal to quantization noise' }[rule];
  return {
    name,
    family: 'small floats after training',
    description: `${format} weights and activations per tensor, exponent bias ${by}`,
    result: 'dequantize',
    operands: () => ({ input: operand, weight: operand }),
  };
}

const RULES = ['fixed', 'max', 'sqnr'] as const;

export const FLOAT_PTQ_RECIPES: readonly Recipe[] = [
  ...['e4m3', 'e3m2', 'e2m3', 'e2m1'].flatMap((name) =>
    RULES.map((rule) => biased(`${name}-${rule}`, `${name}fn`, rule)),
  ),
  biased('adaptivfloat8', 'e3m4af', 'max'),
  biased('adaptivfloat6', 'e3m2af', 'max'),
  biased('adaptivfloat4', 'e2m1af', 'max'),
];
