import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../../../src/networks/arithmetic.js';
import { executeAll } from '../../../../src/networks/execute.js';
import { factsOf } from '../../../../src/networks/facts.js';
import { lower } from '../../../../src/networks/lower.js';
import type { Network } from '../../../../src/networks/network.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../../../src/networks/readers/onnx/write.js';
import { floatTensor, sizeOf, type Tensor } from '../../../../src/networks/tensor.js';
import { volumeCases } from './volumeCases.js';

const cases = volumeCases().map((test) => [test.name, test] as const);

describe('convolutions of codes over volumes', () => {
  it.each(cases)('%s: on the array, at one multiplication for each element of a patch', (_, test) => {
    const network = readOnnx(test.bytes, 'net.onnx');
    const facts = factsOf(network);
    const [job, ...more] = lower(network);
    expect(more).toEqual([]);
    const turned = test.name.includes('ConvTranspose');
    const groups = test.name.includes('window 2') && !turned ? 2 : 1;
    const filters = turned ? 2 : 4;
    const { shape } = facts.get(job.layer) ?? { shape: [] };
    expect(shape.slice(0, 2)).toEqual([1, filters]);
    expect(job).toMatchObject({ m: sizeOf(shape.slice(2)), n: filters / groups, k: (4 / groups) * 12, groups });
    expect([job.aFormat?.name, job.bFormat?.name]).toEqual([
      test.name.startsWith('UINT8') || test.name.includes('ConvInteger') ? 'uint8' : 'int8',
      'int8',
    ]);
  });

  it.each(cases)('%s: comes back from its own file', (_, test) => {
    const network = readOnnx(test.bytes, 'net.onnx');
    const again = readOnnx(writeOnnx(network), 'net.onnx');
    expect(outputOf(again, test.inputs)).toEqual(outputOf(network, test.inputs));
  });
});

function outputOf(network: Network, inputs: (typeof cases)[number][1]['inputs']): Tensor | undefined {
  const tensors = inputs.map(({ name, shape, data }): [string, Tensor] => [
    name,
    floatTensor(shape, Float32Array.from(data)),
  ]);
  return executeAll(network, new Map(tensors), exactArithmetic).get('out');
}
