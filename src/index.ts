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
export type { Action, Actions } from './energy/action.js';
export type { Energy, EnergyEntry, EnergyTable } from './energy/table.js';
export { energyOf } from './energy/table.js';
export { ENERGY_TABLES, energyTableNamed } from './energy/tables/catalog.js';

// networks: layers and tensors, one executor
export type * from './networks/network.js';
export type * from './networks/tensor.js';
export { exactArithmetic, float32Arithmetic } from './networks/arithmetic.js';
export { execute } from './networks/execute.js';
export { lower, macsOf } from './networks/lower.js';
export { readOnnx } from './networks/readers/onnx/read.js';
export { writeOnnx } from './networks/readers/onnx/write.js';

// methods: everything that makes a quantized network of a float one, after its training or by it
/** METHODS: { kind: 'after' | 'training', name, family, description, bits, result, source, ... } of each */
export { findMethod, METHODS, RECIPES, recipeNamed, TRAIN_RECIPES, trainRecipeNamed } from './recipes/catalog.js';
export type { AfterRecipe, Method } from './recipes/method.js';
export type { TrainRecipe } from './recipes/trainRecipe.js';

// quantize: a float network becomes a quantized one; each recipe a method, each method a file of its own
export type { OperandSchemes, Place, Recipe } from './quantize/contract/recipe.js';
export type { Calibrator, Grid, Scheme } from './quantize/contract/scheme.js';
export type { ClipRule, Window } from './quantize/ranges/clip.js';
/** quantizeNetwork(float, recipe, images [n, c, h, w]): Network */
export { quantizeNetwork } from './quantize/quantize.js';
/** scheme('int8', calibrator, 'channel' | 'tensor'): Scheme; quantizationOf(tensor, scheme): scales and zero point */
export { quantizationOf, scheme } from './quantize/contract/scheme.js';
/** quantizeValues(values, 'int8', minMax, channels): { scales, zeroPoints, codes, reals }, all plain arrays */
export { type QuantizedValues, quantizeValues } from './quantize/contract/values.js';
export { dequantize, perTensor, quantize } from './networks/quantization.js';

// calibrators (values, fit) => { scale, zeroPoint }, and rules (values, fit) => { low, high } that clip before one
export { maximum } from './quantize/ranges/maximum.js';
export { minMax } from './quantize/ranges/minmax.js';
export { percentile } from './quantize/ranges/percentile.js';
export { leastSquares } from './quantize/ranges/mse.js';
export { clippedByError } from './quantize/ranges/mseClip.js';
export { omse } from './quantize/ranges/omse.js';
export { sawb } from './quantize/ranges/sawb.js';
export { absmean } from './quantize/ranges/absmean.js';
export { clippedBy } from './quantize/ranges/clip.js';
/** entropyThreshold(values, { bins, levels, smoothing, dropsLastBin }): { threshold, divergence } */
export { entropy, type EntropyOptions, entropyThreshold } from './quantize/ranges/entropy.js';
/** magnitudeThreshold(values, { bits, unsigned, bins, start, stride }): NVIDIA's procedure, { threshold, divergence } */
export {
  magnitudeEntropy,
  type MagnitudeEntropyOptions,
  magnitudeThreshold,
} from './quantize/ranges/magnitudeEntropy.js';
/** aciqFactor('laplace' | 'gauss', bits): the level in units of E|x - mu| or of the deviation */
export { aciq, aciqFactor, gaussError, laplaceError } from './quantize/ranges/aciq.js';
/** adaptiveBias('fixed' | 'max' | 'sqnr'); biasFor(values, fit, rule): the integer bias; compareBiases(values, formats) */
export { adaptiveBias, biasFor, compareBiases, plainFloat } from './quantize/ranges/adaptiveBias.js';
/** adaptivFloat(values, { bits, exponentBits, version, bias, below }): the values rounded to the format */
export { adaptivFloat, adaptivFloatBias, type AdaptivFloatOptions } from './quantize/ranges/adaptivFloat.js';

// weights: allocateBits(spreads, bits, rounding): bits of each channel; correctionOf(w, rounded): { mean, norm };
// gptqRow(w [k], U [k, k], quantization): codes
export { allocateBits, allocated, allocateMeanBits } from './quantize/ranges/bitAllocation.js';
export { biasCorrected, correctedWeights, correctionOf } from './quantize/codes/biasCorrection.js';
export { restricted } from './quantize/ranges/restricted.js';
export { smoothed, smoothingFactor } from './quantize/equalize/smoothQuant.js';
export { awq } from './quantize/equalize/awq.js';
export { gptq, gptqRow } from './quantize/codes/gptq.js';

// blocks along k: quantizeRows(format, x [rows, k], k, tensorScale): codes and scales; realRows gives the numbers back
export { inBlockFormat } from './quantize/blocks/blockWeights.js';
export { type BlockRows, quantizeRows, realRows } from './networks/products/blocks.js';

// structure: networks with fewer or zero weights, and what arrays make of zeros
export {
  densitiesOf,
  largestOfGroups,
  type NofM,
  pruneMagnitude,
  pruneNofM,
  withoutSmallest,
} from './quantize/structure/prune.js';
export { pruneFilters } from './quantize/structure/pruneFilters.js';
export { lowRank, type LowRankOptions, rankFor } from './quantize/structure/lowRank.js';
export { type Svd, svdOf } from './quantize/algebra/svd.js';
export { judgeSparse, type SparseCost, type SparseMachine } from './simulate/sparsity.js';

// targets and simulate: the rooms together
export type { Target } from './targets/target.js';
export { loadTarget, TARGETS } from './targets/catalog.js';
export type { RunResult } from './simulate/run.js';
export { run, runFloat } from './simulate/run.js';
/** runJson(result): what `lastbit run --json` prints; `run` itself gives shares of 0 to 1, all digits, and Infinity. */
export { runJson } from './outputs/tables/results.js';
export { accumulationCurve } from './simulate/accumulate.js';
export { ErrorMeter, sqnrDb } from './simulate/errors.js';

// quantization-aware training: each method's forward and gradient as plain functions on Float32Array or Float64Array
export type { Reals } from './quantize/algebra/reals.js';
export { pactForward, pactGradient } from './quantize/learned/pact.js';
export * from './quantize/learned/sawbRows.js';
export type { LsqLevels, LsqRule } from './quantize/learned/lsq.js';
export { lsqForward, lsqGradient, lsqGradientScale, lsqInitialStep, lsqLevels } from './quantize/learned/lsq.js';
export {
  dorefaActivationGradient,
  dorefaActivations,
  dorefaGradients,
  dorefaRound,
  dorefaWeightGradient,
  dorefaWeights,
} from './quantize/learned/dorefa.js';
export { binaryConnect, binaryConnectStochastic } from './quantize/learned/binaryConnect.js';
export type { BinaryPadding, ChannelNorm, Threshold } from './quantize/learned/bnn.js';
export { foldThreshold, hardTanhGradient, paddedDot, xnorDot } from './quantize/learned/bnn.js';
export { xnorInputScales, xnorWeightGradient, xnorWeights, type XnorRule } from './quantize/learned/xnor.js';
export type { Ternary } from './quantize/learned/twn.js';
export { ternaryForward, ternaryOptimum, twnThreshold } from './quantize/learned/twn.js';
export type { TtqScales } from './quantize/learned/ttq.js';
export { ttqForward, ttqGradient, ttqThreshold } from './quantize/learned/ttq.js';

// low-precision gradients and updates
export * from './quantize/codes/radix4.js';
export { luq, luqAlpha, type LuqOptions } from './quantize/learned/luq.js';
export { stochasticRounder } from './quantize/codes/stochastic.js';
export * from './training/session/scaling.js';
/** distillationLoss(student [n, classes], teacher, labels, { share, temperature }): { loss, gradient, correct } */
export { DISTILLATION, type Distillation, distillationLoss, logSoftmax } from './training/session/distill.js';

// training: recipes, and runs on a target step by step
export { digits } from './training/data/digits.js';
export { flags } from './training/data/flags.js';
export { openTraining, type StepRecord, type Training, type TrainingPlan } from './simulate/training.js';
export { calibrationData, type StudyData, studyData, trainingData } from './simulate/purposes.js';
export { resumeTraining, type TrainingLog, type TrainingRun, trainToEnd } from './simulate/trainRun.js';
export { identityOf, type TrainingIdentity } from './simulate/trainIdentity.js';

// studies: methods against targets
export { type CandidatePlan, candidatesOf } from './simulate/candidates.js';
export { type Candidate, runStudy, shortlist, type Study, type StudyPlan, type StudyRow } from './simulate/study.js';
export { type Journal, openJournal } from './simulate/journal.js';
