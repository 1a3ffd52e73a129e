/**
 * Loss scaling (Micikevicius et al., ICLR 2018): the loss is multiplied by a factor, so that small gradients survive in a
 * narrow format, and the gradients are divided by it before they are used.
 *
 * `none`: 1. `static`: the factor as given. `dynamic`: the schedule of PyTorch's GradScaler (torch/amp/grad_scaler.py): a
 * step whose gradients are not all finite is skipped and the factor multiplied by `backoff`; after `interval` good steps
 * in a row it is multiplied by `growth`.
 */
export type LossScaling =
  | { kind: 'none' }
  | { kind: 'static'; scale: number }
  | {
      kind: 'dynamic';
      initial: number;
      growth: number;
      backoff: number;
      interval: number;
      /** The factor stays between these, where they are given: apex has 2^24 for the largest. */
      smallest?: number;
      largest?: number;
    };

/** PyTorch's defaults. */
export const GRAD_SCALER = { kind: 'dynamic', initial: 2 ** 16, growth: 2, backoff: 0.5, interval: 2000 } as const;

export interface LossScale {
  scale: number;
  /** Good steps since the factor last changed, or since the last bad one. */
  goodSteps: number;
}

export function initialLossScale(scaling: LossScaling): LossScale {
  const scale = scaling.kind === 'none' ? 1 : scaling.kind === 'static' ? scaling.scale : scaling.initial;
  return { scale, goodSteps: 0 };
}

/**
 * The state after a step. A factor that would leave float32 does not grow, as in PyTorch.
 * @param finite whether all gradients of the step were
 */
export function nextLossScale(state: LossScale, finite: boolean, scaling: LossScaling): LossScale {
  if (scaling.kind !== 'dynamic') return state;
  const { smallest = 0, largest = Infinity } = scaling;
  if (!finite) return { scale: Math.max(Math.fround(state.scale * scaling.backoff), smallest), goodSteps: 0 };
  const goodSteps = state.goodSteps + 1;
  if (goodSteps < scaling.interval) return { ...state, goodSteps };
  const grown = Math.min(Math.fround(state.scale * scaling.growth), largest);
  return { scale: Number.isFinite(grown) ? grown : state.scale, goodSteps: 0 };
}

/** Whether a step with such gradients is left out: only a dynamic scale looks. */
export function skipsStep(scaling: LossScaling, finite: boolean): boolean {
  return scaling.kind === 'dynamic' && !finite;
}
