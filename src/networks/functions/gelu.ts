import { erf } from '../scalars/erf.js';
import { sigmoid } from '../scalars/hyperbolic.js';
import type { FloatTensor } from '../tensor.js';
import { word } from './attributes.js';
import { combined } from './binary.js';
import type { TensorFunction } from './function.js';
import { floatsOf } from './operands.js';
import { pairwise } from './binary.js';
import { likeFirst, mapped } from './unary.js';

/** x times the share of a normal distribution that lies below x, and what comes near to it. */

function gelu(x: number): number {
  return (x / 2) * (1 + erf(x * Math.SQRT1_2));
}

/** 0.5 (1 + tanh(u)) is the sigmoid of 2 u. */
function geluByTanh(x: number): number {
  return x * sigmoid(SLOPE * (x + 0.044715 * x * x * x));
}

/** 2 sqrt(2 / pi) */
const SLOPE = 2 * Math.sqrt(2 / Math.PI);

/** ONNX Runtime's, with a bias over the last axis that is added in float32 first. */
function withBias(scalar: (x: number) => number): TensorFunction {
  return {
    operands: 2,
    operations: 9,
    elementwise: true,
    facts: likeFirst,
    run: ([x, bias]) => [mapped(biased(floatsOf(x, 0), bias && floatsOf(bias, 1)), scalar)],
  };
}

function biased(x: FloatTensor, bias: FloatTensor | undefined): FloatTensor {
  if (bias === undefined) return x;
  const sum = combined(
    [x, bias],
    pairwise((a, b) => a + b),
    () => pairwise((a, b) => a + b),
  );
  return floatsOf(sum, 0);
}

export const GELUS: Readonly<Record<string, TensorFunction>> = {
  Gelu: {
    operands: 1,
    attributes: { approximate: word('none', ['none', 'tanh']) },
    operations: 8,
    elementwise: true,
    facts: likeFirst,
    run: ([x], { approximate }) => [mapped(floatsOf(x, 0), approximate === 'tanh' ? geluByTanh : gelu)],
  },
  'com.microsoft.Gelu': { ...withBias(gelu), operands: 1 },
  'com.microsoft.BiasGelu': withBias(gelu),
  'com.microsoft.FastGelu': withBias(geluByTanh),
};
