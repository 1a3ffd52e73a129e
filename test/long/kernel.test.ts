import { expect, it } from 'vitest';
import { distinctProducts, proveNearest } from '../datapaths/kernel/floats/proof.js';

it.each([
  ['e4m3fn', 'e4m3fn'],
  ['e5m2', 'e5m2'],
  ['e4m3fn', 'e5m2'],
])(
  '%s x %s into fp16 is nearest even: every accumulator x every distinct product',
  (a, b) => {
    const products = distinctProducts(a, b);
    const { sums, wrong } = proveNearest(a, b, products);
    console.info(`${a} x ${b}: ${products.length} products, ${sums} sums`);
    expect(wrong).toBeUndefined();
    expect(sums).toBe(products.length * 2 * 0x7c00);
  },
  900_000,
);
