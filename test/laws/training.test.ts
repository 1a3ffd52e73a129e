import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMacLayer } from '../../src/networks/network.js';
import { readOnnx } from '../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../src/networks/readers/onnx/write.js';
import { openTraining, type TrainingPlan } from '../../src/simulate/training.js';
import { whyNot } from '../../src/simulate/plan.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { layerCostOf, layerEnergyOf } from '../../src/targets/target.js';
import { digits } from '../../src/training/data/digits.js';
import { TRAIN_RECIPES } from '../../src/recipes/catalog.js';

const data = digits(20, 11);

const teacher = join(import.meta.dirname, '..', '..', 'models', 'digits-fp32.onnx');

function open(recipe: string, target: string, parts: Partial<TrainingPlan> = {}) {
  return openTraining(
    { recipe, target, teacher, network: 'mlp', epochs: 1, batch: 10, seed: 2, arithmetic: 'array', ...parts },
    data,
  );
}

const opened = TRAIN_RECIPES.map(
  async (recipe) => [recipe.name, recipe, await open(recipe.name, recipe.target)] as const,
);

describe.each(await Promise.all(opened))('training recipe %s', (name, recipe, whole) => {
  const records = Array.from({ length: whole.steps }, () => whole.step());

  it('goes on after a stop with the same bits', async () => {
    const half = await open(name, recipe.target);
    half.step();
    const state = half.state().map(({ name, data }) => ({ name, data: data.slice() }));
    const rest = await open(name, recipe.target);
    rest.resume(state);
    expect(rest.done()).toBe(1);
    expect(Array.from({ length: rest.steps - 1 }, () => rest.step())).toEqual(records.slice(1));
    expect(rest.gradients.histogram).toEqual(whole.gradients.histogram);
  });

  it('costs what its products cost, all of them on units of its target', () => {
    const products = whole.products();
    const [{ macs, energyPj, cycles, macsBeside }] = records;
    expect(energyPj).toBe(products.reduce((sum, product) => sum + product.energyPj, 0));
    expect(cycles).toBe(products.reduce((sum, product) => sum + product.cycles, 0));
    // All three products, but for the first layer's input gradient; the weights' twice where two samples are averaged.
    expect(products).toHaveLength(8);
    const [first, second, third] = recipe.prepare === undefined ? [128, 64, 10] : [64, 32, 10];
    const forward = 784 * first + first * second + second * third;
    const again = name.includes('smp') ? 784 * first + first * second : 0;
    expect(macs).toBe(10 * (3 * forward - 784 * first + again));
    expect(products.filter(({ unit }) => unit === undefined)).toEqual([]);
    expect(macsBeside).toBe(0);
    // Each costs what the layer's product costs on that unit of the target.
    const target = loadTarget(recipe.target);
    const units = [target.datapath, ...target.others];
    const [m, inputs] = [10, [784, first, second]];
    for (const { layer, pass, unit, count, cycles: taken, energyPj: spent } of products) {
      const at = Number(layer.at(-1)) - 1;
      const [outputs, k] = [[first, second, third][at], inputs[at]];
      const shapes = {
        forward: { m, n: outputs, k },
        weightGradient: { m: outputs, n: k, k: m },
        inputGradient: { m, n: k, k: outputs },
      };
      const own = units.find(({ name: each }) => each === unit) ?? target.datapath;
      const cost = layerCostOf({ layer, ...shapes[pass] }, target, own);
      expect([taken, spent]).toEqual([count * cost.cycles.total, count * layerEnergyOf(cost, target, own).totalPj]);
    }
  });

  it('is not far from its float stand-in in the first step: the same grids, other sums', async () => {
    const float = (await open(name, recipe.target, { arithmetic: 'float' })).step();
    expect(Math.abs(records[0].loss - float.loss)).toBeLessThan(0.02 * float.loss);
  });

  it('leaves a network that ONNX holds, and that the target runs where its codes have up to 8 bits', () => {
    const network = readOnnx(writeOnnx(whole.network()), 'trained.onnx');
    const macs = network.layers.filter(isMacLayer);
    expect(macs).toHaveLength(3);
    const coded = macs.filter(({ weight }) => weight.kind === 'codes').length;
    const last16 = ['ibm-fp4', 'fp4-radix2'].includes(recipe.target) && name !== 'fp4-radix4-all';
    const wide = ['fp32', 'fp16'].includes(recipe.target) || name === 'sawb-8bit';
    expect(coded).toBe(wide ? 0 : last16 ? 2 : 3);
    if (coded === 3) expect(whyNot(network, loadTarget(recipe.target))).toBeUndefined();
  });
});

it('there are recipes of every family', () => {
  expect(TRAIN_RECIPES.length).toBeGreaterThanOrEqual(50);
  expect(new Set(TRAIN_RECIPES.map(({ name }) => name)).size).toBe(TRAIN_RECIPES.length);
});
