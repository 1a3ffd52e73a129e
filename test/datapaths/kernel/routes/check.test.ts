import { expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { codeArray, compileGemm, type WindowJob } from '../../../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../../../src/formats/catalog.js';

const gemm = compileGemm(datapathNamed('int8'));
const whole = { m: 2, n: 2, k: 2, a: Uint8Array.of(1, 2, 3, 4), b: Uint8Array.of(1, 1, 1, 1) };

it.each([
  ['a has 1 codes, 2 x 2 x 2 needs 4', { a: Uint8Array.of(1) }],
  ['b has 3 codes, 2 x 2 x 2 needs 4', { b: Uint8Array.of(1, 1, 1) }],
  ['c has 2 codes, 2 x 2 x 2 needs 4', { c: Uint32Array.of(1, 2) }],
  ['k must be a whole number from 0 on, found 1.5', { k: 1.5 }],
  ['m must be a whole number from 0 on, found -1', { m: -1 }],
])('a job that is not whole is refused: %s', (message, part) => {
  expect(() => gemm.sums({ ...whole, ...part })).toThrow(`product of int8: ${message}`);
  expect(() => gemm.stats({ ...whole, ...part })).toThrow(`product of int8: ${message}`);
});

it('operands of more than 32 bits are refused', () => {
  const wide = compileGemm(datapathNamed('ampere-fp64'));
  expect(() => wide.sums({ m: 1, n: 1, k: 1, a: Uint32Array.of(0), b: Uint32Array.of(0) })).toThrow(
    'operands have at most 32 bits, fp64 has 64',
  );
  expect(() => codeArray(formatNamed('fp64'), 1)).toThrow('fp64 has 64 bits');
});

it.each([
  ['a has 8 codes, its sizes ask for 9', { a: new Uint8Array(8) }],
  ['b has 5 codes, its sizes ask for 4', { b: new Uint8Array(5) }],
  ['sizes must be whole numbers from 1 on, found 1 1 1 1 3 3 2 2 2 0 1 1 1 1', { output: [2, 0] as const }],
  ['sizes must be whole numbers from 1 on, found 1 1.5 1 1 3 3 2 2 2 2 1 1 1 1', { groups: 1.5 }],
])('windows that are not whole are refused: %s', (message, part) => {
  const pair = [1, 1] as const;
  const job: WindowJob = {
    ...{ images: 1, groups: 1, channels: 1, filters: 1, plane: [3, 3], kernel: [2, 2], output: [2, 2], padding: 0 },
    ...{ stride: pair, dilation: pair, before: [0, 0], a: new Uint8Array(9), b: new Uint8Array(4) },
    ...part,
  };
  expect(() => gemm.windows?.sums(job)).toThrow(`windows of int8: ${message}`);
  expect(() => gemm.windows?.stats(job)).toThrow(`windows of int8: ${message}`);
});
