/**
 * The public names, in the order of the rooms. What each does is said where it is defined.
 */

// formats: what bits mean, exact values, the one place where bits are dropped
export type { FloatFormat, Format, IntFormat, TableFormat } from './formats/format.js';
export { hexDigitsOf, isSigned, widthOf } from './formats/format.js';
export { findFormat, FORMATS, formatNamed, int } from './formats/catalog.js';
export type { FiniteRaw, InfiniteRaw, NanRaw, Raw } from './formats/raw.js';
export { fromNumber, multiply, sum, toDecimal, toNumber } from './formats/raw.js';
export type { Lfsr, RandomBits, Rounding, StochasticRounding } from './formats/rounding.js';
export { lfsrBits, stochastic } from './formats/rounding.js';
export type { Encoded, Fit, Overflow, Subnormals } from './formats/codec.js';
export {
  convert,
  decode,
  encode,
  fitTo,
  flagNames,
  INEXACT,
  INVALID_FLAG,
  OVERFLOW,
  round,
  UNDERFLOW,
} from './formats/codec.js';
export * from './formats/block.js';

// datapaths: MAC units as data, and what they compute
export type * from './datapaths/datapath.js';
export { datapath, sumFit } from './datapaths/datapath.js';
export type { Order } from './datapaths/order.js';
export { DATAPATHS, datapathNamed, findDatapath } from './datapaths/catalog.js';
export { loadDatapath, parseDatapath } from './datapaths/schema.js';
export type { Operands, Reduction } from './datapaths/reference.js';
export { reduce } from './datapaths/reference.js';
export { operate } from './datapaths/scalar.js';
export * from './datapaths/requantize.js';
export type { CodeArray, Gemm, GemmJob, GemmStatistics, SumArray, Unit } from './datapaths/kernel/index.js';
export { compileGemm, compileUnit, sumValues, valuesOf } from './datapaths/kernel/index.js';

// arrays: registers clock by clock, and the cycles by formula
export type { Dataflow, DataflowName, MacArray } from './arrays/dataflow.js';
export { DATAFLOWS, macArray, orderOf } from './arrays/dataflow.js';
export type { ArrayCost } from './arrays/cost.js';
export { costOf } from './arrays/cost.js';
export { runMesh } from './arrays/clocked.js';
export { scaleSimCounts } from './arrays/scalesim.js';

// energy: what an action costs
export type { Energy, EnergyEntry, EnergyTable } from './energy/table.js';
export { energyOf } from './energy/table.js';
export { ENERGY_TABLES, energyTableNamed } from './energy/tables/catalog.js';

// networks: layers and tensors, one executor
export type * from './networks/network.js';
export type * from './networks/tensor.js';
export { exactArithmetic, float32Arithmetic } from './networks/arithmetic.js';
export { execute } from './networks/execute.js';
export { lower, macsOf } from './networks/lower.js';
export { readOnnx } from './networks/onnx/read.js';
export { writeOnnx } from './networks/onnx/write.js';

// targets and simulate: the rooms together
export type { Target } from './targets/target.js';
export { loadTarget, TARGETS } from './targets/catalog.js';
export type { RunResult } from './simulate/run.js';
export { run, runFloat } from './simulate/run.js';
export { accumulationCurve } from './simulate/accumulate.js';
export { ErrorMeter, sqnrDb } from './simulate/errors.js';

// quantization-aware training: each method's forward and gradient as plain functions on Float32Array or Float64Array
export type { Reals } from './quantize/reals.js';
export { pactForward, pactGradient } from './quantize/pact.js';
export * from './quantize/sawbRows.js';
export type { LsqLevels, LsqRule } from './quantize/lsq.js';
export { lsqForward, lsqGradient, lsqGradientScale, lsqInitialStep, lsqLevels } from './quantize/lsq.js';
export {
  dorefaActivationGradient,
  dorefaActivations,
  dorefaGradients,
  dorefaRound,
  dorefaWeightGradient,
  dorefaWeights,
} from './quantize/dorefa.js';
export { binaryConnect, binaryConnectStochastic } from './quantize/binaryConnect.js';
export type { BinaryPadding, ChannelNorm, Threshold } from './quantize/bnn.js';
export { foldThreshold, hardTanhGradient, paddedDot, xnorDot } from './quantize/bnn.js';
export { xnorInputScales, xnorWeightGradient, xnorWeights } from './quantize/xnor.js';
export type { Ternary } from './quantize/twn.js';
export { ternaryForward, ternaryOptimum, twnThreshold } from './quantize/twn.js';
export type { TtqScales } from './quantize/ttq.js';
export { ttqForward, ttqGradient, ttqThreshold } from './quantize/ttq.js';

// low-precision gradients and updates
export * from './quantize/radix4.js';
export { luq, luqAlpha, type LuqOptions } from './quantize/luq.js';
export { stochasticRounder } from './quantize/stochastic.js';
export * from './training/scaling.js';

// training: recipes, and runs on a target step by step
export { digits } from './training/digits.js';
export { TRAIN_RECIPES, trainRecipeNamed } from './training/trainRecipes.js';
export type { TrainRecipe } from './training/trainRecipe.js';
export { openTraining, type StepRecord, type Training, type TrainingPlan } from './simulate/training.js';
