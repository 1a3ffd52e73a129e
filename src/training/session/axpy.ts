import type { Parameter } from '../../networks/parameter.js';
import { mapped } from '../../quantize/algebra/reals.js';
import { finish, type Optimizer } from './optimizer.js';

/**
 * SGD whose three AXPYs are each rounded, as in fp8 training (Wang et al., NeurIPS 2018, section 2.3): decay
 * g' = g + decay w, momentum v = momentum v + g', and the update w = w - rate v. Weights and velocities then live in the
 * format that `round` rounds to.
 */
export function roundedSgd(round: (x: number) => number, { momentum = 0.9, decay = 0 } = {}): Optimizer {
  const velocities = new Map<Parameter, Float32Array>();
  const velocityOf = (p: Parameter) => {
    let v = velocities.get(p);
    if (v === undefined) velocities.set(p, (v = new Float32Array(p.value.length)));
    return v;
  };
  return {
    state: (parameters) => parameters.map((p) => ({ name: `${p.name}.velocity`, data: velocityOf(p) })),
    step(parameters, rate) {
      for (const p of parameters) {
        const decayed =
          p.decays && decay !== 0 ? mapped(p.gradient, (g, i) => round(g + decay * p.value[i])) : p.gradient;
        const v = velocityOf(p);
        p.value.forEach((w, i) => {
          v[i] = round(momentum * v[i] + decayed[i]);
          p.value[i] = round(w - rate * v[i]);
        });
        finish(p);
      }
    },
  };
}
