import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readBytes } from '../text/read.js';
import type { Dataset } from '../training/data/dataset.js';
import { checkpointBytes, readCheckpoint } from '../training/session/checkpoint.js';
import { type EpochRecord, epochOf } from './epochs.js';
import type { ProductCost } from './trainCost.js';
import { differenceOf, type TrainingIdentity } from './trainIdentity.js';
import type { StepRecord, Training } from './training.js';

/** What a training run has seen. */
export interface TrainingLog {
  steps: StepRecord[];
  epochs: EpochRecord[];
}

/** A training that is judged after each epoch, and that can be gone on with where it has a folder. */
export interface TrainingRun {
  training: Training;
  /** All that the numbers depend on: another run's checkpoint is refused. */
  identity: TrainingIdentity;
  /** Images that it is not trained on. */
  judged: Dataset;
  /** Of the target. */
  clockMhz: number;
  /** Of the checkpoint. */
  folder?: string;
  /** Puts the checkpoint there, whole or not at all. */
  write(path: string, content: Uint8Array): Promise<void>;
  onStep?(record: StepRecord): void;
}

interface Kept extends TrainingLog {
  identity: TrainingIdentity;
  /** Of the last step. */
  products: readonly ProductCost[];
}

const CHECKPOINT = 'checkpoint.bin';
/** Steps between checkpoints; one is written after each epoch too. */
const INTERVAL = 20;

/**
 * Goes on from the folder's checkpoint where there is one.
 * @param fresh forgets it
 * @throws Error when it belongs to another run
 */
export function resumeTraining({ training, folder, identity }: TrainingRun, fresh = false): TrainingLog {
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
  return { steps: kept.steps, epochs: kept.epochs };
}

/** Steps to the end, which the log hears of, with checkpoints into the folder where there is one. */
export async function trainToEnd(run: TrainingRun, log: TrainingLog): Promise<void> {
  const { training, judged, clockMhz, folder } = run;
  while (training.done() < training.steps) {
    const record = training.step();
    log.steps.push(record);
    const ends = training.done() % training.stepsPerEpoch === 0;
    if (ends) log.epochs.push(epochOf(log.steps.slice(-training.stepsPerEpoch), training.accuracyOn(judged), clockMhz));
    if (folder !== undefined && (ends || training.done() % INTERVAL === 0))
      await run.write(join(folder, CHECKPOINT), checkpointOf(run, log));
    run.onStep?.(record);
  }
}

function checkpointOf({ training, identity }: TrainingRun, log: TrainingLog): Uint8Array {
  const kept: Kept = { identity, ...log, products: training.products() };
  return checkpointBytes({ kept, state: training.state() });
}
