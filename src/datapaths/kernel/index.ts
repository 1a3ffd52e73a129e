import type { Datapath } from '../datapath.js';
import type { Unit } from './contract/bank.js';
import { unitOf } from './banks/unit.js';

export type { CodeArray, Gemm, GemmJob, GemmStatistics, IntegerRows, IntegerSums, SumArray } from './contract/gemm.js';
export {
  type IntegerPlanes,
  windowAt,
  type WindowJob,
  type WindowProducts,
  type WindowStatistics,
} from './contract/windows.js';
export type { Bank, BankJob, Form, Met, Plane, Unit } from './contract/bank.js';
export { codeArray, OPERAND_BITS, outputFormatOf, sumArray } from './contract/gemm.js';
export { factsOf } from './contract/facts.js';
export { outerOf } from './contract/plan.js';
export { exactSums } from './nests/exact.js';
export { largestMagnitude } from './nests/largest.js';
export { compileGemm } from './routes/index.js';
export { ALONE, gemmPool, type GemmPool, type ParallelGemm, parallelGemm } from './routes/parallel.js';
export { decoderOf, sumValues, valuesOf } from './float64/values.js';
export { encoderOf } from './float64/encode.js';
export { rowEncoderOf } from './float64/encodeRows.js';
export { rowSquares } from './panels/squares.js';
export { type WindowFrame, windowFrame } from './panels/windowFrame.js';
export { rounderOf } from './float64/rounder.js';
export { unitInFirstPlace } from './float64/snap.js';
export { ownRegisters } from './banks/engineBank.js';

/** Compiles one firing of a datapath on codes. */
export function compileUnit(datapath: Datapath): Unit {
  return unitOf(datapath);
}
