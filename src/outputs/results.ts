import type { LayerResult, RunResult } from '../simulate/run.js';
import type { Movement } from '../simulate/sparsity.js';
import type { StudyRow } from '../simulate/study.js';
import type { SweepPoint } from '../simulate/sweep.js';
import { csvText } from './csv.js';
import { type Cell, cellText, type Column, formatTable } from './table.js';

/**
 * What runs and sweeps print and write. One list of columns serves the terminal (titles with units, few digits) and CSV
 * (the field's name, every digit).
 */
export interface ResultColumn<Row> extends Column<Row> {
  /** Name in CSV, with its unit. */
  field: string;
  /** CSV only. */
  hidden?: boolean;
  /** What the terminal shows where it is not the value. */
  shown?(row: Row): Cell;
}

const PICO_PER_NANO = 1000;
/** Without the noise of float64 in the 16th digit. */
const exactly = (value: number) => Number(value.toPrecision(12));
const percent = (share: number | undefined) => (share === undefined ? undefined : exactly(100 * share));

/** A decibel that may be infinite, as text where it is not finite. */
function decibel(value: number | undefined): Cell {
  return value === undefined || Number.isFinite(value)
    ? value
    : value > 0
      ? 'inf'
      : Number.isNaN(value)
        ? 'nan'
        : '-inf';
}

/** A number that CSV and JSON can hold. */
function plain(value: number): Cell {
  return Number.isFinite(value) ? value : decibel(value);
}

export const RUN_COLUMNS: readonly ResultColumn<RunResult>[] = [
  { field: 'target', title: 'target', value: (r) => r.target },
  { field: 'network', title: 'network', value: (r) => r.network },
  { field: 'images', title: 'images', value: (r) => r.images, hidden: true },
  { field: 'accuracyPercent', title: 'accuracy (%)', digits: 1, value: (r) => percent(r.accuracy) },
  { field: 'floatAccuracyPercent', title: 'fp32 (%)', digits: 1, value: (r) => percent(r.floatAccuracy) },
  { field: 'sqnrExactDb', title: 'SQNR to exact (dB)', digits: 1, value: (r) => decibel(r.sqnrExactDb) },
  { field: 'sqnrFloatDb', title: 'SQNR to fp32 (dB)', digits: 1, value: (r) => decibel(r.sqnrFloatDb) },
  { field: 'cycles', title: 'cycles', value: (r) => r.cost.cycles.total },
  { field: 'utilizationPercent', title: 'utilisation (%)', digits: 1, value: (r) => percent(r.cost.utilization) },
  {
    field: 'energyPj',
    title: 'energy (nJ)',
    digits: 0,
    value: (r) => r.cost.energyPj,
    shown: (r) => r.cost.energyPj / PICO_PER_NANO,
  },
  { field: 'extrapolated', title: 'extrapolated', value: (r) => r.cost.extrapolated, hidden: true },
  { field: 'energySources', title: 'sources', value: (r) => r.cost.sources.join('; '), hidden: true },
];

/** A count of what moves: codes and sums at and in the array, bits of DRAM, cycles that memories add. CSV only. */
function moved(field: string, count: (movement: Movement) => number): ResultColumn<LayerResult> {
  return { field, title: field, hidden: true, value: ({ movement }) => movement && exactly(count(movement)) };
}

export const LAYER_COLUMNS: readonly ResultColumn<LayerResult>[] = [
  { field: 'layer', title: 'layer', value: (l) => l.layer },
  { field: 'op', title: 'op', value: (l) => l.op, hidden: true },
  { field: 'unit', title: 'unit', value: (l) => l.unit },
  { field: 'm', title: 'm', value: (l) => l.m },
  { field: 'n', title: 'n', value: (l) => l.n },
  { field: 'k', title: 'k', value: (l) => l.k },
  { field: 'groups', title: 'groups', value: (l) => l.groups, hidden: true },
  { field: 'macs', title: 'MACs', value: (l) => l.macs, hidden: true },
  { field: 'cycles', title: 'cycles', value: (l) => l.cycles.total },
  { field: 'loadCycles', title: 'load', value: (l) => l.cycles.load },
  { field: 'fillCycles', title: 'fill', value: (l) => l.cycles.fill },
  { field: 'streamCycles', title: 'stream', value: (l) => l.cycles.stream },
  { field: 'drainCycles', title: 'drain', value: (l) => l.cycles.drain },
  { field: 'stallCycles', title: 'stall', value: (l) => l.cycles.stall },
  { field: 'utilizationPercent', title: 'util. (%)', digits: 1, value: (l) => percent(l.utilization) },
  {
    field: 'energyPj',
    title: 'energy (nJ)',
    digits: 1,
    value: (l) => l.energyPj,
    shown: (l) => l.energyPj / PICO_PER_NANO,
  },
  { field: 'sums', title: 'sums', value: (l) => l.single.sums, hidden: true },
  { field: 'wrongSums', title: 'wrong sums', value: (l) => l.single.wrong, hidden: true },
  { field: 'sqnrSingleDb', title: 'SQNR (dB)', digits: 1, value: (l) => decibel(l.single.sqnrDb) },
  { field: 'sqnrEntireDb', title: 'SQNR entire (dB)', digits: 1, value: (l) => decibel(l.entire.sqnrDb) },
  { field: 'maxErrorUlp', title: 'max (ulp)', digits: 1, value: (l) => plain(l.single.maxUlp) },
  { field: 'meanErrorUlp', title: 'mean (ulp)', digits: 3, value: (l) => plain(l.single.meanUlp) },
  { field: 'biasUlp', title: 'bias (ulp)', digits: 3, value: (l) => plain(l.single.biasUlp), hidden: true },
  { field: 'swamped', title: 'swamped', value: (l) => l.swamped },
  { field: 'overflowed', title: 'overflowed', value: (l) => l.overflowed },
  { field: 'sufficientBits', title: 'sufficient bits', value: (l) => l.sufficient.bits, hidden: true },
  { field: 'sufficientExponent', title: 'sufficient exponent', value: (l) => l.sufficient.exponent, hidden: true },
  { field: 'largestSum', title: 'largest sum', value: (l) => l.single.largest, hidden: true },
  moved('aReads', ({ counts }) => counts.aReads),
  moved('bReads', ({ counts }) => counts.bReads),
  moved('aMoves', ({ counts }) => counts.aMoves),
  moved('bMoves', ({ counts }) => counts.bMoves),
  moved('sumMoves', ({ counts }) => counts.sumMoves),
  moved('sumReads', ({ counts }) => counts.sumReads),
  moved('sumWrites', ({ counts }) => counts.sumWrites),
  moved('dramAReadBits', ({ traffic }) => traffic.aReads),
  moved('dramBReadBits', ({ traffic }) => traffic.bReads),
  moved('dramSumReadBits', ({ traffic }) => traffic.sumReads),
  moved('dramSumWriteBits', ({ traffic }) => traffic.sumWrites),
  moved('sramCycles', ({ hindrance }) => hindrance.sram),
  moved('dramCycles', ({ hindrance }) => hindrance.dram),
];

/** The worst sum of each layer: a file that `eval` reads. Layers without any error have none. */
export function worstCsv(layers: readonly LayerResult[]): string {
  const rows = layers.flatMap(({ layer, unit, worst }) => (worst === undefined ? [] : [{ layer, unit, ...worst }]));
  const header = ['layer', 'unit', 'a', 'b', 'modelExact', 'modelResult', 'modelErrorUlp'];
  return csvText(
    header,
    rows.map(({ layer, unit, a, b, exact, got, ulp }) => [layer, unit, a, b, plain(exact), plain(got), plain(ulp)]),
  );
}

export const SWEEP_COLUMNS: readonly ResultColumn<SweepPoint>[] = [
  { field: 'network', title: 'network', value: (p) => p.network },
  { field: 'datapath', title: 'datapath', value: (p) => p.datapath },
  { field: 'rows', title: 'rows', value: (p) => p.rows },
  { field: 'cols', title: 'cols', value: (p) => p.cols },
  { field: 'dataflow', title: 'dataflow', value: (p) => p.dataflow },
  { field: 'images', title: 'images', value: (p) => p.images, hidden: true },
  { field: 'accuracyPercent', title: 'accuracy (%)', digits: 1, value: (p) => percent(p.accuracy) },
  { field: 'floatAccuracyPercent', title: 'fp32 (%)', digits: 1, value: (p) => percent(p.floatAccuracy), hidden: true },
  { field: 'sqnrExactDb', title: 'SQNR to exact (dB)', digits: 1, value: (p) => decibel(p.sqnrExactDb) },
  { field: 'sqnrFloatDb', title: 'SQNR to fp32 (dB)', digits: 1, value: (p) => decibel(p.sqnrFloatDb), hidden: true },
  { field: 'cycles', title: 'cycles', value: (p) => p.cycles },
  { field: 'utilizationPercent', title: 'util. (%)', digits: 1, value: (p) => percent(p.utilization) },
  {
    field: 'energyPj',
    title: 'energy (nJ)',
    digits: 0,
    value: (p) => p.energyPj,
    shown: (p) => p.energyPj / PICO_PER_NANO,
  },
  { field: 'extrapolated', title: 'extrapolated', value: (p) => p.extrapolated, hidden: true },
  { field: 'pareto', title: 'Pareto', value: (p) => p.pareto },
];

export const STUDY_COLUMNS: readonly ResultColumn<StudyRow>[] = [
  { field: 'family', title: 'family', value: (r) => r.family },
  { field: 'recipe', title: 'recipe', value: (r) => r.recipe },
  { field: 'target', title: 'target', value: (r) => r.target },
  { field: 'images', title: 'images', value: (r) => r.images, hidden: true },
  { field: 'accuracyPercent', title: 'accuracy (%)', digits: 1, value: (r) => percent(r.accuracy) },
  { field: 'floatAccuracyPercent', title: 'fp32 (%)', digits: 1, value: (r) => percent(r.floatAccuracy), hidden: true },
  { field: 'sqnrFloatDb', title: 'SQNR to fp32 (dB)', digits: 1, value: (r) => decibel(r.sqnrFloatDb) },
  { field: 'sqnrExactDb', title: 'SQNR to exact (dB)', digits: 1, value: (r) => decibel(r.sqnrExactDb) },
  { field: 'cycles', title: 'cycles', value: (r) => r.cycles },
  {
    field: 'energyPj',
    title: 'energy (nJ)',
    digits: 0,
    value: (r) => r.energyPj,
    shown: (r) => r.energyPj && r.energyPj / PICO_PER_NANO,
  },
  { field: 'extrapolated', title: 'extrapolated', value: (r) => r.extrapolated, hidden: true },
  { field: 'modelKilobytes', title: 'model (KB)', digits: 1, value: (r) => r.modelKilobytes },
  { field: 'stepCycles', title: 'step cycles', value: (r) => r.stepCycles, hidden: true },
  {
    field: 'stepEnergyPj',
    title: 'training step (uJ)',
    digits: 0,
    value: (r) => r.stepEnergyPj,
    shown: (r) => r.stepEnergyPj && r.stepEnergyPj / PICO_PER_NANO / 1000,
  },
  { field: 'pareto', title: 'Pareto', value: (r) => r.pareto },
];

/** A Markdown table of what the terminal shows. */
export function resultMarkdown<Row>(columns: readonly ResultColumn<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter((column) => !column.hidden);
  const cells = (row: Row) => shown.map((column) => cellText((column.shown ?? column.value)(row), column.digits));
  const lines = [shown.map(({ title }) => title), shown.map(() => '---'), ...rows.map(cells)];
  return `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n`;
}

/** For the terminal; columns that no row fills are left out. */
export function resultTable<Row>(columns: readonly ResultColumn<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter((column) => !column.hidden && rows.some((row) => column.value(row) !== undefined));
  return formatTable(
    shown.map((column) => ({
      ...column,
      value: (row: Row) => (column.shown === undefined ? column.value(row) : column.shown(row)),
    })),
    rows,
  );
}

/** For spreadsheets: every column, energy in pJ, full precision. */
export function resultCsv<Row>(
  columns: readonly ResultColumn<Row>[],
  rows: readonly Row[],
  lead?: readonly [string, (row: Row) => Cell][],
): string {
  const head = (lead ?? []).map(([name]) => name);
  return csvText(
    [...head, ...columns.map(({ field }) => field)],
    rows.map((row) => [...(lead ?? []).map(([, value]) => value(row)), ...columns.map((column) => column.value(row))]),
  );
}
