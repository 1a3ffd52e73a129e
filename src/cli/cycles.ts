import { readText } from '../datapaths/read.js';
import { costOf } from '../arrays/cost.js';
import { type DataflowName, DATAFLOWS, macArray } from '../arrays/dataflow.js';
import { type ScaleSimArray, scaleSimCounts } from '../arrays/scalesim.js';
import { jobOf, parseTopology, type TopologyLayer } from '../arrays/topology.js';
import { SEQUENTIAL } from '../datapaths/order.js';
import { CYCLE_COLUMNS, cycleRow, cycleTotal, SCALE_SIM_COLUMNS, scaleSimTotal } from '../outputs/cycles.js';
import { writeWhole } from '../outputs/file.js';
import { resultCsv, type ResultColumn, resultTable } from '../outputs/results.js';
import { integer, jsonOption } from './arguments.js';
import { command } from './command.js';
import { print } from './terminal.js';

/** `cycles`: what a topology file's layers take on an array, without a network or a datapath. */
export const cyclesCommand = command({
  usage: 'cycles <topology>',
  summary: 'Count the cycles of a SCALE-Sim topology CSV on an array, itemised, or exactly as SCALE-Sim does',
  options: {
    topology: { type: 'string', demandOption: true, describe: 'CSV of conv layers or of M,N,K shapes' },
    rows: { type: 'number', demandOption: true, describe: 'rows of PEs' },
    cols: { type: 'number', demandOption: true, describe: 'columns of PEs' },
    dataflow: {
      type: 'string',
      demandOption: true,
      choices: Object.keys(DATAFLOWS),
      describe: 'what stays in the PEs',
    },
    compat: { type: 'string', choices: ['scalesim'], describe: "SCALE-Sim v3's own numbers, quirks included" },
    json: { ...jsonOption, describe: 'JSON for machines: layers in the order of the file, and their total' },
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
    ['cycles resnet18.csv --rows 32 --cols 32 --dataflow os --compat scalesim --out report.csv', 'to compare with'],
  ],
  async run({ topology, rows, cols, dataflow, compat, json, out }) {
    const array = {
      rows: integer(rows, '--rows', 1),
      cols: integer(cols, '--cols', 1),
      dataflow: dataflow as DataflowName,
    };
    const layers = parseTopology(readText(topology), topology);
    const report = compat === undefined ? ownReport(layers, array) : scaleSimReport(layers, array);
    const text = json
      ? `${JSON.stringify(report.json, undefined, 2)}\n`
      : report[out === undefined ? 'table' : 'csv']();
    if (out === undefined) print(text.trimEnd());
    else await writeWhole(out, text);
  },
});

interface Report {
  json: { layers: readonly object[]; total: object };
  table(): string;
  csv(): string;
}

function ownReport(layers: readonly TopologyLayer[], size: ScaleSimArray): Report {
  const array = macArray(size);
  const rows = layers.map(jobOf).map((job) => cycleRow(job, costOf(job, array, { lanes: 1, order: SEQUENTIAL })));
  return reportOf(CYCLE_COLUMNS, rows, cycleTotal(rows, size.rows * size.cols));
}

function scaleSimReport(layers: readonly TopologyLayer[], array: ScaleSimArray): Report {
  const rows = scaleSimCounts(layers, array);
  return reportOf(SCALE_SIM_COLUMNS, rows, scaleSimTotal(rows));
}

function reportOf<Row extends object>(
  columns: readonly ResultColumn<Row>[],
  rows: readonly Row[],
  total: object & { totalCycles: number },
): Report {
  return {
    json: { layers: rows, total },
    table: () => `${resultTable(columns, rows)}\n\n${total.totalCycles} cycles in all`,
    csv: () => resultCsv(columns, rows),
  };
}
