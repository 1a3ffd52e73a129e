import type { Placement } from '../../simulate/placement.js';
import type { Likeness } from '../../simulate/likeness.js';
import type { LayerResult, RunResult } from '../../simulate/run.js';
import { energyColumn, type JsonRow, percent, type ResultColumn, resultJson } from './column.js';
import { ACTION_COLUMNS, LAYER_COLUMNS, WORST_COLUMNS } from './layers.js';

export * from './layers.js';
export * from './points.js';
export { type ResultColumn, resultCsv, resultJson, resultMarkdown, resultTable } from './column.js';

/** What a run prints and writes: the whole, and all of it as JSON. */

/** How alike outputs are to others: the float network's, or those stored beside the data. */
function likeness(
  what: 'Float' | 'Stored',
  to: string,
  of: (result: RunResult) => Likeness | undefined,
): ResultColumn<RunResult>[] {
  const optional = true;
  const hidden = what === 'Float';
  return [
    {
      field: `agreement${what}Percent`,
      title: `same class as ${to} (%)`,
      digits: 1,
      value: (r) => percent(of(r)?.agreement),
      optional,
      priority: 5,
    },
    { field: `cosine${what}`, title: `cosine to ${to}`, digits: 6, value: (r) => of(r)?.cosine, optional, hidden },
    {
      field: `largestDifference${what}`,
      title: `largest difference to ${to}`,
      kind: 'figure',
      value: (r) => of(r)?.largestDifference,
      optional,
      hidden,
    },
  ];
}

/** One of the two energies of a run whose gates were looked at; `energyPj` is the one that was asked for. */
function gatesColumn(
  field: string,
  title: string,
  value: (result: RunResult) => number | undefined,
): ResultColumn<RunResult> {
  return { ...energyColumn(value, 0), field, title, optional: true, priority: 2 };
}

export const RUN_COLUMNS: readonly ResultColumn<RunResult>[] = [
  { field: 'target', title: 'target', kind: 'text', value: (r) => r.target },
  { field: 'network', title: 'network', kind: 'text', value: (r) => r.network },
  { field: 'datapath', title: 'datapath', kind: 'text', value: (r) => r.datapath, hidden: true },
  { field: 'images', title: 'images', value: (r) => r.images, hidden: true },
  { field: 'accuracyPercent', title: 'accuracy (%)', digits: 1, value: (r) => percent(r.accuracy), optional: true },
  {
    field: 'floatAccuracyPercent',
    title: 'fp32 (%)',
    digits: 1,
    priority: 2,
    value: (r) => percent(r.floatAccuracy),
    optional: true,
  },
  { field: 'sqnrExactDb', exact: 'exact', title: 'SQNR to exact (dB)', digits: 1, value: (r) => r.sqnrExactDb },
  {
    field: 'sqnrFloatDb',
    exact: 'exactFloat',
    title: 'SQNR to fp32 (dB)',
    digits: 1,
    priority: 3,
    value: (r) => r.sqnrFloatDb,
    optional: true,
  },
  { field: 'cycles', title: 'cycles', value: (r) => r.cost.cycles.total },
  { field: 'loadCycles', title: 'load', value: (r) => r.cost.cycles.load, hidden: true },
  { field: 'fillCycles', title: 'fill', value: (r) => r.cost.cycles.fill, hidden: true },
  { field: 'streamCycles', title: 'stream', value: (r) => r.cost.cycles.stream, hidden: true },
  { field: 'drainCycles', title: 'drain', value: (r) => r.cost.cycles.drain, hidden: true },
  { field: 'stallCycles', title: 'stall', value: (r) => r.cost.cycles.stall, hidden: true },
  {
    field: 'utilizationPercent',
    title: 'utilisation (%)',
    digits: 1,
    priority: 4,
    value: (r) => percent(r.cost.utilization),
  },
  energyColumn((r) => r.cost.energyPj, 0),
  { field: 'milliseconds', title: 'time (ms)', kind: 'figure', value: (r) => r.cost.milliseconds, hidden: true },
  { field: 'macs', title: 'MACs', value: (r) => r.cost.macs, hidden: true },
  { field: 'extrapolated', title: 'extrapolated', kind: 'flag', value: (r) => r.cost.extrapolated, hidden: true },
  { field: 'energySources', title: 'sources', kind: 'text', value: (r) => r.cost.sources.join('; '), hidden: true },
  {
    field: 'accuracyLowPercent',
    title: 'accuracy from (%)',
    digits: 1,
    value: (r) => percent(r.accuracyInterval?.[0]),
    optional: true,
    hidden: true,
  },
  {
    field: 'accuracyHighPercent',
    title: 'accuracy to (%)',
    digits: 1,
    value: (r) => percent(r.accuracyInterval?.[1]),
    optional: true,
    hidden: true,
  },
  { field: 'top5Percent', title: 'top 5 (%)', digits: 1, value: (r) => percent(r.top5), optional: true, hidden: true },
  ...likeness('Float', 'fp32', (r) => r.float),
  {
    field: 'sqnrStoredDb',
    exact: 'exactStored',
    title: 'SQNR to stored (dB)',
    digits: 1,
    value: (r) => r.stored?.sqnrDb,
    optional: true,
  },
  ...likeness('Stored', 'stored', (r) => r.stored),
  {
    field: 'arrayMacsPercent',
    title: 'MACs on the array (%)',
    digits: 1,
    priority: 1,
    value: (r) => percent(arrayShareOf(r)),
    optional: true,
  },
  gatesColumn('tableEnergyPj', 'by table (nJ)', (r) => r.gates?.tablePj),
  gatesColumn('gatesEnergyPj', 'by gates (nJ)', (r) => r.gates?.energyPj),
  {
    field: 'gatesErrorPercent',
    title: 'gates: +- (%)',
    kind: 'figure',
    value: (r) => percent(r.gates?.error),
    optional: true,
    hidden: true,
  },
  ...(['factor', 'low', 'high'] as const).map((what): ResultColumn<RunResult> => {
    const field = { factor: 'glitchFactor', low: 'glitchFactorLow', high: 'glitchFactorHigh' }[what];
    return { field, title: field, kind: 'figure', value: (r) => r.gates?.glitches[what], optional: true, hidden: true };
  }),
  ...(['images', 'tiles', 'simulated'] as const).map((what): ResultColumn<RunResult> => {
    const field = { images: 'gatesImages', tiles: 'gatesTiles', simulated: 'gatesTilesSimulated' }[what];
    return { field, title: field, value: (r) => r.gates?.[what], optional: true, hidden: true };
  }),
  {
    field: 'gatesMaxMhz',
    title: 'gates: MHz',
    kind: 'figure',
    value: (r) => r.gates?.maxMhz,
    optional: true,
    hidden: true,
  },
  {
    field: 'gatesLibrary',
    title: 'gates of',
    kind: 'text',
    value: (r) => r.gates?.technology,
    optional: true,
    hidden: true,
  },
  {
    field: 'uncompared',
    title: 'not compared',
    kind: 'text',
    value: (r) => r.uncompared?.join(' '),
    optional: true,
    hidden: true,
  },
];

/** Share of a network's multiply-accumulates that the array does; undefined where it does all. */
export function arrayShareOf({ placements }: RunResult): number | undefined {
  const [all, beside] = [placements, placements.filter(({ place }) => place === 'beside')].map((each) =>
    each.reduce((sum, { job }) => sum + (job === undefined ? 0 : job.m * job.n * job.k * job.groups), 0),
  );
  return beside === 0 ? undefined : (all - beside) / all;
}

/** A quantization: accuracies before and after, and how alike the outputs are. */
export interface QuantizedAccuracy {
  network: string;
  recipe: string;
  calibrationImages: number;
  images: number;
  /** Shares of images told as labelled; undefined without labels. */
  before?: number;
  after?: number;
  /** Of the quantized network's outputs to the float network's. */
  float?: Likeness;
  /** Layers whose products the recipe leaves real. */
  leftReal: readonly string[];
}

export const QUANTIZE_COLUMNS: readonly ResultColumn<QuantizedAccuracy>[] = [
  { field: 'network', title: 'network', kind: 'text', value: (q) => q.network },
  { field: 'recipe', title: 'recipe', kind: 'text', value: (q) => q.recipe },
  { field: 'calibrationImages', title: 'calibration', value: (q) => q.calibrationImages },
  { field: 'images', title: 'images', value: (q) => q.images },
  { field: 'floatAccuracyPercent', title: 'before (%)', digits: 2, value: (q) => percent(q.before), optional: true },
  { field: 'accuracyPercent', title: 'after (%)', digits: 2, value: (q) => percent(q.after), optional: true },
  { field: 'sqnrFloatDb', title: 'SQNR to fp32 (dB)', digits: 1, value: (q) => q.float?.sqnrDb, optional: true },
  {
    field: 'agreementFloatPercent',
    title: 'as fp32 (%)',
    digits: 2,
    value: (q) => percent(q.float?.agreement),
    optional: true,
  },
];

/** What `lastbit quantize --json` prints. */
export function quantizeJson(quantized: QuantizedAccuracy): object {
  return { ...resultJson(QUANTIZE_COLUMNS, quantized), leftReal: quantized.leftReal };
}

/**
 * A run as `lastbit run --json` prints it: the fields of its CSV files in their units, layers within. What `run` returns
 * has shares from 0 to 1, every digit, and Infinity for an exact SQNR.
 */
export function runJson(result: RunResult): object {
  const costs = new Map(result.layers.map((layer) => [layer.layer, layer]));
  const layers = result.placements.map((placement) => {
    const { layer, node, op, place, rule, reason } = placement;
    const cost = costs.get(layer);
    const own = cost === undefined ? { layer: node, op, ...macsOf(placement) } : layerJson(cost);
    return { ...own, op, place, ...(rule !== undefined && { rule }), ...(reason !== undefined && { reason }) };
  });
  return { ...resultJson(RUN_COLUMNS, result), coverage: coverageOf(result.placements), layers };
}

/** How many layers run on the array and beside it; `refused` are those that keep a file from running. */
export function coverageOf(placements: readonly Placement[], refused: readonly object[] = []): object {
  const array = placements.filter(({ place }) => place === 'array').length;
  return { array, beside: placements.length - array, refused };
}

function macsOf({ job }: Placement): { macs?: number } {
  return job === undefined ? {} : { macs: job.m * job.n * job.k * job.groups };
}

function layerJson(layer: LayerResult): object {
  const worst: JsonRow | undefined = layer.worst && resultJson(WORST_COLUMNS.slice(2), layer);
  return {
    ...resultJson(LAYER_COLUMNS, layer),
    route: layer.route,
    energy: layer.energy.map((part) => resultJson(ACTION_COLUMNS, part)),
    ...(worst && { worst }),
  };
}
