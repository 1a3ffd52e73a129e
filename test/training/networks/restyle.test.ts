import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { execute } from '../../../src/networks/execute.js';
import { foldBatchNorm } from '../../../src/networks/fold.js';
import type { Network } from '../../../src/networks/network.js';
import { dequantize } from '../../../src/networks/quantization.js';
import { binaryLenet, lenet, residual } from '../../../src/training/networks/architectures.js';
import { imagesOf } from '../../../src/training/data/dataset.js';
import { digits } from '../../../src/training/data/digits.js';
import { restyled } from '../../../src/training/networks/restyle.js';

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

  it('names a layer that no sign can come before', () => {
    expect(() => restyled(residual(1), 'sign')).toThrow('layer conv2 is padded: there is no code for zero');
  });
});
