import { describe, expect, it } from 'vitest';
import { isMacLayer, type Layer, type Network } from '../../../src/networks/network.js';
import { randomFrom } from '../../../src/random/random.js';
import { ARCHITECTURES, architecture } from '../../../src/training/networks/architectures.js';
import type { Style } from '../../../src/training/networks/style.js';

/**
 * Each network as its description has it: a layer a word, in order, each reading the one before where nothing is said.
 * c: convolution, filters x channels x kernel / padding; d: dense, outputs x inputs; n: batch-norm; p: pooling of 2 x 2;
 * m: mean over windows of that side; r: relu; s: sign; f: flatten; a: sum with the layer named. Behind a word: *groups, ~stride,
 * <the layer that it reads, where that is not the one before.
 */
const SEPARABLE = [
  'stem:c16x3x3/1~2 stem.norm:n16 stem.relu:r',
  'block1.depth:c16x1x3/1*16 block1.depth.norm:n16 block1.depth.relu:r block1.point:c16x16x1/0 block1.point.norm:n16 block1.sum:astem.relu block1.relu:r',
  'block2.depth:c16x1x3/1*16~2 block2.depth.norm:n16 block2.depth.relu:r block2.point:c32x16x1/0 block2.point.norm:n32 block2.short:c32x16x1/0~2<block1.relu block2.short.norm:n32 block2.sum:ablock2.short.norm<block2.point.norm block2.relu:r',
  'block3.depth:c32x1x3/1*32~2 block3.depth.norm:n32 block3.depth.relu:r block3.point:c64x32x1/0 block3.point.norm:n64 block3.short:c64x32x1/0~2<block2.relu block3.short.norm:n64 block3.sum:ablock3.short.norm<block3.point.norm block3.relu:r',
  'mean:m3 flat:f dense:d10x64',
];
const DESCRIBED: Record<string, Partial<Record<Style, string>>> = {
  // LeCun et al. 1998, with 16 channels in both convolutions.
  lenet: {
    relu: 'conv1:c16x1x5/2 norm1:n16 pool1:p relu1:r conv2:c16x16x5/0 norm2:n16 pool2:p flat:f relu2:r dense1:d120x400 relu3:r dense2:d10x120',
    normed:
      'conv1:c16x1x5/2 norm1:n16 pool1:p relu1:r conv2:c16x16x5/0 norm2:n16 pool2:p flat:f relu2:r dense1:d120x400 norm3:n120 relu3:r dense2:d10x120 norm4:n10',
    sign: 'conv1:c16x1x5/2 norm1:n16 pool1:p sign1:s conv2:c16x16x5/0 norm2:n16 pool2:p sign2:s flat:f dense1:d120x400 norm3:n120 relu3:r dense2:d10x120',
    bare: 'conv1:c16x1x5/2 norm1:n16 pool1:p conv2:c16x16x5/0 norm2:n16 pool2:p flat:f dense1:d120x400 norm3:n120 relu3:r dense2:d10x120',
  },
  mlp: {
    relu: 'flat:f dense1:d128x784 norm1:n128 act1:r dense2:d64x128 norm2:n64 act2:r dense3:d10x64',
    normed: 'flat:f dense1:d128x784 norm1:n128 act1:r dense2:d64x128 norm2:n64 act2:r dense3:d10x64 norm3:n10',
    sign: 'flat:f dense1:d128x784 norm1:n128 act1:s dense2:d64x128 norm2:n64 act2:r dense3:d10x64',
    bare: 'flat:f dense1:d128x784 norm1:n128 dense2:d64x128 norm2:n64 act2:r dense3:d10x64',
  },
  // He et al. 2016: what goes through two convolutions is added to what goes past them.
  residual: {
    relu: 'conv1:c8x1x3/1 norm1:n8 pool1:p relu1:r conv2:c8x8x3/1 norm2:n8 relu2:r conv3:c8x8x3/1 norm3:n8 sum:arelu1 norm4:n8 pool2:p flat:f relu3:r dense:d10x392',
    normed:
      'conv1:c8x1x3/1 norm1:n8 pool1:p relu1:r conv2:c8x8x3/1 norm2:n8 relu2:r conv3:c8x8x3/1 norm3:n8 sum:arelu1 norm4:n8 pool2:p flat:f relu3:r dense:d10x392 norm5:n10',
  },
  // He et al. 2016 with the convolutions of Howard et al. 2017; shortcuts that change their shape are 1 x 1 convolutions.
  separable: {
    relu: SEPARABLE.join(' '),
    normed: [...SEPARABLE, 'norm:n10'].join(' '),
  },
};

const RESULT = { kind: 'float' };

/** A layer without its weights, by its word. */
function plainOf(word: string, before: string): object {
  const [, name, kind, rest, groups = '1', stride = '1', input = before] =
    /^([\w.]+):(.)([\w./]*)(?:\*(\d+))?(?:~(\d+))?(?:<([\w.]+))?$/.exec(word) ?? [];
  const [sizes, pad] = rest.split('/');
  const numbers = sizes.split('x').map(Number);
  const own = { name, inputs: [input], outputs: [name] };
  switch (kind) {
    case 'c': {
      const [filters, , kernel] = numbers;
      const side = Number(pad);
      const shape = [...numbers, kernel];
      const bias = new Float32Array(filters);
      const strides = [Number(stride), Number(stride)];
      const geometry = { stride: strides, pad: [side, side, side, side], dilation: [1, 1], groups: Number(groups) };
      return { op: 'conv', ...own, shape, bias, result: RESULT, ...geometry };
    }
    case 'd':
      return { op: 'dense', ...own, shape: numbers, bias: new Float32Array(numbers[0]), result: RESULT };
    case 'n': {
      const [scale, shift] = [new Float32Array(numbers[0]).fill(1), new Float32Array(numbers[0])];
      return { op: 'batchNorm', ...own, scale, shift };
    }
    case 'p':
      return { op: 'maxPool', ...own, kernel: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] };
    case 'm':
      return {
        op: 'averagePool',
        ...own,
        kernel: [numbers[0], numbers[0]],
        stride: [numbers[0], numbers[0]],
        pad: [0, 0, 0, 0],
      };
    case 'a':
      return { op: 'add', ...own, inputs: [input, rest] };
    default:
      return { op: { r: 'relu', s: 'sign', f: 'flatten' }[kind], ...own };
  }
}

function withoutWeights(layer: Layer): object {
  if (!isMacLayer(layer)) return layer;
  const { weight, ...rest } = layer;
  return { ...rest, shape: weight.shape };
}

const described = Object.entries(DESCRIBED).flatMap(([name, styles]) =>
  Object.entries(styles).map(([style, text]) => [name, style as Style, text] as const),
);

it('there are no others', () => {
  const pairs = Object.entries(ARCHITECTURES).flatMap(([name, styles]) =>
    Object.entries(styles).map(([style]) => `${name} ${style}`),
  );
  expect(pairs).toEqual(described.map(([name, style]) => `${name} ${style}`));
});

describe.each(described)('%s for %s', (name, style, text) => {
  const network: Network = architecture(name, style)(5);
  const words = text.split(' ');

  it('has the layers of its description', () => {
    const names = words.map((word) => word.split(':')[0]);
    expect(network.layers.map(withoutWeights)).toEqual(words.map((word, i) => plainOf(word, names[i - 1] ?? 'image')));
    expect(network.inputs).toEqual([{ name: 'image', shape: name === 'separable' ? [1, 3, 24, 24] : [1, 1, 28, 28] }]);
    expect(network.outputs).toEqual([names.at(-1)]);
    expect(network.metadata).toEqual({});
  });

  it('starts from weights of deviation sqrt(2 / inputs) (He et al. 2015), each layer from a seed of its own', () => {
    network.layers.filter(isMacLayer).forEach(({ weight }, i) => {
      const random = randomFrom(5 + i, 0xda7a);
      const deviation = Math.sqrt(2 / weight.shape.slice(1).reduce((a, b) => a * b));
      expect(weight.data.every((w) => w === Math.fround(random.normal() * deviation))).toBe(true);
    });
  });
});

it('a network or a style that there is not is named, with those that there are', () => {
  expect(() => architecture('vgg', 'relu')).toThrow(
    'there is no network "vgg"; there are lenet, mlp, residual, separable',
  );
  for (const style of ['sign', 'bare'] as const)
    expect(() => architecture('residual', style)).toThrow(
      `network residual has no version with ${style} activations; take lenet or mlp`,
    );
});
