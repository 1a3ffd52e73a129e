import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { counted } from '../text/plural.js';
import { makeFolder, writeWhole } from '../outputs/files/file.js';
import { LAYER_COLUMNS, resultCsv, RUN_COLUMNS, runJson } from '../outputs/tables/results.js';
import { gateActivity } from '../simulate/gateActivity.js';
import { loadNetwork, loadRunData, resolveTarget, type RunPlan } from '../simulate/plan.js';
import { type LayerResult, type RunResult, withGateCost } from '../simulate/run.js';
import { integer, jsonOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { and, dataOption, folderOption, imagesOption, threadsOption } from './options.js';
import { gatesFor } from './gateUnits.js';
import { energyNote } from './run.js';
import { runWithBar, threadsFrom } from './runs.js';
import { print, printJson, printResults } from './terminal.js';

/** The six datapaths of the main job, each with the network that was quantized for it. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['int8', 'digits-int8'],
  ['int4', 'digits-int4'],
  ['xnor', 'digits-binary'],
  ['fp8-fp16', 'digits-e4m3fn'],
  ['fp8-fp32', 'digits-e4m3fn'],
  ['fp8-fp32', 'digits-e5m2'],
  ['fp8-fp32', 'digits-mixed'],
  ['radix4', 'digits-radix4'],
  ['radix4-fp16', 'digits-radix4'],
];

/** The tables' energies are the runs' own. */
const COLUMNS = RUN_COLUMNS.map((column) => (column.field === 'tableEnergyPj' ? { ...column, hidden: true } : column));

/** Whose layers are shown. */
const SHOWN = 'fp8-fp16';

/** `demo`: the main job, what `npm start` runs. */
export const demoCommand = command({
  options: {
    images: imagesOption,
    data: dataOption,
    models: { type: 'string', default: 'models', describe: 'folder of the networks' },
    out: { ...and(folderOption, ' for CSV files'), default: 'traces' },
    threads: threadsOption,
    json: jsonOption,
    wide: wideOption,
  },
  reads: ['data'],
  writes: { out: 'folder' },
  examples: [
    ['demo', '1,000 images'],
    ['demo --images 100 --out /tmp/demo', 'a quick look'],
  ],
  async run({ images, data, models, out, threads, json, wide }) {
    const plans = PAIRS.map(
      ([target, network]): RunPlan => ({
        network: join(models, `${network}.onnx`),
        reference: join(models, 'digits-fp32.onnx'),
        target: { base: target },
        data: { images: integer(images, '--images', 1), ...(data !== undefined && { folder: data }) },
      }),
    );
    const start = performance.now();
    const results = await withGatesOf(plans, await runWithBar(plans, threadsFrom(threads)));
    const seconds = (performance.now() - start) / 1000;
    makeFolder(out);
    const files = { 'six.csv': resultCsv(RUN_COLUMNS, results), 'six.layers.csv': layersCsv(results) };
    for (const [name, text] of Object.entries(files)) await writeWhole(join(out, name), text);
    if (json) return printJson(results.map(runJson));
    print(`The digits network on arrays of 16 x 16, output stationary, ${counted(images, 'image')}, one at a time\n`);
    printResults(COLUMNS, results, wide);
    print(
      `by gates: what the PEs take of bits that really flow, in ${GATES}, and the memories as before (docs/gates.md)`,
    );
    const shown = results.find(({ target }) => target === SHOWN) ?? results[0];
    print(`\nLayers of ${shown.network} on ${shown.target}, for one image; errors of the sums against exact ones\n`);
    printResults(LAYER_COLUMNS, shown.layers, wide);
    print(`\n${energyNote(results)}`);
    print(
      `\nwrote ${Object.keys(files)
        .map((name) => join(out, name))
        .join(', ')}`,
    );
    print(`${seconds.toFixed(1)} s on ${threads ?? availableParallelism()} threads`);
  },
});

/** Library whose gates are shown beside the tables, and how much of them is looked at. */
export const GATES = 'asap7';
export const EFFORT = { mostImages: 2, windows: 400 };

/** The results, with what the gates of the PEs take beside what the tables say. */
async function withGatesOf(plans: readonly RunPlan[], results: readonly RunResult[]): Promise<RunResult[]> {
  const shown: RunResult[] = [];
  for (const [i, { network: file, target: plan, data }] of plans.entries()) {
    const network = await loadNetwork(file);
    const target = resolveTarget(plan);
    const gates = await gatesFor(network, target, GATES);
    const activity = gateActivity(network, target, gates, await loadRunData(network, data), EFFORT);
    const { gates: found } = withGateCost(results[i], network, target, activity);
    shown.push({ ...results[i], ...(found && { gates: found }) });
  }
  return shown;
}

/** The layers of every run, with what ran and where in front. */
function layersCsv(results: readonly RunResult[]): string {
  const rows = results.flatMap((result) => result.layers.map((layer) => ({ ...layer, result })));
  return resultCsv<LayerResult & { result: RunResult }>(LAYER_COLUMNS, rows, [
    ['target', (row) => row.result.target],
    ['network', (row) => row.result.network],
  ]);
}
