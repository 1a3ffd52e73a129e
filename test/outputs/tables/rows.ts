import {
  ACCUMULATE_COLUMNS,
  ACTION_COLUMNS,
  LAYER_COLUMNS,
  QUANTIZE_COLUMNS,
  type ResultColumn,
  RUN_COLUMNS,
  STUDY_COLUMNS,
  SWEEP_COLUMNS,
} from '../../../src/outputs/tables/results.js';
import { EPOCH_COLUMNS, PRODUCT_COLUMNS, STEP_COLUMNS } from '../../../src/outputs/tables/training.js';

import { ACCUMULATION, EPOCH, LAYER, PART, POINT, PRODUCT, QUANTIZED, RUN, STEP, STUDY } from './subjects.js';

/** A row of each list of columns, every field of which has a value of its own, and what is made of it. */

/** Titles and cells that a terminal shows where there is room; fields that a row may lack; what goes first, and together. */
export interface Expected {
  titles: string;
  cells: string;
  optional: string;
  /** Fields that this row lacks. */
  lacking?: readonly string[];
  leaving: readonly string[];
  json: object;
}

export const RUN_JSON = {
  ...{ target: 'T', network: 'N', datapath: 'D', images: 3, accuracyPercent: 91.25, floatAccuracyPercent: 98.765 },
  ...{ sqnrExactDb: 31.25, exact: false, sqnrFloatDb: 21.75, exactFloat: false, cycles: 65, loadCycles: 11 },
  ...{ fillCycles: 12, streamCycles: 13, drainCycles: 14, stallCycles: 15, utilizationPercent: 50, energyPj: 123_456 },
  ...{ milliseconds: 0.0123457, macs: 77, extrapolated: true, energySources: 'one; two' },
  ...{ accuracyLowPercent: 87.5, accuracyHighPercent: 93.75, top5Percent: 96.875 },
  ...{ agreementFloatPercent: 81.25, cosineFloat: 0.998, largestDifferenceFloat: 0.75 },
  ...{ sqnrStoredDb: 41.5, exactStored: false },
  ...{ agreementStoredPercent: 62.5, cosineStored: 0.5, largestDifferenceStored: 1.5, arrayMacsPercent: 75 },
  ...{ tableEnergyPj: 345_678, gatesEnergyPj: 234_567, gatesErrorPercent: 1.25 },
  ...{ glitchFactor: 2.5, glitchFactorLow: 2.25, glitchFactorHigh: 2.75 },
  ...{ gatesImages: 4, gatesTiles: 91, gatesTilesSimulated: 71, gatesMaxMhz: 123.5, gatesLibrary: 'L' },
  uncompared: 'boxes kept',
};
export const LAYER_JSON = {
  ...{ layer: 'conv1', op: 'conv', unit: 'int8', m: 21, n: 22, k: 23, groups: 24, macs: 25, cycles: 65 },
  ...{ loadCycles: 11, fillCycles: 12, streamCycles: 13, drainCycles: 14, stallCycles: 15 },
  ...{ utilizationPercent: 26.125, energyPj: 27_987, sums: 100, wrongSums: 101, notFiniteSums: 102 },
  ...{ sqnrSingleDb: 100.25, exactSingle: false, sqnrEntireDb: 200.25, exactEntire: false },
  ...{ maxErrorUlp: 100.125, meanErrorUlp: 100.063, biasUlp: 100.031, wrongSumsEntire: 201, notFiniteSumsEntire: 202 },
  ...{ maxErrorUlpEntire: 200.125, meanErrorUlpEntire: 200.063, swamped: 31, overflowed: 32 },
  ...{ sufficientBits: 33, sufficientExponent: -34, largestSum: 100.015625 },
  ...{ aReads: 41, bReads: 42, aMoves: 43, bMoves: 44, sumMoves: 45, sumReads: 46, sumWrites: 47 },
  ...{
    dramAReadBits: 51.5,
    dramBReadBits: 52,
    dramSumReadBits: 53,
    dramSumWriteBits: 54,
    sramCycles: 61,
    dramCycles: 62,
  },
  ...{ glitchFactor: 1.5, glitchFactorLow: 1.25, glitchFactorHigh: 1.75 },
};
const MOVED =
  'aReads bReads aMoves bMoves sumMoves sumReads sumWrites dramAReadBits dramBReadBits dramSumReadBits dramSumWriteBits sramCycles dramCycles glitchFactor glitchFactorLow glitchFactorHigh';

export const REGISTRIES: [string, readonly ResultColumn<never>[], object, Expected][] = [
  [
    'a run',
    RUN_COLUMNS,
    RUN,
    {
      titles:
        'target | network | accuracy (%) | fp32 (%) | SQNR to exact (dB) | SQNR to fp32 (dB) | cycles | utilisation (%) | energy (nJ) | same class as fp32 (%) | SQNR to stored (dB) | same class as stored (%) | cosine to stored | largest difference to stored | MACs on the array (%) | by table (nJ) | by gates (nJ)',
      cells:
        'T | N | 91.3 | 98.8 | 31.3 | 21.8 | 65 | 50.0 | 123 | 81.3 | 41.5 | 62.5 | 0.50000 | 1.5 | 75.0 | 346 | 235',
      optional:
        'accuracyPercent floatAccuracyPercent sqnrFloatDb accuracyLowPercent accuracyHighPercent top5Percent agreementFloatPercent cosineFloat largestDifferenceFloat sqnrStoredDb agreementStoredPercent cosineStored largestDifferenceStored arrayMacsPercent tableEnergyPj gatesEnergyPj gatesErrorPercent glitchFactor glitchFactorLow glitchFactorHigh gatesImages gatesTiles gatesTilesSimulated gatesMaxMhz gatesLibrary uncompared',
      leaving: [
        'same class as fp32 (%), same class as stored (%)',
        ...['utilisation (%)', 'SQNR to fp32 (dB)', 'fp32 (%), by table (nJ), by gates (nJ)', 'MACs on the array (%)'],
      ],
      json: RUN_JSON,
    },
  ],
  [
    'a layer',
    LAYER_COLUMNS,
    LAYER,
    {
      titles:
        'layer | unit | m | n | k | cycles | load | fill | stream | drain | stall | util. (%) | energy (nJ) | SQNR (dB) | SQNR entire (dB) | max (ulp) | mean (ulp) | swamped | overflowed',
      cells:
        'conv1 | int8 | 21 | 22 | 23 | 65 | 11 | 12 | 13 | 14 | 15 | 26.1 | 28.0 | 100.3 | 200.3 | 100.1 | 100.063 | 31 | 32',
      optional: `sufficientBits sufficientExponent ${MOVED}`,
      leaving: ['load, fill, stream, drain, stall', 'm, n, k', 'unit', 'mean (ulp)', 'max (ulp)', 'SQNR entire (dB)'],
      json: LAYER_JSON,
    },
  ],
  [
    'a point of a sweep',
    SWEEP_COLUMNS,
    POINT,
    {
      titles:
        'network | datapath | rows | cols | dataflow | accuracy (%) | SQNR to exact (dB) | cycles | util. (%) | energy (nJ) | Pareto',
      cells: 'a.b | D | 4 | 8 | ws | 12.5 | 31.3 | 99 | 62.5 | 2000 | yes',
      optional: 'accuracyPercent floatAccuracyPercent sqnrFloatDb agreementFloatPercent gatesErrorPercent',
      // How often the class is the float network's is said where there are no labels.
      lacking: ['agreementFloatPercent', 'gatesErrorPercent'],
      leaving: ['util. (%)', 'SQNR to exact (dB)'],
      json: {
        ...{ network: 'models/a.b.onnx', datapath: 'D', rows: 4, cols: 8, dataflow: 'ws', images: 3 },
        ...{ accuracyPercent: 12.5, floatAccuracyPercent: 25, sqnrExactDb: 31.25, exact: false },
        ...{ sqnrFloatDb: 21.75, exactFloat: false, cycles: 99, utilizationPercent: 62.5, energyPj: 1_999_999 },
        ...{ extrapolated: false, pareto: true },
      },
    },
  ],
  [
    'a row of a study',
    STUDY_COLUMNS,
    STUDY,
    {
      titles:
        'family | recipe | target | accuracy (%) | SQNR to fp32 (dB) | SQNR to exact (dB) | cycles | energy (nJ) | model (KB) | training step (uJ) | Pareto | energy +- (%)',
      cells: 'F | R | T | 12.5 | 21.8 | 31.3 | 99 | 2000 | 12.3 | 8 | no | 3.1',
      optional:
        'target images floatAccuracyPercent sqnrFloatDb sqnrExactDb cycles energyPj extrapolated stepCycles stepEnergyPj gatesErrorPercent',
      leaving: ['family', 'training step (uJ)', 'SQNR to exact (dB)', 'SQNR to fp32 (dB)', 'model (KB)'],
      json: {
        ...{ family: 'F', recipe: 'R', target: 'T', images: 3, accuracyPercent: 12.5, floatAccuracyPercent: 25 },
        ...{ sqnrFloatDb: 21.75, exactFloat: false, sqnrExactDb: 31.25, exact: false, cycles: 99 },
        ...{ energyPj: 1_999_999, extrapolated: true, modelKilobytes: 12.34, stepCycles: 123 },
        ...{ stepEnergyPj: 7_600_000, pareto: false, gatesErrorPercent: 3.125 },
      },
    },
  ],
  [
    'an accumulation',
    ACCUMULATE_COLUMNS,
    ACCUMULATION,
    {
      titles: 'datapath | length | exact | got | relativeError | errorUlp | swamped | overflowed',
      cells: 'D | 5 | 1.123 | -1.200 | -0.01235 | 7.123 | 2 | 3',
      optional: '',
      leaving: [],
      json: {
        ...{ datapath: 'D', length: 5, exact: 1.123456789, got: -1.2, gotKind: 'finite' },
        ...{ relativeError: -0.0123456, errorUlp: 7.12345, swamped: 2, overflowed: 3 },
      },
    },
  ],
  [
    'a step of training',
    STEP_COLUMNS,
    STEP,
    {
      titles:
        'step | epoch | loss | batch (%) | loss scale | skipped | underflow (%) | overflow (%) | MACs | beside | cycles | energy (pJ)',
      cells: '1 | 2 | 0.1235 | 50.0 | 1024 | yes | 1.25 | 0.50 | 8 | 9 | 10 | 11.5',
      optional: '',
      leaving: [],
      json: {
        ...{ step: 1, epoch: 2, loss: 0.123457, accuracyPercent: 50, lossScale: 1024, skipped: true },
        ...{ underflowPercent: 1.25, overflowPercent: 0.5, macs: 8, macsBeside: 9, cycles: 10, energyPj: 11.5 },
      },
    },
  ],
  [
    'an epoch of training',
    EPOCH_COLUMNS,
    EPOCH,
    {
      titles:
        'epoch | loss | trained on (%) | judged (%) | loss scale | skipped | underflow (%) | overflow (%) | beside the array (%) | cycles | time (ms) | energy (uJ)',
      cells: '2 | 0.1235 | 50.0 | 25.0 | 1024 | 3 | 1.25 | 0.50 | 25 | 10 | 1.3 | 2.5',
      optional: '',
      leaving: ['time (ms)', 'skipped'],
      json: {
        ...{ epoch: 2, loss: 0.123457, accuracyPercent: 50, judgedAccuracyPercent: 25, lossScale: 1024 },
        ...{ skippedSteps: 3, underflowPercent: 1.25, overflowPercent: 0.5, macs: 8, macsBeside: 2, cycles: 10 },
        ...{ milliseconds: 1.26, energyPj: 2_500_000 },
      },
    },
  ],
  [
    'a product of training',
    PRODUCT_COLUMNS,
    PRODUCT,
    {
      titles: 'layer | product | a | b | unit | MACs | cycles | energy (nJ) | SQNR (dB)',
      cells: 'L | forward | x | y | none: beside the array | 8 | 10 | 2.6 | 12.5',
      optional: 'sqnrDb',
      leaving: ['MACs'],
      json: {
        ...{ layer: 'L', pass: 'forward', a: 'x', b: 'y', unit: 'none: beside the array', macs: 8, cycles: 10 },
        ...{ energyPj: 2560, sqnrDb: 12.5, exact: false },
      },
    },
  ],
  [
    "a part of a layer's energy",
    ACTION_COLUMNS,
    PART,
    {
      titles: 'action | count | energy (pJ) | each (pJ) | source | node | voltage | extrapolated',
      cells: 'write:sram8KB | 2.5 | 25 | 10 | S | 45 nm | 0.9 | no',
      optional: 'voltage',
      leaving: [],
      json: {
        ...{ action: 'write:sram8KB', count: 2.5, energyPj: 25, eachPj: 10, source: 'S', node: '45 nm' },
        ...{ voltage: 0.9, extrapolated: false },
      },
    },
  ],
  [
    'a quantization',
    QUANTIZE_COLUMNS,
    QUANTIZED,
    {
      titles: 'network | recipe | calibration | images | before (%) | after (%) | SQNR to fp32 (dB) | as fp32 (%)',
      cells: 'N | R | 4 | 5 | 98.77 | 50.00 | 30.3 | 75.00',
      optional: 'floatAccuracyPercent accuracyPercent sqnrFloatDb agreementFloatPercent',
      leaving: [],
      json: {
        ...{ network: 'N', recipe: 'R', calibrationImages: 4, images: 5 },
        ...{ floatAccuracyPercent: 98.766, accuracyPercent: 50, sqnrFloatDb: 30.25, agreementFloatPercent: 75 },
      },
    },
  ],
];
