import { afterAll, expect, it } from 'vitest';
import { CASES } from './cases.js';
import { variantsOf } from './changes.js';
import { Rows } from './rows.js';
import { expectSame, graphOf, imagesFor, outcomeOf, REFUSAL } from './trial.js';

/**
 * Every stored tensor that an operator or its neighbours read, changed alone: in a value, in its shape, in its type. The
 * file is refused in one line, or what it gives is what ONNX Runtime gives.
 */
const rows = new Rows('inputs');
afterAll(() => rows.keep());

const named = CASES.map((test, i) => [`${test.node[0]} (${i})`, test] as const).filter(
  ([, { initializers = [] }]) => initializers.length > 0,
);

it.each(named)('%s: a stored tensor changed alone', async (name, test) => {
  const taken: string[] = [];
  const images = imagesFor(test, 1);
  for (const [change, changed] of variantsOf(test)) {
    const which = `${name}: ${change}`;
    const bytes = graphOf(changed, test.attributes ?? {});
    const ours = outcomeOf(bytes, images);
    if (typeof ours === 'string') expect(ours, which).toMatch(REFUSAL);
    else {
      taken.push(which);
      expectSame(test, ours, await rows.of(which, bytes, images.data, images.shape), which);
    }
  }
  expect(taken).toEqual(rows.keys().filter((key) => key.startsWith(`${name}: `)));
});
