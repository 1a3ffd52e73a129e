import { expect, it } from 'vitest';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { formatNamed } from '../../src/formats/catalog.js';
import type { LayerSums } from '../../src/simulate/arithmetic.js';
import { operandsOf, sufficientFor } from '../../src/simulate/worst.js';

it('the operands of a sum are its row of a and its column of b, in hexadecimal', () => {
  const [m, n, k] = [2, 3, 4];
  const a = Uint8Array.from({ length: m * k }, (_, i) => 16 * Math.floor(i / k) + (i % k));
  const b = Uint8Array.from({ length: k * n }, (_, i) => 0xa0 + 16 * Math.floor(i / n) + (i % n));
  const sums = { job: { layer: 'l', m, n, k }, unit: datapathNamed('int8'), a, b } as unknown as LayerSums;
  for (let row = 0; row < m; row++)
    for (let column = 0; column < n; column++)
      expect(operandsOf(sums, { row: 10 + row, column, exact: 1, got: 2, ulp: 3 }, 10)).toEqual({
        a: [0, 1, 2, 3].map((i) => `0x${row}${i}`).join(' '),
        b: [0xa0, 0xb0, 0xc0, 0xd0].map((code) => `0x${(code + column).toString(16)}`).join(' '),
        exact: 1,
        got: 2,
        ulp: 3,
      });
});

it('an integer register of so many bits holds the magnitude with either sign, and one of fewer does not', () => {
  for (const name of ['int8', 'int24q6']) {
    const format = formatNamed(name);
    const quantum = format.kind === 'int' ? 2 ** format.exponent : 1;
    for (let quanta = 0; quanta < 300; quanta++) {
      const { bits = 0, exponent } = sufficientFor(format, quanta * quantum);
      expect(exponent).toBeUndefined();
      // Two's complement, the positive end.
      expect(2 ** (bits - 1) - 1).toBeGreaterThanOrEqual(quanta);
      if (quanta > 0) expect(2 ** (bits - 2) - 1).toBeLessThan(quanta);
      else expect(bits).toBe(1);
    }
  }
});

it('a float register needs the exponent of the magnitude’s binade', () => {
  const format = formatNamed('fp16');
  for (const exponent of [-30, -1, 0, 1, 7, 40])
    for (const significand of [1, 1.5, 2 - 2 ** -52])
      expect(sufficientFor(format, significand * 2 ** exponent)).toEqual({ exponent });
  expect(sufficientFor(format, 0)).toEqual({ exponent: 0 });
});
