import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { trainingData } from '../../src/simulate/purposes.js';
import type { TrainingIdentity } from '../../src/simulate/trainIdentity.js';
import { openTraining, type Training } from '../../src/simulate/training.js';
import { resumeTraining, type TrainingLog, type TrainingRun, trainToEnd } from '../../src/simulate/trainRun.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { folderWith } from '../cli/command.js';

const { training: images, judged } = await trainingData(60, 20, undefined);
const target = loadTarget('fp16');
const identity: TrainingIdentity = { build: 'build', options: { seed: '1' }, contents: {} };

async function runIn(folder: string | undefined, stopAfter = Infinity): Promise<TrainingRun> {
  const training = await openTraining(
    {
      ...{ recipe: 'fp16-mixed', target: 'fp16', network: 'mlp' },
      ...{ epochs: 3, batch: 20, seed: 1, arithmetic: 'float' },
    },
    images,
  );
  return {
    ...{ training, identity, judged, clockMhz: target.clockMhz, folder },
    write: (path, content) => writeFile(path, content),
    onStep({ step }) {
      if (step >= stopAfter) throw new Error('stopped');
    },
  };
}

it('a run that was stopped goes on from its folder and ends as one that was not', async () => {
  const whole = await runIn(undefined);
  const log = resumeTraining(whole);
  await trainToEnd(whole, log);
  expect(log.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(log.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);

  const folder = folderWith();
  const stopped = await runIn(folder, 5);
  await expect(trainToEnd(stopped, resumeTraining(stopped))).rejects.toThrow('stopped');
  const rest = await runIn(folder);
  const resumed = resumeTraining(rest);
  // Of the last epoch's end: what came after is done again.
  expect(resumed.steps).toHaveLength(3);
  await trainToEnd(rest, resumed);
  expect(resumed).toEqual(log);
  expect(rest.training.network()).toEqual(whole.training.network());

  const other = { ...(await runIn(folder)), identity: { ...identity, options: { seed: '2' } } };
  expect(() => resumeTraining(other)).toThrow(/belongs to another training run \(--seed was 1, is 2\)/);
  expect(resumeTraining(other, true).steps).toEqual([]);
  // Where there is nothing to forget as well.
  expect(resumeTraining(other, true).steps).toEqual([]);
});

/** A training that counts, of so many steps. */
function counting(steps: number, stepsPerEpoch: number): Training {
  let done = 0;
  const training = {
    ...{ steps, stepsPerEpoch, done: () => done, accuracyOn: () => done / steps, products: () => [], state: () => [] },
    step: () => ({ step: ++done, epoch: Math.ceil(done / stepsPerEpoch), cycles: done }),
  };
  return training as unknown as Training;
}

it.each([
  [50, 50, [20, 40, 50]],
  [60, 30, [20, 30, 40, 60]],
  [9, 3, [3, 6, 9]],
  [21, 21, [20, 21]],
])(
  '%i steps, %i an epoch, have a checkpoint after each epoch and after every twenty steps',
  async (steps, per, after) => {
    const training = counting(steps, per);
    const written: number[] = [];
    const heard: number[] = [];
    const run: TrainingRun = {
      ...{ training, identity, judged, clockMhz: 500, folder: 'folder' },
      write(path) {
        expect(path).toBe(join('folder', 'checkpoint.bin'));
        written.push(training.done());
        return Promise.resolve();
      },
      onStep: ({ step }) => heard.push(step),
    };
    const log: TrainingLog = { steps: [], epochs: [] };
    await trainToEnd(run, log);
    expect(written).toEqual(after);
    expect(heard).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    // Each epoch has its own steps' sum, and is judged at its end.
    const sumTo = (n: number) => (n * (n + 1)) / 2;
    expect(log.epochs.map(({ cycles, judgedAccuracy }) => [cycles, judgedAccuracy])).toEqual(
      Array.from({ length: steps / per }, (_, i) => [sumTo((i + 1) * per) - sumTo(i * per), ((i + 1) * per) / steps]),
    );
    const nowhere = { ...run, training: counting(steps, per), folder: undefined };
    written.length = 0;
    await trainToEnd(nowhere, { steps: [], epochs: [] });
    expect(written).toEqual([]);
  },
);
