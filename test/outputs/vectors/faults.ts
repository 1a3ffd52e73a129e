import { alignedSum, normalisedExponent } from '../../../src/datapaths/aligned.js';
import { type Datapath, registerFitOf, totalFitOf } from '../../../src/datapaths/datapath.js';
import { alignmentExponent, productsOf } from '../../../src/datapaths/products.js';
import { decode, encode, type Fit } from '../../../src/formats/codec.js';
import { widthOf } from '../../../src/formats/format.js';
import { latticeOf } from '../../../src/formats/lattice.js';
import { finite, type FiniteRaw, isZero, magnitudeExponent, type Raw, sum } from '../../../src/formats/raw.js';
import { ROUNDINGS, type Rounding } from '../../../src/formats/rounding.js';
import type { RowCodes } from '../../../src/outputs/vectors/stimulus.js';

/**
 * Faulty units: a model of units that round once, made of the parts that the reference is made of, with one fault in it.
 * Golden vectors that a faulty unit passes are worth nothing.
 */
export interface Row {
  /** Exact values of the products, and of the initial sum. */
  products: ReturnType<typeof productsOf>;
  start: Raw;
  /** What is rounded. */
  exact: Raw;
}

const ZERO = finite(false, 0n, 0);

/** The value that a unit rounds, in its last rounding; all earlier ones must be exact for the model to hold. */
export function rowOf(datapath: Datapath, [a, b, [c]]: RowCodes): Row {
  const total = totalFitOf(datapath);
  const start = decode(total.format, c, total.subnormals);
  const products = productsOf(datapath, { a, b }, (raw) => raw);
  return { products, start, exact: exactOf(datapath, products, start) };
}

export function exactOf(datapath: Datapath, products: Row['products'], start: Raw): Raw {
  const { combine, sum: register, order } = datapath;
  if (combine.kind === 'aligned') {
    const exponent = alignmentExponent(register.format, start);
    return alignedSum(combine, products, { raw: start, exponent }).raw;
  }
  const inner = sum(products.map(({ raw }) => raw));
  return sum([start, order.kind === 'chunked' ? sum([ZERO, inner]) : inner]);
}

/** The unit's code for what it rounds. */
export function codeOf(datapath: Datapath, exact: Raw, more: Partial<Fit> = {}): bigint {
  const { code } = encode(exact, { ...registerFitOf(datapath.sum), ...more });
  return exact.kind === 'nan' && datapath.nanCode !== undefined ? BigInt(datapath.nanCode) : code;
}

export interface Fault {
  name: string;
  /** The binade and sign that it is confined to; undefined where it is not. */
  where?: { exponent: number; negative: boolean };
  code(row: Row): bigint;
}

/** A finite value that is no zero. */
const isNumber = (raw: Raw): raw is FiniteRaw => raw.kind === 'finite' && raw.significand !== 0n;

/** What a unit of another rounding would do; rounding to odd is in no unit. */
function otherRoundings(rounding: Rounding) {
  return ROUNDINGS.filter((other) => other !== rounding && other !== 'rto');
}

/** Every fault of a unit: some confined to one binade and sign, others at large. */
export function faultsOf(datapath: Datapath, lanes: number): Fault[] {
  return [...binadeFaults(datapath), ...globalFaults(datapath), ...laneFaults(datapath, lanes), ...cutFaults(datapath)];
}

function binadeFaults(datapath: Datapath): Fault[] {
  const { format } = datapath.sum;
  const lattice = latticeOf(format);
  const lowest = magnitudeExponent(lattice.valueAt(lattice.next(0n)));
  const highest = magnitudeExponent(lattice.valueAt(lattice.maxIndex(false)));
  const faults: Fault[] = [];
  for (let exponent = lowest - 1; exponent <= highest; exponent++)
    for (const negative of [false, true])
      for (const rounding of otherRoundings(datapath.sum.rounding))
        faults.push({
          name: `${rounding} of ${negative ? 'negatives' : 'positives'} in binade ${exponent}`,
          where: { exponent, negative },
          code: ({ exact }) => codeOf(datapath, exact, { rounding }),
        });
  return faults;
}

/** The value cut so many bits below the last one that is kept: what lies lower is not looked at. */
function withoutSticky(datapath: Datapath, raw: FiniteRaw, bits: number): FiniteRaw {
  const lattice = latticeOf(registerFitOf(datapath.sum).format);
  const { index, at } = lattice.locate(raw);
  if (at.remainder === 0n) return raw;
  const [base, next] = [lattice.valueAt(index), lattice.valueAt(lattice.next(index))];
  const step = sum([next, { ...base, sign: !base.sign }]) as FiniteRaw;
  const kept = (at.remainder << BigInt(bits)) / at.step;
  const part = finite(false, step.significand * kept, step.exponent - bits);
  return { ...(sum([base, part]) as FiniteRaw), sign: raw.sign };
}

function globalFaults(datapath: Datapath): Fault[] {
  const { format } = registerFitOf(datapath.sum);
  const lattice = latticeOf(format);
  const fault = (name: string, wrong: (row: Row) => bigint | undefined): Fault => ({
    name,
    code: (row) => wrong(row) ?? codeOf(datapath, row.exact),
  });
  const signBit = 1n << BigInt(widthOf(format) - 1);
  return [
    fault('the largest number is one ulp less', ({ exact }) =>
      isNumber(exact) && lattice.locate(exact).index === lattice.maxIndex(exact.sign)
        ? lattice.codeOf(exact.sign, lattice.maxIndex(exact.sign) - 1n)
        : undefined,
    ),
    fault('overflow one ulp late', ({ exact }) => {
      if (!isNumber(exact)) return undefined;
      const { index } = lattice.locate(exact);
      const max = lattice.maxIndex(exact.sign);
      if (format.kind === 'float') return index === max ? lattice.codeOf(exact.sign, max) : undefined;
      return index === max + 1n ? lattice.codeOf(exact.sign, index) : undefined;
    }),
    fault('overflow one ulp early', ({ exact }) =>
      isNumber(exact) && lattice.locate(exact).index === lattice.maxIndex(exact.sign)
        ? codeOf(datapath, { ...exact, significand: exact.significand * 2n })
        : undefined,
    ),
    fault('subnormal results are flushed', ({ exact }) => {
      if (!isNumber(exact) || format.kind !== 'float' || format.lowest !== 'subnormal') return undefined;
      return codeOf(datapath, exact, { subnormals: 'flush' });
    }),
    fault('a sum that cancels to zero is -0', ({ exact }) =>
      isZero(exact) && format.kind === 'float' ? codeOf(datapath, exact) | signBit : undefined,
    ),
    fault('-0 is +0', ({ exact }) => (isZero(exact) ? codeOf(datapath, ZERO) : undefined)),
    fault('the last bit is lost where eight binades cancel', ({ exact, start }) =>
      isNumber(exact) && isNumber(start) && magnitudeExponent(start) - magnitudeExponent(exact) >= 8
        ? codeOf(datapath, exact) ^ 1n
        : undefined,
    ),
    fault('a carry out of the significand is lost', ({ exact }) => {
      if (!isNumber(exact) || format.kind !== 'float') return undefined;
      const code = codeOf(datapath, exact);
      const low = lattice.codeOf(exact.sign, lattice.locate(exact).index);
      const mask = (1n << BigInt(format.mantissaBits)) - 1n;
      return code !== low && (low & mask) === mask ? low & ~mask : undefined;
    }),
    ...[1, 2, 3].map((bits) =>
      fault(`${bits} bits are kept below the last one, without sticky`, ({ exact }) =>
        isNumber(exact) ? codeOf(datapath, withoutSticky(datapath, exact, bits)) : undefined,
      ),
    ),
    fault('NaN is infinity', ({ exact }) =>
      exact.kind === 'nan' ? codeOf(datapath, { kind: 'inf', sign: false }) : undefined,
    ),
  ];
}

function laneFaults(datapath: Datapath, lanes: number): Fault[] {
  return Array.from({ length: lanes }, (_, lane) => ({
    name: `lane ${lane} is lost`,
    code: ({ products, start }: Row) =>
      codeOf(datapath, exactOf(datapath, products.with(lane, { raw: ZERO, exponent: -Infinity }), start)),
  }));
}

/** Faults of an adder that cuts its terms. */
function cutFaults(datapath: Datapath): Fault[] {
  const { combine } = datapath;
  if (combine.kind !== 'aligned') return [];
  const others: [string, Partial<typeof combine>][] = [
    ['a fraction bit less', { fractionBits: combine.fractionBits - 1 }],
    ['a fraction bit more', { fractionBits: combine.fractionBits + 1 }],
    ['cut terms are rounded down', { truncate: combine.truncate === 'floor' ? 'rtz' : 'floor' }],
    ['cut terms are rounded to nearest', { truncate: combine.truncate === 'rne' ? 'rtz' : 'rne' }],
    ['zeros take part', { zerosAlign: combine.zerosAlign !== true }],
  ];
  const changed = others.map(([name, change]) => {
    const other: Datapath = { ...datapath, combine: { ...combine, ...change } };
    return { name, code: ({ products, start }: Row) => codeOf(datapath, exactOf(other, products, start)) };
  });
  const normalised = (products: Row['products']) =>
    products.map(({ raw }) => ({ raw, exponent: normalisedExponent(raw) }));
  const name = 'products align as normalised';
  return [
    ...changed,
    { name, code: ({ products, start }) => codeOf(datapath, exactOf(datapath, normalised(products), start)) },
  ];
}
