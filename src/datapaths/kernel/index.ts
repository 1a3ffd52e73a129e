import type { Datapath } from '../datapath.js';
import type { Order } from '../order.js';
import { blockGemm } from './routes/bfloat16.js';
import { checkedGemm } from './routes/check.js';
import type { Unit } from './contract/bank.js';
import type { Gemm } from './contract/gemm.js';
import { referenceGemm } from './float64/reference.js';
import { scalarGemm, scalarOf } from './scalar.js';
import { firingGemm } from './firings/index.js';
import { floatGemm } from './floats/index.js';
import { intGemm } from './integers/index.js';
import { unitOf } from './banks/unit.js';

export type { CodeArray, Gemm, GemmJob, GemmStatistics, SumArray } from './contract/gemm.js';
export type { Bank, BankJob, Form, Met, Plane, Unit } from './contract/bank.js';
export { codeArray, OPERAND_BITS, outputFormatOf, sumArray } from './contract/gemm.js';
export { exactSums } from './nests/exact.js';
export { ALONE, gemmPool, type GemmPool, type ParallelGemm, parallelGemm } from './routes/parallel.js';
export { decoderOf, sumValues, valuesOf } from './float64/values.js';
export { encoderOf } from './float64/encode.js';
export { rowEncoderOf } from './float64/encodeRows.js';
export { rounderOf } from './float64/rounder.js';
export { unitInFirstPlace } from './float64/snap.js';
export { ownRegisters } from './banks/engineBank.js';

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
