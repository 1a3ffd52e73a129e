import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datapath, sumFit } from '../../src/datapaths/datapath.js';
import { describeDatapath, describeFit, describeFormat } from '../../src/datapaths/describe.js';
import { parseDatapath } from '../../src/datapaths/schema.js';
import { formatNamed, int } from '../../src/formats/catalog.js';
import { fitTo } from '../../src/formats/codec.js';
import type { FloatFormat } from '../../src/formats/format.js';
import { stochastic } from '../../src/formats/rounding.js';
import { anyDatapath, firingDatapath, randomDatapath } from './kernel/arbitrary.js';
import { pairwiseUnit, tensorCore } from './kernel/tensorCores.js';
import { complaint, type Fields } from './unitFiles.js';

/** Units without what a file leaves out, since a field that is not there and one that is undefined are the same. */
function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [key, written(field)]));
}

describe.each([
  ['any', anyDatapath, 30],
  ['firing', firingDatapath, 75],
  ['random', randomDatapath, 50],
  ['tensor core', tensorCore, 30],
  ['pairwise', pairwiseUnit, 100],
])('units of kind %s, seed 8', (_kind, arbitrary, least) => {
  it('that a file can have are read back from what is said of them', () => {
    let read = 0;
    for (const drawn of fc.sample(arbitrary, { numRuns: 150, seed: 8 })) {
      const { keptMantissaBits: _kept, ...sum } = drawn.sum;
      const unit = datapath({ ...drawn, sum, ...('nanCode' in drawn ? { nanCode: undefined } : {}) });
      const fields = describeDatapath(unit) as Fields;
      if (complaint(fields) !== undefined) continue;
      expect(written(parseDatapath(JSON.stringify(fields), 'x.json'))).toEqual(written(unit));
      read++;
    }
    expect(read).toBeGreaterThan(least);
  });
});

it('defaults are left out, and what differs from them is not', () => {
  const unit = datapath({ name: 'u', a: formatNamed('fp16'), b: int(5, true, -2), sum: sumFit('fp32') });
  const sum = { format: 'fp32', rounding: 'rne', overflow: 'ieee', subnormals: 'keep' };
  expect(describeDatapath(unit)).toEqual({ name: 'u', a: 'fp16', b: 'int5q2', sum });
  const product = fitTo(formatNamed('fp16'), { rounding: stochastic(5) });
  const all = {
    ...unit,
    product,
    lanes: 2,
    combine: { kind: 'tree' },
    order: { kind: 'tree', width: 4 },
    operands: 'flush',
    nanCode: 1,
  } as const;
  expect(describeDatapath(all)).toEqual({
    ...{ name: 'u', a: 'fp16', b: 'int5q2', sum, lanes: 2, combine: { kind: 'tree' }, nanCode: 1 },
    product: { format: 'fp16', rounding: 'stochastic:5', overflow: 'ieee', subnormals: 'keep' },
    order: { kind: 'tree', width: 4 },
    operands: 'flush',
  });
});

it('a format is its name where that means it, else its fields', () => {
  const e5m2 = formatNamed('e5m2') as FloatFormat;
  const { kind: _kind, ...fields } = { ...e5m2, bias: 14 };
  expect([describeFormat(e5m2), describeFormat({ ...e5m2, bias: 14 })]).toEqual(['e5m2', fields]);
  expect(describeFormat(int(11))).toBe('int11');
});

it('a random rounding is its bits where all else is as usual', () => {
  const of = (rounding: ReturnType<typeof stochastic>) =>
    (
      describeDatapath(datapath({ name: 'u', a: int(8), b: int(8), sum: sumFit('fp32', { rounding }) })) as {
        sum: { rounding: unknown };
      }
    ).sum.rounding;
  expect(of(stochastic(9))).toBe('stochastic:9');
  expect(of(stochastic(9, 2))).toEqual(stochastic(9, 2));
  expect(of(stochastic(9, 1, true))).toEqual(stochastic(9, 1, true));
});

it('a fit is one line, with subnormals where there can be any', () => {
  expect(describeFit(fitTo(formatNamed('fp16'), { rounding: 'rtz', subnormals: 'flush' }))).toBe('fp16 rtz ieee flush');
  expect(describeFit(fitTo(int(8), { rounding: stochastic(3), overflow: 'saturate' }))).toBe(
    'int8 stochastic:3 saturate',
  );
});
