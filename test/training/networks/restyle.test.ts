import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { execute } from '../../../src/networks/execute.js';
import { foldBatchNorm } from '../../../src/networks/fold.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { binaryLenet, lenet, residual } from '../../../src/training/networks/architectures.js';
import { imagesOf } from '../../../src/training/data/dataset.js';
import { digits } from '../../../src/training/data/digits.js';
import { restyled } from '../../../src/training/networks/restyle.js';
import { type ConvLayer, isMacLayer, type Network } from '../../../src/networks/network.js';
import { networkBytes } from '../../../src/networks/readers/index.js';
import { openTraining } from '../../../src/simulate/training.js';
import { floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { randomFrom } from '../../../src/random/random.js';
import { modelOf } from '../../../src/training/model/model.js';
import { trainRecipeNamed } from '../../../src/recipes/catalog.js';

const images = imagesOf(digits(3, 5));
const outputs = (network: Network) => dequantize(execute(network, images, float32Arithmetic)).data;
const ops = ({ layers }: Network) => layers.map(({ op }) => op).join(' ');

describe('a network of the user as a style of training wants it', () => {
  it('relu and normed compute what it did', () => {
    for (const network of [lenet(1), residual(1)]) {
      const wanted = outputs(foldBatchNorm(network));
      expect(outputs(restyled(network, 'relu'))).toEqual(wanted);
      expect(outputs(restyled(network, 'normed'))).toEqual(wanted);
    }
  });

  it('sign has the layers of the binary LeNet, with a batch-norm after the last product too', () => {
    expect(ops(restyled(lenet(1), 'sign'))).toBe(
      'conv batchNorm maxPool sign conv batchNorm maxPool flatten sign dense batchNorm relu dense batchNorm',
    );
    expect(ops(binaryLenet(1))).toContain('sign conv batchNorm maxPool sign flatten dense');
    const bare = restyled(lenet(1), 'bare');
    expect(ops(bare)).toBe(
      'conv batchNorm maxPool conv batchNorm maxPool flatten dense batchNorm relu dense batchNorm',
    );
    expect(outputs(bare)).toHaveLength(30);
  });

  it('finds the relu before a product through layers that choose or move values, and none behind one that computes', () => {
    const { layers, ...rest } = binaryLenet(1);
    // relu, pool, flatten, product: the relu becomes a sign, whatever lies between.
    const relus = layers.map((layer) => (layer.op === 'sign' ? { ...layer, op: 'relu' as const } : layer));
    const moved = foldBatchNorm({ ...rest, layers: relus });
    const swapped = moved.layers.map((layer) => {
      if (layer.name === 'pool2') return { ...layer, inputs: ['relu'] };
      return layer.name === 'sign2' ? { ...layer, name: 'relu', inputs: ['conv2'], outputs: ['relu'] } : layer;
    });
    const order = ['conv1', 'pool1', 'sign1', 'conv2', 'relu', 'pool2', 'flat', 'dense1', 'relu3', 'dense2'];
    const chained = order.map((name, i) => {
      const layer = swapped.find((each) => each.name === name) as (typeof swapped)[number];
      return { ...layer, inputs: [order[i - 1] ?? 'image'] };
    });
    expect(ops(restyled({ ...moved, layers: chained }, 'sign'))).toBe(
      'conv batchNorm maxPool sign conv batchNorm sign maxPool flatten dense batchNorm relu dense batchNorm',
    );
    const direct = chained.filter(({ name }) => name !== 'relu');
    const without = direct.map((layer) => (layer.name === 'pool2' ? { ...layer, inputs: ['conv2'] } : layer));
    expect(() => restyled({ ...moved, layers: without }, 'sign')).toThrow(
      'layer dense1 reads conv2.norm and no relu that could become a sign: take another recipe',
    );
  });

  it('names a layer that no sign can come before', () => {
    expect(() => restyled(residual(1), 'sign')).toThrow('layer conv2 is padded: there is no code for zero');
  });
});

/** conv, relu, conv 1 x 1, a sum of both, dense: the sum's second operand is the relu that becomes a sign. */
function shortcut(): Network {
  const random = randomFrom(3);
  const weights = (shape: readonly number[]) =>
    floatTensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal() / 8),
    );
  const conv = (name: string, input: string, shape: readonly number[], stride: 1 | 4): ConvLayer => ({
    op: 'conv',
    name,
    inputs: [input],
    outputs: [name],
    weight: weights(shape),
    result: { kind: 'float' },
    stride: [stride, stride],
    pad: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
  });
  return {
    name: 'shortcut',
    inputs: [{ name: 'image', shape: [1, 1, 28, 28] }],
    batch: 'free',
    outputs: ['y'],
    layers: [
      conv('c1', 'image', [4, 1, 4, 4], 4),
      { op: 'relu', name: 'r1', inputs: ['c1'], outputs: ['r1'] },
      conv('c2', 'r1', [4, 4, 1, 1], 1),
      { op: 'add', name: 'sum', inputs: ['c2', 'r1'], outputs: ['sum'] },
      { op: 'relu', name: 'r2', inputs: ['sum'], outputs: ['r2'] },
      { op: 'flatten', name: 'flat', inputs: ['r2'], outputs: ['flat'] },
      {
        op: 'dense',
        name: 'y',
        inputs: ['flat'],
        outputs: ['y'],
        weight: weights([10, 196]),
        result: { kind: 'float' },
      },
    ],
    metadata: {},
  };
}

describe('a residual network', () => {
  it('reads in both operands of a sum what is there when its signs are gone', () => {
    const bare = restyled(shortcut(), 'bare');
    const names = new Set(['image', ...bare.layers.flatMap(({ outputs: written }) => written)]);
    expect(bare.layers.flatMap(({ inputs }) => inputs).filter((name) => !names.has(name))).toEqual([]);
    expect(bare.layers.find(({ op }) => op === 'add')?.inputs).toEqual(['c2.norm', 'c1.norm']);
    expect(outputs(bare).every(Number.isFinite)).toBe(true);
  });

  it('trains by xnor-k without a NaN', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lastbit-'));
    try {
      const network = join(folder, 'shortcut.onnx');
      writeFileSync(network, await networkBytes(shortcut(), network));
      const { target } = trainRecipeNamed('xnor-k');
      const plan = { recipe: 'xnor-k', target, network, epochs: 1, batch: 20, seed: 1, arithmetic: 'float' } as const;
      const training = await openTraining(plan, digits(60, 5));
      const losses = Array.from({ length: training.steps }, () => training.step().loss);
      expect(losses).toHaveLength(3);
      expect(losses.every(Number.isFinite)).toBe(true);
      const learnt = training.network().layers.filter(isMacLayer);
      expect(learnt.map(({ name }) => name)).toEqual(['c1', 'c2', 'y']);
      for (const { weight } of learnt) expect([...dequantize(weight).data].every(Number.isFinite)).toBe(true);
      // What learns nothing stays at one loss.
      expect(new Set(losses).size).toBe(3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('cannot be trained where an operand is missing', () => {
    const { layers, ...rest } = shortcut();
    const lost = { ...rest, layers: layers.filter(({ name }) => name !== 'r1') };
    expect(() => modelOf(lost, float32Arithmetic).forward(images, true)).toThrow(
      'layer c2 reads r1, which no layer before it writes',
    );
  });
});
