import { expect, it } from 'vitest';
import { distinctProducts, proveNearest } from './proof.js';

it.each([
  ['e4m3fn', 'e4m3fn'],
  ['e5m2', 'e5m2'],
  ['e4m3fn', 'e5m2'],
])('%s x %s into fp16 is nearest even: every accumulator, some products (test/long has all)', (a, b) => {
  const products = distinctProducts(a, b);
  const some = products.filter((_, i) => i % Math.ceil(products.length / 8) === 0);
  expect(proveNearest(a, b, some)).toEqual({ sums: some.length * 2 * 0x7c00 });
});
