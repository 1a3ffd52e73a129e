import { afterAll, expect, it } from 'vitest';
import { FUNCTIONS } from '../../../src/networks/functions/index.js';
import type { FloatTensor } from '../../../src/networks/tensor.js';
import { variantsOf } from '../readers/onnx/changes.js';
import { type Result, Rows } from '../readers/onnx/rows.js';
import { FUNCTION_CASES } from './cases/index.js';
import { fileOf, type FunctionCase, imagesOf, outcomeOf } from './standard.js';

/** A line that says which node, layer or tensor. */
const REFUSAL =
  /^(net\.onnx: (node \S+ \([\w.]+\)|tensor \w+|output y|input x)|layer \w+ (\([\w.]+\): |names ))[^\n]*$/;

const CHANGES = ['the first one more', 'the last one less', 'an axis more before', 'the axes reversed'];

/** Each way to write a case: every output, every value of every attribute, every change of a stored tensor. */
function* filesOf(test: FunctionCase): Generator<[string, Uint8Array]> {
  const own = test.attributes ?? {};
  for (const output of (test.gives ?? ['real']).keys()) yield [`output ${output}`, fileOf(test, own, output)];
  for (const [name, values] of Object.entries(test.values ?? {}))
    for (const value of values)
      for (const output of (test.gives ?? ['real']).keys())
        yield [`${name} = ${JSON.stringify(value)}, output ${output}`, fileOf(test, { ...own, [name]: value }, output)];
  if (test.unchanged) return;
  for (const [change, changed] of variantsOf(test, CHANGES)) yield [change, fileOf(changed, own, 0)];
}

function expectNear(ours: FloatTensor, theirs: Result, near: number | undefined, which: string): void {
  expect(ours.shape, which).toEqual(theirs.dims);
  const data = Float32Array.from(theirs.data);
  if (near === undefined) return expect(ours.data, which).toEqual(data);
  const largest = ours.data.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
  for (const [i, found] of ours.data.entries())
    if (!(Math.abs(found - data[i]) <= near * largest)) expect([which, i, found]).toEqual([which, i, data[i]]);
}

/** Of a newer opset than ONNX Runtime's, of shapes that data decide (tails.test.ts), and no operator of a file. */
const ELSEWHERE = [
  ...['CumProd', 'NonZero', 'Unique', 'lastbit.SelfAttention', 'Shape', 'Size', 'lastbit.Integers'],
  'ai.onnx.ml.ZipMap',
];

it('every function is among them, but those that no such file can ask for', () => {
  const tried = new Set(FUNCTION_CASES.map(({ node: [name] }) => name));
  expect(Object.keys(FUNCTIONS).filter((name) => !tried.has(name))).toEqual(ELSEWHERE);
});

/**
 * Functions of tensors in files: each is refused in one line, or what it gives is what ONNX Runtime gives. Which are taken
 * is kept with what they give; some of the changed files are taken that it refuses.
 */
const rows = new Rows('functions', 64);
afterAll(() => rows.keep());

it.each(FUNCTION_CASES.map((test, i) => [`${test.node[0]} (${i})`, test] as const))('%s', async (name, test) => {
  const taken: string[] = [];
  const images = imagesOf(test);
  for (const [way, bytes] of filesOf(test)) {
    const which = `${name}: ${way}`;
    const ours = outcomeOf(bytes, images);
    if (typeof ours === 'string') expect(ours, which).toMatch(REFUSAL);
    else {
      taken.push(which);
      const theirs = await rows.of(which, bytes, images.data, images.shape, way !== 'output 0');
      if (theirs !== undefined) expectNear(ours, theirs, test.near, which);
    }
  }
  expect(taken).toEqual(rows.keys().filter((key) => key.startsWith(`${name}: `)));
});
