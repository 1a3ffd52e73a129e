import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { coverageOf } from '../../../../src/outputs/vectors/directed/coverage.js';
import { unitRows } from '../../../../src/outputs/vectors/directed/rows.js';
import { expecter, portsOf } from '../../../../src/outputs/vectors/unitVectors.js';
import { CHUNKED, MANY_SITES, REQUANTIZED } from '../units.js';

/** Rows that a seed gives: whoever makes vectors again gets the same ones, from any version. */
it.each([
  [datapathNamed('fp8-fp16'), 1, '4b8658138f09385f'],
  [datapathNamed('fp8-fp16'), 2, 'fbbde95ba4387728'],
  [CHUNKED, 8, '1549a96c752a1aa7'],
  [datapathNamed('radix4-fp16'), 3, '44e521a99f3f0024'],
  [datapathNamed('hopper-e4m3fn-fp16'), 32, '347b4a21815f367c'],
  [datapathNamed('blackwell-nvf4'), 64, '6b15f0e99c3aef7f'],
  [MANY_SITES, 4, '3ff187273638fde3'],
  [REQUANTIZED, 2, 'ed5629f07c4fbb44'],
])('$name: the rows of seed 7 are those that they were', (unit, k, digest) => {
  const { inputs } = portsOf(unit, k);
  const coverage = coverageOf(unit);
  const expected = expecter(unit, coverage);
  const hash = createHash('sha256');
  for (const codes of unitRows(unit, inputs, 2500, 7, coverage)) hash.update(`${codes.join(';')}=${expected(codes)}\n`);
  expect(hash.digest('hex').slice(0, 16)).toBe(digest);
});
