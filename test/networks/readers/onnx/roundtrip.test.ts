import { expect, it } from 'vitest';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../../../src/networks/readers/onnx/write.js';
import { floats, integers, mixed } from './samples.js';

const networks = [floats, ...integers, ...mixed];

it.each(networks.map((network) => [network.name, network] as const))(
  '%s: read back equal, the same bytes each time',
  (name, network) => {
    const bytes = writeOnnx(network);
    expect(readOnnx(bytes, name)).toEqual(network);
    expect(writeOnnx(readOnnx(bytes, name))).toEqual(bytes);
  },
);
