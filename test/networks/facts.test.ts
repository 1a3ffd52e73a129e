import { expect, it } from 'vitest';
import { inputOf, ofBatch, outputOf } from '../../src/networks/facts.js';
import type { Network } from '../../src/networks/network.js';

const network = (batch: Network['batch'], shapes: readonly (readonly number[])[], outputs = ['y']): Network => ({
  ...{ name: 'n', batch, outputs, layers: [], metadata: {} },
  inputs: shapes.map((shape, i) => ({ name: `x${i}`, shape })),
});

it('a network whose batch is free reads any number of images, one whose file has set it that alone', () => {
  for (const shapes of [[[2, 3]], [[2], [2, 4, 4]], [[1, 5]]])
    for (const batch of [1, 2, 7]) {
      const wanted = shapes.map(([, ...rest]) => [batch, ...rest]);
      const free = network('free', shapes);
      expect(ofBatch(free, batch).inputs.map(({ shape }) => shape)).toEqual(wanted);
      const fixed = network('fixed', shapes);
      const [[own]] = shapes;
      if (own === batch) for (const each of [free, fixed]) expect(ofBatch(each, batch)).toBe(each);
      else
        expect(() => ofBatch(fixed, batch)).toThrow(
          `network n reads a batch of ${own}, which its file has set: found ${batch} images`,
        );
    }
  expect(() => ofBatch(network('fixed', [[2, 3], [4]]), 2)).toThrow(
    'network n reads a batch of 2, which its file has set',
  );
  expect(() => ofBatch(network('fixed', [[]]), 1)).toThrow('network n reads a batch of none');
});

it('where one input or output is wanted, several are named', () => {
  expect(inputOf(network('free', [[1]])).name).toBe('x0');
  expect(() => inputOf(network('free', [[1], [1]]))).toThrow('network n reads x0, x1: one input is wanted here');
  expect(outputOf(network('free', [[1]]))).toBe('y');
  expect(() => outputOf(network('free', [[1]], ['y', 'z']))).toThrow('network n gives y, z: one output is wanted here');
});
