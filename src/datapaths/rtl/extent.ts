import type { Fit } from '../../formats/codec.js';
import { type Format, quantumExponentOf } from '../../formats/format.js';
import { latticeOf } from '../../formats/lattice.js';
import { magnitudeExponent } from '../../formats/raw.js';
import type { Datapath } from '../datapath.js';

/** Every finite value is a multiple of 2^low and below 2^high in magnitude. */
export interface Extent {
  low: number;
  high: number;
}

export function extentOf(format: Format): Extent {
  if (format.kind === 'int') return { low: format.exponent, high: format.exponent + format.bits };
  const lattice = latticeOf(format);
  return {
    low: quantumExponentOf(format),
    high: magnitudeExponent(lattice.valueAt(lattice.maxIndex(false))) + 1,
  };
}

/** What the products of a datapath can be, and after them everything else that is added. */
export function productExtent({ a, b, product }: Datapath): Extent {
  if (product !== 'exact') return extentOf(product.format);
  const [x, y] = [extentOf(a), extentOf(b)];
  return { low: x.low + y.low, high: x.high + y.high };
}

export function unionOf(extents: readonly Extent[]): Extent {
  return { low: Math.min(...extents.map(({ low }) => low)), high: Math.max(...extents.map(({ high }) => high)) };
}

/** Width of a decoded significand. */
export function significandBits(format: Format): number {
  if (format.kind === 'float') return format.mantissaBits + 1;
  return format.kind === 'int' ? format.bits : 1;
}

export function clog2(value: number): number {
  return value <= 1 ? 0 : 32 - Math.clz32(value - 1);
}

/** What a zero factor counts as, and more than any guard bits and carries need. */
const MARGIN = 2 * 126 + 64;

/** Width of a two's complement exponent that holds every exponent that can come up between fits and operands. */
export function exponentBits(datapath: Datapath, fits: readonly Fit[]): number {
  const { a, b, combine, widened } = datapath;
  const formats = [a, b, datapath.sum.format, ...fits.map((fit) => fit.format), ...(widened ? [widened] : [])];
  const all = unionOf([productExtent(datapath), ...formats.map(extentOf)]);
  const biases = formats.map((format) => (format.kind === 'float' ? 2 * Math.abs(format.bias) : 0));
  const reach = [all.low, all.high, all.high - all.low, ...biases];
  if (combine.kind === 'aligned')
    reach.push(
      combine.exponentFloor ?? 0,
      combine.productOverflow ?? 0,
      combine.fractionBits,
      combine.sumFractionBits ?? 0,
    );
  const sum = 2 * Math.max(...reach.map(Math.abs)) + MARGIN + datapath.lanes;
  return clog2(sum + 1) + 1;
}
