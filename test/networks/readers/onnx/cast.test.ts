import { expect, it } from 'vitest';
import { float32Arithmetic } from '../../../../src/networks/arithmetic.js';
import { executeAll } from '../../../../src/networks/execute.js';
import { elementTypeOf } from '../../../../src/networks/readers/onnx/element.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { dequantize } from '../../../../src/networks/quantization.js';
import { floatTensor } from '../../../../src/networks/tensor.js';
import { bytesOf, op, tensor } from './graphs.js';

/** TensorProto.DataType of all numbers but FLOAT8E8M0, which holds no zero and no sign. */
const TYPES = Array.from({ length: 32 }, (_, number) => elementTypeOf(number)?.name ?? '').filter(
  (name) => name !== '' && name !== 'FLOAT8E8M0',
);

/** What a stored tensor is after Casts, one after another. */
function cast(from: string, values: readonly number[], ...to: readonly string[]): number[] {
  const names = to.map((_, i) => `c${i}`);
  const number = (name: string) => Array.from({ length: 32 }, (_, i) => i).find((i) => elementTypeOf(i)?.name === name);
  const nodes = to.map((name, i) => op('Cast', i === 0 ? 'w' : names[i - 1], names[i], { to: number(name) as number }));
  const initializers = [tensor('w', from, [values.length], values)];
  const outputs = [names.at(-1) as string];
  const network = readOnnx(bytesOf({ nodes: [op('Neg', 'x', 'z'), ...nodes], initializers, input: [1], outputs }), 'n');
  const [found] = executeAll(network, new Map([['x', floatTensor([1])]]), float32Arithmetic).values();
  return Array.from(dequantize(found).data, (value) => value + 0);
}

const isUnsigned = (name: string) => name === 'BOOL' || name.startsWith('U');

it.each(TYPES)('numbers that %s and another type both hold are cast there and back', (from) => {
  expect(TYPES).toContain('DOUBLE');
  for (const to of TYPES) {
    const negative = isUnsigned(from) || isUnsigned(to) ? [] : [-1];
    const values = [0, 1, ...([from, to].includes('BOOL') ? [] : negative)];
    expect(cast(from, values, to), `${from} to ${to}`).toEqual(values);
    expect(cast(from, values, to, from), `${from} to ${to} and back`).toEqual(values);
  }
});

it('what is cast to a float is the nearest of its numbers', () => {
  const values = [0.1, -2.3, 448, 3.3];
  const kept = values.map(Math.fround);
  expect(cast('DOUBLE', values, 'FLOAT')).toEqual(kept);
  expect(cast('DOUBLE', values, 'DOUBLE')).toEqual(kept);
  // 1/10 in 11 bits: 1638 x 2^-14; in 8 bits: 205 x 2^-11. -2.3: -1178 x 2^-9; -147 x 2^-6. 3.3: 1690 x 2^-9; 211 x 2^-6.
  expect(cast('FLOAT', values, 'FLOAT16')).toEqual([1638 * 2 ** -14, -1178 * 2 ** -9, 448, 1690 * 2 ** -9]);
  expect(cast('FLOAT', values, 'BFLOAT16')).toEqual([205 * 2 ** -11, -147 * 2 ** -6, 448, 211 * 2 ** -6]);
  // 1/10 in 4 bits: 13 x 2^-7; -2.3: -9 x 2^-2; 3.3: 13 x 2^-2.
  expect(cast('FLOAT', values, 'FLOAT8E4M3FN')).toEqual([13 * 2 ** -7, -9 * 2 ** -2, 448, 13 * 2 ** -2]);
});
