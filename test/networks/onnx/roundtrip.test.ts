import { expect, it } from 'vitest';
import { readOnnx } from '../../../src/networks/onnx/read.js';
import { writeOnnx } from '../../../src/networks/onnx/write.js';
import { floatNetwork, integerNetwork, MIXED_TYPES, mixedNetwork } from './samples.js';

const networks = [
  floatNetwork(),
  integerNetwork('uint8', 'int8', 128),
  integerNetwork('int8', 'int8', -3),
  integerNetwork('int4', 'int4', 0),
  integerNetwork('uint6', 'int3', 5),
  ...MIXED_TYPES.map(([activations, weights, zero]) => mixedNetwork(activations, weights, 0.02, zero)),
];

it.each(networks.map((network) => [network.name, network] as const))(
  '%s: read back equal, the same bytes each time',
  (name, network) => {
    const bytes = writeOnnx(network);
    expect(readOnnx(bytes, name)).toEqual(network);
    expect(writeOnnx(readOnnx(bytes, name))).toEqual(bytes);
  },
);
