import { expect, it } from 'vitest';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { bytesOf, type Graph, op, tensor } from './graphs.js';

/** Each bound on sizes from both sides: 2^28 elements of one image's tensor, of a stored one, of the places of windows. */
const MOST = 2 ** 28;
const int64 = (name: string, ...values: number[]) => tensor(name, 'INT64', [values.length], values);
const ones = (name: string, shape: readonly number[]) =>
  tensor(name, 'FLOAT', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1));
const SIDE = 2 ** 14;

type Limited = Omit<Graph, 'initializers'> & { initializers?: Graph['initializers'] };
const pool = (input: Graph['input'], kernel_shape: number[], rest: Record<string, number[]> = {}): Limited => ({
  input,
  nodes: [op('MaxPool', 'x', 'y', { kernel_shape, ...rest })],
});
const conv = (input: Graph['input'], attributes: Record<string, number[]>, kernel = [1, 1, 1, 1]): Limited => ({
  input,
  nodes: [op('Conv', 'x w', 'y', attributes)],
  initializers: [ones('w', kernel)],
});
const made = (shape: readonly number[]): Limited => ({
  input: ['N', 4],
  nodes: [op('ConstantOfShape', 'shape', 'c'), op('Reshape', 'c target', 'd'), op('Add', 'x d', 'y')],
  initializers: [int64('shape', ...shape), int64('target', 4)],
});

/** What is named, the largest that is read, the next that is not, and what is said. */
const LIMITS: readonly [string, Limited, Limited, string][] = [
  [
    'input',
    { input: ['N', MOST], nodes: [op('Relu', 'x', 'y')] },
    { input: ['N', MOST + 1], nodes: [op('Relu', 'x', 'y')] },
    `input x has shape Nx${MOST + 1}: up to ${MOST} elements are supported`,
  ],
  [
    'input planes',
    { input: ['N', 1, SIDE, SIDE], nodes: [op('Relu', 'x', 'y')] },
    { input: ['N', 1, SIDE, SIDE + 1], nodes: [op('Relu', 'x', 'y')] },
    `input x has shape Nx1x${SIDE}x${SIDE + 1}: up to ${MOST} elements are supported`,
  ],
  [
    'places of windows, a plane at a time',
    pool(['N', 3, SIDE / 2, SIDE / 2], [2, 2]),
    pool(['N', 3, SIDE / 2 + 1, SIDE / 2], [2, 2]),
    `node y (MaxPool): has kernel 2x2 over 3x${SIDE / 2 + 1}x${SIDE / 2}: up to ${MOST} places of windows are supported`,
  ],
  [
    'padding before a convolution',
    conv(['N', 1, 1, 2], { pads: [0, 0, 0, MOST - 2] }),
    conv(['N', 1, 1, 2], { pads: [0, 0, 0, MOST - 1] }),
    `node y (Conv): has pads = 0 0 0 ${MOST - 1}: up to ${MOST} elements, padding included, are supported`,
  ],
  [
    'padding of several channels',
    conv(['N', 4, 1, 1], { pads: [SIDE / 2 - 1, 0, 0, SIDE / 2 - 1] }, [1, 4, 1, 1]),
    conv(['N', 4, 1, 1], { pads: [SIDE / 2, 0, 0, SIDE / 2 - 1] }, [1, 4, 1, 1]),
    `node y (Conv): has pads = ${SIDE / 2} 0 0 ${SIDE / 2 - 1}: up to ${MOST} elements, padding included, are supported`,
  ],
  [
    'strides',
    conv(['N', 1, 2, 2], { strides: [MOST, MOST] }),
    conv(['N', 1, 2, 2], { strides: [MOST, MOST + 1] }),
    `node y (Conv): has strides = ${MOST} ${MOST + 1}: two lengths of 1 and more are supported`,
  ],
  [
    'filters times pixels',
    conv(['N', 1, 1, MOST / 4], {}, [4, 1, 1, 1]),
    conv(['N', 1, 1, MOST / 4], {}, [5, 1, 1, 1]),
    `node y (Conv): gives shape 5x1x${MOST / 4}: lengths of 1 and more, up to ${MOST} elements, are supported`,
  ],
  [
    'a window that fits exactly',
    conv(['N', 1, 3, 3], { pads: [1, 0, 1, 0], dilations: [2, 1] }, [1, 1, 3, 3]),
    conv(['N', 1, 3, 3], { pads: [1, 0, 0, 0], dilations: [2, 1] }, [1, 1, 3, 3]),
    'node y (Conv): has a window of 5x3 over 4x3, padding included: it must fit',
  ],
  [
    'a pool whose padding is smaller than its window',
    pool(['N', 1, 4, 4], [3, 2], { pads: [2, 1, 2, 1] }),
    pool(['N', 1, 4, 4], [3, 2], { pads: [2, 1, 2, 2] }),
    'node y (MaxPool): has pads = 2 1 2 2 and kernel 3x2: a window may not lie in the padding alone',
  ],
  [
    'a stored tensor that is made',
    made([2, 2]),
    made([2, MOST / 2 + 1]),
    `node c (ConstantOfShape): makes shape 2x${MOST / 2 + 1}: up to ${MOST} elements are supported`,
  ],
];

const read = ({ initializers = [], ...graph }: Limited) => readOnnx(bytesOf({ ...graph, initializers }), 'net.onnx');

it.each(LIMITS)('%s: read up to the limit, refused beyond it', (_, most, beyond, says) => {
  expect(read(most).layers.length).toBeGreaterThanOrEqual(1);
  expect(() => read(beyond)).toThrow(`net.onnx: ${says}`);
});
