import { describe, expect, it } from 'vitest';
import { codeArray } from '../../src/datapaths/kernel/index.js';
import { float32Arithmetic } from '../../src/networks/arithmetic.js';
import { chainsOf } from '../../src/networks/chains.js';
import { executeAll } from '../../src/networks/execute.js';
import type { Layer } from '../../src/networks/network.js';
import { codeTensor } from '../../src/networks/quantization.js';
import { floatTensor, type FloatTensor, type Quantization, sizeOf } from '../../src/networks/tensor.js';
import {
  called,
  expectSame,
  INT8,
  inputsOf,
  networkOf,
  quantized,
  quantizeStep,
  SHAPES,
  step,
  UINT8,
} from './steps.js';

/** A chain gives the bits of its steps one by one: a tap wants every tensor, and so nothing is run in chains beside it. */

interface Case {
  what: string;
  layers: readonly Layer[];
  outputs: readonly string[];
  /** The layers that run together. */
  chains: readonly (readonly string[])[];
}

const half = floatTensor([1], Float32Array.of(0.5));
const CASES: readonly Case[] = [
  {
    what: 'real numbers to codes, in registers',
    layers: [step('relu', 'a', 'x'), quantizeStep('b', 'a', INT8)],
    ...{ outputs: ['b'], chains: [['a', 'b']] },
  },
  {
    what: 'sums of real numbers, in registers',
    layers: [step('add', 'a', 'x', 'y'), step('relu', 'b', 'a'), quantizeStep('c', 'b', UINT8)],
    ...{ outputs: ['c'], chains: [['a', 'b', 'c']] },
  },
  {
    what: 'sums of real numbers with themselves',
    layers: [step('add', 'a', 'x', 'x'), step('relu', 'b', 'a'), step('add', 'c', 'b', 'y')],
    ...{ outputs: ['c'], chains: [['a', 'b', 'c']] },
  },
  {
    what: 'real numbers block by block',
    layers: [step('add', 'a', 'x', 'y'), step('relu', 'b', 'a'), quantizeStep('c', 'b', quantized('e4m3fn', 0.5))],
    ...{ outputs: ['c'], chains: [['a', 'b', 'c']] },
  },
  {
    what: 'codes to codes by a table',
    layers: [
      quantizeStep('a', 'x', INT8),
      step('dequantize', 'b', 'a'),
      called('c', 'HardSwish', [0], 'b'),
      quantizeStep('d', 'c', UINT8),
    ],
    ...{ outputs: ['d'], chains: [['a'], ['b', 'c', 'd']] },
  },
  {
    what: 'a function of codes with itself, and a stored number',
    layers: [
      quantizeStep('a', 'x', INT8),
      step('dequantize', 'b', 'a'),
      called('c', 'Sigmoid', [0], 'b'),
      called('d', 'Mul', [0, 1], 'b', 'c'),
      called('e', 'Mul', [half, 0], 'd'),
    ],
    ...{ outputs: ['e'], chains: [['a'], ['b', 'c', 'd', 'e']] },
  },
  {
    what: 'a branch of a residual network: pairs of codes',
    layers: [
      quantizeStep('a', 'x', INT8),
      quantizeStep('b', 'y', UINT8),
      step('dequantize', 'c', 'a'),
      step('dequantize', 'd', 'b'),
      step('add', 'e', 'c', 'd'),
      step('relu', 'f', 'e'),
      quantizeStep('g', 'f', INT8),
    ],
    ...{ outputs: ['g', 'a'], chains: [['a'], ['b'], ['c', 'd', 'e', 'f', 'g']] },
  },
  {
    what: 'pairs of narrow codes to real numbers',
    layers: [
      quantizeStep('a', 'x', quantized('int4', 0.5, 2)),
      quantizeStep('b', 'y', UINT8),
      step('dequantize', 'c', 'a'),
      step('dequantize', 'd', 'b'),
      called('e', 'Div', [0, 1], 'c', 'd'),
    ],
    ...{ outputs: ['e'], chains: [['a'], ['b'], ['c', 'd', 'e']] },
  },
  {
    what: 'codes that two read as real numbers go into both chains',
    layers: [
      quantizeStep('a', 'x', INT8),
      step('dequantize', 'b', 'a'),
      step('relu', 'c', 'b'),
      called('d', 'Exp', [0], 'b'),
    ],
    ...{ outputs: ['c', 'd'], chains: [['a'], ['b', 'c'], ['b', 'd']] },
  },
  {
    what: 'what two read, and what the network gives, is made',
    layers: [
      step('relu', 'a', 'x'),
      called('b', 'Neg', [0], 'a'),
      called('c', 'Abs', [0], 'a'),
      step('sign', 'd', 'c'),
    ],
    ...{ outputs: ['b', 'c', 'd'], chains: [['a'], ['b'], ['c'], ['d']] },
  },
  {
    what: 'what would read a third tensor stays behind',
    layers: [
      called('a', 'Mul', [0, 1], 'x', 'y'),
      step('relu', 'b', 'a'),
      step('sign', 'c', 'x'),
      step('relu', 'd', 'y'),
      step('add', 'e', 'c', 'd'),
      step('add', 'f', 'b', 'e'),
    ],
    ...{ outputs: ['f'], chains: [['a', 'b'], ['c', 'd', 'e'], ['f']] },
  },
  {
    what: 'codes of 16 bits',
    layers: [
      quantizeStep('a', 'x', quantized('int16', 0.01)),
      step('dequantize', 'b', 'a'),
      called('c', 'Clip', [0, floatTensor([], Float32Array.of(-1)), undefined], 'b'),
      quantizeStep('d', 'c', quantized('uint4', 0.25, 3)),
    ],
    ...{ outputs: ['d'], chains: [['a'], ['b', 'c', 'd']] },
  },
  {
    what: 'operands that are repeated are no elements in one place',
    layers: [
      step('relu', 'a', 'x'),
      called('b', 'ReduceMax', [0], 'a'),
      called('c', 'Sub', [0, 1], 'a', 'b'),
      step('relu', 'd', 'c'),
    ],
    ...{ outputs: ['d'], chains: [['a'], ['b'], ['c'], ['d']] },
  },
];

describe.each(CASES)('$what', ({ layers, outputs, chains }) => {
  it('runs in these chains', () => {
    const found = chainsOf(networkOf(layers, outputs, SHAPES[1]));
    expect(found.map((chain) => chain.layers.map(({ name }) => name))).toEqual(chains);
  });

  it.each(SHAPES)('gives the bits of one layer after the other: %i x %i ...', (...shape) => {
    expectSame(networkOf(layers, outputs, shape), inputsOf(shape), float32Arithmetic);
  });
});

it('thousands of steps over codes are planned in time that grows with their number', () => {
  const sums = Array.from({ length: 3000 }, (_, i) => {
    const before = i === 0 ? 'b' : `d${i - 1}`;
    return [step('relu', `c${i}`, before), step('add', `d${i}`, before, `c${i}`)];
  });
  const layers = [quantizeStep('a', 'x', INT8), step('dequantize', 'b', 'a'), ...sums.flat()];
  const network = networkOf(layers, ['d2999'], [2, 3]);
  const lengths = chainsOf(network).map((chain) => chain.layers.length);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(64);
  expectSame(network, inputsOf([2, 3]), float32Arithmetic);
});

it('codes of several scales, which only whoever runs a network can give it', () => {
  const shape = [2, 3, 60, 61];
  const codes = (name: string, quantization: Partial<Quantization>) => {
    const own = { ...quantized(name, 0.5), ...quantization };
    const data = codeArray(own.fit.format, sizeOf(shape)).map((_, i) => (7 * i) % 256);
    return codeTensor(shape, data, own);
  };
  const layers = [step('dequantize', 'a', 'x'), called('b', 'Tanh', [0], 'a'), quantizeStep('c', 'b', INT8)];
  const scale = Float32Array.of(0.01, 0.02, 0.5);
  for (const name of ['int8', 'int16'])
    for (const zeroPoint of [1, Int32Array.of(1, -2, 3)]) {
      const given = new Map([['x', codes(name, { scale, axis: 1, zeroPoint })]]);
      expectSame(networkOf(layers, ['c'], shape), given, float32Arithmetic);
    }
});

it('a computed bound of a lone element is one number, however often it runs', () => {
  const layers = [
    quantizeStep('a', 'x', INT8),
    step('dequantize', 'b', 'a'),
    called('c', 'Neg', [0], 'b'),
    called('d', 'Clip', [0, 1], 'b', 'c'),
  ];
  const network = networkOf(layers, ['d'], [1]);
  for (let i = 0; i < 300; i++) expectSame(network, inputsOf([1]), float32Arithmetic);
});

it('real numbers of another type stay so where a stored operand says it', () => {
  const bound: FloatTensor = { ...floatTensor([], Float32Array.of(-1)), type: 'float16' };
  const layers = [step('relu', 'a', 'x'), called('b', 'Clip', [0, bound, undefined], 'a'), step('relu', 'c', 'b')];
  for (const shape of SHAPES) expectSame(networkOf(layers, ['b'], shape), inputsOf(shape), float32Arithmetic);
  for (const shape of SHAPES) expectSame(networkOf(layers, ['c'], shape), inputsOf(shape), float32Arithmetic);
});

it('who looks at a run sees every tensor', () => {
  const { layers, outputs } = CASES[6];
  const seen: string[] = [];
  executeAll(networkOf(layers, outputs, [2, 3]), inputsOf([2, 3]), float32Arithmetic, (name) => seen.push(name));
  expect(seen).toEqual(layers.map(({ name }) => name));
});
