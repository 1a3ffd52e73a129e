import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { trainingData } from '../../src/simulate/purposes.js';
import type { TrainingIdentity } from '../../src/simulate/trainIdentity.js';
import { openTraining } from '../../src/simulate/training.js';
import { resumeTraining, type TrainingRun, trainToEnd } from '../../src/simulate/trainRun.js';
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
