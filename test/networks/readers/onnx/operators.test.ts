import { expect, it } from 'vitest';
import { FUNCTIONS } from '../../../../src/networks/functions/index.js';
import { readableOperators, readOnnx, SUPPORTED_OPERATORS } from '../../../../src/networks/readers/onnx/read.js';
import { bytesOf, op } from './graphs.js';

/** What reading a node of nothing but `x` says. */
function complaint(name: string, domain: string): string {
  try {
    readOnnx(bytesOf({ nodes: [op(name, 'x', 'y', {}, domain)], initializers: [], input: ['N', 4] }), 'net.onnx');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const UNKNOWN = /operator \S+ of domain \S+ is not supported/;

it('operators that are listed are those that are read, each once', () => {
  const listed = readableOperators();
  const names = listed.map(({ name, domain }) => `${domain} ${name}`);
  expect(new Set(names).size).toBe(names.length);
  // Whatever else a node of one operand lacks, it is not that nobody knows its operator.
  const onnx = listed.filter(({ domain }) => domain !== 'qonnx');
  const unknown = onnx.filter(({ name, domain }) => UNKNOWN.test(complaint(name, domain === 'ai.onnx' ? '' : domain)));
  expect(unknown).toEqual([]);
  const known = new Set(names);
  const read = [
    ...SUPPORTED_OPERATORS.map((name) => `ai.onnx ${name}`),
    ...Object.keys(FUNCTIONS)
      .filter((key) => key.includes('.') && !key.startsWith('lastbit.'))
      .map((key) => `${key.slice(0, key.lastIndexOf('.'))} ${key.slice(key.lastIndexOf('.') + 1)}`),
  ];
  expect(read.filter((name) => !known.has(name))).toEqual([]);
  expect(complaint('Sigmoyd', '')).toMatch(UNKNOWN);
});
