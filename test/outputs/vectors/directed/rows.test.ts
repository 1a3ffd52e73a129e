import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { coverageOf, coverageReport } from '../../../../src/outputs/vectors/directed/coverage.js';
import { unitRows } from '../../../../src/outputs/vectors/directed/rows.js';
import { expecter, portsOf } from '../../../../src/outputs/vectors/unitVectors.js';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { CHUNKED, MANY_SITES, ODD_UNITS, REQUANTIZED } from '../units.js';

/** Of rows, their results, and what the report says that they reach. */
function digestOf(unit: Datapath, k: number, count: number): string {
  const { inputs } = portsOf(unit, k);
  const coverage = coverageOf(unit);
  const expected = expecter(unit, coverage);
  const hash = createHash('sha256');
  for (const codes of unitRows(unit, inputs, count, 7, coverage))
    hash.update(`${codes.join(';')}=${expected(codes)}\n`);
  hash.update(JSON.stringify(coverageReport(coverage)));
  return hash.digest('hex').slice(0, 16);
}

/** Rows that a seed gives: whoever makes vectors again gets the same ones, from any version. */
it.each([
  [datapathNamed('fp8-fp16'), 1, 'f3a1cfeca010dd49'],
  [datapathNamed('fp8-fp16'), 2, '6d9150778dd5db3e'],
  [CHUNKED, 8, '7c3b5b387e3e8f0a'],
  [datapathNamed('radix4-fp16'), 3, '9753f509107b5c23'],
  [datapathNamed('hopper-e4m3fn-fp16'), 32, '2a46f3b7fe8f9720'],
  [MANY_SITES, 4, '520af2d80444e51f'],
  [REQUANTIZED, 2, 'ca37d748788d6311'],
])('$name: the rows of seed 7 are those that they were', (unit, k, digest) => {
  expect(digestOf(unit, k, 2500)).toBe(digest);
});

const ODD_DIGESTS: Readonly<Record<string, string>> = {
  'uint4 x int4': '3a10e6aa796ff571',
  'uint8 x uint3': '7c6789aef8ef2bc9',
  'ternary x binary': '3d04976e537b347a',
  'e8m0fnu x e2m1fn': '7aac586fb9557855',
  'e2m1fn x e8m0fnu': '71e263a3139d82b9',
  'radix4odd x int4': '7a5a4f19f4ed31dd',
  shifted: '6029d5ce3ca77d52',
  'zero alone': 'bb75673e9f469374',
  'e3m4af x e3m2af': '95005a349de49c90',
  'fp4e3m0 x hfp8': '80e6a339f43c1f25',
  'e5m2fnuz x e4m3fnuz': '5762c20888c3e55d',
  'fp16 x fp16': 'cd5d8992b24c3d38',
  'bf16 x bf16': 'aeda3e08c3e05abb',
  'tf32 x fp32': '1669aeee7d77dad3',
  'fp64 x fp64': 'b581de4c3da4f389',
  'e2m1fn x e2m1fn': '36859d4f53374af9',
  'int8 x uint8': '1ef168c567e3a5b5',
  'int4 x int8': '44b5d85fababe03c',
  coarse: '45d0509ce0ba6764',
  'e2m1fn x e2m3fn': '48cff7894e39b55b',
};

it.each(ODD_UNITS.map((unit) => [unit.name, unit] as const))(
  '%s: so are those of a unit that is not the usual one',
  (name, unit) => {
    expect(digestOf(unit, unit.lanes, 1200)).toBe(ODD_DIGESTS[name]);
  },
);

it('of a unit of few classes rows are directed until each has been aimed at often enough, then drawn', () => {
  const tiny = datapath({
    ...{ name: 'tiny', a: formatNamed('int2'), b: formatNamed('uint2') },
    sum: sumFit('int4', { overflow: 'saturate' }),
  });
  expect(digestOf(tiny, 1, 6000)).toBe('87d06cde95edfc95');
});
