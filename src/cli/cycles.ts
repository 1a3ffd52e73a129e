import { readText } from '../text/read.js';
import { costOf } from '../arrays/cost.js';
import { type DataflowName, DATAFLOWS, macArray } from '../arrays/dataflow.js';
import { type ScaleSimArray, scaleSimCounts } from '../arrays/scalesim.js';
import { jobOf, parseTopology, type TopologyLayer } from '../arrays/topology.js';
import { SEQUENTIAL } from '../datapaths/order.js';
import {
  CYCLE_COLUMNS,
  type CycleRow,
  cycleRow,
  cycleTotal,
  SCALE_SIM_COLUMNS,
  scaleSimTotal,
} from '../outputs/tables/cycles.js';
import { writeWhole } from '../outputs/files/file.js';
import { resultCsv, type ResultColumn, resultJson } from '../outputs/tables/results.js';
import { figure } from '../outputs/tables/table.js';
import type { ArrayJob } from '../arrays/tiling.js';
import { heaviest, lower } from '../networks/lower.js';
import { isNetworkFile } from '../networks/readers/index.js';
import { loadNetwork } from '../simulate/plan.js';
import { UsageError } from './errors.js';
import { readingFrom, readingOptions } from './reading.js';
import { integer, jsonOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { print, printResults, versionedJson } from './terminal.js';

/** `cycles`: what the products of a topology file or of a network take on an array, without data or a datapath. */
export const cyclesCommand = command({
  options: {
    topology: {
      type: 'string',
      demandOption: true,
      describe: 'CSV of conv layers or of M,N,K shapes, or a network (.onnx)',
    },
    rows: { type: 'number', demandOption: true, describe: 'rows of PEs' },
    cols: { type: 'number', demandOption: true, describe: 'columns of PEs' },
    dataflow: {
      type: 'string',
      demandOption: true,
      choices: Object.keys(DATAFLOWS),
      describe: 'what stays in the PEs',
    },
    ...readingOptions,
    compat: { type: 'string', choices: ['scalesim'], describe: "SCALE-Sim v3's own numbers, quirks included" },
    json: { ...jsonOption, describe: 'JSON for machines: layers in the order of the file, and their total' },
    wide: wideOption,
    out: {
      type: 'string',
      alias: 'output',
      describe: 'file to write, CSV or with --json JSON; default: standard output',
    },
  },
  reads: ['topology'],
  writes: { out: 'file' },
  examples: [
    ['cycles resnet18.csv --rows 32 --cols 32 --dataflow ws', 'load, fill, stream, drain and stall of each layer'],
    ['cycles models/digits-int8.onnx --rows 16 --cols 16 --dataflow os', 'of a network, without data'],
    ['cycles resnet18.csv --rows 32 --cols 32 --dataflow os --compat scalesim --out report.csv', 'to compare with'],
  ],
  async run({ topology, rows, cols, dataflow, compat, json, wide, out, ...reading }) {
    const array = {
      rows: integer(rows, '--rows', 1),
      cols: integer(cols, '--cols', 1),
      dataflow: dataflow as DataflowName,
    };
    const report = isNetworkFile(topology)
      ? await networkReport(topology, compat, reading, array)
      : topologyReport(parseTopology(readText(topology), topology), array, compat);
    if (out !== undefined) await writeWhole(out, json ? `${versionedJson(report.json)}\n` : report.csv());
    else if (json) print(versionedJson(report.json));
    else report.show(wide);
  },
});

interface Report {
  json: { layers: readonly object[]; total: object };
  show(wide: boolean): void;
  csv(): string;
}

function topologyReport(layers: readonly TopologyLayer[], array: ScaleSimArray, compat: string | undefined): Report {
  return compat === undefined ? ownReport(layers.map(jobOf), array) : scaleSimReport(layers, array);
}

/** The products of a network, by the names of its nodes; of two branches the one of more cycles is in the total. */
async function networkReport(
  path: string,
  compat: string | undefined,
  reading: Parameters<typeof readingFrom>[0],
  array: ScaleSimArray,
): Promise<Report> {
  if (compat !== undefined) throw new UsageError(`--compat ${compat} is for topology files, and ${path} is a network`);
  const network = await loadNetwork(path, readingFrom(reading));
  const jobs = lower(network);
  if (jobs.length === 0) throw new Error(`${path} has no layer with products`);
  const nodes = new Map(network.layers.map(({ name, node = name }) => [name, node]));
  const named = jobs.map((job) => ({ ...job, layer: nodes.get(job.layer) ?? job.layer }));
  return ownReport(named, array, (rows) => {
    const works = rows.map((row, i) => ({ layer: jobs[i].layer, row }));
    return heaviest(network, works, ({ row }) => row.totalCycles).map(({ row }) => row);
  });
}

/** @param counted the rows that the total is of */
function ownReport(
  jobs: readonly ArrayJob[],
  size: ScaleSimArray,
  counted = (rows: readonly CycleRow[]): readonly CycleRow[] => rows,
): Report {
  const array = macArray(size);
  const rows = jobs.map((job) => cycleRow(job, costOf(job, array, { lanes: 1, order: SEQUENTIAL })));
  return reportOf(CYCLE_COLUMNS, rows, cycleTotal(counted(rows), size.rows * size.cols));
}

function scaleSimReport(layers: readonly TopologyLayer[], array: ScaleSimArray): Report {
  const rows = scaleSimCounts(layers, array);
  return reportOf(SCALE_SIM_COLUMNS, rows, scaleSimTotal(rows));
}

/** What is not whole has six significant digits, as in the rows. */
function figures(total: object): object {
  return Object.fromEntries(Object.entries(total).map(([name, value]) => [name, figure(value as number)]));
}

function reportOf<Row extends object>(
  columns: readonly ResultColumn<Row>[],
  rows: readonly Row[],
  total: object & { totalCycles: number },
): Report {
  return {
    json: { layers: rows.map((row) => resultJson(columns, row)), total: figures(total) },
    show(wide) {
      printResults(columns, rows, wide);
      print(`\n${total.totalCycles} cycles in all`);
    },
    csv: () => resultCsv(columns, rows),
  };
}
