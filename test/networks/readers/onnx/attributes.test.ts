import { FUNCTIONS } from '../../../../src/networks/functions/index.js';
import { afterAll, describe, expect, it } from 'vitest';
import { SUPPORTED_OPERATORS } from '../../../../src/networks/readers/onnx/read.js';
import { CASES, scalar } from './cases.js';
import { Rows } from './rows.js';
import { expectSame, graphOf, imagesFor, outcomeOf, REFUSAL } from './trial.js';

const named = CASES.map((test, i) => [`${test.node[0]} (${i})`, test] as const);
const rows = new Rows('attributes');
afterAll(() => rows.keep());

/**
 * Every attribute that the standard gives an operator, at values on and beside what is supported: the file is refused in
 * one line, or what it gives is what ONNX Runtime gives. Nothing is passed over.
 */
describe('attributes of ONNX operators', () => {
  it('of every operator that is read', () => {
    const tried = new Set(CASES.map(({ node: [type] }) => type));
    expect([...tried].filter((type) => !SUPPORTED_OPERATORS.includes(type))).toEqual([]);
    // Functions of tensors are held in test/networks/functions.
    const own = SUPPORTED_OPERATORS.filter((type) => !Object.hasOwn(FUNCTIONS, type));
    expect(own.filter((type) => !tried.has(type))).toEqual([]);
  });

  it.each(named)('%s: refuses an attribute, and an input, that nobody looked at', (_, test) => {
    const images = imagesFor(test, 1);
    expect(outcomeOf(graphOf(test, test.attributes ?? {}), images)).toBeInstanceOf(Float32Array);
    expect(outcomeOf(graphOf(test, { ...test.attributes, made_up: 3 }), images)).toBe(
      `net.onnx: node y (${test.node[0]}): has made_up = 3, an attribute that is not supported`,
    );
    const initializers = [...(test.initializers ?? []), scalar('more', 'FLOAT', 1)];
    const filled = ' _'.repeat(9 - (test.node[1] === '' ? 0 : test.node[1].split(' ').length));
    expect(outcomeOf(graphOf({ ...test, initializers }, test.attributes ?? {}, `${filled} more`), images)).toMatch(
      ['Add', 'Concat', 'Max', 'Sum'].includes(test.node[0])
        ? REFUSAL
        : /has more as input 10, which is not supported$/,
    );
  });

  it.each(named)('%s: another value is refused in a line, or gives what ONNX Runtime gives', async (name, test) => {
    const taken: string[] = [];
    const images = imagesFor(test, 2);
    const variants = Object.entries(test.values).flatMap(([attribute, values]) =>
      values.map((value) => [`${name}: ${attribute} = ${JSON.stringify(value)}`, { [attribute]: value }] as const),
    );
    for (const [which, change] of [[`${name}: as it is`, {}] as const, ...variants]) {
      const bytes = graphOf(test, { ...test.attributes, ...change });
      const ours = outcomeOf(bytes, images);
      if (typeof ours === 'string') expect(ours, which).toMatch(REFUSAL);
      else {
        taken.push(which);
        expectSame(test, ours, await rows.of(which, bytes, images.data, images.shape), which);
      }
    }
    expect(taken).toEqual(rows.keys().filter((key) => key.startsWith(`${name}: `)));
  });
});
