import type { Accumulation } from '../../simulate/accumulate.js';
import type { StudyRow } from '../../simulate/study.js';
import type { SweepPoint } from '../../simulate/sweep.js';
import { networkNameOf } from '../../networks/readers/index.js';
import { energyColumn, percent, PICO_PER_NANO, type ResultColumn } from './column.js';

/** What sweeps, studies and accumulation curves print and write: a row for each point. */

/** The terminal has no room for paths; CSV and JSON have them whole. */
const baseName = (path: string) => networkNameOf(path.replace(/^.*[/\\]/, ''));

function gatesErrorColumn<Row>(value: (row: Row) => number | undefined): ResultColumn<Row> {
  const share = (row: Row) => percent(value(row));
  return { field: 'gatesErrorPercent', title: 'energy +- (%)', digits: 1, priority: 1, value: share, optional: true };
}

export const SWEEP_COLUMNS: readonly ResultColumn<SweepPoint>[] = [
  { field: 'network', title: 'network', kind: 'text', value: (p) => p.network, shown: (p) => baseName(p.network) },
  { field: 'datapath', title: 'datapath', kind: 'text', value: (p) => p.datapath },
  { field: 'rows', title: 'rows', value: (p) => p.rows },
  { field: 'cols', title: 'cols', value: (p) => p.cols },
  { field: 'dataflow', title: 'dataflow', kind: 'text', value: (p) => p.dataflow },
  { field: 'images', title: 'images', value: (p) => p.images, hidden: true },
  { field: 'accuracyPercent', title: 'accuracy (%)', digits: 1, value: (p) => percent(p.accuracy), optional: true },
  {
    field: 'floatAccuracyPercent',
    title: 'fp32 (%)',
    kind: 'figure',
    value: (p) => percent(p.floatAccuracy),
    hidden: true,
    optional: true,
  },
  {
    field: 'sqnrExactDb',
    exact: 'exact',
    title: 'SQNR to exact (dB)',
    digits: 1,
    priority: 2,
    value: (p) => p.sqnrExactDb,
  },
  {
    field: 'sqnrFloatDb',
    exact: 'exactFloat',
    title: 'SQNR to fp32 (dB)',
    kind: 'figure',
    value: (p) => p.sqnrFloatDb,
    hidden: true,
    optional: true,
  },
  { field: 'cycles', title: 'cycles', value: (p) => p.cycles },
  { field: 'utilizationPercent', title: 'util. (%)', digits: 1, priority: 3, value: (p) => percent(p.utilization) },
  energyColumn((p) => p.energyPj, 0),
  { field: 'extrapolated', title: 'extrapolated', kind: 'flag', value: (p) => p.extrapolated, hidden: true },
  { field: 'pareto', title: 'Pareto', kind: 'flag', value: (p) => p.pareto },
  {
    field: 'agreementFloatPercent',
    title: 'same class as fp32 (%)',
    digits: 1,
    value: (p) => (p.accuracy === undefined ? percent(p.float?.agreement) : undefined),
    optional: true,
  },
  gatesErrorColumn((p) => p.gatesError),
];

export const STUDY_COLUMNS: readonly ResultColumn<StudyRow>[] = [
  { field: 'family', title: 'family', kind: 'text', priority: 6, value: (r) => r.family },
  { field: 'recipe', title: 'recipe', kind: 'text', value: (r) => r.recipe },
  { field: 'target', title: 'target', kind: 'text', value: (r) => r.target, optional: true },
  { field: 'images', title: 'images', value: (r) => r.images, hidden: true, optional: true },
  { field: 'accuracyPercent', title: 'accuracy (%)', digits: 1, value: (r) => percent(r.accuracy) },
  {
    field: 'floatAccuracyPercent',
    title: 'fp32 (%)',
    kind: 'figure',
    value: (r) => percent(r.floatAccuracy),
    hidden: true,
    optional: true,
  },
  {
    field: 'sqnrFloatDb',
    exact: 'exactFloat',
    title: 'SQNR to fp32 (dB)',
    digits: 1,
    priority: 3,
    value: (r) => r.sqnrFloatDb,
    optional: true,
  },
  {
    field: 'sqnrExactDb',
    exact: 'exact',
    title: 'SQNR to exact (dB)',
    digits: 1,
    priority: 4,
    value: (r) => r.sqnrExactDb,
    optional: true,
  },
  { field: 'cycles', title: 'cycles', value: (r) => r.cycles, optional: true },
  { ...energyColumn((r) => r.energyPj, 0), optional: true },
  {
    field: 'extrapolated',
    title: 'extrapolated',
    kind: 'flag',
    value: (r) => r.extrapolated,
    hidden: true,
    optional: true,
  },
  { field: 'modelKilobytes', title: 'model (KB)', digits: 1, priority: 2, value: (r) => r.modelKilobytes },
  { field: 'stepCycles', title: 'step cycles', value: (r) => r.stepCycles, hidden: true, optional: true },
  {
    field: 'stepEnergyPj',
    title: 'training step (uJ)',
    digits: 0,
    priority: 5,
    value: (r) => r.stepEnergyPj,
    shown: (r) => r.stepEnergyPj && r.stepEnergyPj / PICO_PER_NANO / 1000,
    optional: true,
  },
  { field: 'pareto', title: 'Pareto', kind: 'flag', value: (r) => r.pareto },
  gatesErrorColumn((r) => r.gatesError),
];

/** What a running sum came to; errors are left out where it is not finite. */
export const ACCUMULATE_COLUMNS: readonly ResultColumn<Accumulation>[] = [
  { field: 'datapath', title: 'datapath', kind: 'text', value: (a) => a.datapath },
  { field: 'length', title: 'length', value: (a) => a.length },
  { field: 'exact', title: 'exact', kind: 'exact number', digits: 3, value: (a) => a.exact },
  { field: 'got', title: 'got', kind: 'exact number', digits: 3, value: (a) => a.got },
  { field: 'gotKind', title: 'got is', kind: 'text', value: (a) => numberKind(a.got), hidden: true },
  { field: 'relativeError', title: 'relativeError', digits: 5, value: (a) => a.relativeError },
  { field: 'errorUlp', title: 'errorUlp', digits: 3, value: (a) => a.errorUlp },
  { field: 'swamped', title: 'swamped', value: (a) => a.swamped },
  { field: 'overflowed', title: 'overflowed', value: (a) => a.overflowed },
];

/** In words that no reader of CSV takes for a number or a date. */
function numberKind(value: number): 'finite' | 'positive infinity' | 'negative infinity' | 'not a number' {
  if (Number.isFinite(value)) return 'finite';
  return Number.isNaN(value) ? 'not a number' : value > 0 ? 'positive infinity' : 'negative infinity';
}
