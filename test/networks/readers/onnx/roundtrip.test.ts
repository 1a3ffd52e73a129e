import { expect, it } from 'vitest';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../../../src/networks/readers/onnx/write.js';
import { floats, integers, mixed, network, quantization } from './samples.js';

const networks = [floats, ...integers, ...mixed];

it.each(networks.map((each) => [each.name, each] as const))(
  '%s: read back equal, the same bytes each time',
  (name, each) => {
    const bytes = writeOnnx(each);
    expect(readOnnx(bytes, name)).toEqual(each);
    expect(writeOnnx(readOnnx(bytes, name))).toEqual(bytes);
  },
);

it.each(['e4m3fn', 'int16', 'int8', 'int4', 'ternary'])(
  'codes of %s that two layers read, each by its own steps',
  (format) => {
    const pooled = (name: string) =>
      ({
        op: 'maxPool',
        name,
        inputs: ['q'],
        outputs: [name],
        kernel: [2, 2],
        stride: [2, 2],
        pad: [0, 0, 0, 0],
      }) as const;
    const real = (name: string, input: string) =>
      ({ op: 'dequantize', name, inputs: [input], outputs: [name] }) as const;
    const twice = network(
      'twice',
      [1, 4, 4],
      [
        { op: 'quantize', name: 'q', inputs: ['image'], outputs: ['q'], quantization: quantization(format, 0.5) },
        pooled('one'),
        pooled('two'),
        real('one.real', 'one'),
        real('two.real', 'two'),
        { op: 'add', name: 'sum', inputs: ['one.real', 'two.real'], outputs: ['sum'] },
      ],
    );
    expect(readOnnx(writeOnnx(twice), 'twice')).toEqual(twice);
  },
);
