import { widthOf } from '../formats/format.js';
import { isMacLayer, type Network } from '../networks/network.js';
import { sizeOf } from '../networks/tensor.js';
import { TARGETS } from '../targets/catalog.js';
import { loadTarget } from '../targets/catalog.js';
import { paretoOptimal } from './pareto.js';
import { type DataPlan, type RunPlan, whyNot } from './plan.js';
import { type PoolOptions, runAll } from './pool.js';
import type { Outcome } from './run.js';

/** One method on one target. */
export interface StudyRow extends Outcome {
  recipe: string;
  target: string;
  cycles: number;
  energyPj: number;
  extrapolated: boolean;
  /** Weights and biases as the target stores them: codes, one float32 for each scale and bias. */
  modelKilobytes: number;
  /** No other row is at least as good in accuracy, cycles and energy, and better in one. */
  pareto: boolean;
}

/** A network that a recipe made, and the file that it was written to. */
export interface Candidate {
  recipe: string;
  path: string;
  network: Network;
}

export interface Study {
  rows: StudyRow[];
  /** Recipes that no target can run, with the reason of the first. */
  unplaced: string[];
}

/**
 * Runs every candidate on every target that has units for its operands.
 * @param targets names or files; the whole catalogue by default
 */
export async function runStudy(
  candidates: readonly Candidate[],
  data: DataPlan,
  reference: string,
  targets: readonly string[] = TARGETS.map(({ name }) => name),
  options: PoolOptions = {},
): Promise<Study> {
  const known = targets.map((name) => ({ name, target: loadTarget(name) }));
  const unplaced: string[] = [];
  const jobs = candidates.flatMap((candidate) => {
    const reasons = known.map(({ target }) => whyNot(candidate.network, target));
    const places = known.filter((_, i) => reasons[i] === undefined);
    if (places.length === 0) unplaced.push(`${candidate.recipe}: ${reasons[0]}`);
    return places.map(({ name }) => ({ candidate, target: name }));
  });
  const plans = jobs.map(
    ({ candidate, target }): RunPlan => ({ network: candidate.path, reference, data, target: { base: target } }),
  );
  const results = await runAll(plans, options);
  const rows = results.map((result, i) => ({
    recipe: jobs[i].candidate.recipe,
    target: jobs[i].target,
    images: result.images,
    accuracy: result.accuracy,
    floatAccuracy: result.floatAccuracy,
    sqnrExactDb: result.sqnrExactDb,
    sqnrFloatDb: result.sqnrFloatDb,
    cycles: result.cost.cycles.total,
    energyPj: result.cost.energyPj,
    extrapolated: result.cost.extrapolated,
    modelKilobytes: modelBytesOf(jobs[i].candidate.network) / 1024,
  }));
  const optimal = paretoOptimal(rows);
  return { rows: rows.map((row, i) => ({ ...row, pareto: optimal[i] })), unplaced };
}

/** Bytes of the codes packed, and four for each scale and bias; float weights take four. */
export function modelBytesOf(network: Network): number {
  return network.layers.filter(isMacLayer).reduce((total, { weight, bias }) => {
    const count = sizeOf(weight.shape);
    const biases = 4 * (bias?.length ?? 0);
    if (weight.kind === 'float') return total + 4 * count + biases;
    const { fit, scale } = weight.quantization;
    return total + (count * widthOf(fit.format)) / 8 + 4 * scale.length + biases;
  }, 0);
}
