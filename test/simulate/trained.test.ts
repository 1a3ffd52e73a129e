import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { trainRecipeNamed } from '../../src/recipes/catalog.js';
import { trainedBy } from '../../src/simulate/trained.js';
import { openTraining } from '../../src/simulate/training.js';
import { firstOf } from '../../src/training/data/dataset.js';
import { digits } from '../../src/training/data/digits.js';
import { mlp } from '../../src/training/networks/architectures.js';
import { folderWith } from '../cli/command.js';

const [data, judged] = [digits(40, 5), digits(30, 6)];

it('a study trains to the end, on float sums, and takes the costs of the last step and of one image', async () => {
  const network = join(folderWith(), 'mlp.onnx');
  writeFileSync(network, writeOnnx(mlp(1)));
  const recipe = trainRecipeNamed('fp16-mixed');
  const shared = { network, epochs: 2, batch: 20, seed: 3 };
  const { network: made, home, step, own } = await trainedBy(recipe, shared, data, judged);
  const plan = { ...shared, recipe: recipe.name, target: recipe.target, arithmetic: 'float' as const };
  const training = await openTraining(plan, data);
  const steps = Array.from({ length: 4 }, () => training.step());
  expect(training.steps).toBe(4);
  expect(made).toEqual(training.network());
  expect(home).toBe('fp16');
  expect(step).toEqual({ stepCycles: steps[3].cycles, stepEnergyPj: steps[3].energyPj });
  const { cycles, energyPj } = training.inferenceCost(firstOf(judged, 1));
  expect(cycles).toBeGreaterThan(0);
  expect(own).toEqual({ target: 'fp16', accuracy: training.accuracyOn(judged), cycles, energyPj });
});
