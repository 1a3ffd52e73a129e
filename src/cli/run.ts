import { join } from 'node:path';
import { counted } from '../text/plural.js';
import { makeFolder, writeWhole } from '../outputs/files/file.js';
import {
  arrayShareOf,
  coverageOf,
  GATE_COLUMNS,
  LAYER_COLUMNS,
  resultCsv,
  RUN_COLUMNS,
  runJson,
  worstCsv,
} from '../outputs/tables/results.js';
import {
  type Check,
  checkNetwork,
  loadNetwork,
  loadRunData,
  resolveTarget,
  type RunPlan,
  whyNot,
} from '../simulate/plan.js';
import type { Network } from '../networks/network.js';
import type { Target } from '../targets/target.js';
import { gateActivity } from '../simulate/gateActivity.js';
import { type GateResult, type RunResult, withGateCost } from '../simulate/run.js';
import { figure } from '../outputs/tables/table.js';
import { gatesFor } from './gateUnits.js';
import { type TensorChoice, tensorsOf } from '../simulate/tensors.js';
import { writeTensors } from '../outputs/tensors/tensorFiles.js';
import { integer, jsonOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { and, energyOption, folderOption, imageOption, networkOption, required, targetOption } from './options.js';
import { ownDataOptions, planOfData } from './ownData.js';
import { readingFrom, readingOptions } from './reading.js';
import { referenceOf, runWithBar } from './runs.js';
import { MEMORY_NOT_COUNTED } from '../arrays/memory.js';
import { NOT_COUNTED, NOT_COUNTED_OF_GATES } from '../energy/actions.js';
import { print, printJson, printResults } from './terminal.js';
import { usage, UsageError, Verdict } from './errors.js';

/** `run`: one network on one target. */
export const runCommand = command({
  options: {
    network: required(networkOption),
    target: required(
      and(targetOption, '; see "lastbit list targets"; auto: 16 x 16 with the units that the network needs'),
    ),
    ...ownDataOptions,
    ...readingOptions,
    check: {
      type: 'boolean',
      default: false,
      describe: 'run nothing: list all that keeps the file from running; exit code 1 where there is any',
    },
    reference: { type: 'string', describe: 'ONNX file of the float network; default: the one the network names' },
    energy: energyOption,
    strict: { type: 'boolean', default: false, describe: 'refuse layers that the target has no unit for' },
    tensors: {
      type: 'string',
      choices: ['outputs', 'all'],
      describe: 'write tensors of one image as .npy, with tensors.json, into --out',
    },
    image: and(imageOption, ' whose tensors are written'),
    out: and(folderOption, ' for CSV files'),
    verbose: { type: 'boolean', default: false, describe: 'say how each layer was computed, and why' },
    json: jsonOption,
    wide: wideOption,
  },
  reads: ['network', 'target', 'data', 'input', 'reference', 'energy'],
  writes: { out: 'folder' },
  examples: [
    ['run models/digits-int8.onnx --target int8', 'on generated digits'],
    ['run models/digits-e4m3fn.onnx --target fp8-fp16 --data mnist --out results', "on MNIST's test set"],
  ],
  modes: [
    { with: ['tensors'], needs: ['out'], says: () => '--tensors needs --out, the folder that they are written to' },
    { with: ['image'], needs: ['tensors'], says: () => '--image is the one whose --tensors are written' },
  ],
  async run({ network, target, energy, strict, check, tensors, image, reference, out, verbose, json, wide, ...data }) {
    const reading = readingFrom(data);
    const place = { base: target, ...(energy !== undefined && { energy }) };
    if (check) return showCheck(await checkNetwork(network, place, { ...reading, strict }), json);
    const loaded = await loadNetwork(network, reading);
    const own = usage(() => resolveTarget(place, loaded));
    if (strict) refuseBeside(loaded, own);
    const plan: RunPlan = { network, reading, target: place, data: await planOfData(loaded, data) };
    const float = reference ?? referenceOf(network, loaded);
    const whole = float === undefined ? plan : { ...plan, reference: float };
    const gates = own.gates === undefined ? undefined : await gatesFor(loaded, own, own.gates);
    const [byTable] = await runWithBar([whole], { networks: new Map([[whole, loaded]]), here: true });
    const result =
      gates === undefined
        ? byTable
        : withGateCost(byTable, loaded, own, gateActivity(loaded, own, gates, await loadRunData(loaded, plan.data)));
    if (out !== undefined) await writeResult(out, result);
    if (out !== undefined && tensors !== undefined) {
      const number = integer(image ?? 0, '--image');
      const images = await loadRunData(loaded, plan.data);
      await writeTensors(
        out,
        usage(() => tensorsOf(loaded, own, images, number, tensors as TensorChoice)),
      );
    }
    if (json) printJson(runJson(result));
    else show(result, verbose, wide);
    if (!json && own.memories.bandwidth !== undefined) print(MEMORY_NOT_COUNTED);
  },
});

/** @throws Verdict where something keeps the network from running */
function showCheck({ placements, refused }: Check, json: boolean): void {
  if (json) {
    printJson({ coverage: coverageOf(placements, refused) });
    if (refused.length > 0) throw new Verdict('refused');
    return;
  }
  for (const { name, op, reason } of refused) print(`${name}${op === '' ? '' : ` (${op})`}: ${reason}`);
  const array = placements.filter(({ place }) => place === 'array').length;
  print(
    `${counted(array, 'layer')} on the array, ${placements.length - array} beside it, ${refused.length} refused${refused.length === 0 ? ': it can run' : ''}`,
  );
  if (refused.length > 0) throw new Verdict('refused');
}

/** @throws UsageError naming the first layer that the target has no unit for */
function refuseBeside(network: Network, target: Target): void {
  const reason = whyNot(network, target);
  if (reason !== undefined) throw new UsageError(`${reason} (--strict)`);
}

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
  printResults(columnsFor(result), [result], wide);
  if (result.layers.length > 0) {
    print(
      `\nPer layer and inference; errors of its sums on golden input, and entire: with the errors of the layers before\n`,
    );
    printResults(LAYER_COLUMNS, result.layers, wide);
    if (result.gates !== undefined) showGates(result, result.gates, wide);
    print(`\n${energyNote([result])}`);
  }
  showBeside(result);
  if (result.uncompared !== undefined)
    print(
      `\nNot compared, since of another shape for some image than what it is held against: ${result.uncompared.join(', ')}`,
    );
  if (verbose) for (const { layer, route } of result.layers) print(`${layer}: ${route}`);
}

/** What the PEs took, by their gates, and how well that is known. */
function showGates({ layers, target }: RunResult, gates: GateResult, wide: boolean): void {
  print('\nThe PEs by their gates, in nJ for one inference\n');
  printResults(GATE_COLUMNS, layers, wide);
  const { images, tiles, simulated, error, maxMhz, clockMhz, glitches } = gates;
  const share = simulated === tiles ? 'all' : `${simulated} of`;
  const { factor, low, high } = glitches;
  print(`\n${share} ${counted(tiles, 'tile')} of ${counted(images, 'image')}: +- ${(100 * error).toFixed(1)} % (95 %)`);
  print(`glitches: ${factor.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}) times what toggles without them`);
  if (clockMhz > maxMhz)
    print(`the clock of ${target}, ${clockMhz} MHz, is not met: ${figure(maxMhz)} MHz at most in ${gates.technology}`);
}

/** Where images have labels, the class of the float network adds nothing to see, nor does the energy told twice. */
function columnsFor({ accuracy }: RunResult): typeof RUN_COLUMNS {
  const hidden = ['gatesEnergyPj', ...(accuracy === undefined ? [] : ['agreementFloatPercent'])];
  return RUN_COLUMNS.map((column) => (hidden.includes(column.field) ? { ...column, hidden: true } : column));
}

/** What the array does not do, and so is not counted. */
function showBeside(result: RunResult): void {
  const share = arrayShareOf(result);
  if (share === undefined) return;
  const beside = result.placements.filter(({ reason }) => reason !== undefined);
  const names = beside.map(({ node, op }) => `${node} (${op})`);
  const shown =
    names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), `${names.length - MOST_NAMED} more`] : names;
  print(
    `\n${(100 * share).toFixed(1)} % of the MACs run on the array. Beside it, in float32 or exact integers, and not counted:`,
  );
  print(`  ${shown.join(', ')}`);
}

const MOST_NAMED = 8;

/** Where the energies are from, and what they leave out. */
export function energyNote(results: readonly RunResult[]): string {
  const sources = [...new Set(results.flatMap(({ cost }) => cost.sources))];
  const extrapolated = results.filter(({ cost }) => cost.extrapolated).map(({ target }) => target);
  const doubt = extrapolated.length === 0 ? [] : [`extrapolated in part: ${[...new Set(extrapolated)].join(', ')}`];
  const ofGates = results.every(({ gates, cost }) => gates !== undefined && gates.energyPj === cost.energyPj);
  const left = ofGates ? NOT_COUNTED_OF_GATES : NOT_COUNTED;
  return ['Energy from', ...sources.map((source) => `  ${source}`), ...doubt, left].join('\n');
}
