import { existsSync } from 'node:fs';
import { readText } from '../text/read.js';
import { didYouMean } from '../text/nearest.js';
import { counted } from '../text/plural.js';
import { writeWhole } from '../outputs/files/file.js';
import { type LinePlot, lineSvg } from '../outputs/tables/plot.js';
import { ACCUMULATE_COLUMNS, resultCsv, resultJson } from '../outputs/tables/results.js';
import { type Accumulation, accumulating, type Distribution } from '../simulate/accumulate.js';
import { datapathFrom, integer, jsonOption, seedOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { UsageError } from './errors.js';
import { progressBar } from './runs.js';
import { printJson, printResults } from './terminal.js';

/** `accumulate`: the swamping curve. */
export const accumulateCommand = command({
  options: {
    datapath: { type: 'string', array: true, demandOption: true, describe: 'one or more, by name or file' },
    lengths: { type: 'string', default: '64..65536', describe: 'from..to in powers of two, or a list 10,100,1000' },
    distribution: {
      type: 'string',
      default: 'uniform(1,1)',
      describe: 'uniform(mean,deviation), normal or normal(mean,deviation), ones, or a file with a column "value"',
    },
    seed: seedOption,
    output: { type: 'string', alias: 'out', describe: 'CSV file to write' },
    plot: { type: 'string', describe: 'SVG file to write' },
    json: jsonOption,
    wide: wideOption,
  },
  reads: ['datapath', 'distribution'],
  writes: { output: 'file', plot: 'file' },
  examples: [
    ['accumulate --datapath fp8-fp16 --distribution ones', 'where a sum of ones stops'],
    ['accumulate --datapath fp8-fp16 fp8-fp32 --output curve.csv --plot curve.svg', 'two units in one plot'],
  ],
  async run({ datapath, lengths, distribution, seed, output, plot, json, wide }) {
    if (datapath.length === 0) throw new UsageError('--datapath needs a name or a file, or several');
    const units = datapath.map(datapathFrom);
    const sizes = lengthsFrom(lengths);
    const addends = distributionFrom(distribution);
    const curves: Accumulation[][] = [];
    for (const unit of units) curves.push(shownCurve(unit, sizes, addends, integer(seed, '--seed')));
    const rows = curves.flat();
    if (output !== undefined) await writeWhole(output, resultCsv(ACCUMULATE_COLUMNS, rows));
    if (plot !== undefined) await writeWhole(plot, await lineSvg(curvePlot(curves, distribution)));
    if (json) return printJson(rows.map((row) => resultJson(ACCUMULATE_COLUMNS, row)));
    printResults(ACCUMULATE_COLUMNS, rows, wide);
  },
});

/** Milliseconds between two steps of the bar. */
const TURN = 100;

/** A curve with a bar over it. */
function shownCurve(...parts: Parameters<typeof accumulating>): Accumulation[] {
  const work = accumulating(...parts);
  let bar: ReturnType<typeof progressBar> | undefined;
  try {
    for (let next = Date.now() + TURN; ; ) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (Date.now() < next) continue;
      bar ??= progressBar(100, `% of ${parts[0].name}`);
      bar.update(Math.floor(100 * step.value));
      next = Date.now() + TURN;
    }
  } finally {
    bar?.stop();
  }
}

/**
 * The plot of the curves: logarithmic unless a sum is not positive, which that axis has no place for; sums that are no
 * numbers have none on any axis, and the plot says so. Units of one operand format have the same exact sums.
 */
export function curvePlot(curves: readonly Accumulation[][], distribution: string): LinePlot {
  const units = curves.map((curve) => ({
    name: curve[0].datapath,
    points: curve.map(({ length, got }) => [length, got] as const),
  }));
  const exact = curves.map((curve) => curve.map(({ length, exact }) => [length, exact] as const));
  const kinds = [...new Set(exact.map((points) => JSON.stringify(points)))];
  const exactSeries = kinds.map((kind) => {
    const of = units.filter((_, i) => JSON.stringify(exact[i]) === kind).map(({ name }) => name);
    const name = kinds.length === 1 ? 'exact' : `exact, ${of.join(' ')}`;
    return { name, dashed: true, points: exact.find((points) => JSON.stringify(points) === kind) ?? [] };
  });
  const series = [...exactSeries, ...units];
  const sums = series.flatMap(({ points }) => points.map(([, sum]) => sum)).filter(Number.isFinite);
  const lost = series.flatMap(({ name, points }) => {
    const count = points.filter(([, sum]) => !Number.isFinite(sum)).length;
    return count === 0 ? [] : [`${counted(count, 'sum')} of ${name}`];
  });
  return {
    title: `Sum of n addends, ${distribution}`,
    ...(lost.length > 0 && { subtitle: `not drawn, being infinite or NaN: ${lost.join(', ')}` }),
    x: { title: 'n', log: true },
    y: { title: 'sum', log: sums.every((sum) => sum > 0) },
    series,
  };
}

const LONGEST = 2 ** 24;

function lengthsFrom(text: string): number[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  const numbers = range === null ? text.split(',').map(Number) : powers(Number(range[1]), Number(range[2]));
  const wrong = numbers.some((length) => !Number.isSafeInteger(length) || length < 1 || length > LONGEST);
  if (wrong || numbers.length === 0)
    throw new UsageError(`--lengths must be from..to or a list, of numbers from 1 to ${LONGEST}, found "${text}"`);
  return numbers;
}

/** Doubling from the first until past the last. */
function powers(from: number, to: number): number[] {
  const lengths: number[] = [];
  for (let length = from; length > 0 && length <= Math.min(to, LONGEST + 1); length *= 2) lengths.push(length);
  return to > LONGEST ? [to] : lengths;
}

function distributionFrom(text: string): Distribution {
  const match = /^(uniform|normal)(?:\(([^,]+),([^,]+)\))?$/.exec(text);
  if (match !== null) {
    const standard = match[1] === 'normal' ? [0, 1] : [1, 1];
    const [mean, deviation] = match[2] === undefined ? standard : [Number(match[2]), Number(match[3])];
    if (Number.isFinite(mean) && deviation >= 0) return { kind: match[1] as 'uniform' | 'normal', mean, deviation };
    throw new UsageError(`--distribution ${match[1]}(mean,deviation) needs two numbers, found "${text}"`);
  }
  if (text === 'ones') return { kind: 'ones' };
  if (!existsSync(text))
    throw new UsageError(
      `--distribution: there is no distribution or file "${text}": it is uniform(mean,deviation), normal(mean,deviation), ones, or a CSV file with a column "value"${didYouMean(text, ['uniform', 'normal', 'ones'])}`,
    );
  return { kind: 'values', values: valuesFrom(text) };
}

/** The numbers in the column `value` of a CSV file, or of its only column. */
function valuesFrom(file: string): number[] {
  const [header, ...lines] = readText(file).trimEnd().split(/\r?\n/);
  const names = header.split(',');
  const column = names.length === 1 ? 0 : names.indexOf('value');
  if (column < 0) throw new UsageError(`${file} has no column "value"; it has ${names.join(', ')}`);
  const values = lines.map((line) => Number(line.split(',')[column] || Number.NaN));
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (values.length === 0 || wrong >= 0)
    throw new UsageError(
      `${file}: ${values.length === 0 ? 'it has no rows' : `row ${wrong + 2}: "${lines[wrong]}" has no number in column "${names[column]}"`}`,
    );
  return values;
}
