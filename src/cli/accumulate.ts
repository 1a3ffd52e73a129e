import { existsSync } from 'node:fs';
import { readText } from '../datapaths/read.js';
import { didYouMean } from '../formats/nearest.js';
import { writeWhole } from '../outputs/file.js';
import { lineSvg } from '../outputs/plot.js';
import { ACCUMULATE_COLUMNS, resultCsv, resultJson } from '../outputs/results.js';
import { type Accumulation, accumulationCurve, type Distribution } from '../simulate/accumulate.js';
import { datapathFrom, integer, jsonOption, seedOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { UsageError } from './errors.js';
import { printJson, printResults } from './terminal.js';

/** `accumulate`: the swamping curve. */
export const accumulateCommand = command({
  usage: 'accumulate',
  summary: 'How a running sum fares as it grows: swamping, overflow and error against the length, as CSV and SVG',
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
    const curves = units.map((unit) => accumulationCurve(unit, sizes, addends, integer(seed, '--seed')));
    const rows = curves.flat();
    if (output !== undefined) await writeWhole(output, resultCsv(ACCUMULATE_COLUMNS, rows));
    if (plot !== undefined) await writeWhole(plot, await plotOf(curves, distribution));
    if (json) return printJson(rows.map((row) => resultJson(ACCUMULATE_COLUMNS, row)));
    printResults(ACCUMULATE_COLUMNS, rows, wide);
  },
});

function plotOf(curves: readonly Accumulation[][], distribution: string): Promise<string> {
  const exact = { name: 'exact', dashed: true, points: curves[0].map(({ length, exact }) => [length, exact] as const) };
  const units = curves.map((curve) => ({
    name: curve[0].datapath,
    points: curve.map(({ length, got }) => [length, got] as const),
  }));
  return lineSvg({
    title: `Sum of n addends, ${distribution}`,
    x: { title: 'n', log: true },
    y: { title: 'sum', log: true },
    series: [exact, ...units],
  });
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
