import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../../../src/networks/arithmetic.js';
import { executeAll } from '../../../../src/networks/execute.js';
import type { Network } from '../../../../src/networks/network.js';
import { ARCHITECTURES, samplesFor } from '../../../recipes/architectures.js';
import { CASES } from './cases.js';
import { bytesOf, op, tensor } from './graphs.js';
import { graphOf, imagesFor } from './trial.js';
import { decodeModel } from '../../../../src/networks/readers/onnx/proto.js';
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

/** Networks of other tools' files, functions of tensors among them, compute the same when they were written and read again. */
describe('of a file of others', () => {
  const outputsOf = (each: Network, inputs: Parameters<typeof executeAll>[1]) =>
    [...executeAll(each, inputs, exactArithmetic).values()].map(({ shape, data }) => ({ shape, data }));
  const again = (each: Network) => readOnnx(writeOnnx(each), each.name, { rules: 'onnx' });

  it.each(Object.entries(ARCHITECTURES))('%s: the same outputs, batch and names', (name, bytes) => {
    const each = readOnnx(bytes, name, { rules: 'onnx' });
    const read = again(each);
    const inputs = samplesFor(each.inputs, 3, 5);
    expect(outputsOf(read, inputs)).toEqual(outputsOf(each, inputs));
    expect(read).toEqual(each);
  });

  it('each operator of the standard with the attributes that it may have, but for two', () => {
    const outcomes = CASES.flatMap((test) => {
      const sets = [
        {},
        ...Object.entries(test.values).flatMap(([name, values]) => values.map((value) => ({ [name]: value }))),
      ];
      return sets.flatMap((more) => {
        let each: Network;
        try {
          each = readOnnx(graphOf(test, { ...test.attributes, ...more }), 'net', { rules: 'onnx' });
        } catch {
          return []; // attributes that the standard does not have
        }
        const inputs = new Map([['x', imagesFor(test, each.batch === 'free' ? 2 : 1)]]);
        try {
          expect(outputsOf(again(each), inputs)).toEqual(outputsOf(each, inputs));
          return ['same'];
        } catch (error) {
          return [(error as Error).message];
        }
      });
    });
    expect(outcomes.filter((outcome) => outcome !== 'same')).toEqual([
      'layer y (Softmax) cannot be written as ONNX: it is over all axes from 0 on, as until opset 13',
      'layer y (Pad) reads the codes q: dequantize first',
    ]);
    expect(outcomes.length).toBeGreaterThan(150);
  });

  it('has no attribute that only stands for an opset, and slices to the end as it was sliced', () => {
    const [axes, ends] = [
      tensor('a', 'INT64', [1], [1]),
      { name: 'e', dataType: 7, dims: [1n], int64Data: [2n ** 63n - 1n] },
    ];
    const nodes = [
      ...[op('AveragePool', 'x', 'p', { kernel_shape: [2] }), op('Slice', 'p a e a', 'c')],
      op('Softmax', 'c', 'y', { axis: 2 }),
    ];
    const file = writeOnnx(
      readOnnx(bytesOf({ nodes, initializers: [axes, ends], input: [1, 3, 6], opset: 11 }), 'net'),
    );
    const { graph } = decodeModel(file);
    expect(graph?.node.flatMap(({ attribute }) => attribute.map(({ name }) => name))).toEqual(['kernel_shape', 'axis']);
    expect(graph?.initializer.find(({ name }) => name.endsWith('operand2'))?.rawData).toEqual(
      new Uint8Array(BigInt64Array.of(2n ** 63n - 1n).buffer),
    );
  });

  const f = (value: number) => ({ f: value });
  const int64 = (name: string, ...values: number[]) => tensor(name, 'INT64', [values.length], values);
  it.each([
    [[op('Split', 'x', 'a', { axis: 1, num_outputs: 2 }), op('Neg', 'a', 'y')], []],
    [[op('Slice', 'x from to', 'y')], [int64('from', 0, 1), int64('to', 9, 3)]],
    [[op('LeakyRelu', 'x', 'a', { alpha: f(0.25) }), op('Elu', 'a', 'y')], []],
    [
      [op('Resize', 'x _ s', 'y', { mode: 'linear', cubic_coeff_a: f(-0.5) })],
      [tensor('s', 'FLOAT', [4], [1, 1, 2, 2])],
    ],
    [[op('Cast', 'x', 'a', { to: 10 }), op('Cast', 'a', 'y', { to: 1 })], []],
    [
      [op('ConstantOfShape', 's', 'c', {}), op('Where', 'b x c', 'y')],
      [int64('s', 4, 4), tensor('b', 'BOOL', [4], [1, 0, 0, 1])],
    ],
    [
      [op('Einsum', 'x w', 'y', { equation: 'nchw,hk->nckw' })],
      [tensor('w', 'FLOAT', [4, 2], [1, 2, 3, 4, 5, 6, 7, 8])],
    ],
    [[op('DepthToSpace', 'x', 'y', { blocksize: 2, mode: 'CRD' })], []],
    [
      [op('ReduceMax', 'x axes', 'a', { keepdims: 0 }), op('Gather', 'a i', 'y', { axis: 1 })],
      [int64('axes', 2), int64('i', 1, 0)],
    ],
    [[op('FastGelu', 'x', 'y', {}, 'com.microsoft')], []],
  ])('%#: what it has of attributes, stored operands, types and outputs', (nodes, initializers) => {
    const each = readOnnx(bytesOf({ nodes, initializers, input: ['N', 4, 4, 4] }), 'net', { rules: 'onnx' });
    const inputs = samplesFor(each.inputs, each.batch === 'free' ? 2 : 1, 6);
    expect(outputsOf(again(each), inputs)).toEqual(outputsOf(each, inputs));
  });

  it('refuses what the standard of today has not', () => {
    const each = readOnnx(
      bytesOf({
        nodes: [op('Upsample', 'x s', 'y')],
        initializers: [tensor('s', 'FLOAT', [4], [1, 1, 2, 2])],
        input: ['N', 1, 2, 2],
        opset: 9,
      }),
      'net',
    );
    expect(() => writeOnnx(each)).toThrow(
      'layer y (Upsample) cannot be written as ONNX: the standard of today has no Upsample',
    );
  });
});
