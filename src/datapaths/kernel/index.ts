import type { Datapath } from '../datapath.js';
import type { Order } from '../order.js';
import { blockGemm } from './blocks.js';
import { checkedGemm } from './check.js';
import type { Gemm, Unit } from './gemm.js';
import { referenceGemm } from './reference.js';
import { scalarGemm, scalarOf } from './scalar.js';
import { firingGemm } from './wasm/firing.js';
import { floatGemm } from './wasm/float.js';
import { intGemm } from './wasm/int.js';
import { unitOf } from './unit.js';

export type { CodeArray, Gemm, GemmJob, GemmStatistics, SumArray, Unit } from './gemm.js';
export { codeArray, OPERAND_BITS, outputFormatOf, sumArray } from './gemm.js';
export { exactSums } from './exact.js';
export { ALONE, gemmPool, type GemmPool, type ParallelGemm, parallelGemm } from './parallel.js';
export { decoderOf, sumValues, valuesOf } from './values.js';

/**
 * Compiles a datapath for matrix products: the fastest route whose exactness follows from the datapath's own facts, and
 * the reference where none does. Every route gives the reference's bits.
 * @param order of the additions; the unit's own by default
 */
export function compileGemm(datapath: Datapath, order: Order = datapath.order): Gemm {
  return checkedGemm(routeOf(datapath, order));
}

function routeOf(datapath: Datapath, order: Order): Gemm {
  const scalar = scalarOf(datapath, order);
  if (typeof scalar === 'string') return referenceGemm(datapath, order, scalar);
  const middle = scalarGemm(datapath, order, scalar, 'float64 carries every sum, rounded to odd where it is not exact');
  if (scalar.drawsAfterwards) return middle;
  const ints = intGemm(datapath, order, middle, scalar);
  if (typeof ints !== 'string') return ints;
  const firing = firingGemm(datapath, order, middle, scalar);
  const lanes = typeof firing === 'string' ? floatGemm(datapath, order, middle, scalar) : firing;
  return blockGemm(lanes, (unscaled) => routeOf(unscaled, order));
}

/** Compiles one firing of a datapath on codes. */
export function compileUnit(datapath: Datapath): Unit {
  return unitOf(datapath);
}
