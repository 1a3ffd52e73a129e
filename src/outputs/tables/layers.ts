import { type PeAction, textOf } from '../../energy/action.js';
import type { EnergyPart } from '../../energy/table.js';
import type { LayerResult } from '../../simulate/run.js';
import type { Movement } from '../../simulate/sparsity.js';
import { energyColumn, percent, type ResultColumn, resultCsv } from './column.js';

/** What a run says of each layer: its cost and errors, its worst sum, and what its energy is made of. */

/** A count of what moves: codes and sums at and in the array, bits of DRAM, cycles that memories add. */
function moved(field: string, count: (movement: Movement) => number): ResultColumn<LayerResult> {
  const value = ({ movement }: LayerResult) => movement && count(movement);
  return { field, title: field, kind: 'figure', hidden: true, optional: true, value };
}

export const LAYER_COLUMNS: readonly ResultColumn<LayerResult>[] = [
  { field: 'layer', title: 'layer', kind: 'text', value: (l) => l.node },
  { field: 'op', title: 'op', kind: 'text', value: (l) => l.op, hidden: true },
  { field: 'unit', title: 'unit', kind: 'text', priority: 5, value: (l) => l.unit },
  { field: 'm', title: 'm', priority: 6, value: (l) => l.m },
  { field: 'n', title: 'n', priority: 6, value: (l) => l.n },
  { field: 'k', title: 'k', priority: 6, value: (l) => l.k },
  { field: 'groups', title: 'groups', value: (l) => l.groups, hidden: true },
  { field: 'macs', title: 'MACs', value: (l) => l.macs, hidden: true },
  { field: 'cycles', title: 'cycles', value: (l) => l.cycles.total },
  { field: 'loadCycles', title: 'load', priority: 7, value: (l) => l.cycles.load },
  { field: 'fillCycles', title: 'fill', priority: 7, value: (l) => l.cycles.fill },
  { field: 'streamCycles', title: 'stream', priority: 7, value: (l) => l.cycles.stream },
  { field: 'drainCycles', title: 'drain', priority: 7, value: (l) => l.cycles.drain },
  { field: 'stallCycles', title: 'stall', priority: 7, value: (l) => l.cycles.stall },
  { field: 'utilizationPercent', title: 'util. (%)', digits: 1, value: (l) => percent(l.utilization) },
  energyColumn((l) => l.energyPj, 1),
  { field: 'sums', title: 'sums', value: (l) => l.single.sums, hidden: true },
  { field: 'wrongSums', title: 'wrong sums', value: (l) => l.single.wrong, hidden: true },
  { field: 'notFiniteSums', title: 'not finite', value: (l) => l.single.notFinite, hidden: true },
  { field: 'sqnrSingleDb', exact: 'exactSingle', title: 'SQNR (dB)', digits: 1, value: (l) => l.single.sqnrDb },
  {
    field: 'sqnrEntireDb',
    exact: 'exactEntire',
    title: 'SQNR entire (dB)',
    digits: 1,
    priority: 2,
    value: (l) => l.entire.sqnrDb,
  },
  { field: 'maxErrorUlp', title: 'max (ulp)', digits: 1, priority: 3, value: (l) => l.single.maxUlp },
  { field: 'meanErrorUlp', title: 'mean (ulp)', digits: 3, priority: 4, value: (l) => l.single.meanUlp },
  { field: 'biasUlp', title: 'bias (ulp)', kind: 'figure', value: (l) => l.single.biasUlp, hidden: true },
  { field: 'wrongSumsEntire', title: 'wrong entire', value: (l) => l.entire.wrong, hidden: true },
  { field: 'notFiniteSumsEntire', title: 'not finite entire', value: (l) => l.entire.notFinite, hidden: true },
  {
    field: 'maxErrorUlpEntire',
    title: 'max entire (ulp)',
    kind: 'figure',
    value: (l) => l.entire.maxUlp,
    hidden: true,
  },
  {
    field: 'meanErrorUlpEntire',
    title: 'mean entire (ulp)',
    kind: 'figure',
    value: (l) => l.entire.meanUlp,
    hidden: true,
  },
  { field: 'swamped', title: 'swamped', value: (l) => l.swamped },
  { field: 'overflowed', title: 'overflowed', value: (l) => l.overflowed },
  {
    field: 'sufficientBits',
    title: 'sufficient bits',
    value: (l) => l.sufficient.bits,
    hidden: true,
    optional: true,
  },
  {
    field: 'sufficientExponent',
    title: 'sufficient exponent',
    value: (l) => l.sufficient.exponent,
    hidden: true,
    optional: true,
  },
  { field: 'largestSum', title: 'largest sum', kind: 'exact number', value: (l) => l.single.largest, hidden: true },
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
  ...(['factor', 'low', 'high'] as const).map((what): ResultColumn<LayerResult> => {
    const field = { factor: 'glitchFactor', low: 'glitchFactorLow', high: 'glitchFactorHigh' }[what];
    const value = (l: LayerResult) => l.glitches?.[what];
    return { field, title: field, kind: 'figure', value, hidden: true, optional: true };
  }),
];

/** What the PEs took by their gates: the parts of a layer's energy that are `pe:`. */
const peParts = ({ energy }: LayerResult) =>
  energy.flatMap(({ action, energyPj }) => (action.kind === 'pe' ? [{ part: action.part, energyPj }] : []));
const ofPart = (part: PeAction['part']): ResultColumn<LayerResult> => {
  const value = (l: LayerResult) => peParts(l).find((each) => each.part === part)?.energyPj;
  return { ...energyColumn(value, 1), field: `${part}Pj`, title: part };
};

/** Of a layer whose PEs were looked at as gates, in nJ for one inference. */
export const GATE_COLUMNS: readonly ResultColumn<LayerResult>[] = [
  { field: 'layer', title: 'layer', kind: 'text', value: (l) => l.node },
  { field: 'unit', title: 'unit', kind: 'text', value: (l) => l.unit },
  {
    field: 'pjPerMac',
    title: 'pJ/MAC',
    digits: 3,
    value: (l) => peParts(l).reduce((sum, { energyPj }) => sum + energyPj, 0) / l.macs,
  },
  ...(['logic', 'registers', 'glitches', 'clock', 'idle', 'wires', 'leakage'] as const).map(ofPart),
];

/** The worst sum of a layer, as `eval` reads it. */
export const WORST_COLUMNS: readonly ResultColumn<LayerResult>[] = [
  { field: 'layer', title: 'layer', kind: 'text', value: (l) => l.node },
  { field: 'unit', title: 'unit', kind: 'text', value: (l) => l.unit },
  { field: 'a', title: 'a', kind: 'text', value: (l) => l.worst?.a },
  { field: 'b', title: 'b', kind: 'text', value: (l) => l.worst?.b },
  { field: 'modelExact', title: 'exact', kind: 'exact number', value: (l) => l.worst?.exact },
  { field: 'modelResult', title: 'result', kind: 'exact number', value: (l) => l.worst?.got },
  { field: 'modelErrorUlp', title: 'error (ulp)', kind: 'exact number', value: (l) => l.worst?.ulp },
];

/** The worst sum of each layer: a file that `eval` reads. Layers without any error have none. */
export function worstCsv(layers: readonly LayerResult[]): string {
  return resultCsv(
    WORST_COLUMNS,
    layers.filter(({ worst }) => worst !== undefined),
  );
}

/** What a layer's energy is made of. */
export const ACTION_COLUMNS: readonly ResultColumn<EnergyPart>[] = [
  { field: 'action', title: 'action', kind: 'text', value: (p) => textOf(p.action) },
  { field: 'count', title: 'count', kind: 'figure', value: (p) => p.count },
  { field: 'energyPj', title: 'energy (pJ)', kind: 'figure', value: (p) => p.energyPj },
  { field: 'eachPj', title: 'each (pJ)', kind: 'figure', value: (p) => p.entry.pj },
  { field: 'source', title: 'source', kind: 'text', value: (p) => p.entry.source },
  { field: 'node', title: 'node', kind: 'text', value: (p) => p.entry.node },
  { field: 'voltage', title: 'voltage', kind: 'figure', value: (p) => p.entry.voltage, optional: true },
  { field: 'extrapolated', title: 'extrapolated', kind: 'flag', value: (p) => p.entry.extrapolated },
];
