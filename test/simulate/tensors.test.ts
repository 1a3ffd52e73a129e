import { expect, it } from 'vitest';
import type { RunData } from '../../src/simulate/runData.js';
import { ofDataset } from '../../src/simulate/runData.js';
import { run } from '../../src/simulate/run.js';
import { sharedNetwork } from '../../src/simulate/shared.js';
import { tensorsOf } from '../../src/simulate/tensors.js';
import { loadTarget } from '../../src/targets/catalog.js';
import { floatTensor } from '../../src/networks/tensor.js';
import { digits } from '../../src/training/data/digits.js';
import { codes, conv, network, quantization, random } from '../networks/readers/onnx/samples.js';

const net = network(
  'small',
  [1, 28, 28],
  [
    { op: 'quantize', name: 'q', inputs: ['image'], outputs: ['q'], quantization: quantization('int8', 1 / 64) },
    conv('c', 'q', codes(random(3), 'int8', [2, 1, 3, 3])),
    { op: 'flatten', name: 'y', inputs: ['c'], outputs: ['y'] },
  ],
);
const target = loadTarget('int8');
const data = ofDataset(net, digits(4));
const dataOf = (tensor: unknown) => [...(tensor as { data: Iterable<number> }).data];

it('of each image are given the tensors that a run has of it, the inputs first, or the outputs alone', () => {
  const size = 2 * 26 * 26;
  for (let image = 0; image < 4; image++) {
    const all = tensorsOf(net, target, data, image, 'all');
    expect([...all.keys()]).toEqual(['image', 'q', 'c', 'y']);
    expect(dataOf(all.get('image'))).toEqual(dataOf(data.inputs(image, 1).get('image')));
    const outputs = tensorsOf(net, target, data, image, 'outputs');
    expect([...outputs.keys()]).toEqual(['y']);
    expect(outputs.get('y')).toEqual(all.get('y'));
    expect(dataOf(all.get('y'))).toHaveLength(size);
  }
  for (const image of [4, 9])
    expect(() => tensorsOf(net, target, data, image, 'all')).toThrow(
      `there are 4 images, and image ${image} was asked for`,
    );
});

it('an image of a fixed batch is looked at with those that it goes with', () => {
  const asked: [number, number][] = [];
  const together: RunData = {
    ...data,
    count: 6,
    batch: 3,
    inputs(first, count) {
      asked.push([first, count]);
      return new Map([['image', floatTensor([count, 1, 28, 28])]]);
    },
  };
  for (let image = 0; image < 6; image++) tensorsOf(net, target, together, image, 'outputs');
  expect(asked).toEqual([0, 0, 0, 3, 3, 3].map((first) => [first, 3]));
});

it('weights that threads share are those of the network, codes and reals', () => {
  const real = {
    ...net,
    layers: [
      conv(
        'r',
        'image',
        floatTensor(
          [2, 1, 3, 3],
          Float32Array.from({ length: 18 }, (_, i) => i / 7),
        ),
      ),
    ],
  };
  for (const own of [net, real]) {
    const shared = sharedNetwork(own);
    expect(shared.layers).toEqual(own.layers);
    const weights = shared.layers.flatMap((layer) => ('weight' in layer ? [layer.weight.data.buffer] : []));
    expect(weights.length).toBeGreaterThan(0);
    for (const buffer of weights) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
  }
  expect(run(sharedNetwork(net), target, digits(2))).toEqual(run(net, target, digits(2)));
});
