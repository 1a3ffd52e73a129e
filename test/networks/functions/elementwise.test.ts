import { describe, expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { executeLayer } from '../../../src/networks/execute.js';
import { FUNCTIONS } from '../../../src/networks/functions/index.js';
import { throughLanes } from '../../../src/networks/lanes.js';
import { operatorOf } from '../../../src/networks/operators/index.js';
import { type FloatTensor, floatTensor, type Tensor } from '../../../src/networks/tensor.js';
import { bits, called, drawn, quantized, quantizeStep } from '../steps.js';

/** What a record says of steps over elements holds for every function that says it. */

const ELEMENTWISE = Object.entries(FUNCTIONS).filter(([, { elementwise }]) => elementwise !== undefined);

describe.each(ELEMENTWISE)('%s is a step over elements', (name, { operands = 1 }) => {
  const length = 200;
  const data = [drawn(length), drawn(length).reverse()];
  const bounds = [-1.5, 2].map((bound) => floatTensor([1], Float32Array.of(bound)));
  const given = Array.from({ length: operands }, (_, place) =>
    name === 'Clip' && place > 0 ? bounds[place - 1] : place,
  );
  const places = given.map((each) => (name === 'Pow' && each === 1 ? bounds[1] : each));
  const read = places.filter((each) => typeof each === 'number');
  const layer = called('f', name, places, ...read.map(String));
  const tensors = (first: number, end: number): FloatTensor[] =>
    read.map((place) => floatTensor([end - first], data[place].slice(first, end)));

  it('and gives each element by itself', () => {
    expect(operatorOf(layer).elementwise?.(layer)).toBe(true);
    const [whole] = executeLayer(layer, tensors(0, length), float32Arithmetic);
    for (let i = 0; i < length; i++) {
      const [one] = executeLayer(layer, tensors(i, i + 1), float32Arithmetic);
      expect(bits({ ...one, shape: [1] })).toEqual(
        bits({ ...whole, shape: [1], data: whole.data.slice(i, i + 1) } as Tensor),
      );
    }
  });

  it('and in registers, where it has code for them, gives the same', () => {
    const lanes = operatorOf(layer).lanes?.(layer);
    if (lanes === undefined) return;
    const [whole] = executeLayer(layer, tensors(0, length), float32Arithmetic);
    expect(throughLanes([lanes], data[0])).toEqual(whole.data);
  });
});

it('every fit that has code for registers gives the codes of the codec', () => {
  let count = 0;
  for (const name of ['int8', 'uint8', 'int4', 'uint4'])
    for (const scale of [0.25, 0.1, 1e-40, 3e38])
      for (const zero of name.startsWith('u') ? [0, 1, 15] : [-8, 0, 7]) {
        const layer = quantizeStep('q', 'x', quantized(name, scale, zero));
        const lanes = operatorOf(layer).lanes?.(layer);
        const x = drawn(1000);
        const [wanted] = executeLayer(layer, [floatTensor([1000], x)], float32Arithmetic);
        expect(throughLanes([lanes as NonNullable<typeof lanes>], x)).toEqual(wanted.data);
        count++;
      }
  expect(count).toBe(48);
});
