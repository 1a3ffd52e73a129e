import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { foldBatchNorm } from '../../../src/networks/fold.js';
import { type Arithmetic, isMacLayer, type MatmulJob, type Network } from '../../../src/networks/network.js';
import { parameter } from '../../../src/networks/parameter.js';
import { floatTensor } from '../../../src/networks/tensor.js';
import { binaryLenet, lenet, mlp, residual } from '../../../src/training/networks/architectures.js';
import { classesOf, firstOf } from '../../../src/training/data/dataset.js';
import { digits } from '../../../src/training/data/digits.js';
import { finetune } from '../../../src/training/session/finetune.js';
import { adam, sgd } from '../../../src/training/session/optimizer.js';
import { accuracyOf, train } from '../../../src/training/session/train.js';
import { recipeNamed } from '../../../src/recipes/catalog.js';

const data = digits(600, 11);
const options = { epochs: 1, batch: 30, rate: 0.05, seed: 1 };

function hashOf({ layers }: Network): string {
  const hash = createHash('sha256');
  for (const layer of layers.filter(isMacLayer)) hash.update(new Uint8Array(layer.weight.data.buffer.slice(0)));
  for (const layer of layers) if (layer.op === 'batchNorm') hash.update(layer.scale).update(layer.shift);
  return hash.digest('hex');
}

describe('train', () => {
  it('learns: far better than chance after twenty steps, and the same bits for the same seed', () => {
    const first = train(mlp(1), data, options);
    expect(hashOf(train(mlp(1), data, options))).toBe(hashOf(first));
    expect(hashOf(train(mlp(1), data, { ...options, seed: 2 }))).not.toBe(hashOf(first));
    // Exact counts: training is additions, multiplications and square roots in one order.
    expect(accuracyOf(first, data)).toBe(397 / 600);
    expect(accuracyOf(foldBatchNorm(first), data)).toBe(accuracyOf(first, data));
  });

  it.each([
    [
      'lenet',
      () => lenet(1),
      () => sgd({ decay: 5e-4 }),
      'b4090044441e2a360098e416878a0e631a419a0f1fdc93fab17e9253abb28a53',
    ],
    [
      'the binary lenet',
      () => binaryLenet(1),
      () => adam({ decay: 1e-3 }),
      '80ffd0a863a0c36818e86e3780f2ed4d25e59eceeb07cfad2a6fce9d8ab1ec73',
    ],
    [
      'a residual net',
      () => residual(1),
      () => sgd({ momentum: 0.5 }),
      '582fee0317ab4a7c06db55548a4715092c94636ff318352b5252348369dd98a6',
    ],
  ] as const)('gives the same bits on every machine: %s', (_name, network, optimizer, hash) => {
    const trained = train(network(), firstOf(data, 40), { ...options, batch: 10, optimizer: optimizer() });
    expect(hashOf(trained)).toBe(hash);
  });

  it('sends all three products of every layer through the arithmetic, but the first input gradient', () => {
    const seen = new Map<string, [number, number, number]>();
    const counting: Arithmetic = {
      ...float32Arithmetic,
      values(a, b, job: MatmulJob) {
        seen.set(`${job.layer} ${job.pass}`, [job.m, job.n, job.k]);
        return float32Arithmetic.values(a, b, job);
      },
    };
    train(lenet(1), firstOf(data, 30), { ...options, arithmetic: counting });
    expect(Object.fromEntries(seen)).toEqual({
      'conv1 forward': [30 * 784, 16, 25],
      'conv2 forward': [3000, 16, 400],
      'dense1 forward': [30, 120, 400],
      'dense2 forward': [30, 10, 120],
      'dense2 weightGradient': [10, 120, 30],
      'dense2 inputGradient': [30, 120, 10],
      'dense1 weightGradient': [120, 400, 30],
      'dense1 inputGradient': [30, 400, 120],
      'conv2 weightGradient': [16, 400, 3000],
      'conv2 inputGradient': [3000, 400, 16],
      'conv1 weightGradient': [16, 25, 30 * 784],
    });
  });

  it('names the operands’ grids in its products when it fine-tunes', () => {
    const formats = new Set<string>();
    const arithmetic: Arithmetic = {
      ...float32Arithmetic,
      values(a, b, job) {
        formats.add(`${job.pass} ${job.a?.fit.format.name} ${job.b?.fit.format.name}`);
        return float32Arithmetic.values(a, b, job);
      },
    };
    const start = foldBatchNorm(lenet(1));
    const quantized = finetune(start, recipeNamed('radix4'), firstOf(data, 90), {
      ...options,
      rate: 0.001,
      arithmetic,
    });
    expect([...formats].sort()).toEqual([
      'forward int4 radix4',
      'inputGradient undefined radix4',
      'weightGradient undefined int4',
    ]);
    expect(quantized.layers.filter(isMacLayer).every(({ weight }) => weight.kind === 'codes')).toBe(true);
  });

  it('stops with the step and the rate when the loss is no number', () => {
    expect(() => train(lenet(1), data, { ...options, rate: 1e30 })).toThrow(
      /^training lenet: the loss is NaN at step \d+: lower the rate/,
    );
  });

  it('keeps latent weights of binary layers in [-1, 1]', () => {
    const quantizers = () => ({ weightLimit: 0.05 });
    const network = train(binaryLenet(1), firstOf(data, 60), { ...options, quantizers });
    for (const { weight } of network.layers.filter(isMacLayer))
      expect(weight.data.every((w) => Math.abs(w) <= Math.fround(0.05))).toBe(true);
  });
});

describe('optimizers', () => {
  it('sgd: two steps with momentum and decay, by hand', () => {
    const p = parameter('w', Float32Array.of(1), { decays: true });
    const step = sgd({ momentum: 0.5, decay: 0.25 });
    p.gradient[0] = 2;
    step.step([p], 0.5);
    // v = 2 + 0.25, w = 1 - 1.125
    expect(p.value[0]).toBe(-0.125);
    expect(p.gradient[0]).toBe(0);
    p.gradient[0] = 1;
    step.step([p], 0.5);
    // v = 1.125 + 1 - 0.03125
    expect(p.value[0]).toBe(-0.125 - 2.09375 / 2);
  });

  it('adam: the first step is the rate times the gradient’s sign, whatever its size', () => {
    for (const gradient of [1e-3, -1e3]) {
      const p = parameter('w', Float32Array.of(0));
      p.gradient[0] = gradient;
      adam().step([p], 0.01);
      expect(p.value[0]).toBeCloseTo(-0.01 * Math.sign(gradient), 6);
    }
  });
});

it('the class is the first of the largest logits', () => {
  expect(Array.from(classesOf(floatTensor([2, 3], Float32Array.of(0, 2, 2, -1, -3, -2))))).toEqual([1, 0]);
});
