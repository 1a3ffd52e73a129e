import { formatNamed } from '../formats/catalog.js';
import type { Datapath } from '../datapaths/datapath.js';
import type { Format } from '../formats/format.js';
import { gemm } from '../networks/products/gemm.js';
import type { Arithmetic, MatmulJob } from '../networks/network.js';
import { sqnrOf } from './errors.js';
import { findUnit, layerCostOf, layerEnergyOf, type Target } from '../targets/target.js';

/** What one kind of product of one layer costs on a target. */
export interface ProductCost {
  layer: string;
  pass: 'forward' | 'inputGradient' | 'weightGradient';
  /** The unit of the target; undefined where it has none for these operands and the product runs beside the array. */
  unit: string | undefined;
  a: string;
  b: string;
  count: number;
  macs: number;
  cycles: number;
  energyPj: number;
  /** Of the sums against exact ones of the same operands, where they were measured. */
  sqnrDb?: number;
}

/** Sums over products. */
export interface TrainingCost {
  macs: number;
  /** Of these, in products that the target has no unit for: their cycles and energy are not counted. */
  macsBeside: number;
  cycles: number;
  energyPj: number;
}

export interface CostMeter {
  arithmetic: Arithmetic;
  /** Whether sums are compared with exact ones from here on. */
  measure(on: boolean): void;
  /** What was multiplied since the last call: its sums, and each kind of product. */
  take(): { cost: TrainingCost; products: ProductCost[] };
}

const REAL = formatNamed('fp32');

/** Counts what goes through an arithmetic, as cycles by formula and energy by action counts on the target. */
export function costMeter(inner: Arithmetic, target: Target): CostMeter {
  const known = new Map<string, ProductCost>();
  const pending = new Map<ProductCost, number>();
  const errors = new Map<ProductCost, Powers>();
  let measuring = false;
  return {
    measure(on) {
      measuring = on;
    },
    arithmetic: {
      ...inner,
      values(a, b, job) {
        const cost = costOnce(known, job, target);
        pending.set(cost, (pending.get(cost) ?? 0) + 1);
        const sums = inner.values(a, b, job);
        if (measuring) errors.set(cost, compared(sums, a, b, job, errors.get(cost)));
        return sums;
      },
    },
    take() {
      const products = [...pending].map(([cost, count]) => times(cost, count, errors.get(cost)));
      pending.clear();
      errors.clear();
      const sum = (of: (cost: ProductCost) => number) => products.reduce((t, cost) => t + of(cost), 0);
      const cost = {
        macs: sum(({ macs }) => macs),
        macsBeside: sum(({ macs, unit }) => (unit === undefined ? macs : 0)),
        cycles: sum(({ cycles }) => cycles),
        energyPj: sum(({ energyPj }) => energyPj),
      };
      return { cost, products };
    },
  };
}

function times(cost: ProductCost, count: number, errors: Powers | undefined): ProductCost {
  const { macs, cycles, energyPj } = cost;
  const sqnrDb = errors && sqnrOf(errors.signal, errors.noise);
  return { ...cost, count, macs: macs * count, cycles: cycles * count, energyPj: energyPj * count, sqnrDb };
}

/** Sums of squares of exact sums, and of what was got less them. */
interface Powers {
  signal: number;
  noise: number;
}

/** Adds a product's: its operands are float32, so that float64 sums of them are exact for this purpose. */
function compared(sums: Float32Array, a: Float32Array, b: Float32Array, job: MatmulJob, known?: Powers): Powers {
  const exact = gemm(Float64Array.from(a), Float64Array.from(b), job.m, job.n, job.k);
  let { signal, noise } = known ?? { signal: 0, noise: 0 };
  for (let i = 0; i < exact.length; i++) {
    signal += exact[i] ** 2;
    noise += (sums[i] - exact[i]) ** 2;
  }
  return { signal, noise };
}

function costOnce(known: Map<string, ProductCost>, job: MatmulJob, target: Target): ProductCost {
  const { layer, m, n, k, pass = 'forward' } = job;
  const [a, b] = [formatOf(job, 'a'), formatOf(job, 'b')];
  const key = [layer, pass, m, n, k, a.name, b.name].join(' ');
  let cost = known.get(key);
  if (cost === undefined) {
    const shape = { layer, m, n, k };
    const unit = unitOf(target, a, b);
    const performance = unit && layerCostOf(shape, target, unit);
    cost = {
      layer,
      pass,
      unit: unit?.name,
      a: a.name,
      b: b.name,
      count: 1,
      macs: m * n * k,
      cycles: performance?.cycles.total ?? 0,
      energyPj: unit && performance ? layerEnergyOf(performance, target, unit).totalPj : 0,
    };
    known.set(key, cost);
  }
  return cost;
}

/** The target's unit for a product; where one operand is real and has no unit of its own, the one for real numbers. */
function unitOf(target: Target, a: Format, b: Format): Datapath | undefined {
  const own = findUnit(target, a, b);
  return own === undefined && (a.name === REAL.name || b.name === REAL.name) ? findUnit(target, REAL, REAL) : own;
}

const formatOf = (job: MatmulJob, side: 'a' | 'b'): Format => job[side]?.fit.format ?? REAL;
