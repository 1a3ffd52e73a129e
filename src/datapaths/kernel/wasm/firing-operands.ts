import type { Datapath } from '../../datapath.js';
import { type Format, widthOf } from '../../../formats/format.js';
import { factorWeight, weightOf } from '../align.js';
import type { CodeArray, GemmJob } from '../gemm.js';
import { decoderOf, valuesOf } from '../values.js';
import { EXPONENT_BIAS } from './firing-exponents.js';
import { type Seen, seenIn } from './pack.js';

/** An operand as panels are packed from it: codes, and what they stand for. */
export interface FiringOperand {
  codes: CodeArray;
  values: Float64Array;
  /** Biased exponents as an alignment sees them; 0 for what takes no part in it. */
  exponents: Int16Array;
  seen: Seen;
  /** The largest exponent; -Infinity where there is none. */
  largest: number;
}

interface Tables {
  values: Float64Array;
  exponents: Int16Array;
}

/** What decides how operands are read. */
type Source = Pick<Datapath, 'a' | 'b' | 'blockScale' | 'operands' | 'combine' | 'widened'>;

/** The operands of a job for a datapath; tables of formats up to 16 bits are made once. */
export function operandsFor(datapath: Source): (job: GemmJob) => [FiringOperand, FiringOperand] {
  const { a, b, blockScale } = datapath;
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
  return (job) => {
    const { k, n, aScales, bScales } = job;
    const [x, y] = [plain(a, job.a), plain(b, job.b)];
    if (blockScale === undefined) return [x, y];
    const { size } = blockScale;
    const blocks = Math.ceil(k / size);
    const row = (i: number) => Math.floor(i / k) * blocks + Math.floor((i % k) / size);
    const column = (i: number) => Math.floor(Math.floor(i / n) / size) * n + (i % n);
    return [scaled(datapath, x, aScales, row), scaled(datapath, y, bScales, column)];
  };
}

function seenBy(codes: CodeArray, { values, exponents }: Tables): FiringOperand {
  const seen = seenIn(codes, values);
  let largest = 0;
  // A larger magnitude never has a smaller exponent.
  for (let code = 0; code < exponents.length; code++)
    if (Math.abs(values[code]) <= seen.max) largest = Math.max(largest, exponents[code]);
  return { codes, values, exponents, seen, largest: largest === 0 ? -Infinity : largest - EXPONENT_BIAS };
}

/** Each element is a code of its own. */
function oneByOne(datapath: Source, format: Format, codes: CodeArray): FiringOperand {
  const decode = decoderOf(format, datapath.operands);
  const values = Float64Array.from(codes, decode);
  return seenBy(placesOf(values.length), { values, exponents: exponentsOf(datapath, format, values) });
}

export function placesOf(length: number): Uint32Array {
  const places = new Uint32Array(length);
  for (let i = 0; i < length; i++) places[i] = i;
  return places;
}

const NONE = new Int16Array(0);

function exponentsOf({ combine, widened }: Source, format: Format, values: Float64Array): Int16Array {
  if (combine.kind !== 'aligned') return NONE;
  const zeros = combine.zerosAlign === true;
  const seen = widened ?? format;
  return Int16Array.from(values, (value) => {
    if (value - value !== 0 || (value === 0 && !zeros)) return 0;
    return Math.log2(value === 0 ? factorWeight(seen, 0) : weightOf(seen, value)) + EXPONENT_BIAS;
  });
}

/** Every element times the scale of its block; an exponent of a scale adds to the element's. */
function scaled(
  datapath: Source,
  { codes, values, exponents }: FiringOperand,
  scales: CodeArray | undefined,
  blockOf: (place: number) => number,
): FiringOperand {
  const { blockScale, combine } = datapath;
  if (scales === undefined || blockScale === undefined) return seenBy(codes, { values, exponents });
  const zeros = combine.kind === 'aligned' && combine.zerosAlign === true;
  const factors = valuesOf(blockScale.format);
  const shifts = Int16Array.from(factors, (value) =>
    value - value === 0 ? Math.log2(factorWeight(blockScale.format, value)) : 0,
  );
  const own = { values: new Float64Array(codes.length), exponents: new Int16Array(exponents.length && codes.length) };
  for (let i = 0; i < codes.length; i++) {
    const [code, scale] = [codes[i], scales[blockOf(i)]];
    const value = values[code] * factors[scale];
    own.values[i] = value;
    if (exponents.length !== 0 && exponents[code] !== 0 && (value !== 0 || zeros))
      own.exponents[i] = exponents[code] + shifts[scale];
  }
  return seenBy(placesOf(codes.length), own);
}
