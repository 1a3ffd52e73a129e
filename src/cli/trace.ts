import { TARGETS, loadTarget } from '../targets/catalog.js';
import type { Network } from '../networks/network.js';
import { traceCsv, type Window } from '../outputs/trace.js';
import { SPREADSHEET_ROWS } from '../outputs/csv.js';
import { layerOperands, runLayer } from '../simulate/layer.js';
import { loadData, loadNetwork, whyNot } from '../simulate/plan.js';
import type { Target } from '../targets/target.js';
import { imagesOf } from '../training/dataset.js';
import { integer } from './arguments.js';
import { command } from './command.js';
import { usage, UsageError } from './errors.js';
import { dataOption } from './runs.js';
import { remark, writingTo } from './terminal.js';

/** `trace`: what every PE holds in every cycle. */
export const traceCommand = command({
  usage: 'trace <network>',
  summary: 'Write what each PE of the array holds in each cycle of a layer, as CSV',
  options: {
    network: { type: 'string', demandOption: true, describe: 'ONNX file of a quantized network' },
    layer: { type: 'string', demandOption: true, describe: 'name of a conv or dense layer; "lastbit show" lists them' },
    target: { type: 'string', describe: 'target by name or file; default: the first one that can run the network' },
    image: { type: 'number', default: 0, describe: 'number of the image' },
    data: dataOption,
    cycles: { type: 'string', default: '0-99', describe: 'cycles from-to' },
    rows: { type: 'string', describe: 'rows of PEs from-to; default: all' },
    cols: { type: 'string', describe: 'columns of PEs from-to; default: all' },
    output: { type: 'string', default: '-', describe: 'CSV file to write, or - for standard output' },
  },
  examples: [
    ['trace models/digits-int8.onnx --layer conv1 --cycles 0-40 --rows 0-1 --cols 0-1', 'four PEs'],
    ['trace models/digits-e4m3fn.onnx --layer dense2 --target fp8-fp16 --output dense2.csv', 'a spreadsheet'],
  ],
  async run(args) {
    const network = loadNetwork(args.network);
    const target = targetFrom(args.target, network);
    const number = integer(args.image, '--image');
    const data = loadData({ images: number + 1, ...(args.data !== undefined && { folder: args.data }) });
    const operands = usage(() => layerOperands(network, target, args.layer, imagesOf(data, number, 1)));
    const { array } = target;
    const window: Window = {
      cycles: rangeFrom(args.cycles, '--cycles', Number.MAX_SAFE_INTEGER),
      rows: rangeFrom(args.rows, '--rows', array.rows),
      cols: rangeFrom(args.cols, '--cols', array.cols),
    };
    await writingTo(args.output, (sink) => {
      const trace = traceCsv(sink, array, operands.unit, window);
      const { cycles } = runLayer(target, operands, trace);
      const rows = trace.end();
      if (rows === 0)
        throw new UsageError(`--cycles ${args.cycles}: layer ${args.layer} ends in cycle ${cycles.total - 1}`);
      if (rows >= SPREADSHEET_ROWS)
        remark(`${rows} rows: a spreadsheet takes ${SPREADSHEET_ROWS - 1}; narrow --cycles, --rows or --cols`);
    });
  },
});

function targetFrom(name: string | undefined, network: Network): Target {
  if (name !== undefined) return usage(() => loadTarget(name));
  const found = TARGETS.find((target) => whyNot(network, target) === undefined);
  if (found === undefined)
    throw new UsageError(`no target of the catalogue can run ${network.name}: name one with --target`);
  return found;
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
