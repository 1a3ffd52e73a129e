import type { Parameter } from '../../networks/parameter.js';
import type { StateArray } from '../model/state.js';

/** Moves the parameters against their gradients, in place, and clears the gradients. */
export interface Optimizer {
  step(parameters: readonly Parameter[], rate: number): void;
  /** What it remembers of these parameters. */
  state(parameters: readonly Parameter[]): StateArray[];
}

/** v = momentum v + g + decay w; w -= rate v. */
export function sgd({ momentum = 0.9, decay = 0 } = {}): Optimizer {
  const velocities = new Map<Parameter, Float32Array>();
  return {
    state: (parameters) => statesOf(velocities, parameters, 'velocity'),
    step(parameters, rate) {
      for (const p of parameters) {
        const v = stateOf(velocities, p);
        const shrink = p.decays ? decay : 0;
        p.value.forEach((w, i) => {
          v[i] = momentum * v[i] + p.gradient[i] + shrink * w;
          p.value[i] = w - rate * v[i];
        });
        finish(p);
      }
    },
  };
}

/** Adam with the paper's constants (Kingma and Ba 2015); decay is decoupled from the gradient (AdamW). */
export function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 } = {}): Optimizer {
  const means = new Map<Parameter, Float32Array>();
  const squares = new Map<Parameter, Float32Array>();
  /** beta1 and beta2 to the number of steps. */
  const left = Float64Array.of(1, 1);
  return {
    state: (parameters) => [
      ...statesOf(means, parameters, 'mean'),
      ...statesOf(squares, parameters, 'square'),
      { name: 'adam.left', data: left },
    ],
    step(parameters, rate) {
      left[0] *= beta1;
      left[1] *= beta2;
      const [left1, left2] = left;
      for (const p of parameters) {
        const m = stateOf(means, p);
        const s = stateOf(squares, p);
        const shrink = p.decays ? decay : 0;
        p.gradient.forEach((g, i) => {
          m[i] = beta1 * m[i] + (1 - beta1) * g;
          s[i] = beta2 * s[i] + (1 - beta2) * g * g;
          p.value[i] -= rate * (m[i] / (1 - left1) / (Math.sqrt(s[i] / (1 - left2)) + epsilon) + shrink * p.value[i]);
        });
        finish(p);
      }
    },
  };
}

function stateOf(states: Map<Parameter, Float32Array>, p: Parameter): Float32Array {
  let state = states.get(p);
  if (state === undefined) states.set(p, (state = new Float32Array(p.value.length)));
  return state;
}

function statesOf(states: Map<Parameter, Float32Array>, parameters: readonly Parameter[], what: string): StateArray[] {
  return parameters.map((p) => ({ name: `${p.name}.${what}`, data: stateOf(states, p) }));
}

/** Limits and clears what a step has used. */
export function finish({ value, gradient, limit }: Parameter): void {
  gradient.fill(0);
  if (limit === undefined) return;
  value.forEach((w, i) => {
    value[i] = Math.min(Math.max(w, -limit), limit);
  });
}
