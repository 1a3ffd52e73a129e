import { basename, join } from 'node:path';
import { foldBatchNorm } from '../networks/fold.js';
import { writeOnnx } from '../networks/onnx/write.js';
import { makeFolder, writeWhole } from '../outputs/file.js';
import { scatterSvg } from '../outputs/plot.js';
import { resultCsv, resultJson, resultMarkdown, STUDY_COLUMNS } from '../outputs/results.js';
import { quantizeNetwork } from '../quantize/quantize.js';
import type { Recipe } from '../quantize/recipe.js';
import { RECIPES, recipeNamed } from '../quantize/recipes.js';
import { type StudyTraining, type Trained, trainedBy } from '../simulate/candidates.js';
import { type DataPlan, loadData, loadNetwork } from '../simulate/plan.js';
import { type Candidate, runStudy, shortlist, type Study } from '../simulate/study.js';
import { isCsv, readData } from '../training/data.js';
import { type Dataset, firstOf, imagesOf, partOf } from '../training/dataset.js';
import { digits, TRAIN_SEED } from '../training/digits.js';
import { CALIBRATION_IMAGES } from '../training/finetune.js';
import type { TrainRecipe } from '../training/trainRecipe.js';
import { TRAIN_RECIPES, trainRecipeNamed } from '../training/trainRecipes.js';
import { integer, jsonOption, seedOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { UsageError, usage } from './errors.js';
import { dataOption, imagesOption, progressBar, threadsFrom, threadsOption } from './runs.js';
import { print, printJson, printResults, remark } from './terminal.js';

/** Images in a step of training. */
const BATCH = 50;

/** `study`: which method, on which hardware. */
export const studyCommand = command({
  usage: 'study <network>',
  summary: 'Quantize and train a float network by every recipe, run each on the targets that can, and judge',
  options: {
    network: { type: 'string', demandOption: true, describe: 'ONNX file of a float network' },
    recipes: { type: 'string', describe: 'names with commas; default: all of "lastbit list recipes"' },
    targets: { type: 'string', describe: 'names or files with commas; default: all of "lastbit list targets"' },
    images: { ...imagesOption, default: 200 },
    data: dataOption,
    epochs: { type: 'number', default: 1, describe: 'that recipes train for; 0 leaves those out' },
    trained: { type: 'number', default: 2000, describe: 'images that recipes train on' },
    seed: seedOption,
    all: { type: 'boolean', default: false, describe: 'print every row, not the front and the best of each family' },
    out: { type: 'string', default: 'study', describe: 'folder for the judgement and the networks' },
    threads: threadsOption,
    json: jsonOption,
    wide: wideOption,
  },
  examples: [
    ['study models/digits-fp32.onnx --recipes int8,int4,lsq', 'three methods on every target'],
    ['study net.onnx --targets int8,fp8-fp16 --epochs 0 --out judged', 'methods without training, on two targets'],
  ],
  async run(args) {
    const [epochs, images] = [integer(args.epochs, '--epochs'), integer(args.images, '--images', 1)];
    const chosen = chosenRecipes(args.recipes, epochs);
    const data = dataFor(images, integer(args.trained, '--trained', BATCH), args.data);
    makeFolder(args.out);
    const shared = { network: args.network, epochs, batch: BATCH, seed: integer(args.seed, '--seed') };
    const { candidates, failed } = await candidatesOf(chosen, shared, data, args.out);
    if (candidates.length === 0) throw new Error(`no recipe makes a network of ${args.network}: ${failed[0]}`);
    const targets = args.targets?.split(',').map((name) => name.trim());
    const bar = progressBar(images * candidates.length, 'images');
    const progress = (done: number) => bar.update(done);
    const options = { ...threadsFrom(args.threads), progress };
    const study = await runStudy(candidates, data.plan, args.network, targets, options);
    bar.stop();
    for (const reason of failed) remark(`left out ${reason}`);
    for (const reason of study.unplaced) remark(`no target can run ${reason}`);
    await writeStudy(args.out, study);
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

/** Rows that are printed without a choice. */
const FEW = 20;

interface Chosen {
  afterwards: readonly Recipe[];
  training: readonly TrainRecipe[];
}

/** By name where any are given, from both catalogues. @throws UsageError for a name of neither */
function chosenRecipes(names: string | undefined, epochs: number): Chosen {
  if (names === undefined) return { afterwards: RECIPES, training: epochs > 0 ? TRAIN_RECIPES : [] };
  const wanted = names.split(',').map((name) => name.trim());
  const training = wanted.filter((name) => TRAIN_RECIPES.some((recipe) => recipe.name === name));
  const others = wanted.filter((name) => !training.includes(name));
  if (training.length > 0 && epochs === 0) throw new UsageError(`${training[0]} trains: take --epochs of at least 1`);
  return {
    afterwards: others.map((name) => usage(() => recipeNamed(name))),
    training: training.map(trainRecipeNamed),
  };
}

interface StudyData {
  calibration: Dataset;
  training: Dataset;
  judged: Dataset;
  /** Of the images judged by. */
  plan: DataPlan;
}

/** Digits of the two seeds, or a user's: the head calibrates, what follows judges; a CSV file's rest trains. */
function dataFor(images: number, trained: number, path: string | undefined): StudyData {
  if (path === undefined) {
    const [training, plan] = [digits(Math.max(trained, CALIBRATION_IMAGES), TRAIN_SEED), { images }];
    return {
      calibration: firstOf(training, CALIBRATION_IMAGES),
      training: firstOf(training, trained),
      judged: loadData(plan),
      plan,
    };
  }
  const plan = { folder: path, images, skip: CALIBRATION_IMAGES };
  const all = readData(path);
  const training = isCsv(path)
    ? usage(() => partOf(all, CALIBRATION_IMAGES + images, trained))
    : usage(() => firstOf(readData(path, 'train'), trained));
  return {
    calibration: usage(() => firstOf(all, CALIBRATION_IMAGES)),
    training,
    judged: usage(() => loadData(plan)),
    plan,
  };
}

/** Every recipe's network, written into the folder; and why a recipe could make none. */
async function candidatesOf(
  { afterwards, training }: Chosen,
  shared: StudyTraining,
  data: StudyData,
  folder: string,
): Promise<{ candidates: Candidate[]; failed: string[] }> {
  const float = foldBatchNorm(loadNetwork(shared.network));
  const calibration = imagesOf(data.calibration);
  const candidates: Candidate[] = [];
  const failed: string[] = [];
  const bar = progressBar(afterwards.length + training.length, 'recipes');
  const add = async (recipe: Recipe | TrainRecipe, make: () => Trained) => {
    const name = `${basename(shared.network, '.onnx')}.${recipe.name}`;
    const path = join(folder, `${name}.onnx`);
    try {
      const { network, ...rest } = make();
      await writeWhole(path, writeOnnx({ ...network, name }));
      candidates.push({ recipe: recipe.name, family: recipe.family, path, network: { ...network, name }, ...rest });
    } catch (error) {
      failed.push(`${recipe.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    bar.update(candidates.length + failed.length);
  };
  for (const recipe of afterwards) await add(recipe, () => ({ network: quantizeNetwork(float, recipe, calibration) }));
  for (const recipe of training) await add(recipe, () => trainedBy(recipe, shared, data.training, data.judged));
  bar.stop();
  return { candidates, failed };
}

async function writeStudy(folder: string, { rows }: Study): Promise<void> {
  await writeWhole(join(folder, 'study.csv'), resultCsv(STUDY_COLUMNS, rows));
  await writeWhole(join(folder, 'study.md'), resultMarkdown(STUDY_COLUMNS, rows));
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
  await writeWhole(join(folder, 'study.svg'), svg);
}
