import type { Format } from './format.js';
import type { Rounding } from './rounding.js';

/** How an exact value is forced into a format. */
export interface Fit {
  format: Format;
  rounding: Rounding;
  overflow: Overflow;
  subnormals: Subnormals;
  /** Whether a result counts as tiny before or after rounding (IEEE 754-2019 section 7.5); `after` by default. */
  tininess?: 'before' | 'after';
}

/**
 * `flush`: subnormal operands are read as zero and tiny results become zero, both keeping their sign; also in formats
 * whose lowest exponent field holds zeros alone.
 */
export type Subnormals = 'keep' | 'flush';

/** A fit with the defaults of the field: nearest even, IEEE overflow (integers wrap), subnormals kept. */
export function fitTo(format: Format, parts: Partial<Omit<Fit, 'format'>> = {}): Fit {
  const overflow = format.kind === 'int' ? 'wrap' : 'ieee';
  return { format, rounding: 'rne', overflow, subnormals: 'keep', ...parts };
}

/**
 * What a value becomes that the format does not reach. Finite overflow, that is what rounding without a limit on the
 * exponent would take beyond the largest finite value: `ieee` gives infinity, but directed roundings stop at the largest
 * finite value; `infinity` gives it always; `saturate` and `saturate-propagate` the largest finite value of that sign;
 * `nan`; `wrap` modulo 2^bits, integers only. Where the format has no infinity its NaN is given instead, and where it has
 * neither, the largest finite value. In an integer format `ieee`, `infinity` and `nan` saturate.
 *
 * An infinite value is no overflow (IEEE 754-2019 section 7.4 speaks of finite ones), so that no rounding has a say: it
 * stays where the format has infinities, but under `saturate` it becomes the largest finite value (ONNX Cast and
 * QuantizeLinear with saturate = 1, PTX satfinite, IEEE P3109's SatFinite; `saturate-propagate` is P3109's SatPropagate).
 * In a format without infinity it is NaN, and under both saturating policies, or where there is no NaN either, the
 * largest finite value of its sign.
 *
 * Zero in a format without one, and what is negative in a float without a sign, are NaN, or the lowest value under both
 * saturating policies and where there is no NaN (ml_dtypes; ONNX Cast-25 for zero).
 */
export type Overflow = keyof typeof OVERFLOW_RULES;

/** All that is to be known of a policy. */
export interface OverflowRule {
  /** What finite overflow gives, where the format has it; `rounding` asks the rounding for infinity or the largest. */
  finite: 'rounding' | 'infinity' | 'largest' | 'nan' | 'wrap';
  /** An infinity stays one where the format has infinities. */
  keepsInfinity: boolean;
  /** Its number in the words of fields that the SystemVerilog modules take. */
  rtl: number;
}

/** Adding a policy is one entry, and its case in lastbit_round_float.sv and lastbit_round_int.sv. */
export const OVERFLOW_RULES = {
  ieee: { finite: 'rounding', keepsInfinity: true, rtl: 0 },
  infinity: { finite: 'infinity', keepsInfinity: true, rtl: 1 },
  saturate: { finite: 'largest', keepsInfinity: false, rtl: 2 },
  'saturate-propagate': { finite: 'largest', keepsInfinity: true, rtl: 5 },
  nan: { finite: 'nan', keepsInfinity: true, rtl: 3 },
  wrap: { finite: 'wrap', keepsInfinity: true, rtl: 4 },
} as const satisfies Readonly<Record<string, OverflowRule>>;

export const OVERFLOWS = Object.keys(OVERFLOW_RULES) as Overflow[];
