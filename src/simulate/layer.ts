import { type ClockedResult, type CycleObserver, runMesh } from '../arrays/clocked.js';
import { orderOf } from '../arrays/dataflow.js';
import type { GemmJob } from '../arrays/tiling.js';
import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import { type CodeArray, compileUnit, sumValues } from '../datapaths/kernel/index.js';
import { execute } from '../networks/execute.js';
import { isMacLayer, type MatmulJob, type Network } from '../networks/network.js';
import type { FloatTensor } from '../networks/tensor.js';
import { didYouMean } from '../formats/nearest.js';
import { type Target, unitFor } from '../targets/target.js';
import { targetArithmetic, unitsOf } from './arithmetic.js';

/** The operands of one layer for one image, as they reach the array, and the sums that the kernel makes of them. */
export interface LayerOperands {
  job: GemmJob & { groups: number };
  unit: Datapath;
  /** [groups, m, k] and [groups, k, n]. */
  a: CodeArray;
  b: CodeArray;
  /** Values [groups, m, n]. */
  sums: Float64Array;
}

interface Group {
  job: MatmulJob;
  a: CodeArray;
  b: CodeArray;
  sums: Float64Array;
}

/** @throws RangeError when the network has no such MAC layer */
export function layerOperands(network: Network, target: Target, layer: string, image: FloatTensor): LayerOperands {
  const names = network.layers.filter(isMacLayer).map(({ name }) => name);
  if (!names.includes(layer))
    throw new RangeError(
      `network ${network.name} has no layer ${layer} that runs on the array; there are ${names.join(', ')}${didYouMean(layer, names)}`,
    );
  const groups: Group[] = [];
  const arithmetic = targetArithmetic(unitsOf(target));
  execute(network, image, {
    ...arithmetic,
    codes(a, b, job) {
      const sums = arithmetic.codes(a, b, job);
      if (job.layer === layer) groups.push({ job, a, b, sums });
      return sums;
    },
  });
  if (groups.length === 0) throw new RangeError(`layer ${layer} multiplies no codes; traces are of layers that do`);
  const [{ job }] = groups;
  const { m, n, k } = job;
  return {
    job: { layer, m, n, k, groups: groups.length },
    unit: unitOf(target, job),
    a: joined(groups.map(({ a }) => a)),
    b: joined(groups.map(({ b }) => b)),
    sums: joined(groups.map(({ sums }) => sums)),
  };
}

function unitOf(target: Target, { layer, a, b }: MatmulJob): Datapath {
  if (a === undefined || b === undefined) throw new RangeError(`layer ${layer} is not quantized`);
  return unitFor(target, layer, a.fit.format, b.fit.format);
}

function joined<T extends CodeArray | Float64Array>(parts: readonly T[]): T {
  if (parts.length === 1) return parts[0];
  const make = parts[0].constructor as new (length: number) => T;
  const all = new make(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Runs a layer on the target's array, clock edge by clock edge.
 * @throws Error when a sum is not the kernel's: the two must agree to the last bit
 */
export function runLayer(target: Target, operands: LayerOperands, observer?: CycleObserver): ClockedResult {
  const { job, unit, a, b, sums } = operands;
  const order = orderOf(target.array, unit);
  const result = runMesh({ product: { job, a, b }, array: target.array, order, unit: compileUnit(unit) }, observer);
  const values = sumValues(totalFitOf(unit, order).format, Uint32Array.from(result.sums));
  const wrong = values.findIndex((value, i) => !Object.is(value, sums[i]));
  if (wrong >= 0)
    throw new Error(
      `internal error, please report it: layer ${job.layer}, sum ${wrong}: the clocked array gives ${values[wrong]}, the kernel ${sums[wrong]}`,
    );
  return result;
}
