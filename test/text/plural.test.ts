import { expect, it } from 'vitest';
import { counted } from '../../src/text/plural.js';

it('one is singular', () => {
  expect([0, 1, 2].map((count) => counted(count, 'image'))).toEqual(['0 images', '1 image', '2 images']);
});
