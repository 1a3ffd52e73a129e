import type { EpochRecord } from '../../simulate/epochs.js';
import type { ProductCost } from '../../simulate/trainCost.js';
import type { StepRecord, Training } from '../../simulate/training.js';
import { type GradientTally, LOWEST_EXPONENT } from '../../training/session/watch.js';
import { csvText } from './csv.js';
import { lineSvg } from './plot.js';
import { figure } from './table.js';
import { energyColumn, percent, type ResultColumn, resultJson } from './column.js';

/** What training prints, writes as CSV and draws. */

const MICRO = 1e6;

export const STEP_COLUMNS: readonly ResultColumn<StepRecord>[] = [
  { field: 'step', title: 'step', value: (s) => s.step },
  { field: 'epoch', title: 'epoch', value: (s) => s.epoch },
  { field: 'loss', title: 'loss', digits: 4, value: (s) => s.loss },
  { field: 'accuracyPercent', title: 'batch (%)', digits: 1, value: (s) => percent(s.accuracy) },
  { field: 'lossScale', title: 'loss scale', kind: 'exact number', value: (s) => s.lossScale },
  { field: 'skipped', title: 'skipped', kind: 'flag', value: (s) => s.skipped },
  { field: 'underflowPercent', title: 'underflow (%)', digits: 2, value: (s) => percent(s.underflow) },
  { field: 'overflowPercent', title: 'overflow (%)', digits: 2, value: (s) => percent(s.overflow) },
  { field: 'macs', title: 'MACs', value: (s) => s.macs },
  { field: 'macsBeside', title: 'beside', value: (s) => s.macsBeside },
  { field: 'cycles', title: 'cycles', value: (s) => s.cycles },
  { field: 'energyPj', title: 'energy (pJ)', kind: 'figure', value: (s) => s.energyPj },
];

export const EPOCH_COLUMNS: readonly ResultColumn<EpochRecord>[] = [
  { field: 'epoch', title: 'epoch', value: (e) => e.epoch },
  { field: 'loss', title: 'loss', digits: 4, value: (e) => e.loss },
  { field: 'accuracyPercent', title: 'trained on (%)', digits: 1, value: (e) => percent(e.accuracy) },
  { field: 'judgedAccuracyPercent', title: 'judged (%)', digits: 1, value: (e) => percent(e.judgedAccuracy) },
  { field: 'lossScale', title: 'loss scale', kind: 'exact number', value: (e) => e.lossScale },
  { field: 'skippedSteps', title: 'skipped', priority: 3, value: (e) => e.skipped },
  { field: 'underflowPercent', title: 'underflow (%)', digits: 2, value: (e) => percent(e.underflow) },
  { field: 'overflowPercent', title: 'overflow (%)', digits: 2, value: (e) => percent(e.overflow) },
  { field: 'macs', title: 'MACs', value: (e) => e.macs, hidden: true },
  { field: 'macsBeside', title: 'beside the array (%)', digits: 0, value: (e) => e.macsBeside, shown: besideOf },
  { field: 'cycles', title: 'cycles', value: (e) => e.cycles },
  { field: 'milliseconds', title: 'time (ms)', digits: 1, priority: 4, value: (e) => e.milliseconds },
  { field: 'energyPj', title: 'energy (uJ)', digits: 1, value: (e) => e.energyPj, shown: (e) => e.energyPj / MICRO },
];

function besideOf({ macs, macsBeside }: EpochRecord): number {
  return (100 * macsBeside) / macs;
}

export const PRODUCT_COLUMNS: readonly ResultColumn<ProductCost>[] = [
  { field: 'layer', title: 'layer', kind: 'text', value: (p) => p.layer },
  { field: 'pass', title: 'product', kind: 'text', value: (p) => p.pass },
  { field: 'a', title: 'a', kind: 'text', value: (p) => p.a },
  { field: 'b', title: 'b', kind: 'text', value: (p) => p.b },
  { field: 'unit', title: 'unit', kind: 'text', value: (p) => p.unit ?? 'none: beside the array' },
  { field: 'macs', title: 'MACs', priority: 2, value: (p) => p.macs },
  { field: 'cycles', title: 'cycles', value: (p) => p.cycles },
  energyColumn((p) => p.energyPj, 1),
  { field: 'sqnrDb', exact: 'exact', title: 'SQNR (dB)', digits: 1, value: (p) => p.sqnrDb, optional: true },
];

/** What `lastbit train --json` prints. */
export function trainJson({ plan, products, gradients }: Training, epochs: readonly EpochRecord[]): object {
  const { normal, subnormal } = belowHalf(gradients);
  return {
    plan,
    epochs: epochs.map((epoch) => resultJson(EPOCH_COLUMNS, epoch)),
    products: products().map((product) => resultJson(PRODUCT_COLUMNS, product)),
    belowFp16NormalPercent: figure(percent(normal)),
    belowFp16Percent: figure(percent(subnormal)),
  };
}

/** The shares of nonzero gradients below fp16's smallest normal number and below its smallest subnormal. */
export function belowHalf({ histogram }: GradientTally): { normal: number; subnormal: number } {
  const all = Math.max(sumOf(histogram), 1);
  const below = (exponent: number) => sumOf(histogram.subarray(0, exponent - LOWEST_EXPONENT)) / all;
  return { normal: below(FP16_NORMAL), subnormal: below(FP16_SUBNORMAL) };
}

const sumOf = (counts: Float64Array) => counts.reduce((a, b) => a + b, 0);

/** Gradients by the layers' outputs, loss scaling taken off, by their power of two. */
export function gradientsCsv({ histogram }: GradientTally): string {
  const all = histogram.reduce((a, b) => a + b, 0);
  return csvText(
    ['exponent', 'count', 'sharePercent'],
    [...histogram].map((count, i) => [LOWEST_EXPONENT + i, count, all === 0 ? 0 : figure(percent(count / all))]),
  );
}

/** fp16's smallest subnormal, smallest normal and largest number, as powers of two. */
const [FP16_SUBNORMAL, FP16_NORMAL, FP16_LARGEST] = [-24, -14, 16];
const FP16_LIMITS = {
  'fp16 subnormals from': FP16_SUBNORMAL,
  'fp16 normals from': FP16_NORMAL,
  'fp16 up to': FP16_LARGEST,
} as const;

export function gradientsSvg({ histogram }: GradientTally, title: string): Promise<string> {
  const all = Math.max(
    histogram.reduce((a, b) => a + b, 0),
    1,
  );
  const shares = [...histogram].map((count, i) => [LOWEST_EXPONENT + i, percent(count / all)] as const);
  const most = Math.max(...shares.map(([, share]) => share));
  const limits = Object.entries(FP16_LIMITS).map(([name, at]) => ({
    name,
    dashed: true,
    points: [[at, 0] as const, [at, most] as const],
  }));
  return lineSvg({
    title,
    subtitle: 'nonzero gradients by the layers’ outputs, loss scaling taken off',
    x: { title: 'power of two' },
    y: { title: 'share (%)' },
    series: [{ name: 'gradients', points: shares }, ...limits],
  });
}

/** Curves over the steps, each the mean of up to this many steps. */
const POINTS = 100;

export function lossSvg(steps: readonly StepRecord[], title: string): Promise<string> {
  return lineSvg({
    title,
    x: { title: 'step' },
    y: { title: 'loss' },
    series: [{ name: 'loss', points: smoothed(steps, (s) => s.loss) }],
  });
}

export function accuracySvg(steps: readonly StepRecord[], epochs: readonly EpochRecord[], title: string) {
  const perEpoch = steps.length / Math.max(epochs.length, 1);
  return lineSvg({
    title,
    x: { title: 'step' },
    y: { title: 'accuracy (%)' },
    series: [
      { name: 'trained on', points: smoothed(steps, (s) => percent(s.accuracy)) },
      {
        name: 'judged',
        points: epochs.map(({ epoch, judgedAccuracy }) => [epoch * perEpoch, percent(judgedAccuracy)] as const),
      },
    ],
  });
}

export function scaleSvg(steps: readonly StepRecord[], title: string): Promise<string> {
  return lineSvg({
    title,
    x: { title: 'step' },
    y: { title: 'loss scale', log: true },
    series: [{ name: 'loss scale', points: steps.map(({ step, lossScale }) => [step, lossScale] as const) }],
  });
}

function smoothed(steps: readonly StepRecord[], of: (step: StepRecord) => number): (readonly [number, number])[] {
  const width = Math.ceil(steps.length / POINTS);
  const points: (readonly [number, number])[] = [];
  for (let first = 0; first < steps.length; first += width) {
    const run = steps.slice(first, first + width);
    points.push([run[run.length - 1].step, run.reduce((sum, step) => sum + of(step), 0) / run.length]);
  }
  return points;
}
