import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../../src/networks/arithmetic.js';
import type { ConvLayer, Layer, Network } from '../../../src/networks/network.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { crossEntropy } from '../../../src/training/session/loss.js';
import { type Model, modelOf } from '../../../src/training/model/model.js';
import { randomFrom } from '../../../src/random/random.js';

const LABELS = Uint8Array.of(2, 0, 1, 2);

function normal(shape: readonly number[], seed: number, deviation = 1): FloatTensor {
  const random = randomFrom(seed);
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal() * deviation),
  );
}

function conv(name: string, input: string, shape: readonly number[], parts: Partial<ConvLayer> = {}): ConvLayer {
  const rest = { stride: [1, 1], pad: [1, 1, 1, 1], dilation: [1, 1], groups: 1 } as const;
  const bias = normal([shape[0]], 17, 0.1).data;
  return {
    op: 'conv',
    name,
    inputs: [input],
    outputs: [name],
    weight: normal(shape, shape[1] + 40, 0.5),
    bias,
    result: { kind: 'float' },
    ...rest,
    ...parts,
  };
}

function networkOf(layers: readonly Layer[], features: number): Network {
  const top: Layer[] = [
    { op: 'flatten', name: 'flat', inputs: [layers[layers.length - 1].name], outputs: ['flat'] },
    {
      op: 'dense',
      name: 'top',
      inputs: ['flat'],
      outputs: ['top'],
      weight: normal([3, features], 23, 0.3),
      bias: Float32Array.of(0.1, 0, -0.1),
      result: { kind: 'float' },
    },
  ];
  return {
    name: 'n',
    inputs: [{ name: 'x', shape: [1, 2, 6, 5] }],
    batch: 'free',
    outputs: ['top'],
    metadata: {},
    layers: [...layers, ...top],
  };
}

const networks: [string, Network][] = [
  ['dense alone', networkOf([{ op: 'relu', name: 'r', inputs: ['x'], outputs: ['r'] }], 60)],
  ['conv', networkOf([conv('c0', 'x', [4, 2, 3, 3]), conv('c1', 'c0', [4, 4, 3, 3])], 120)],
  [
    'stride, dilation, groups, uneven padding',
    networkOf(
      [
        conv('c0', 'x', [4, 2, 3, 3], { pad: [1, 0, 2, 1] }),
        conv('c1', 'c0', [6, 2, 2, 3], { stride: [2, 1], dilation: [2, 1], groups: 2, pad: [1, 1, 0, 2] }),
      ],
      6 * 3 * 5,
    ),
  ],
  [
    'batch-norm and relu and max pool',
    networkOf(
      [
        conv('c0', 'x', [3, 2, 3, 3]),
        {
          op: 'batchNorm',
          name: 'b',
          inputs: ['c0'],
          outputs: ['b'],
          scale: Float32Array.of(1, 0.7, -1.2),
          shift: Float32Array.of(0, 0.3, 0.1),
        },
        { op: 'relu', name: 'r', inputs: ['b'], outputs: ['r'] },
        { op: 'maxPool', name: 'p', inputs: ['r'], outputs: ['p'], kernel: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] },
        conv('c1', 'p', [3, 3, 3, 3]),
      ],
      18,
    ),
  ],
  [
    'average pool, its windows over each other and over the padding',
    networkOf(
      [
        conv('c0', 'x', [3, 2, 3, 3]),
        {
          op: 'averagePool',
          name: 'p',
          inputs: ['c0'],
          outputs: ['p'],
          kernel: [3, 2],
          stride: [2, 1],
          pad: [1, 0, 0, 1],
        },
        conv('c1', 'p', [2, 3, 3, 3]),
      ],
      2 * 3 * 5,
    ),
  ],
  [
    'a convolution of each channel by itself, and the mean of each whole plane',
    networkOf(
      [
        conv('c0', 'x', [4, 2, 1, 1], { pad: [0, 0, 0, 0] }),
        conv('c1', 'c0', [4, 1, 3, 3], { groups: 4, stride: [2, 2] }),
        {
          op: 'averagePool',
          name: 'p',
          inputs: ['c1'],
          outputs: ['p'],
          kernel: [3, 3],
          stride: [3, 3],
          pad: [0, 0, 0, 0],
        },
      ],
      4,
    ),
  ],
  [
    'a residual sum, whose input is read twice',
    networkOf(
      [
        conv('c0', 'x', [2, 2, 3, 3]),
        conv('c1', 'c0', [2, 2, 3, 3]),
        { op: 'add', name: 'a', inputs: ['c1', 'c0'], outputs: ['a'] },
      ],
      60,
    ),
  ],
];

function lossOf(model: Model, x: FloatTensor): number {
  return crossEntropy(model.forward(x, true), LABELS).loss;
}

describe('gradients are those of finite differences', () => {
  it.each(networks)('%s', (_, network) => {
    const x = normal([4, 2, 6, 5], 99);
    const model = modelOf(network, exactArithmetic);
    model.backward(crossEntropy(model.forward(x, true), LABELS).gradient);
    let checked = 0;
    for (const { name, value, gradient } of model.parameters)
      for (let i = 0; i < value.length; i += Math.max(1, Math.floor(value.length / 12))) {
        const [kept, h] = [value[i], 2 ** -9];
        value[i] = kept + h;
        const above = lossOf(model, x);
        value[i] = kept - h;
        const below = lossOf(model, x);
        value[i] = kept;
        const slope = (above - below) / (2 * h);
        expect(Math.abs(gradient[i] - slope), `${name}[${i}]: ${gradient[i]} and ${slope}`).toBeLessThan(
          2e-3 * Math.max(1, Math.abs(slope)),
        );
        checked++;
      }
    expect(checked).toBeGreaterThan(10);
  });
});

it('cross-entropy of equal logits is log of their number, its gradient softmax less one hot over the batch', () => {
  const { loss, gradient, correct } = crossEntropy(floatTensor([2, 4]), Uint8Array.of(1, 0));
  expect(loss).toBeCloseTo(Math.log(4), 12);
  expect(Array.from(gradient.data)).toEqual([0.125, -0.375, 0.125, 0.125, -0.375, 0.125, 0.125, 0.125]);
  expect(correct).toBe(1);
});
