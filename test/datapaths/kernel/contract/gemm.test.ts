import { expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { codeArray, outputFormatOf, sumArray, sumsFor } from '../../../../src/datapaths/kernel/contract/gemm.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';

it('codes lie in the narrowest array that holds their width, sums in 32 bits or in 64', () => {
  for (let bits = 1; bits <= 64; bits++) {
    const sums = sumArray(int(bits), 3);
    expect([bits, sums.length, sums.BYTES_PER_ELEMENT]).toEqual([bits, 3, bits <= 32 ? 4 : 8]);
    if (bits <= 32) {
      const codes = codeArray(int(bits), 5);
      expect([bits, codes.length, codes.BYTES_PER_ELEMENT]).toEqual([bits, 5, bits <= 8 ? 1 : bits <= 16 ? 2 : 4]);
    } else
      expect(() => codeArray(int(bits), 5)).toThrow(
        `codeArray: int${bits} has ${bits} bits; operands of products have at most 32`,
      );
  }
});

it('sums go where a job wants them, else into a new array of the format that is given out', () => {
  const unit = datapathNamed('int8');
  const job = { m: 2, n: 3, k: 1, a: new Uint8Array(2), b: new Uint8Array(3) };
  const own = new Uint32Array(6);
  expect(sumsFor(unit, unit.order, { ...job, sums: own })).toBe(own);
  expect(sumsFor(unit, unit.order, job)).toEqual(new Uint32Array(6));
  expect(outputFormatOf(unit)).toBe(unit.sum.format);
  const outer = { format: formatNamed('int48'), rounding: 'rne', overflow: 'wrap', subnormals: 'keep' } as const;
  expect(sumsFor(unit, { kind: 'chunked', length: 4, outer }, job)).toEqual(new BigUint64Array(6));
});
