import { decode } from '../formats/codec.js';
import { type Format, quantumExponentOf } from '../formats/format.js';
import { latticeOf } from '../formats/lattice.js';
import {
  compareMagnitudes,
  type FiniteRaw,
  finite,
  fromNumber,
  isZero,
  magnitudeExponent,
  multiply,
  negate,
  type Raw,
  sum,
  toNumber,
} from '../formats/raw.js';
import { type Datapath, type Requantize, totalFitOf } from './datapath.js';
import type { Order } from './order.js';
import { type Operands, productOf } from './products.js';

/** The dot product with no rounding at all, in the units of the datapath's result. */
export function exactSum(datapath: Datapath, { a, b, c, aScales, bScales }: Operands): Raw {
  const { blockScale, operands } = datapath;
  const { format, subnormals } = totalFitOf(datapath);
  const terms: Raw[] = [c === undefined ? finite(false, 0n, 0) : decode(format, c, subnormals)];
  for (let k = 0; k < a.length; k++) {
    let term = productOf(datapath, decode(datapath.a, a[k], operands), decode(datapath.b, b[k], operands));
    if (blockScale !== undefined)
      for (const scales of [aScales, bScales])
        if (scales !== undefined)
          term = multiply(term, decode(blockScale.format, scales[Math.floor(k / blockScale.size)]));
    terms.push(term);
  }
  const total = sum(terms);
  if (datapath.requantize === undefined) return total;
  const last = datapath.result?.format ?? format;
  const counted = last.kind === 'int' ? multiply(total, finite(false, 1n, -last.exponent)) : total;
  return rescaled(datapath.requantize, counted);
}

/** What a requantization, which reads integers in units of their last place, would give without rounding and its limits. */
export function rescaled({ kind, shift = 0, multiplier = 1, bias = 0, zeroPoint = 0 }: Requantize, total: Raw): Raw {
  const scale = kind === 'shift' ? finite(false, 1n, -shift) : fromNumber(multiplier);
  return sum([multiply(sum([total, fromNumber(bias)]), scale), fromNumber(zeroPoint)]);
}

/** The format of the code that the datapath gives out, in an order. */
export function resultFormatOf(datapath: Omit<Datapath, 'name'>, order: Order = datapath.order): Format {
  return datapath.requantize?.format ?? datapath.result?.format ?? totalFitOf(datapath, order).format;
}

/** The exponent of the format's unit in the last place at a value; above the largest value it stays what it is there. */
export function ulpExponent(format: Format, value: FiniteRaw): number {
  const smallest = quantumExponentOf(format);
  if (format.kind !== 'float' || isZero(value)) return smallest;
  const lattice = latticeOf(format);
  const largest = lattice.valueAt(lattice.maxIndex(false));
  const at = compareMagnitudes(value, largest) > 0 ? largest : value;
  if (format.radix === 4) {
    const level = lattice.valueAt(lattice.locate(at).index);
    return isZero(level) ? smallest : magnitudeExponent(level);
  }
  return Math.max(magnitudeExponent(at) - format.mantissaBits, smallest);
}

/**
 * (got - exact) / ulp, the ulp being the format's at the exact value. NaN when a NaN is on either side; infinite when
 * an infinity is on one side only.
 */
export function errorUlp(format: Format, exact: Raw, got: Raw): number {
  if (exact.kind === 'nan' || got.kind === 'nan') return Number.NaN;
  if (exact.kind === 'inf' && got.kind === 'inf') return exact.sign === got.sign ? 0 : got.sign ? -Infinity : Infinity;
  if (got.kind === 'inf') return got.sign ? -Infinity : Infinity;
  if (exact.kind === 'inf') return exact.sign ? Infinity : -Infinity;
  const error = sum([got, negate(exact)]);
  return error.kind === 'finite'
    ? toNumber({ ...error, exponent: error.exponent - ulpExponent(format, exact) }) + 0
    : Number.NaN;
}
