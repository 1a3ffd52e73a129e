import { exp } from '../elementary.js';
import { sigmoid, softplus, tanh } from '../scalars/hyperbolic.js';

/** Activation functions of recurrent layers, by the names that ONNX's RNN, GRU and LSTM give them. */

interface GateFunction {
  /** Alpha and beta where a file says none; the function takes as many as there are. */
  absent: readonly number[];
  value(x: number, alpha: number, beta: number): number;
}

const GATES: Readonly<Record<string, GateFunction>> = {
  relu: { absent: [], value: (x) => (x < 0 ? 0 : x) },
  tanh: { absent: [], value: tanh },
  sigmoid: { absent: [], value: sigmoid },
  affine: { absent: [1, 0], value: (x, alpha, beta) => alpha * x + beta },
  leakyrelu: { absent: [0.01], value: (x, alpha) => (x < 0 ? alpha * x : x) },
  thresholdedrelu: { absent: [1], value: (x, alpha) => (x > alpha ? x : 0) },
  scaledtanh: { absent: [1, 1], value: (x, alpha, beta) => alpha * tanh(beta * x) },
  hardsigmoid: { absent: [0.2, 0.5], value: (x, alpha, beta) => Math.min(Math.max(alpha * x + beta, 0), 1) },
  elu: { absent: [1], value: (x, alpha) => (x < 0 ? alpha * (exp(x) - 1) : x) },
  softsign: { absent: [], value: (x) => x / (1 + Math.abs(x)) },
  softplus: { absent: [], value: softplus },
};

export type Gate = (x: number) => number;

/**
 * The functions of a layer in their order; those that need an alpha or a beta take the next that is given.
 * @throws Error naming one that there is not
 */
export function gatesOf(names: readonly string[], alphas: readonly number[], betas: readonly number[]): Gate[] {
  const [nextAlpha, nextBeta] = [alphas.values(), betas.values()];
  return names.map((name) => {
    const key = name.toLowerCase();
    if (!Object.hasOwn(GATES, key))
      throw new Error(`has the activation ${name}: there are ${Object.keys(GATES).join(' ')}`);
    const { absent, value } = GATES[key];
    const alpha = absent.length > 0 ? (nextAlpha.next().value ?? absent[0]) : 0;
    const beta = absent.length > 1 ? (nextBeta.next().value ?? absent[1]) : 0;
    return (x) => value(x, alpha, beta);
  });
}
