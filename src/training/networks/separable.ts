import type { Layer, Network } from '../../networks/network.js';
import { conv, dense, norm, relu } from './starts.js';

/**
 * A residual net (He et al. 2016) of depthwise-separable convolutions (Howard et al. 2017) for images of 3 x 24 x 24: a
 * 3 x 3 convolution, three blocks of a depthwise 3 x 3 and a pointwise convolution beside a shortcut, the last two at half the
 * resolution of what they read, the mean of each plane, a dense layer.
 */
export function separable(seed: number): Network {
  return network('separable', separableLayers(seed));
}

export function normedSeparable(seed: number): Network {
  return network('separable-normed', [...separableLayers(seed), norm('norm', 'dense', 10)]);
}

function separableLayers(seed: number): Layer[] {
  return [
    conv('stem', 'image', [16, 3, 3, 3], 1, seed, { stride: [2, 2] }),
    norm('stem.norm', 'stem', 16),
    relu('stem.relu', 'stem.norm'),
    ...block('block1', 'stem.relu', 16, 16, seed + 1),
    ...block('block2', 'block1.relu', 16, 32, seed + 3),
    ...block('block3', 'block2.relu', 32, 64, seed + 6),
    {
      op: 'averagePool',
      name: 'mean',
      inputs: ['block3.relu'],
      outputs: ['mean'],
      kernel: [3, 3],
      stride: [3, 3],
      pad: [0, 0, 0, 0],
    },
    { op: 'flatten', name: 'flat', inputs: ['mean'], outputs: ['flat'] },
    dense('dense', 'flat', [10, 64], seed + 9),
  ];
}

/** With more channels than it reads, a block has half the rows and columns, and a 1 x 1 convolution as its shortcut. */
function block(name: string, input: string, from: number, to: number, seed: number): Layer[] {
  const grows = to > from;
  const halved = grows ? { stride: [2, 2] as const } : {};
  const of = (part: string) => `${name}.${part}`;
  const [short, shortNorm] = [of('short'), of('short.norm')];
  return [
    conv(of('depth'), input, [from, 1, 3, 3], 1, seed, { ...halved, groups: from }),
    norm(of('depth.norm'), of('depth'), from),
    relu(of('depth.relu'), of('depth.norm')),
    conv(of('point'), of('depth.relu'), [to, from, 1, 1], 0, seed + 1),
    norm(of('point.norm'), of('point'), to),
    ...(grows ? [conv(short, input, [to, from, 1, 1], 0, seed + 2, halved), norm(shortNorm, short, to)] : []),
    { op: 'add', name: of('sum'), inputs: [of('point.norm'), grows ? shortNorm : input], outputs: [of('sum')] },
    relu(of('relu'), of('sum')),
  ];
}

function network(name: string, layers: readonly Layer[]): Network {
  const inputs = [{ name: 'image', shape: [1, 3, 24, 24] }];
  return { name, inputs, outputs: [layers[layers.length - 1].name], batch: 'free', layers, metadata: {} };
}
