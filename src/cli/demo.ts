import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { counted } from '../text/plural.js';
import { makeFolder, writeWhole } from '../outputs/files/file.js';
import { LAYER_COLUMNS, resultCsv, RUN_COLUMNS, runJson } from '../outputs/tables/results.js';
import type { RunPlan } from '../simulate/plan.js';
import type { LayerResult, RunResult } from '../simulate/run.js';
import { integer, jsonOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { and, dataOption, folderOption, imagesOption, threadsOption } from './options.js';
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
    const results = await runWithBar(plans, threadsFrom(threads));
    const seconds = (performance.now() - start) / 1000;
    makeFolder(out);
    const files = { 'six.csv': resultCsv(RUN_COLUMNS, results), 'six.layers.csv': layersCsv(results) };
    for (const [name, text] of Object.entries(files)) await writeWhole(join(out, name), text);
    if (json) return printJson(results.map(runJson));
    print(`The digits network on arrays of 16 x 16, output stationary, ${counted(images, 'image')}, one at a time\n`);
    printResults(RUN_COLUMNS, results, wide);
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

/** The layers of every run, with what ran and where in front. */
function layersCsv(results: readonly RunResult[]): string {
  const rows = results.flatMap((result) => result.layers.map((layer) => ({ ...layer, result })));
  return resultCsv<LayerResult & { result: RunResult }>(LAYER_COLUMNS, rows, [
    ['target', (row) => row.result.target],
    ['network', (row) => row.result.network],
  ]);
}
