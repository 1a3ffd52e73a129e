import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { coverageOf } from '../../../../src/outputs/vectors/directed/coverage.js';
import { unitRows } from '../../../../src/outputs/vectors/directed/rows.js';
import { expecter, portsOf } from '../../../../src/outputs/vectors/unitVectors.js';
import type { Datapath } from '../../../../src/datapaths/datapath.js';
import { CHUNKED, MANY_SITES, ODD_UNITS, REQUANTIZED } from '../units.js';

function digestOf(unit: Datapath, k: number, count: number): string {
  const { inputs } = portsOf(unit, k);
  const coverage = coverageOf(unit);
  const expected = expecter(unit, coverage);
  const hash = createHash('sha256');
  for (const codes of unitRows(unit, inputs, count, 7, coverage))
    hash.update(`${codes.join(';')}=${expected(codes)}\n`);
  return hash.digest('hex').slice(0, 16);
}

/** Rows that a seed gives: whoever makes vectors again gets the same ones, from any version. */
it.each([
  [datapathNamed('fp8-fp16'), 1, '4b8658138f09385f'],
  [datapathNamed('fp8-fp16'), 2, 'fbbde95ba4387728'],
  [CHUNKED, 8, '1549a96c752a1aa7'],
  [datapathNamed('radix4-fp16'), 3, '44e521a99f3f0024'],
  [datapathNamed('hopper-e4m3fn-fp16'), 32, '347b4a21815f367c'],
  [MANY_SITES, 4, '3ff187273638fde3'],
  [REQUANTIZED, 2, 'ed5629f07c4fbb44'],
])('$name: the rows of seed 7 are those that they were', (unit, k, digest) => {
  expect(digestOf(unit, k, 2500)).toBe(digest);
});

const ODD_DIGESTS: Readonly<Record<string, string>> = {
  'uint4 x int4': 'fe177370d634bd99',
  'uint8 x uint3': 'fc90859de9f8d1b7',
  'ternary x binary': 'b632e3a8fe93aa74',
  'e8m0fnu x e2m1fn': '522030be41c95557',
  'e2m1fn x e8m0fnu': 'efb729412244671a',
  'radix4odd x int4': 'a487ae4277a6fd1a',
  shifted: 'da27765e9ca8b474',
  'zero alone': '6ce0cfdd8c299e48',
  'e3m4af x e3m2af': '67b7d0dc261e2be5',
  'fp4e3m0 x hfp8': '5809cdb3adc21c19',
  'e5m2fnuz x e4m3fnuz': 'e1513b7b118573ad',
  'fp16 x fp16': '1e07f40b57f70ffd',
  'bf16 x bf16': '51ebfc295d25ebca',
  'tf32 x fp32': 'd205f4fac085dd68',
  'fp64 x fp64': 'd1a5e4f5bd6b70ff',
  'e2m1fn x e2m1fn': 'ef086c275af757d3',
  'int8 x uint8': '23b993992a029cbe',
  'int4 x int8': '617b672f9c1ac6ff',
  'e2m1fn x e2m3fn': 'a8ac42639434fb49',
};

it.each(ODD_UNITS.map((unit) => [unit.name, unit] as const))(
  '%s: so are those of a unit that is not the usual one',
  (name, unit) => {
    expect(digestOf(unit, unit.lanes, 1200)).toBe(ODD_DIGESTS[name]);
  },
);
