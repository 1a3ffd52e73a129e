import type { BlockScale, Datapath } from '../../datapath.js';
import { type Format, widthOf } from '../../../formats/format.js';
import { factorWeight, weightOf, ZERO_EXPONENT } from '../float64/align.js';
import type { CodeArray, GemmJob } from '../contract/gemm.js';
import { decodeRows } from '../float64/terms.js';
import { decoderOf, valuesOf } from '../float64/values.js';
import { marksOf } from './marks.js';
import { exponentIn, type Seen, seenIn } from './pack.js';

/**
 * Operands' exponents, 16 bits each: this much is added, so that zero (and padding) is 0 and lies below every other even
 * after an addition.
 */
export const EXPONENT_BIAS = 8192;

/** An operand as panels are packed from it: codes, and what they stand for. */
export interface FiringOperand {
  codes: CodeArray;
  values: Float64Array;
  /** Biased exponents as an alignment sees them; 0 for what takes no part in it. */
  exponents: Int16Array;
  seen: Seen;
  /** The largest exponent; -Infinity where there is none. */
  largest: number;
  /** 2^smallest is no larger than any magnitude but zero; Infinity where there is none. */
  smallest: number;
}

interface Tables {
  values: Float64Array;
  exponents: Int16Array;
}

/** What decides how operands are read. */
type Source = Pick<Datapath, 'a' | 'b' | 'blockScale' | 'operands' | 'combine' | 'widened'>;

/** How operands without scales are read; tables of formats up to 16 bits are made once. */
export function plainReader(datapath: Source): {
  plain: (format: Format, codes: CodeArray) => FiringOperand;
  tableOf: (format: Format) => Tables;
} {
  const tables = new Map<Format, Tables>();
  const tableOf = (format: Format): Tables => {
    let table = tables.get(format);
    if (table === undefined) {
      const values = valuesOf(format, datapath.operands);
      tables.set(format, (table = { values, exponents: exponentsOf(datapath, format, values) }));
    }
    return table;
  };
  const plain = (format: Format, codes: CodeArray): FiringOperand =>
    widthOf(format) <= 16 ? seenBy(codes, tableOf(format)) : oneByOne(datapath, format, codes);
  return { plain, tableOf };
}

/** The operands of a job for a datapath. */
export function operandsFor(datapath: Source): (job: GemmJob) => [FiringOperand, FiringOperand] {
  const { a, b, blockScale } = datapath;
  const { plain, tableOf } = plainReader(datapath);
  if (blockScale === undefined) return (job) => [plain(a, job.a), plain(b, job.b)];
  const [first, second] = [a, b].map((format) => scaledBy(datapath, blockScale, format, tableOf));
  return (job) => [
    first(job.a, job.aScales && rowScales(job, blockScale, job.aScales), () => plain(a, job.a)),
    second(job.b, job.bScales && columnScales(job, blockScale, job.bScales), () => plain(b, job.b)),
  ];
}

/** The code of its block's scale for every element of a [m][k]. */
function rowScales({ m, k }: GemmJob, { size }: BlockScale, scales: CodeArray): Uint16Array {
  const all = new Uint16Array(m * k);
  for (let i = 0, block = 0; i < m; i++)
    for (let from = 0; from < k; from += size, block++)
      all.fill(scales[block], i * k + from, i * k + Math.min(k, from + size));
  return all;
}

/** The same of b [k][n]. */
function columnScales({ k, n }: GemmJob, { size }: BlockScale, scales: CodeArray): Uint16Array {
  const all = new Uint16Array(k * n);
  for (let i = 0; i < k; i++) {
    const block = Math.floor(i / size);
    all.set(scales.subarray(block * n, (block + 1) * n), i * n);
  }
  return all;
}

function seenBy(codes: CodeArray, { values, exponents }: Tables): FiringOperand {
  const seen = seenIn(codes, values);
  let largest = 0;
  let smallest = Infinity;
  if (exponents.length > 0) {
    const marks = marksOf(codes, values.length);
    for (let code = 0; code < marks.length; code++) {
      if (marks[code] === 0) continue;
      largest = Math.max(largest, exponents[code]);
      if (values[code] !== 0) smallest = Math.min(smallest, Math.abs(values[code]));
    }
  }
  return {
    codes,
    values,
    exponents,
    seen,
    largest: largest === 0 ? -Infinity : largest - EXPONENT_BIAS,
    smallest: Math.floor(Math.log2(smallest)),
  };
}

/** Each element is a code of its own. */
function oneByOne(datapath: Source, format: Format, codes: CodeArray): FiringOperand {
  const decode = decoderOf(format, datapath.operands);
  const values = decodeRows(codes, decode);
  return seenBy(placesOf(values.length), { values, exponents: exponentsOf(datapath, format, values) });
}

export function placesOf(length: number): Uint32Array {
  const places = new Uint32Array(length);
  for (let i = 0; i < length; i++) places[i] = i;
  return places;
}

const NONE = new Int16Array(0);

function exponentsOf(datapath: Source, format: Format, values: Float64Array): Int16Array {
  if (datapath.combine.kind !== 'aligned') return NONE;
  const read = exponentOf(datapath, format);
  const exponents = new Int16Array(values.length);
  for (let i = 0; i < values.length; i++) exponents[i] = read(values[i]);
  return exponents;
}

/** The biased exponent of a format's values as an alignment sees it; 0 of what takes no part in it. */
export function exponentOf({ combine, widened }: Source, format: Format): (value: number) => number {
  const seen = widened ?? format;
  const zero = combine.kind === 'aligned' && combine.zerosAlign === true ? EXPONENT_BIAS + ZERO_EXPONENT : 0;
  const lowest = EXPONENT_BIAS + Math.log2(weightOf(seen, Number.MIN_VALUE));
  return (value) => {
    if (value === 0) return zero;
    return value - value === 0 ? Math.max(EXPONENT_BIAS + exponentIn(value), lowest) : 0;
  };
}

/** An operand whose elements are scaled, from their codes and the codes of their scales. */
type Scaled = (codes: CodeArray, scales: Uint16Array | undefined, unscaled: () => FiringOperand) => FiringOperand;

/**
 * Every element times the scale of its block; an exponent of a scale adds to the element's. A pair of codes of at most 16
 * bits is looked up, wider ones are multiplied one by one.
 */
function scaledBy(
  datapath: Source,
  { format: scale }: BlockScale,
  format: Format,
  tableOf: (format: Format) => Tables,
): Scaled {
  const zeros = datapath.combine.kind === 'aligned' && datapath.combine.zerosAlign === true;
  const factors = valuesOf(scale);
  const shifts = Int16Array.from(factors, (value) => (value - value === 0 ? Math.log2(factorWeight(scale, value)) : 0));
  const times = ({ values, exponents }: Tables, codes: ArrayLike<number>, scales: ArrayLike<number>): Tables => {
    const own = { values: new Float64Array(codes.length), exponents: new Int16Array(exponents.length && codes.length) };
    for (let i = 0; i < codes.length; i++) {
      const value = values[codes[i]] * factors[scales[i]];
      own.values[i] = value;
      if (exponents.length !== 0 && exponents[codes[i]] !== 0 && (value !== 0 || zeros))
        own.exponents[i] = exponents[codes[i]] + shifts[scales[i]];
    }
    return own;
  };
  const width = widthOf(format);
  const one: Scaled = (codes, scales, unscaled) => {
    const plain = unscaled();
    if (scales === undefined) return plain;
    return seenBy(placesOf(codes.length), times(plain, plain.codes, scales));
  };
  if (width + widthOf(scale) > 16) return one;
  let pairs: Tables | undefined;
  return (codes, scales, unscaled) => {
    if (scales === undefined) return unscaled();
    pairs ??= times(tableOf(format), ...everyPair(width, widthOf(scale)));
    return seenBy(pairsOf(codes, scales, width), pairs);
  };
}

/** The two halves of every code of so many lower and upper bits. */
function everyPair(lower: number, upper: number): [Uint16Array, Uint16Array] {
  const all = Uint16Array.from(placesOf(2 ** (lower + upper)));
  return [all.map((pair) => pair & (2 ** lower - 1)), all.map((pair) => pair >> lower)];
}

/** Codes and their scales' side by side. */
function pairsOf(codes: CodeArray, scales: Uint16Array, width: number): Uint16Array {
  const pairs = new Uint16Array(codes.length);
  for (let i = 0; i < pairs.length; i++) pairs[i] = codes[i] | (scales[i] << width);
  return pairs;
}
