import { join } from 'node:path';
import { counted } from '../text/plural.js';
import { makeFolder, writeWhole } from '../outputs/files/file.js';
import { LAYER_COLUMNS, resultCsv, RUN_COLUMNS, runJson, worstCsv } from '../outputs/tables/results.js';
import { loadTarget } from '../targets/catalog.js';
import type { RunPlan } from '../simulate/plan.js';
import type { RunResult } from '../simulate/run.js';
import { integer, jsonOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { and, dataOption, folderOption, imagesOption, networkOption, required, targetOption } from './options.js';
import { referenceOf, runWithBar } from './runs.js';
import { MEMORY_NOT_COUNTED } from '../arrays/memory.js';
import { NOT_COUNTED } from '../energy/actions.js';
import { print, printJson, printResults } from './terminal.js';
import { usage } from './errors.js';

/** `run`: one network on one target. */
export const runCommand = command({
  options: {
    network: required(networkOption),
    target: required(and(targetOption, '; see "lastbit list targets"')),
    images: imagesOption,
    data: dataOption,
    reference: { type: 'string', describe: 'ONNX file of the float network; default: the one the network names' },
    out: and(folderOption, ' for CSV files'),
    verbose: { type: 'boolean', default: false, describe: 'say how each layer was computed, and why' },
    json: jsonOption,
    wide: wideOption,
  },
  reads: ['network', 'target', 'data', 'reference'],
  writes: { out: 'folder' },
  examples: [
    ['run models/digits-int8.onnx --target int8', 'on generated digits'],
    ['run models/digits-e4m3fn.onnx --target fp8-fp16 --data mnist --out results', "on MNIST's test set"],
  ],
  async run({ network, target, images, data, reference, out, verbose, json, wide }) {
    usage(() => loadTarget(target));
    const plan: RunPlan = {
      network,
      target: { base: target },
      data: { images: integer(images, '--images', 1), ...(data !== undefined && { folder: data }) },
    };
    const float = reference ?? (await referenceOf(network));
    const [result] = await runWithBar([float === undefined ? plan : { ...plan, reference: float }]);
    if (out !== undefined) await writeResult(out, result);
    if (json) printJson(runJson(result));
    else show(result, verbose, wide);
    if (!json && loadTarget(target).memories.bandwidth !== undefined) print(MEMORY_NOT_COUNTED);
  },
});

/** `<network>.<target>.csv`, and beside it `.layers.csv`, and `.worst.csv` for `eval`. */
async function writeResult(folder: string, result: RunResult): Promise<void> {
  makeFolder(folder);
  const stem = join(folder, `${result.network}.${result.target}`);
  await writeWhole(`${stem}.csv`, resultCsv(RUN_COLUMNS, [result]));
  await writeWhole(`${stem}.layers.csv`, resultCsv(LAYER_COLUMNS, result.layers));
  await writeWhole(`${stem}.worst.csv`, worstCsv(result.layers));
}

function show(result: RunResult, verbose: boolean, wide: boolean): void {
  print(`${result.network} on ${result.target}, ${counted(result.images, 'image')}, one at a time\n`);
  printResults(RUN_COLUMNS, [result], wide);
  print(
    `\nPer layer and inference; errors of its sums on golden input, and entire: with the errors of the layers before\n`,
  );
  printResults(LAYER_COLUMNS, result.layers, wide);
  print(`\n${energyNote([result])}`);
  if (verbose) for (const { layer, route } of result.layers) print(`${layer}: ${route}`);
}

/** Where the energies are from, and what they leave out. */
export function energyNote(results: readonly RunResult[]): string {
  const sources = [...new Set(results.flatMap(({ cost }) => cost.sources))];
  const extrapolated = results.filter(({ cost }) => cost.extrapolated).map(({ target }) => target);
  const doubt = extrapolated.length === 0 ? [] : [`extrapolated in part: ${[...new Set(extrapolated)].join(', ')}`];
  return ['Energy from', ...sources.map((source) => `  ${source}`), ...doubt, NOT_COUNTED].join('\n');
}
