import { type ClockedResult, type CycleObserver, runMesh } from '../arrays/clocked.js';
import { compileUnit } from '../datapaths/kernel/index.js';
import type { Target } from '../targets/target.js';
import type { GoldenProduct } from './golden.js';

/**
 * Runs a layer on the target's array, clock edge by clock edge.
 * @throws Error when a sum is not the kernel's: the two must agree to the last bit
 */
export function runLayer({ array }: Target, product: GoldenProduct, observer?: CycleObserver): ClockedResult {
  const { job, unit, order, a, b, sums } = product;
  const result = runMesh({ product: { job, a, b }, array, order, unit: compileUnit(unit) }, observer);
  const wrong = result.sums.findIndex((code, i) => code !== Number(sums[i]));
  if (wrong >= 0)
    throw new Error(
      `internal error, please report it: layer ${job.layer}, sum ${wrong}: the clocked array gives ${result.sums[wrong]}, the kernel ${sums[wrong]}`,
    );
  return result;
}
