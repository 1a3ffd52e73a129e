import { describe, expect, it } from 'vitest';
import { type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { sumArray } from '../../../../src/datapaths/kernel/index.js';
import { factsOf } from '../../../../src/datapaths/kernel/contract/facts.js';
import { NO_STARTS, startsOf } from '../../../../src/datapaths/kernel/steps/starts.js';
import type { Order } from '../../../../src/datapaths/order.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import { encode, fitTo } from '../../../../src/formats/codec.js';
import { fromNumber, infinite, NAN, type Raw } from '../../../../src/formats/raw.js';

const fp8 = formatNamed('e5m2');
const unit = (parts: Partial<Datapath> & Pick<Datapath, 'sum'>) => datapath({ name: 'own', a: fp8, b: fp8, ...parts });

/** What is said of initial sums, whose register keeps so many bits, beside products of multiples of 2^products. */
function startsFrom(datapathOf: Datapath, raws: readonly Raw[], mantissaBits: number, products: number, order?: Order) {
  const { format } = datapathOf.sum;
  const c = sumArray(format, raws.length);
  raws.forEach((raw, i) => {
    c[i] = Number(encode(raw, fitTo(format)).code);
  });
  const job = { m: 1, n: raws.length, k: 1, a: new Uint8Array(1), b: new Uint8Array(raws.length), c };
  const outer = { mantissaBits, facts: factsOf(format) };
  return startsOf(datapathOf, order ?? datapathOf.order, outer, job, products);
}

const fp16 = unit({ sum: sumFit('fp16') });
const numbers = (...values: number[]) => values.map(fromNumber);

describe('what is said of initial sums', () => {
  it('is nothing where there are none', () => {
    const job = { m: 1, n: 1, k: 1, a: new Uint8Array(1), b: new Uint8Array(1) };
    const outer = { mantissaBits: 10, facts: factsOf(fp16.sum.format) };
    expect(startsOf(fp16, fp16.order, outer, job, 0)).toEqual({ facts: NO_STARTS });
    expect(NO_STARTS).toEqual({
      max: 0,
      negative: false,
      nans: false,
      infinities: false,
      quantum: Infinity,
      negativeZero: false,
      wide: false,
    });
  });

  it.each([
    ['zeros', numbers(0, 0), 10, 0, {}],
    ['a negative one', [fromNumber(-0), fromNumber(0)], 10, 0, { negativeZero: true }],
    ['the largest magnitude', numbers(1, -3, 2), 10, 0, { max: 3 }],
    ['a NaN', [NAN, fromNumber(2)], 10, 0, { nans: true, max: 2 }],
    ['an infinity', [infinite(true), fromNumber(2)], 10, 0, { infinities: true, max: 2 }],
    ['multiples of the products’ last place', numbers(4, 8), 10, 2, { max: 8 }],
    ['finer ones', numbers(8, 6), 10, 2, { max: 8, quantum: -24 }],
    ['as many bits as the register keeps', numbers(1 + 2 ** -7), 7, -10, { max: 1 + 2 ** -7 }],
    ['one more', numbers(-1 - 2 ** -8), 7, -10, { max: 1 + 2 ** -8, wide: true }],
    ['one more of a number that is not near 1', numbers(12 * (1 + 2 ** -8)), 9, -10, { max: 12 * (1 + 2 ** -8) }],
    ['and two more', numbers(12 * (1 + 2 ** -8)), 8, -10, { max: 12 * (1 + 2 ** -8), wide: true }],
  ])('%s', (_what, raws, mantissaBits, products, expected) => {
    const { facts, values } = startsFrom(fp16, raws, mantissaBits, products);
    expect(facts).toEqual({ ...NO_STARTS, ...expected });
    expect(values).toHaveLength(raws.length);
  });

  it('tells their values, subnormal ones as the register reads them', () => {
    const tiny = numbers(2 ** -15, 3);
    expect(Array.from(startsFrom(fp16, tiny, 10, -30).values ?? [])).toEqual([2 ** -15, 3]);
    const flushing = unit({ sum: sumFit('fp16', { subnormals: 'flush' }) });
    expect(Array.from(startsFrom(flushing, tiny, 10, -30).values ?? [])).toEqual([0, 3]);
  });

  it('reads those of 64 bits', () => {
    const long = unit({ sum: sumFit(int(40)) });
    const c = BigUint64Array.of(5n, (1n << 40n) - 7n);
    const job = { m: 1, n: 2, k: 1, a: new Uint8Array(1), b: new Uint8Array(2), c };
    const { facts, values } = startsOf(long, long.order, { mantissaBits: 40, facts: factsOf(int(40)) }, job, 0);
    expect(facts).toEqual({ ...NO_STARTS, max: 7 });
    expect(Array.from(values ?? [])).toEqual([5, -7]);
  });

  it('knows the finer of two registers’ last places', () => {
    const outer = sumFit('fp32');
    const chunked = unit({ sum: sumFit('fp16'), order: { kind: 'chunked', length: 4, outer } });
    const c = Uint32Array.of(0x3f000000);
    const job = { m: 1, n: 1, k: 1, a: new Uint8Array(1), b: new Uint8Array(1), c };
    for (const [name, quantum] of [
      ['fp16', -149],
      ['fp64', -1074],
    ] as const) {
      const { facts } = startsOf(
        chunked,
        chunked.order,
        { mantissaBits: 23, facts: factsOf(formatNamed(name)) },
        job,
        0,
      );
      expect(facts).toEqual({ ...NO_STARTS, max: 0.5, quantum });
    }
  });
});
