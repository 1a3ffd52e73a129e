import { NOT_COUNTED } from '../energy/actions.js';
import { makeFolder } from '../outputs/file.js';
import { resultTable } from '../outputs/results.js';
import { EPOCH_COLUMNS, PRODUCT_COLUMNS } from '../outputs/training.js';
import { gemmPool } from '../simulate/gemmPool.js';
import { fingerprintOf } from '../simulate/journal.js';
import { openTraining, type TrainingPlan } from '../simulate/training.js';
import { loadTarget } from '../targets/catalog.js';
import { ARCHITECTURES } from '../training/architectures.js';
import { digits, TEST_SEED, TRAIN_SEED } from '../training/digits.js';
import { GRAD_SCALER, type LossScaling } from '../training/scaling.js';
import { TRAIN_RECIPES, trainRecipeNamed } from '../training/trainRecipes.js';
import { integer, jsonOption, seedOption } from './arguments.js';
import { command } from './command.js';
import { UsageError, usage } from './errors.js';
import { print, printJson } from './terminal.js';
import { resumed, trainToEnd, writeTraining } from './trainRun.js';
import { VERSION } from './version.js';

/** `train`: a network from its first weights, in a recipe's arithmetic. */
export const trainCommand = command({
  usage: 'train',
  summary: 'Train a network in low precision on a target: loss, accuracy, lost gradients, cycles and energy per step',
  options: {
    recipe: {
      type: 'string',
      demandOption: true,
      describe: `one of ${TRAIN_RECIPES.map(({ name }) => name).join(', ')}`,
    },
    target: { type: 'string', describe: "target by name or file; default: the recipe's" },
    network: { type: 'string', default: 'lenet', describe: `one of ${Object.keys(ARCHITECTURES).join(', ')}` },
    epochs: { type: 'number', default: 3, describe: 'times that every image is seen' },
    images: { type: 'number', default: 2000, describe: 'generated digits to train on' },
    judged: { type: 'number', default: 500, describe: 'other generated digits that each epoch is judged on' },
    batch: { type: 'number', default: 50, describe: 'images in a step' },
    rate: { type: 'number', describe: "learning rate at the start, falling to zero; default: the recipe's" },
    'loss-scale': { type: 'string', describe: "none, dynamic, or a factor; default: the recipe's" },
    arithmetic: {
      type: 'string',
      choices: ['array', 'float'],
      default: 'array',
      describe: "products on the target's array, bit for bit, or on the same grids with float32 sums",
    },
    seed: seedOption,
    out: { type: 'string', describe: 'folder for CSV, SVG, ONNX and the checkpoint that a later call goes on from' },
    fresh: { type: 'boolean', default: false, describe: 'forget the checkpoint in --out' },
    threads: { type: 'number', default: 1, describe: 'threads that share each product; the bits do not depend on it' },
    json: jsonOption,
  },
  examples: [
    ['train --recipe fp4-radix4 --out fp4', 'int4 forward, radix-4 fp4 gradients'],
    ['train --recipe fp16-mixed --network mlp --loss-scale none', 'what is lost without loss scaling'],
  ],
  async run(args) {
    const plan = planFrom(args);
    const target = usage(() => loadTarget(plan.target));
    const images = integer(args.images, '--images', plan.batch);
    const judged = digits(integer(args.judged, '--judged', 1), TEST_SEED);
    const pool = gemmPool(integer(args.threads, '--threads', 1));
    const training = usage(() => openTraining(plan, digits(images, TRAIN_SEED), pool));
    const fingerprint = fingerprintOf([VERSION, JSON.stringify(plan), JSON.stringify([images, judged.count])]);
    if (args.out !== undefined) makeFolder(args.out);
    const log = resumed(training, args.out, fingerprint, args.fresh);
    try {
      await trainToEnd(training, log, judged, target.clockMhz, args.out);
      if (args.out !== undefined) await writeTraining(args.out, training, log);
    } finally {
      pool.close();
    }
    if (args.json) return printJson({ plan, epochs: log.epochs, products: training.products() });
    print(`${plan.recipe} on ${plan.target}: ${training.recipe.description}\n`);
    print(resultTable(EPOCH_COLUMNS, log.epochs));
    print(`\nThe products of a step of ${plan.batch} images\n`);
    print(resultTable(PRODUCT_COLUMNS, training.products()));
    print(`\n${NOT_COUNTED}`);
  },
});

interface TrainArguments {
  recipe: string;
  target?: string;
  network: string;
  epochs: number;
  batch: number;
  rate?: number;
  'loss-scale'?: string;
  arithmetic: string;
  seed: number;
}

function planFrom(args: TrainArguments): TrainingPlan {
  const recipe = usage(() => trainRecipeNamed(args.recipe));
  const scaling = args['loss-scale'];
  if (args.rate !== undefined && !(args.rate > 0)) throw new UsageError(`--rate must be positive, found ${args.rate}`);
  return {
    recipe: recipe.name,
    target: args.target ?? recipe.target,
    network: args.network,
    epochs: integer(args.epochs, '--epochs', 1),
    batch: integer(args.batch, '--batch', 1),
    seed: integer(args.seed, '--seed'),
    arithmetic: args.arithmetic as TrainingPlan['arithmetic'],
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
