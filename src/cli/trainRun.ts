import { writeChanged } from '../outputs/files/file.js';
import { resultCsv } from '../outputs/tables/results.js';
import { join } from 'node:path';
import { NETWORK_ENDING, networkBytes, networkNameOf } from '../networks/readers/index.js';
import {
  accuracySvg,
  EPOCH_COLUMNS,
  gradientsCsv,
  gradientsSvg,
  lossSvg,
  PRODUCT_COLUMNS,
  scaleSvg,
  STEP_COLUMNS,
} from '../outputs/tables/training.js';
import type { StepRecord, Training } from '../simulate/training.js';
import { type TrainingLog, type TrainingRun, trainToEnd } from '../simulate/trainRun.js';
import { newBar } from './bar.js';

/** Steps to the end, with a bar, and with checkpoints into the folder where there is one. */
export async function trainWithBar(run: TrainingRun, log: TrainingLog): Promise<void> {
  const bar = progressLine(run.training.steps, log.steps.length);
  try {
    await trainToEnd({ ...run, onStep: (record) => bar.update(record) }, log);
  } finally {
    bar.stop();
  }
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
  await writeChanged(path, await networkBytes({ ...network, metadata }, path));
}
