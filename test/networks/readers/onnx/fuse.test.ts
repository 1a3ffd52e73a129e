import { expect, it } from 'vitest';
import { isMacLayer } from '../../../../src/networks/network.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { bytesOf, type Graph, op, tensor } from './graphs.js';

/**
 * What ONNX Runtime makes one step of, between DequantizeLinear and QuantizeLinear, and what it leaves (qdq_selectors of
 * onnxruntime 1.30): an operator of its list, whose operands are codes of 8 bits of the result's type with one scale, whose
 * result nobody else reads, and behind it no Relu or Clip but one that changes no code.
 */
interface Step {
  /** From `d`, real numbers of codes, to `m`. */
  nodes: Graph['nodes'];
  stored?: Graph['initializers'];
  /** Type of the codes before and after. */
  types?: readonly [string, string];
  /** Zero point of the codes after it, which have the scale 1/8. */
  zero?: number;
  more?: readonly string[];
  opset?: number;
}

const scalar = (name: string, type: string, value: number) => tensor(name, type, [], [value]);
const f = (value: number) => ({ f: value });

/** Codes that the file stores, as real numbers `w`, with a scale for all or for each column. */
const codes = (type: string, scales: readonly number[], shape = [2, 2]): Graph['initializers'] => [
  tensor(
    'wq',
    type,
    shape,
    [1, 2, 3, 1].slice(
      0,
      shape.reduce((a, b) => a * b, 1),
    ),
  ),
  tensor('ws', 'FLOAT', scales.length === 1 ? [] : [scales.length], scales),
];
const real = op('DequantizeLinear', 'wq ws', 'w', { axis: 1 });

function isFused({ nodes, stored = [], types = ['UINT8', 'UINT8'], zero = 0, more = [], opset = 21 }: Step): boolean {
  const graph: Graph = {
    ...{ input: [2, 2], opset },
    nodes: [
      op('QuantizeLinear', 'x s z', 'q'),
      op('DequantizeLinear', 'q s z', 'd'),
      ...nodes,
      op('QuantizeLinear', 'm t o', 'r'),
      op('DequantizeLinear', 'r t o', 'y'),
    ],
    initializers: [
      ...[scalar('s', 'FLOAT', 0.5), scalar('z', types[0], 1)],
      ...[scalar('t', 'FLOAT', 0.125), scalar('o', types[1], zero), ...stored],
    ],
    outputs: ['y', ...more],
  };
  return readOnnx(bytesOf(graph), 'net.onnx').layers.some((layer) =>
    isMacLayer(layer) ? layer.result.kind === 'requantize' : layer.op === 'general' && layer.output !== undefined,
  );
}

const sigmoid = op('Sigmoid', 'd', 'm');
const then = (...nodes: Graph['nodes']) => [op('Sigmoid', 'd', 'a'), ...nodes];
const clip = (low: number, high: number, zero = 0): Step => ({
  nodes: then(op('Clip', 'a low high', 'm')),
  stored: [scalar('low', 'FLOAT', low), scalar('high', 'FLOAT', high)],
  zero,
});
const product = (types: readonly [string, string], weights: string): Step => ({
  nodes: [real, op('MatMul', 'd w', 'm')],
  stored: codes(weights, [0.25]),
  types,
});

const STEPS: readonly [string, boolean, Step][] = [
  ['an operator of the list', true, { nodes: [sigmoid] }],
  ['an operator that is not on it', false, { nodes: [op('Exp', 'd', 'm')] }],
  ['a sum of codes', true, { nodes: [op('Add', 'd d', 'm')] }],
  ['a sum with stored codes', true, { nodes: [real, op('Add', 'd w', 'm')], stored: codes('UINT8', [0.25]) }],
  ['stored codes of two scales', false, { nodes: [real, op('Add', 'd w', 'm')], stored: codes('UINT8', [0.25, 0.5]) }],
  ['stored codes of another type', false, { nodes: [real, op('Add', 'd w', 'm')], stored: codes('INT8', [0.25]) }],
  [
    'stored real numbers',
    false,
    { nodes: [op('Mul', 'd w', 'm')], stored: [tensor('w', 'FLOAT', [2, 2], [1, 2, 3, 4])] },
  ],
  ['signed codes', true, { nodes: [sigmoid], types: ['INT8', 'INT8'] }],
  // Codes of int8 become uint8 where one QuantizeLinear, one DequantizeLinear and one reader are in a row: a step needs all or none.
  [
    'signed codes that two nodes read',
    false,
    { nodes: [sigmoid, op('Neg', 'd', 'n')], types: ['INT8', 'INT8'], more: ['n'] },
  ],
  ['unsigned codes that two nodes read', true, { nodes: [sigmoid, op('Neg', 'd', 'n')], more: ['n'] }],
  ['signed codes that are given too', false, { nodes: [sigmoid], types: ['INT8', 'INT8'], more: ['r'] }],
  ['unsigned codes that are given too', true, { nodes: [sigmoid], more: ['r'] }],
  ['signed codes, all given too', true, { nodes: [sigmoid], types: ['INT8', 'INT8'], more: ['q', 'r'] }],
  ['signed codes added to themselves', false, { nodes: [op('Add', 'd d', 'm')], types: ['INT8', 'INT8'] }],
  [
    'signed codes added to themselves and given',
    true,
    { nodes: [op('Add', 'd d', 'm')], types: ['INT8', 'INT8'], more: ['r'] },
  ],
  [
    'signed codes by stored ones',
    false,
    { nodes: [real, op('Mul', 'd w', 'm')], stored: codes('INT8', [0.25]), types: ['INT8', 'INT8'] },
  ],
  ['another type behind it', false, { nodes: [sigmoid], types: ['UINT8', 'INT8'] }],
  ['codes of 16 bits', false, { nodes: [sigmoid], types: ['UINT16', 'UINT16'] }],
  ['codes of 4 bits', false, { nodes: [sigmoid], types: ['UINT4', 'UINT4'] }],
  ['a result that is given too', false, { nodes: [sigmoid], more: ['m'] }],
  ['a result that is read twice', false, { nodes: [sigmoid, op('Neg', 'm', 'n')], more: ['n'] }],
  ['a Relu over codes from 0 on', true, { nodes: then(op('Relu', 'a', 'm')) }],
  ['two of them', true, { nodes: then(op('Relu', 'a', 'b'), op('Relu', 'b', 'm')) }],
  ['a Relu that cuts', false, { nodes: then(op('Relu', 'a', 'm')), zero: 1 }],
  ['a Relu whose operand is given too', false, { nodes: then(op('Relu', 'a', 'm')), more: ['a'] }],
  ['a Neg', false, { nodes: then(op('Neg', 'a', 'm')) }],
  ['a Clip at the ends of the codes', true, clip(0, 255 / 8)],
  ['a Clip beyond them', true, clip(-1, 32)],
  ['a Clip above the lowest', false, clip(1 / 8, 32)],
  ['a Clip below the highest', false, clip(0, 254 / 8)],
  ['a Clip at ends that a zero point has moved', true, clip(-8 / 8, 247 / 8, 8)],
  ['a Clip above these', false, clip(-7 / 8, 247 / 8, 8)],
  ['a Clip without bounds', true, { nodes: then(op('Clip', 'a', 'm')) }],
  ['a Clip of opset 10', true, { nodes: then(op('Clip', 'a', 'm', { min: f(0), max: f(255 / 8) })), opset: 10 }],
  ['a Clip of opset 10 that cuts', false, { nodes: then(op('Clip', 'a', 'm', { min: f(0), max: f(2) })), opset: 10 }],
  ['a product of unsigned by signed codes', true, product(['UINT8', 'UINT8'], 'INT8')],
  ['of unsigned codes', true, product(['UINT8', 'UINT8'], 'UINT8')],
  ['of signed codes', true, product(['INT8', 'INT8'], 'INT8')],
  ['of signed by unsigned codes', false, product(['INT8', 'INT8'], 'UINT8')],
  ['by codes of 4 bits', false, product(['UINT8', 'UINT8'], 'INT4')],
  ['to another type', false, product(['UINT8', 'INT8'], 'INT8')],
  ['a product of two computed matrices of codes', true, { nodes: [op('MatMul', 'd d', 'm')] }],
];

it.each(STEPS)('%s: %s', (_, fused, step) => {
  expect(isFused(step)).toBe(fused);
});
