import { extname } from 'node:path';
import type { TraceWindow } from '../outputs/traces/signals.js';
import { traceCsv } from '../outputs/traces/trace.js';
import { traceVcd } from '../outputs/traces/vcd.js';
import { DRAWING_LIMITS, traceWavedrom } from '../outputs/traces/wavedrom.js';
import { SPREADSHEET_ROWS } from '../outputs/tables/csv.js';
import type { Sink } from '../outputs/files/file.js';
import { jsonOfCsv } from '../outputs/files/jsonRows.js';
import { goldenRun, productNamed } from '../simulate/golden.js';
import { runLayer } from '../simulate/layer.js';
import { loadNetwork } from '../simulate/plan.js';
import { integer, jsonOption } from './arguments.js';
import { command } from './command.js';
import { usage, UsageError } from './errors.js';
import { and, networkOption, required, targetOption } from './options.js';
import { imageOf, ownDataFrom, ownFileOptions } from './ownData.js';
import { readingFrom, readingOptions } from './reading.js';
import { targetFor } from './runs.js';
import { remark, SCHEMA_VERSION, writingTo } from './terminal.js';

/** What a trace can be written as; adding a kind is one entry. */
const TRACES = { csv: traceCsv, vcd: traceVcd, wavedrom: traceWavedrom, json: traceJson } as const;

/** The rows of CSV as objects. */
function traceJson(sink: Sink, ...rest: Parameters<typeof traceCsv> extends [Sink, ...infer R] ? R : never) {
  const rows = jsonOfCsv(sink, { schemaVersion: SCHEMA_VERSION });
  const trace = traceCsv(rows, ...rest);
  return {
    ...trace,
    end() {
      const written = trace.end();
      rows.end();
      return written;
    },
  };
}

/** `trace`: what every PE holds in every cycle. */
export const traceCommand = command({
  options: {
    network: required(networkOption),
    layer: { type: 'string', demandOption: true, describe: 'name of a layer with products; "lastbit show" lists them' },
    target: and(targetOption, '; default: the first one that can run the network'),
    image: { type: 'number', default: 0, describe: 'number of the image' },
    ...ownFileOptions,
    ...readingOptions,
    cycles: { type: 'string', default: '0-99', describe: 'cycles from-to' },
    rows: { type: 'string', describe: 'rows of PEs from-to; default: all' },
    cols: { type: 'string', describe: 'columns of PEs from-to; default: all' },
    format: {
      type: 'string',
      choices: Object.keys(TRACES),
      describe:
        "csv, vcd (GTKWave, Surfer), wavedrom (JSON) or json (rows as in csv); default: what the output's ending says, or csv",
    },
    output: { type: 'string', alias: 'out', default: '-', describe: 'file to write, or - for standard output' },
    json: { ...jsonOption, describe: 'the same as --format json' },
  },
  reads: ['network', 'target', 'data', 'input'],
  writes: { output: 'file' },
  examples: [
    ['trace models/digits-int8.onnx --layer conv1 --cycles 0-40 --rows 0-1 --cols 0-1', 'four PEs'],
    ['trace models/digits-e4m3fn.onnx --layer dense2 --target fp8-fp16 --output dense2.csv', 'a spreadsheet'],
    ['trace models/digits-int8.onnx --layer conv1 --cycles 1000-1999 --output conv1.vcd', 'a waveform'],
    ['trace models/digits-int8.onnx --layer conv1 --rows 0 --cols 0 --cycles 0-11 --format wavedrom', 'a drawing'],
  ],
  async run(args) {
    const network = await loadNetwork(args.network, readingFrom(args));
    const target = targetFor(args.target, network);
    const number = integer(args.image, '--image');
    const { data, input, mean, scale, layout } = args;
    const inputs = await imageOf(network, ownDataFrom({ data, input, mean, scale, layout }), number);
    const product = usage(() => productNamed(goldenRun(network, target, inputs), network, args.layer));
    const { array } = target;
    const window: TraceWindow = {
      cycles: rangeFrom(args.cycles, '--cycles', Number.MAX_SAFE_INTEGER),
      rows: rangeFrom(args.rows, '--rows', array.rows),
      cols: rangeFrom(args.cols, '--cols', array.cols),
    };
    const format = kindOf(args.json ? 'json' : args.format, args.output);
    if (format === 'wavedrom') refuseLargeDrawing(window);
    await writingTo(args.output, (sink) => {
      const trace = TRACES[format](sink, array, product.unit, window);
      const { cycles } = runLayer(target, product, trace);
      const written = trace.end();
      if (written === 0)
        throw new UsageError(`--cycles ${args.cycles}: layer ${args.layer} ends in cycle ${cycles.total - 1}`);
      if (format === 'csv' && written >= SPREADSHEET_ROWS)
        remark(`${written} rows: a spreadsheet takes ${SPREADSHEET_ROWS - 1}; narrow --cycles, --rows or --cols`);
    });
  },
});

/** As the option says, or the ending of the output. */
function kindOf(format: string | undefined, output: string): keyof typeof TRACES {
  if (format !== undefined) return format as keyof typeof TRACES;
  const ending = extname(output).toLowerCase();
  return ending === '.vcd' ? 'vcd' : ending === '.json' ? 'wavedrom' : 'csv';
}

/** What the window asks for is refused where nobody could use it. */
function refuseLargeDrawing({ cycles, rows, cols }: TraceWindow): void {
  const pes = (rows[1] - rows[0] + 1) * (cols[1] - cols[0] + 1);
  if (pes > DRAWING_LIMITS.pes || cycles[1] - cycles[0] >= DRAWING_LIMITS.cycles)
    throw new UsageError(
      `a drawing has at most ${DRAWING_LIMITS.pes} PEs and ${DRAWING_LIMITS.cycles} cycles, found ${pes} PEs and ${cycles[1] - cycles[0] + 1} cycles: narrow --rows, --cols and --cycles`,
    );
}

/** `4-9`, `4` or nothing (all of them), within the first `count`. */
function rangeFrom(text: string | undefined, option: string, count: number): [number, number] {
  if (text === undefined) return [0, count - 1];
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (match === null || from > to || to >= count)
    throw new UsageError(`${option} must be a number or from-to below ${count}, found "${text}"`);
  return [from, to];
}
