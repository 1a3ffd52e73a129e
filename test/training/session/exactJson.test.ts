import { expect, it } from 'vitest';
import { exactJson, fromExactJson } from '../../../src/training/session/exactJson.js';

it.each([
  [{ images: 10, accuracy: 1 / 3, sqnrExactDb: Infinity }, '"sqnrExactDb":null,"exact":true'],
  [{ accuracy: 0.9, sqnrExactDb: 29.783253917723936, sqnrFloatDb: Infinity }, '"sqnrFloatDb":null'],
  [{ accuracy: 0, sqnrExactDb: Number.NaN, sqnrFloatDb: -3.5 }, '"sqnrExactDb":null'],
  [[{ steps: [{ loss: Number.NaN }, { loss: -Infinity }, { loss: -0 + 1 }] }], '"loss":null'],
])('%j comes back as it was, and is JSON', (value, spelled) => {
  const text = exactJson(value);
  expect(text).toContain(spelled);
  expect(() => JSON.parse(text)).not.toThrow();
  expect(fromExactJson(text)).toEqual(value);
});
