import { describe, expect, it } from 'vitest';
import { widthOf } from '../../src/formats/format.js';
import { floatTensor } from '../../src/networks/tensor.js';
import { FAMILIES } from '../../src/quantize/contract/recipe.js';
import { drawsFrom } from '../../src/random/draws.js';
import {
  findMethod,
  METHODS,
  methodNamed,
  methodsOf,
  RECIPES,
  recipeNamed,
  TRAIN_RECIPES,
  trainRecipeNamed,
} from '../../src/recipes/catalog.js';

const within = { name: 'within', index: 1, count: 3 };

describe('methods', () => {
  it('are found by names that are their own, whatever kind they are of', () => {
    expect(METHODS.length).toBeGreaterThan(100);
    expect(new Set(METHODS.map(({ name }) => name)).size).toBe(METHODS.length);
    for (const method of METHODS) expect(findMethod(method.name)).toBe(method);
    expect([...RECIPES, ...TRAIN_RECIPES]).toEqual(METHODS);
    expect(findMethod('lsq')?.kind).toBe('training');
    expect(findMethod('int4-gptq')?.kind).toBe('after');
  });

  it.each(METHODS.map((method) => [method.name, method] as const))('%s says what it is and whose', (_name, method) => {
    expect(FAMILIES).toContain(method.family);
    expect(method.source.length).toBeGreaterThan(5);
    expect(method.description.length).toBeGreaterThan(10);
    expect(method.description).not.toMatch(/^[A-Z].*\.$/);
  });

  it('of a name that is not theirs are told with the nearest, of a name of the other kind with what takes it', () => {
    expect(() => recipeNamed('int8-minmix')).toThrow(
      /^unknown recipe "int8-minmix": there are int8 .* int8-lowrank; did you mean "int8-minmax"\?$/,
    );
    expect(() => recipeNamed('lqs')).toThrow(/; did you mean "lsq"\?$/);
    expect(() => recipeNamed('lsq')).toThrow('recipe "lsq" trains: take trainRecipeNamed');
    expect(() => trainRecipeNamed('int8')).toThrow('recipe "int8" quantizes after training: take recipeNamed');
    expect(() => methodNamed('fp33', 'training')).toThrow(
      /^there is no training recipe "fp33"; there are fp32, .*distill-half; did you mean "fp32"\?$/,
    );
  });
});

describe('bits', () => {
  it.each(methodsOf('after').map((recipe) => [recipe.name, recipe] as const))(
    '%s has the widths of its formats',
    (name, recipe) => {
      const { input, weight } = recipe.operands({ index: 1, count: 3 });
      expect(recipe.bits.activations).toBe(widthOf(input.fit.format));
      // Channels with more bits and channels with fewer, held in the widest.
      const held = name === 'int4-allocated' ? 8 : recipe.bits.weights;
      expect(widthOf(weight.fit.format)).toBe(held);
    },
  );

  const weights = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i * i) * 2 ** -(i % 5));
  const filter = floatTensor([1, 4096], weights);

  it.each(methodsOf('training').map((recipe) => [recipe.name, recipe] as const))(
    '%s puts the weights of a filter on no more values than its bits have codes',
    (_name, recipe) => {
      const draws = drawsFrom(1);
      draws.begin(0, 0);
      const { weight } = recipe.quantizers(within, draws);
      if (weight === undefined) return expect(recipe.bits.weights).toBe(32);
      const values = new Set(weight.forward(filter).values.data);
      expect(values.size).toBeGreaterThan(1);
      expect(values.size).toBeLessThanOrEqual(2 ** recipe.bits.weights);
      // One bit fewer would not do; of grids with more levels these weights do not reach all.
      if (recipe.bits.weights <= 4) expect(values.size).toBeGreaterThan(2 ** (recipe.bits.weights - 1));
    },
  );
});

describe('what lies between layers', () => {
  it('is codes for int8 methods, but for those that say otherwise, and real numbers for all that train', () => {
    const real = RECIPES.filter(({ family, result }) => family.startsWith('int8') && result !== 'requantize');
    expect(real.map(({ name }) => name)).toEqual(['int8-asymmetric-channel', 'bitnet']);
    expect(new Set(TRAIN_RECIPES.map(({ result }) => result))).toEqual(new Set(['dequantize']));
  });
});
