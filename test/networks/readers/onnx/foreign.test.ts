import { afterAll, expect, it } from 'vitest';
import { exactArithmetic, float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { execute } from '../../../../src/networks/execute.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { dequantize } from '../../../../src/networks/quantization.js';
import { floatTensor, sizeOf } from '../../../../src/networks/tensor.js';
import { elementType } from '../../../../src/networks/readers/onnx/element.js';
import { bytesOf, type Graph, op, tensor } from './graphs.js';
import { Rows } from './rows.js';
import { random, reals } from './samples.js';

/** Graphs as exporters write them: read, run by us, and run as they are by ONNX Runtime. */
const draw = random(11);
const weights = (name: string, shape: number[], range = 0.5) =>
  tensor(name, 'FLOAT', shape, reals(draw, sizeOf(shape), range));
const integers = (name: string, type: string, shape: number[], low: number, high: number) =>
  tensor(
    name,
    type,
    shape,
    Array.from({ length: sizeOf(shape) }, () => Math.floor(low + draw() * (high - low + 1))),
  );
const scalar = (name: string, type: string, value: number) => tensor(name, type, [], [value]);

const GRAPHS: Record<string, Graph & { layers: string }> = {
  'a float network with everything that folds away': {
    layers: 'conv relu maxPool conv flatten dense relu dense softmax',
    input: ['batch', 3, 11, 10],
    nodes: [
      op('Conv', 'x w1', 'c1', { auto_pad: 'SAME_UPPER', strides: [2, 2], kernel_shape: [3, 3] }),
      op('BatchNormalization', 'c1 gamma beta mean variance', 'n1', { epsilon: { f: 0.001 } }),
      op('Relu', 'n1', 'r1'),
      op('MaxPool', 'r1', 'p1', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
      op('Identity', 'p1', 'i1'),
      op('Conv', 'i1 w2 b2', 'c2', { auto_pad: 'SAME_LOWER', group: 2, kernel_shape: [2, 2] }),
      op('Shape', 'c2', 'shape'),
      op('Constant', '', 'zero', {
        value: { t: { name: '', type: elementType('INT64'), shape: [], data: Float64Array.of(0) } },
      }),
      op('Gather', 'shape zero', 'batch', { axis: 0 }),
      op('Unsqueeze', 'batch axes', 'batch1'),
      op('Concat', 'batch1 minus', 'target', { axis: 0 }),
      op('Reshape', 'c2 target', 'flat'),
      op('MatMul', 'flat w3', 'm3'),
      op('Add', 'b3 m3', 'a3'),
      op('Clip', 'a3 low', 'r3'),
      op('Dropout', 'r3', 'd3'),
      op('Gemm', 'd3 w4 b4', 'g4', { transB: 1 }),
      op('Softmax', 'g4', 'y', { axis: -1 }),
    ],
    initializers: [
      weights('w1', [4, 3, 3, 3]),
      weights('gamma', [4]),
      weights('beta', [4]),
      weights('mean', [4]),
      tensor('variance', 'FLOAT', [4], [0.5, 1, 2, 0.1]),
      weights('w2', [6, 2, 2, 2]),
      weights('b2', [6]),
      tensor('axes', 'INT64', [1], [0]),
      tensor('minus', 'INT64', [1], [-1]),
      weights('w3', [54, 5]),
      weights('b3', [5]),
      scalar('low', 'FLOAT', 0),
      weights('w4', [3, 5]),
      weights('b4', [3]),
    ],
  },
  'normalized input, residual sum, global average': {
    layers: 'batchNorm batchNorm conv batchNorm add relu averagePool flatten dense',
    input: [2, 2, 6, 6],
    nodes: [
      op('Sub', 'x mean', 'centred'),
      op('Mul', 'centred factor', 'scaled'),
      op('Conv', 'scaled w1 b1', 'c1', { pads: [1, 1, 1, 1] }),
      op('Mul', 'c1 factor', 'c1s'),
      op('Add', 'c1s scaled', 'sum'),
      op('Max', 'sum zero', 'r1'),
      op('GlobalAveragePool', 'r1', 'p1'),
      op('Squeeze', 'p1 axes', 'flat'),
      op('Gemm', 'flat w2', 'y'),
    ],
    initializers: [
      tensor('mean', 'FLOAT', [1, 2, 1, 1], [0.25, 0.5]),
      tensor('factor', 'FLOAT', [2, 1, 1], [2, 4]),
      weights('w1', [2, 2, 3, 3]),
      weights('b1', [2]),
      scalar('zero', 'FLOAT', 0),
      tensor('axes', 'INT64', [2], [2, 3]),
      weights('w2', [2, 3]),
    ],
  },
  'QDQ as quantizers write it: int32 bias, weights per channel along axis 1': {
    layers: 'quantize conv maxPool flatten dense quantize dequantize relu dense',
    input: ['N', 1, 8, 8],
    nodes: [
      op('QuantizeLinear', 'x sx zx', 'q'),
      op('DequantizeLinear', 'q sx zx', 'xd'),
      op('DequantizeLinear', 'w1 s1 z1', 'w1d', { axis: 0 }),
      op('DequantizeLinear', 'b1 sb1', 'b1d', { axis: 0 }),
      op('Conv', 'xd w1d b1d', 'c1', { kernel_shape: [3, 3] }),
      op('QuantizeLinear', 'c1 sc zc', 'qc'),
      op('MaxPool', 'qc', 'qp', { kernel_shape: [2, 2], strides: [2, 2] }),
      op('Reshape', 'qp target', 'qf'),
      op('DequantizeLinear', 'qf sc zc', 'fd'),
      op('DequantizeLinear', 'w2 s2 z2', 'w2d', { axis: 1 }),
      op('MatMul', 'fd w2d', 'm2'),
      op('Add', 'm2 b2', 'a2'),
      op('QuantizeLinear', 'a2 sa', 'qa'),
      op('DequantizeLinear', 'qa sa', 'ad'),
      op('Relu', 'ad', 'r2'),
      op('DequantizeLinear', 'w3 s3', 'w3d'),
      op('Gemm', 'r2 w3d', 'y', { transB: 1 }),
    ],
    initializers: [
      ...[scalar('sx', 'FLOAT', 0.012), scalar('zx', 'UINT8', 127), integers('w1', 'INT8', [3, 1, 3, 3], -127, 127)],
      tensor('s1', 'FLOAT', [3], [0.01, 0.02, 0.005]),
      tensor('z1', 'INT8', [3], [0, 0, 0]),
      integers('b1', 'INT32', [3], -3000, 3000),
      tensor('sb1', 'FLOAT', [3], [0.00012, 0.00024, 0.00006]),
      ...[scalar('sc', 'FLOAT', 0.1), scalar('zc', 'UINT8', 120), tensor('target', 'INT64', [2], [0, -1])],
      integers('w2', 'INT4', [27, 4], -8, 7),
      tensor('s2', 'FLOAT', [4], [0.1, 0.2, 0.05, 0.3]),
      tensor('z2', 'INT4', [4], [1, 1, 1, 1]),
      ...[
        weights('b2', [4]),
        scalar('sa', 'FLOAT', 0.5),
        integers('w3', 'INT8', [2, 4], -127, 127),
        scalar('s3', 'FLOAT', 0.01),
      ],
    ],
  },
  'QLinear operators, dense by QLinearMatMul': {
    layers: 'quantize conv flatten dense dequantize',
    input: [1, 1, 6, 6],
    nodes: [
      op('QuantizeLinear', 'x sx zx', 'q'),
      op('QLinearConv', 'q sx zx w1 s1 z1 sc zc b1', 'c1', { pads: [0, 1, 1, 0] }),
      op('Reshape', 'c1 target', 'f'),
      op('QLinearMatMul', 'f sc zc w2 s2 z2 sy zy', 'm2'),
      op('DequantizeLinear', 'm2 sy zy', 'y'),
    ],
    initializers: [
      ...[scalar('sx', 'FLOAT', 0.012), scalar('zx', 'INT8', -7), integers('w1', 'INT8', [2, 1, 3, 3], -128, 127)],
      ...[
        tensor('s1', 'FLOAT', [2], [0.01, 0.02]),
        tensor('z1', 'INT8', [2], [0, 0]),
        integers('b1', 'INT32', [2], -900, 900),
      ],
      ...[scalar('sc', 'FLOAT', 0.07), scalar('zc', 'INT8', 3), tensor('target', 'INT64', [2], [1, 50])],
      ...[integers('w2', 'INT8', [50, 5], -128, 127), scalar('s2', 'FLOAT', 0.01), scalar('z2', 'INT8', 2)],
      ...[scalar('sy', 'FLOAT', 0.3), scalar('zy', 'INT8', -11)],
    ],
  },
  'weights quantized in the graph, weights alone quantized, a constant cast': {
    layers: 'quantize dense dense dense',
    input: ['N', 9],
    nodes: [
      op('QuantizeLinear', 'x sx', 'q', { output_dtype: 17 }),
      op('DequantizeLinear', 'q sx', 'xd'),
      op('QuantizeLinear', 'w1 s1 z1', 'w1q', { axis: 0 }),
      op('DequantizeLinear', 'w1q s1 z1', 'w1d', { axis: 0 }),
      op('Gemm', 'xd w1d', 'g1', { transB: 1 }),
      op('DequantizeLinear', 'w2 s2', 'w2d'),
      op('MatMul', 'g1 w2d', 'm2'),
      op('Cast', 'w3', 'w3f', { to: 1 }),
      op('MatMul', 'm2 w3f', 'y'),
    ],
    initializers: [
      ...[
        scalar('sx', 'FLOAT', 0.01),
        weights('w1', [6, 9]),
        tensor('s1', 'FLOAT', [6], [0.01, 0.02, 0.04, 0.01, 0.1, 0.2]),
      ],
      tensor('z1', 'FLOAT8E4M3FN', [6], [0, 0, 0, 0, 0, 0]),
      ...[
        integers('w2', 'UINT4', [6, 4], 0, 15),
        scalar('s2', 'FLOAT', 0.3),
        integers('w3', 'FLOAT16', [4, 2], -20, 20),
      ],
    ],
  },
};

const rows = new Rows('foreign');
afterAll(() => rows.keep());

it.each(Object.entries(GRAPHS))('%s', async (name, graph) => {
  const bytes = bytesOf(graph);
  const network = readOnnx(bytes, 'foreign.onnx');
  expect(network.layers.map(({ op }) => op).join(' ')).toBe(graph.layers);
  const shape = [typeof graph.input[0] === 'number' ? graph.input[0] : 3, ...network.inputs[0].shape.slice(1)];
  const images = floatTensor(shape, reals(random(5), sizeOf(shape), 1.5));
  const exact = network.layers[0].op === 'quantize' ? exactArithmetic : float32Arithmetic;
  const ours = dequantize(execute(network, images, exact)).data;
  const theirs = await rows.of(name, bytes, images.data, shape);
  const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(theirs?.data).toHaveLength(ours.length);
  ours.forEach((value, i) => {
    expect(Math.abs(value - (theirs?.data[i] ?? Number.NaN))).toBeLessThanOrEqual(2e-6 * largest);
  });
});
