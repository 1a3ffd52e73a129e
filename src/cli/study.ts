import { basename, join } from 'node:path';
import { foldBatchNorm } from '../networks/fold.js';
import { writeOnnx } from '../networks/onnx/write.js';
import { makeFolder, writeWhole } from '../outputs/file.js';
import { scatterSvg } from '../outputs/plot.js';
import { resultCsv, resultMarkdown, resultTable, STUDY_COLUMNS } from '../outputs/results.js';
import { quantizeNetwork } from '../quantize/quantize.js';
import { RECIPES, recipeNamed } from '../quantize/recipes.js';
import { loadNetwork } from '../simulate/plan.js';
import { type Candidate, runStudy, type Study } from '../simulate/study.js';
import { imagesOf } from '../training/dataset.js';
import { digits, TRAIN_SEED } from '../training/digits.js';
import { CALIBRATION_IMAGES } from '../training/finetune.js';
import { integer, jsonOption } from './arguments.js';
import { command } from './command.js';
import { usage } from './errors.js';
import { dataOption, imagesOption, progressBar, threadsFrom, threadsOption } from './runs.js';
import { print, printJson, remark } from './terminal.js';

/** `study`: which method, on which hardware. */
export const studyCommand = command({
  usage: 'study <network>',
  summary: 'Quantize a float network by many recipes, run each on the targets that can, and judge: CSV, Markdown, SVG',
  options: {
    network: { type: 'string', demandOption: true, describe: 'ONNX file of a float network' },
    recipes: { type: 'string', describe: 'names with commas; default: all of "lastbit list recipes"' },
    targets: { type: 'string', describe: 'names or files with commas; default: all of "lastbit list targets"' },
    images: { ...imagesOption, default: 200 },
    data: dataOption,
    out: { type: 'string', default: 'study', describe: 'folder for the judgement and the quantized networks' },
    threads: threadsOption,
    json: jsonOption,
  },
  examples: [
    ['study models/digits-fp32.onnx --recipes int8,int4,e4m3fn', 'three methods on every target'],
    ['study net.onnx --targets int8,fp8-fp16 --out judged', 'every method that two targets can run'],
  ],
  async run(args) {
    const recipes = args.recipes?.split(',').map((name) => usage(() => recipeNamed(name.trim()))) ?? RECIPES;
    const float = foldBatchNorm(loadNetwork(args.network));
    const calibration = imagesOf(digits(CALIBRATION_IMAGES, TRAIN_SEED));
    makeFolder(args.out);
    const candidates: Candidate[] = [];
    for (const recipe of recipes) {
      const name = `${basename(args.network, '.onnx')}.${recipe.name}`;
      const network = { ...quantizeNetwork(float, recipe, calibration), name };
      const path = join(args.out, `${name}.onnx`);
      await writeWhole(path, writeOnnx(network));
      candidates.push({ recipe: recipe.name, path, network });
    }
    const images = integer(args.images, '--images', 1);
    const data = { images, ...(args.data !== undefined && { folder: args.data }) };
    const targets = args.targets?.split(',').map((name) => name.trim());
    const bar = progressBar(images * candidates.length * (targets?.length ?? 1), 'images');
    const progress = (done: number) => bar.update(done);
    const study = await runStudy(candidates, data, args.network, targets, { ...threadsFrom(args.threads), progress });
    bar.stop();
    for (const reason of study.unplaced) remark(`no target can run ${reason}`);
    await writeStudy(args.out, study);
    if (args.json) printJson(study.rows);
    else print(`${resultTable(STUDY_COLUMNS, study.rows)}\n\nwrote study.csv, study.md and study.svg in ${args.out}`);
  },
});

async function writeStudy(folder: string, { rows }: Study): Promise<void> {
  await writeWhole(join(folder, 'study.csv'), resultCsv(STUDY_COLUMNS, rows));
  await writeWhole(join(folder, 'study.md'), resultMarkdown(STUDY_COLUMNS, rows));
  const svg = await scatterSvg({
    title: 'Accuracy against energy',
    subtitle: 'filled: no other point is better in accuracy, cycles and energy at once',
    x: { title: 'energy per inference (nJ)' },
    y: { title: 'accuracy (%)' },
    points: rows.map(({ recipe, target, accuracy, energyPj, pareto }) => ({
      x: energyPj / 1000,
      y: 100 * accuracy,
      group: target,
      label: recipe,
      filled: pareto,
    })),
  });
  await writeWhole(join(folder, 'study.svg'), svg);
}
