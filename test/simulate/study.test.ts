import { expect, it } from 'vitest';
import { foldBatchNorm } from '../../src/networks/fold.js';
import { isMacLayer, type Network } from '../../src/networks/network.js';
import { pruneNofM } from '../../src/quantize/structure/prune.js';
import { quantizeNetwork } from '../../src/quantize/quantize.js';
import { recipeNamed } from '../../src/recipes/catalog.js';
import { judgeCost } from '../../src/simulate/cost.js';
import { modelBytesOf } from '../../src/simulate/modelBytes.js';
import { whyNot } from '../../src/simulate/plan.js';
import { judgeSparse } from '../../src/simulate/sparsity.js';
import { shortlist, type StudyRow } from '../../src/simulate/study.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { lenet } from '../../src/training/networks/architectures.js';
import { imagesOf } from '../../src/training/data/dataset.js';
import { digits } from '../../src/training/data/digits.js';

const images = imagesOf(digits(10, 5));
const float = foldBatchNorm(lenet(1));
const made = (name: string) => quantizeNetwork(float, recipeNamed(name), images);

it('a model takes its codes, scales and biases', () => {
  const weights = 16 * 25 + 16 * 400 + 120 * 400 + 10 * 120;
  const outputs = 16 + 16 + 120 + 10;
  expect(modelBytesOf(float)).toBe(4 * (weights + outputs));
  expect(modelBytesOf(made('int4-minmax'))).toBe(weights / 2 + 8 * outputs);
  expect(modelBytesOf(made('int4-tensor'))).toBe(weights / 2 + 4 * 4 + 4 * outputs);
  // A scale for each block of a filter, the last one short: 1, 13, 13 and 4 of them.
  const blocks = 16 * 1 + 16 * 13 + 120 * 13 + 10 * 4;
  expect(modelBytesOf(made('mxfp4'))).toBe(weights / 2 + blocks + 4 * outputs);
  // Blocks of 16, and a float32 scale for each of the four weights as a whole.
  const short = 16 * 2 + 16 * 25 + 120 * 25 + 10 * 8;
  expect(modelBytesOf(made('nvfp4'))).toBe(weights / 2 + short + 4 * 4 + 4 * outputs);
  const unbiased = (network: Network) => ({
    ...network,
    layers: network.layers.map((layer) => (isMacLayer(layer) ? { ...layer, bias: undefined } : layer)),
  });
  for (const network of [float, made('int4-tensor'), made('mxfp4')])
    expect(modelBytesOf(unbiased(network))).toBe(modelBytesOf(network) - 4 * outputs);
});

it('a target with a machine for zeros costs what the machine costs, and says whose zeros it cannot use', () => {
  const half = quantizeNetwork(pruneNofM(float), recipeNamed('int8-minmax'), images);
  for (const name of ['int8-2of4', 'int8-gated', 'int8-skipping']) {
    const target = loadTarget(name);
    const cost = judgeCost(half, target);
    const sparse = judgeSparse(half, loadTarget('int8'), target.sparsity ?? { kind: 'dense' });
    expect([cost.cycles.total, cost.energyPj]).toEqual([sparse.cycles, sparse.energyPj]);
    expect(cost.layers.map(({ energy }) => energy.reduce((sum, { energyPj }) => sum + energyPj, 0))).toEqual(
      cost.layers.map(({ energyPj }) => expect.closeTo(energyPj, 3)),
    );
    expect(whyNot(half, target)).toBeUndefined();
  }
  expect(whyNot(made('int8-minmax'), loadTarget('int8-2of4'))).toMatch(
    /^layer conv1 holds . weights .* prune it to 2:4$/,
  );
});

it('the shortlist is the front and the best of each family', () => {
  const row = (recipe: string, family: StudyRow['family'], accuracy: number, energyPj?: number, pareto = false) =>
    ({ recipe, family, accuracy, energyPj, pareto, modelKilobytes: 1 }) satisfies StudyRow;
  const rows = [
    row('a', 'int8 after training', 0.9, 5),
    row('b', 'int8 after training', 0.9, 4),
    row('c', 'int4 after training', 0.8, 1, true),
    row('d', 'int4 after training', 0.85, 3),
    row('e', 'int4 after training', 0.7, 2),
    row('f', 'fp16 training', 0.9),
    // Of equals the first.
    row('g', 'fp16 training', 0.9),
    row('h', 'int8 after training', 0.9, 6),
    row('i', 'int8 after training', 0.9, 4),
  ];
  expect(shortlist(rows).map(({ recipe }) => recipe)).toEqual(['b', 'c', 'd', 'f']);
});
