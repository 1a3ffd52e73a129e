import { expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { executeAll } from '../../../src/networks/execute.js';
import { FUNCTIONS } from '../../../src/networks/functions/index.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { bytesOf, op } from '../readers/onnx/graphs.js';

/** Operands left out, doubled, too many, and of the wrong kind. */
const OPERANDS = ['x', '_', 'x x', 'x _ x', 'x x x x x x x x x x'];
const SHAPES = [[2, 2], [1, 2, 4, 4], []];

/** What JavaScript says of a mistake of ours. */
const INTERNAL = /Cannot |undefined|not a function|not iterable|\bNaN\b|not defined|Invalid typed|\n/;

const NAMES = Object.keys(FUNCTIONS).filter((name) => !name.startsWith('lastbit.'));

/** Functions whose shapes are looked at in the run alone, where these operands are wrong for them. */
const IN_THE_RUN = ['Clip', 'EyeLike', 'LpNormalization', 'MeanVarianceNormalization', 'Trilu'];

it('a function without what it needs is refused in a line, of all but a few before it runs', () => {
  const late = new Set<string>();
  for (const key of NAMES) {
    const at = key.lastIndexOf('.');
    const [domain, type] = [at < 0 ? '' : key.slice(0, at), key.slice(at + 1)];
    for (const operands of OPERANDS)
      for (const shape of SHAPES) {
        const bytes = bytesOf({ nodes: [op(type, operands, 'y', {}, domain)], initializers: [], input: shape });
        const which = `${key} of ${operands}, ${shape.join('x')}`;
        let read = false;
        try {
          const network = readOnnx(bytes, 'net.onnx');
          read = true;
          const x = floatTensor(shape, new Float32Array(sizeOf(shape)).fill(0.5));
          executeAll(network, new Map([['x', x]]), float32Arithmetic);
        } catch (error) {
          const { message } = error as Error;
          expect(message.replaceAll('IsNaN', ''), which).not.toMatch(INTERNAL);
          expect(message.startsWith(read ? `layer y (${key}): ` : `net.onnx: node y (${key}): `), message).toBe(true);
          if (read) late.add(key);
        }
      }
  }
  expect([...late].sort()).toEqual(IN_THE_RUN);
});

it('all functions say how many operands they have, but those that take any number', () => {
  const any = Object.keys(FUNCTIONS).filter((name) => FUNCTIONS[name].operands === undefined);
  expect(any.sort()).toEqual(['Concat', 'Einsum', 'Max', 'Mean', 'Min', 'Sum', 'ai.onnx.ml.FeatureVectorizer']);
});
