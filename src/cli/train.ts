import { counted } from '../text/plural.js';
import { NOT_COUNTED } from '../energy/actions.js';
import { writeWhole } from '../outputs/files/file.js';
import { inLockedFolder } from '../outputs/files/lock.js';
import { belowHalf, EPOCH_COLUMNS, PRODUCT_COLUMNS, trainJson } from '../outputs/tables/training.js';
import { gemmPool } from '../datapaths/kernel/index.js';
import { trainingData } from '../simulate/purposes.js';
import { identityOf } from '../simulate/trainIdentity.js';
import { givenNetwork, openTraining, type TrainingPlan } from '../simulate/training.js';
import { resumeTraining, type TrainingLog, type TrainingRun } from '../simulate/trainRun.js';
import { loadTarget } from '../targets/catalog.js';
import { ARCHITECTURES } from '../training/networks/architectures.js';
import { DISTILLATION } from '../training/session/distill.js';
import { GRAD_SCALER, type LossScaling } from '../training/session/scaling.js';
import { methodsOf } from '../recipes/catalog.js';
import { integer, jsonOption, seedOption, wideOption } from './arguments.js';
import { command } from './command.js';
import { UsageError, usage, usageAsync } from './errors.js';
import { and, floatNetworkOption, folderOption, targetOption } from './options.js';
import { trainRecipeFrom } from './recipes.js';
import { print, printJson, printResults, remark } from './terminal.js';
import { trainWithBar, writeTraining } from './trainRun.js';

const BATCH = 50;

/** `train`: a network from its first weights, in a recipe's arithmetic. */
export const trainCommand = command({
  options: {
    recipe: {
      type: 'string',
      demandOption: true,
      describe: `one of ${methodsOf('training')
        .map(({ name }) => name)
        .join(', ')}`,
    },
    target: and(targetOption, "; default: the recipe's"),
    network: {
      type: 'string',
      default: 'lenet',
      describe: `one of ${Object.keys(ARCHITECTURES).join(', ')}, or an ONNX file of a float network to go on from`,
    },
    teacher: and(floatNetworkOption, ' to learn from (knowledge distillation)'),
    share: {
      type: 'number',
      defaultDescription: String(DISTILLATION.share),
      describe: "the teacher's share of the loss, 0 to 1",
    },
    temperature: {
      type: 'number',
      defaultDescription: String(DISTILLATION.temperature),
      describe: 'that soften both their words',
    },
    data: {
      type: 'string',
      describe: "folder with MNIST's IDX files, or a CSV file of labels and pixels; default: generated images",
    },
    epochs: { type: 'number', default: 3, describe: 'times that every image is seen' },
    images: { type: 'number', default: 2000, describe: 'images to train on' },
    judged: { type: 'number', default: 500, describe: 'other images that each epoch is judged on' },
    batch: { type: 'number', defaultDescription: String(BATCH), describe: 'images in a step' },
    rate: { type: 'number', describe: "learning rate at the start, falling to zero; default: the recipe's" },
    'loss-scale': { type: 'string', describe: "none, dynamic, or a factor; default: the recipe's" },
    arithmetic: {
      type: 'string',
      choices: ['array', 'float'],
      default: 'array',
      describe: "products on the target's array, bit for bit, or on the same grids with float32 sums",
    },
    seed: seedOption,
    out: and(folderOption, ' for CSV, SVG, ONNX and the checkpoint that a later call goes on from'),
    fresh: { type: 'boolean', default: false, describe: 'forget the checkpoint in --out' },
    threads: { type: 'number', default: 1, describe: 'threads that share each product; the bits do not depend on it' },
    json: jsonOption,
    wide: wideOption,
  },
  reads: ['target', 'network', 'teacher', 'data'],
  writes: { out: 'folder' },
  examples: [
    ['train --recipe fp4-radix4 --out fp4', 'int4 forward, radix-4 fp4 gradients'],
    ['train --recipe fp16-mixed --network mlp --loss-scale none', 'what is lost without loss scaling'],
    ['train --recipe lsq --network mine.onnx --data mnist', 'a trained network of your own, on your own images'],
    [
      'train --recipe pact-sawb --network mlp --teacher models/digits-fp32.onnx',
      'a small int4 network taught by a large one',
    ],
  ],
  async run(args) {
    const plan = planFrom(args);
    const target = usage(() => loadTarget(plan.target));
    const { training: data, judged } = await trainingData(
      imagesFrom(args, plan),
      integer(args.judged, '--judged', 1),
      args.data,
      await usageAsync(givenNetwork(plan)),
    );
    const pool = gemmPool(integer(args.threads, '--threads', 1));
    const training = await usageAsync(openTraining(plan, data, pool));
    const identity = identityOf({ plan, recipe: training.recipe, target, data, judged });
    const { clockMhz } = target;
    const run: TrainingRun = { training, identity, judged, clockMhz, folder: args.out, write: writeWhole };
    const work = async () => {
      const log = resumeTraining(run, args.fresh);
      const done = log.steps.length;
      if (done > 0 && done < training.steps) remark(`goes on after ${done} of ${training.steps} steps`);
      await trainWithBar(run, log);
      if (args.out !== undefined) await writeTraining(args.out, training, log);
      return log;
    };
    let log: TrainingLog;
    try {
      log = args.out === undefined ? await work() : await inLockedFolder(args.out, work);
    } finally {
      pool.close();
    }
    if (args.json) return printJson(trainJson(training, log.epochs));
    print(`${plan.recipe} on ${plan.target}: ${training.recipe.description}\n`);
    printResults(EPOCH_COLUMNS, log.epochs, args.wide);
    print(`\nThe products of a step of ${counted(plan.batch, 'image')}\n`);
    printResults(PRODUCT_COLUMNS, training.products(), args.wide);
    const { normal, subnormal } = belowHalf(training.gradients);
    print(
      `\nnonzero gradients below fp16's normal numbers: ${percent(normal)}, below all of its numbers: ${percent(subnormal)}`,
    );
    print(NOT_COUNTED);
  },
});

const percent = (share: number) => `${(100 * share).toFixed(2)}%`;

interface TrainArguments {
  recipe: string;
  target?: string;
  network: string;
  epochs: number;
  images: number;
  batch?: number;
  rate?: number;
  'loss-scale'?: string;
  arithmetic: string;
  seed: number;
  teacher?: string;
  share?: number;
  temperature?: number;
}

/** @throws UsageError naming the option that was given, where they do not make one batch */
function imagesFrom({ images, batch }: TrainArguments, plan: TrainingPlan): number {
  if (batch !== undefined && batch > images && Number.isSafeInteger(images))
    throw new UsageError(`--batch ${batch} is more than the ${images} --images that there are: take fewer in a step`);
  return integer(images, '--images', plan.batch);
}

function planFrom(args: TrainArguments): TrainingPlan {
  const recipe = trainRecipeFrom(args.recipe);
  const scaling = args['loss-scale'];
  const { teacher } = args;
  const { share = DISTILLATION.share, temperature = DISTILLATION.temperature } = args;
  if (!(share >= 0 && share <= 1)) throw new UsageError(`--share must lie in 0 to 1, found ${share}`);
  if (!(temperature > 0)) throw new UsageError(`--temperature must be positive, found ${temperature}`);
  const distils = teacher !== undefined || recipe.distillation !== undefined;
  const unused = (['share', 'temperature'] as const).find((name) => args[name] !== undefined);
  if (!distils && unused !== undefined) throw new UsageError(`--${unused} goes with --teacher: leave it out`);
  if (args.rate !== undefined && !(args.rate > 0)) throw new UsageError(`--rate must be positive, found ${args.rate}`);
  return {
    recipe: recipe.name,
    target: args.target ?? recipe.target,
    network: args.network,
    epochs: integer(args.epochs, '--epochs', 1),
    batch: integer(args.batch ?? BATCH, '--batch', 1),
    seed: integer(args.seed, '--seed'),
    arithmetic: args.arithmetic as TrainingPlan['arithmetic'],
    ...(teacher !== undefined && { teacher }),
    ...(distils && { distillation: { share, temperature } }),
    ...(args.rate !== undefined && { rate: args.rate }),
    ...(scaling !== undefined && { scaling: scalingFrom(scaling) }),
  };
}

function scalingFrom(text: string): LossScaling {
  if (text === 'none') return { kind: 'none' };
  if (text === 'dynamic') return GRAD_SCALER;
  const scale = Number(text);
  if (scale > 0 && Number.isFinite(scale)) return { kind: 'static', scale };
  throw new UsageError(`--loss-scale is none, dynamic or a positive factor, found "${text}"`);
}
