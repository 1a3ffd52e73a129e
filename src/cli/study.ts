import { join } from 'node:path';
import { inLockedFolder } from '../outputs/files/lock.js';
import { writeChanged } from '../outputs/files/file.js';
import { scatterSvg } from '../outputs/tables/plot.js';
import { resultCsv, resultJson, resultMarkdown, STUDY_COLUMNS } from '../outputs/tables/results.js';
import { type CandidatePlan, candidatesOf } from '../simulate/candidates.js';
import type { Method } from '../recipes/method.js';
import type { Inquiry } from '../simulate/inquiry.js';
import type { PoolOptions } from '../simulate/pool.js';
import { studyDataFor } from '../simulate/purposes.js';
import { loadNetwork } from '../simulate/plan.js';
import { type Candidate, runStudy, shortlist, type Study, type StudyPlan } from '../simulate/study.js';
import { integer, jsonOption, seedOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { freshOption, journaled, remarkOnJournal } from './journaled.js';
import { gatesOrReason } from './gateUnits.js';
import {
  and,
  energyOption,
  floatNetworkOption,
  folderOption,
  imagesOption,
  required,
  threadsOption,
} from './options.js';
import { ownDataFrom, ownDataOptions } from './ownData.js';
import { readingFrom, readingOptions } from './reading.js';
import { chosenMethods } from './recipes.js';
import { progressBar, threadsFrom } from './runs.js';
import { print, printJson, printResults, remark } from './terminal.js';

/** Images in a step of training. */
const BATCH = 50;

/** `study`: which method, on which hardware. */
export const studyCommand = command({
  options: {
    network: required(floatNetworkOption),
    recipes: { type: 'string', describe: 'names with commas; default: all of "lastbit list recipes"' },
    targets: { type: 'string', describe: 'names or files with commas; default: all of "lastbit list targets"' },
    ...ownDataOptions,
    images: { ...imagesOption, default: 200 },
    ...readingOptions,
    energy: energyOption,
    epochs: { type: 'number', default: 1, describe: 'that recipes train for; 0 leaves those out' },
    trained: { type: 'number', default: 2000, describe: 'images that recipes train on' },
    seed: seedOption,
    all: { type: 'boolean', default: false, describe: 'print every row, not the front and the best of each family' },
    out: { ...and(folderOption, ' for the judgement and the networks'), default: 'study' },
    fresh: freshOption,
    threads: threadsOption,
    json: jsonOption,
    wide: wideOption,
  },
  reads: ['network', 'targets', 'data', 'input', 'energy'],
  writes: { out: 'folder' },
  examples: [
    ['study models/digits-fp32.onnx --recipes int8,int4,lsq', 'three methods on every target'],
    ['study net.onnx --targets int8,fp8-fp16 --epochs 0 --out judged', 'methods without training, on two targets'],
  ],
  async run(args) {
    const [epochs, images] = [integer(args.epochs, '--epochs'), integer(args.images, '--images', 1)];
    const methods = chosenMethods(args.recipes, epochs);
    const reading = readingFrom(args);
    const network = await loadNetwork(args.network, reading);
    const { data: folder, input, mean, scale, layout } = args;
    const own = ownDataFrom({ data: folder, input, mean, scale, layout });
    const data = await studyDataFor(network, images, integer(args.trained, '--trained', BATCH), own);
    if (!('labels' in data.judged))
      remark("the data has no labels: accuracy is how often the largest output is the float network's");
    const shared = { network: args.network, epochs, batch: BATCH, seed: integer(args.seed, '--seed') };
    const targets = args.targets?.split(',').map((name) => name.trim());
    const threads = threadsFrom(args.threads);
    const study = await inLockedFolder(args.out, () =>
      journaled(args.out, args.fresh, async (journal) => {
        const { candidates, failed } = await makeWithProgress(methods, {
          ...shared,
          data,
          reading,
          folder: args.out,
          journal,
        });
        if (candidates.length === 0) throw new Error(`no recipe makes a network of ${args.network}: ${failed[0]}`);
        const onBegin = (unfinished: readonly Inquiry[], all: number) =>
          remarkOnJournal(journal, unfinished.map(hardwareOf), all);
        const plan = {
          ...{ data: data.plan, judged: data.judged, reference: args.network, targets, journal, onBegin },
          ...(reading.shapes && { reading: { shapes: reading.shapes } }),
          ...(args.energy !== undefined && { energy: args.energy, gatesOf: gatesOrReason }),
        };
        const study = await runWithProgress(candidates, plan, threads);
        for (const reason of failed) remark(`left out ${reason}`);
        for (const reason of study.unplaced) remark(`no target can run ${reason}`);
        for (const reason of study.ungated) remark(`left out: ${reason}`);
        await writeStudy(args.out, study);
        return study;
      }),
    );
    if (args.json) return printJson(study.rows.map((row) => resultJson(STUDY_COLUMNS, row)));
    const shown = args.all || study.rows.length <= FEW ? study.rows : shortlist(study.rows);
    printResults(STUDY_COLUMNS, shown, args.wide);
    if (shown.length < study.rows.length)
      print(
        `\n${shown.length} of ${study.rows.length} rows: the front and the best of each family; --all prints the rest`,
      );
    print(`\nwrote study.csv, study.md and study.svg in ${args.out}`);
  },
});

/** What is told of changes: networks are those that the study itself has made. */
const hardwareOf = ({ hardware, inputs }: Inquiry) => ({ inputs: { [hardware]: inputs[hardware] } });

type Made = Awaited<ReturnType<typeof candidatesOf>>;

async function makeWithProgress(methods: readonly Method[], plan: Omit<CandidatePlan, 'write'>): Promise<Made> {
  let bar: ReturnType<typeof progressBar> | undefined;
  try {
    return await candidatesOf(methods, {
      ...plan,
      write: writeChanged,
      onBegin(known, changed) {
        const all = methods.length;
        if (changed.length > 0)
          remark(`${changed.join(', ')} changed since the last run: what depends on it is done again`);
        else if (known > 0 && known < all) remark(`goes on after ${known} of ${all} recipes`);
        bar = progressBar(all, 'recipes');
      },
      progress: (done) => bar?.update(done),
    });
  } finally {
    bar?.stop();
  }
}

async function runWithProgress(candidates: Candidate[], plan: StudyPlan, options: PoolOptions): Promise<Study> {
  const bar = progressBar(plan.data.images * candidates.length, 'images');
  try {
    return await runStudy(candidates, plan, { ...options, progress: (done) => bar.update(done) });
  } finally {
    bar.stop();
  }
}

/** Rows that are printed without a choice. */
const FEW = 20;

async function writeStudy(folder: string, { rows }: Study): Promise<void> {
  await writeChanged(join(folder, 'study.csv'), resultCsv(STUDY_COLUMNS, rows));
  await writeChanged(join(folder, 'study.md'), resultMarkdown(STUDY_COLUMNS, rows));
  const svg = await scatterSvg({
    title: 'Accuracy against energy',
    subtitle: 'filled: no other point is better in accuracy, cycles and energy at once',
    x: { title: 'energy per inference (nJ)', scale: 'log' },
    y: { title: 'accuracy (%)' },
    points: rows.flatMap(({ recipe, family, accuracy, energyPj, pareto }) =>
      energyPj === undefined
        ? []
        : [{ x: energyPj / 1000, y: 100 * accuracy, group: family, label: recipe, filled: pareto }],
    ),
  });
  await writeChanged(join(folder, 'study.svg'), svg);
}
