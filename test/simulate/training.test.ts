import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TRAIN_RECIPES, trainRecipeNamed } from '../../src/recipes/catalog.js';
import { openTraining, type Training, type TrainingPlan } from '../../src/simulate/training.js';
import { firstOf } from '../../src/training/data/dataset.js';
import { digits } from '../../src/training/data/digits.js';

const data = digits(50, 11);
const model = (name: string) => join(import.meta.dirname, '..', '..', 'models', `digits-${name}.onnx`);

const open = (parts: Partial<TrainingPlan> = {}) =>
  openTraining(
    {
      ...{
        recipe: 'fp8-ibm',
        target: 'ibm-fp8',
        network: 'mlp',
        epochs: 2,
        batch: 20,
        seed: 3,
        arithmetic: 'float',
        ...parts,
      },
    },
    data,
  );

const arrayOf = (training: Training, name: string) => {
  const found = training.state().find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return Array.from(found.data);
};

describe('a training', () => {
  it.each([2 ** -12, 2 ** 24])(
    'numbers its steps and epochs, and counts every gradient once, scaled by %d',
    async (scale) => {
      const training = await open({ scaling: { kind: 'static', scale } });
      expect([training.steps, training.stepsPerEpoch, training.done()]).toEqual([4, 2, 0]);
      let [underflowed, overflowed, seen] = [0, 0, 0];
      for (let step = 1; step <= 4; step++) {
        const before = { ...training.gradients, histogram: training.gradients.histogram.slice() };
        const record = training.step();
        expect([record.step, record.epoch, training.done()]).toEqual([step, step <= 2 ? 1 : 2, step]);
        const { elements, zeros, histogram } = training.gradients;
        // 20 images, layers of 128, 64 and 10 outputs.
        expect(elements).toBe(step * 20 * (128 + 64 + 10));
        const nonzero = elements - zeros - (before.elements - before.zeros);
        expect(record.underflow).toBe((training.gradients.underflowed - before.underflowed) / nonzero);
        expect(record.overflow).toBe((training.gradients.overflowed - before.overflowed) / nonzero);
        expect(histogram.reduce((sum, count, i) => sum + count - before.histogram[i], 0)).toBe(nonzero);
        [underflowed, overflowed, seen] = [
          training.gradients.underflowed,
          training.gradients.overflowed,
          seen + nonzero,
        ];
      }
      expect(arrayOf(training, 'watch.counts')).toEqual([4 * 20 * 202, 4 * 20 * 202 - seen, underflowed, overflowed]);
      expect(arrayOf(training, 'watch.histogram')).toEqual(Array.from(training.gradients.histogram));
      // Too small a scale loses gradients below the format, too large a one above it.
      expect([underflowed > 0, overflowed > 0]).toEqual([scale < 1, scale > 1]);
    },
  );

  it('compares its products with exact ones in the last step alone', async () => {
    const training = await open({ epochs: 1 });
    expect(training.products()).toEqual([]);
    training.step();
    expect(training.products()).toHaveLength(8);
    expect(training.products().filter(({ sqnrDb }) => sqnrDb !== undefined)).toEqual([]);
    training.step();
    // float32 sums of up to 784 products of few bits.
    expect(training.products().map(({ sqnrDb = 0 }) => sqnrDb > 100)).toEqual(new Array(8).fill(true));
    const rest = await open({ epochs: 1 });
    rest.resume(training.state(), training.products());
    expect(rest.products()).toBe(training.products());
    expect(rest.gradients).toEqual(training.gradients);
    rest.resume(training.state());
    expect(rest.products()).toEqual([]);
  });

  it('takes the rate of its recipe, a tenth of it from a file, or the one that is given; and so its loss scale', async () => {
    const { rate } = trainRecipeNamed('fp16-unscaled');
    const float = { recipe: 'fp16-unscaled', target: 'fp16' } as const;
    for (const [parts, name, wanted] of [
      [{ ...float }, 'dense1', rate],
      [{ ...float, network: model('fp32') }, 'dense1', rate / 10],
      [{ ...float, rate: 0.25 }, 'dense1', 0.25],
      [{ ...float, network: model('fp32'), rate: 0.25 }, 'dense1', 0.25],
    ] as const) {
      const training = await open(parts);
      const before = arrayOf(training, `${name}.weight`);
      training.step();
      const velocity = arrayOf(training, `${name}.weight.velocity`);
      expect(arrayOf(training, `${name}.weight`)).toEqual(before.map((w, i) => Math.fround(w - wanted * velocity[i])));
    }
    expect((await open()).step().lossScale).toBe(1000);
    expect((await open({ scaling: { kind: 'static', scale: 8 } })).step().lossScale).toBe(8);
  });

  it('multiplies in float32 or on its array, as it is asked', async () => {
    const [float, array] = await Promise.all([open(), open({ arithmetic: 'array' })]);
    const [x, y] = [float.step(), array.step()];
    expect(x.loss).not.toBe(y.loss);
    // Their costs are of the same products.
    expect([x.macs, x.cycles, x.energyPj]).toEqual([y.macs, y.cycles, y.energyPj]);
  });

  it('knows what images cost without a gradient, and goes on as if nobody had asked', async () => {
    const [asked, plain] = await Promise.all([open(), open()]);
    asked.step();
    // Judging beside it is not counted.
    asked.accuracyOn(firstOf(data, 2));
    const one = asked.inferenceCost(firstOf(data, 1));
    expect([one.macs, one.macsBeside]).toEqual([784 * 128 + 128 * 64 + 64 * 10, 0]);
    expect(asked.inferenceCost(firstOf(data, 3)).macs).toBe(3 * one.macs);
    plain.step();
    expect(asked.step()).toEqual(plain.step());
  });

  it('has the histogram of gradients without the loss scale', async () => {
    const real = { recipe: 'half-filters', target: 'qat-int8' } as const;
    const [plain, scaled] = await Promise.all(
      [1, 64].map(async (scale) => {
        const training = await open({ ...real, scaling: { kind: 'static', scale } });
        training.step();
        return training.gradients;
      }),
    );
    expect(plain.histogram.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
    expect(scaled).toEqual(plain);
  });

  it('refuses images of another size', async () => {
    const small = { ...data, images: data.images.subarray(0, 50 * 16), shape: [1, 4, 4] };
    const plan: TrainingPlan = {
      ...{ recipe: 'fp8-ibm', target: 'ibm-fp8', network: 'mlp', epochs: 1, batch: 20, seed: 3, arithmetic: 'float' },
    };
    await expect(openTraining(plan, small)).rejects.toThrow('reads 1x28x28, the images are 1x4x4');
  });

  it('learns from a teacher where the recipe or the plan says so', async () => {
    const half = { recipe: 'distill-half', target: 'qat-int8' } as const;
    await expect(open(half)).rejects.toThrow('recipe distill-half learns from a teacher: name one with --teacher');
    const losses = await Promise.all(
      [
        { ...half, teacher: model('fp32') },
        { recipe: 'half-filters', target: 'qat-int8' },
        {
          recipe: 'half-filters',
          target: 'qat-int8',
          teacher: model('fp32'),
          distillation: { share: 0.5, temperature: 4 },
        },
        {
          recipe: 'half-filters',
          target: 'qat-int8',
          teacher: model('fp32'),
          distillation: { share: 0, temperature: 4 },
        },
      ].map(async (parts) => (await open(parts)).step().loss),
    );
    expect(losses[2]).toBe(losses[0]);
    expect(losses[3]).toBe(losses[1]);
    expect(losses[0]).not.toBe(losses[1]);
  });
});

it('a network is of the style that its recipe wants, whether built in or from a file', async () => {
  for (const { name, target, style } of TRAIN_RECIPES.filter((recipe) =>
    ['bnn', 'dorefa', 'lsq', 'xnor-k'].includes(recipe.name),
  )) {
    const training = await open({ recipe: name, target, network: model('fp32') });
    const ops = training.network().layers.map(({ op }) => op);
    expect(ops.includes('sign'), `${name}, ${style}`).toBe(style === 'sign');
  }
});
