import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readBytes } from '../text/read.js';
import { NETWORK_ENDING, networkBytes, networkNameOf } from '../networks/readers/index.js';
import { writeChanged, writeWhole } from '../outputs/file.js';
import { resultCsv } from '../outputs/results.js';
import {
  accuracySvg,
  EPOCH_COLUMNS,
  type EpochRecord,
  epochOf,
  gradientsCsv,
  gradientsSvg,
  lossSvg,
  PRODUCT_COLUMNS,
  scaleSvg,
  STEP_COLUMNS,
} from '../outputs/training.js';
import type { ProductCost } from '../simulate/trainCost.js';
import type { StepRecord, Training } from '../simulate/training.js';
import { checkpointBytes, readCheckpoint } from '../training/checkpoint.js';
import type { Dataset } from '../training/dataset.js';
import { newBar } from './bar.js';
import { remark } from './terminal.js';
import { differenceOf, type TrainingIdentity } from './trainIdentity.js';

/** What a training run has seen. */
export interface TrainingLog {
  steps: StepRecord[];
  epochs: EpochRecord[];
}

interface Kept extends TrainingLog {
  identity: TrainingIdentity;
  /** Of the last step. */
  products: readonly ProductCost[];
}

const CHECKPOINT = 'checkpoint.bin';
/** Steps between checkpoints; one is written after each epoch too. */
const INTERVAL = 20;

/** Goes on from a folder's checkpoint where there is one. @throws Error when it belongs to another run */
export function resumed(
  training: Training,
  folder: string | undefined,
  identity: TrainingIdentity,
  fresh: boolean,
): TrainingLog {
  const log: TrainingLog = { steps: [], epochs: [] };
  if (folder === undefined) return log;
  const path = join(folder, CHECKPOINT);
  if (fresh) rmSync(path, { force: true });
  if (!existsSync(path)) return log;
  const { kept, state } = readCheckpoint<Kept>(readBytes(path), path);
  const difference = differenceOf(kept.identity, identity);
  if (difference !== undefined)
    throw new Error(
      `${path} belongs to another training run (${difference}): take --fresh to begin again, or another --out`,
    );
  training.resume(state, kept.products);
  const { steps, epochs } = kept;
  if (steps.length < training.steps) remark(`goes on after ${steps.length} of ${training.steps} steps`);
  return { steps, epochs };
}

/** Steps to the end, with checkpoints into the folder where there is one. */
export async function trainToEnd(
  training: Training,
  log: TrainingLog,
  judged: Dataset,
  clockMhz: number,
  folder: string | undefined,
  identity: TrainingIdentity,
): Promise<void> {
  const bar = progressLine(training.steps, log.steps.length);
  try {
    while (training.done() < training.steps) {
      const record = training.step();
      log.steps.push(record);
      const ends = training.done() % training.stepsPerEpoch === 0;
      if (ends)
        log.epochs.push(epochOf(log.steps.slice(-training.stepsPerEpoch), training.accuracyOn(judged), clockMhz));
      if (folder !== undefined && (ends || training.done() % INTERVAL === 0))
        await writeWhole(join(folder, CHECKPOINT), checkpointOf(training, log, identity));
      bar.update(record);
    }
  } finally {
    bar.stop();
  }
}

function checkpointOf(training: Training, log: TrainingLog, identity: TrainingIdentity): Uint8Array {
  const kept: Kept = { identity, ...log, products: training.products() };
  return checkpointBytes({ kept, state: training.state() });
}

/** On a terminal only. */
function progressLine(total: number, done: number): { update(record: StepRecord): void; stop(): void } {
  const bar = newBar(
    '{bar} {value} of {total} steps | loss {loss} | batch {accuracy}% | under {underflow}% over {overflow}% | loss scale {scale} | {eta_formatted} left',
    { barsize: 16 },
  );
  const none = { loss: '-', accuracy: '-', underflow: '-', overflow: '-', scale: '-' };
  bar.start(total, done, none);
  return {
    update: ({ step, loss, accuracy, underflow, overflow, lossScale }) =>
      bar.update(step, {
        loss: loss.toFixed(3),
        accuracy: (100 * accuracy).toFixed(0),
        underflow: (100 * underflow).toFixed(2),
        overflow: (100 * overflow).toFixed(2),
        scale: String(lossScale),
      }),
    stop: () => bar.stop(),
  };
}

/** CSV of steps, epochs, products and gradients, the curves, and the network; each file whole or not at all. */
export async function writeTraining(folder: string, training: Training, log: TrainingLog): Promise<void> {
  const { plan, gradients } = training;
  const trained = networkNameOf(plan.network);
  const title = `${plan.recipe} on ${plan.target}, ${trained}`;
  const write = (name: string, content: string | Uint8Array) => writeChanged(join(folder, name), content);
  await write('steps.csv', resultCsv(STEP_COLUMNS, log.steps));
  await write('epochs.csv', resultCsv(EPOCH_COLUMNS, log.epochs));
  await write('products.csv', resultCsv(PRODUCT_COLUMNS, training.products()));
  await write('gradients.csv', gradientsCsv(gradients));
  await write('loss.svg', await lossSvg(log.steps, title));
  await write('accuracy.svg', await accuracySvg(log.steps, log.epochs, title));
  await write('lossScale.svg', await scaleSvg(log.steps, title));
  await write('gradients.svg', await gradientsSvg(gradients, title));
  await writeNetwork(join(folder, `${trained}-${plan.recipe}${NETWORK_ENDING}`), training, log);
}

async function writeNetwork(path: string, training: Training, { epochs }: TrainingLog): Promise<void> {
  const { plan, recipe } = training;
  const network = training.network();
  const metadata = {
    ...network.metadata,
    recipe: recipe.description,
    made: `lastbit train --recipe ${plan.recipe} --target ${plan.target} --network ${plan.network} --epochs ${plan.epochs} --seed ${plan.seed}`,
    accuracy: `${(100 * (epochs.at(-1)?.judgedAccuracy ?? 0)).toFixed(2)}% of the images judged on, in training's arithmetic`,
  };
  await writeChanged(path, networkBytes({ ...network, metadata }, path));
}
