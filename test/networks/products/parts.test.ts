import { expect, it } from 'vitest';
import { rowsFor } from '../../../src/networks/products/parts.js';

it('a chunk has as many rows as lie in 4 MiB, a multiple of four, and four at least', () => {
  for (const bytes of [
    1,
    3,
    100,
    1000,
    4096,
    65536,
    2 ** 18 - 1,
    2 ** 18,
    2 ** 18 + 1,
    2 ** 20,
    2 ** 20 + 1,
    2 ** 24,
  ]) {
    const rows = rowsFor(bytes);
    expect(rows % 4).toBe(0);
    expect(rows).toBeGreaterThanOrEqual(4);
    if (rows > 4) expect(rows * bytes).toBeLessThanOrEqual(2 ** 22);
    expect((rows + 4) * bytes).toBeGreaterThan(2 ** 22);
  }
});
