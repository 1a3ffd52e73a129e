import { encode, type Fit } from '../../../formats/codec.js';
import { NAN } from '../../../formats/raw.js';
import { type FloatFormat, type IntFormat, quantumExponentOf } from '../../../formats/format.js';
import { latticeOf } from '../../../formats/lattice.js';
import { unitInFirstPlace } from './snap.js';

/** Codes of values that the format holds (or carries: rounder.ts), below 2^53; for every fit that `rounderOf` takes. */
export function encoderOf({ format }: Fit): (value: number) => number {
  if (format.kind === 'table') throw new RangeError(`encoderOf: ${format.name} is a table`);
  return format.kind === 'int' ? intEncoder(format) : floatEncoder(format);
}

function intEncoder(format: IntFormat): (value: number) => number {
  const weight = 2 ** -format.exponent;
  const span = 2 ** format.bits;
  return (value) => {
    const count = value * weight;
    return count < 0 ? count + span : count + 0;
  };
}

function floatEncoder(format: FloatFormat): (value: number) => number {
  const { mantissaBits: m, bias, lowest, specials, shift = 0 } = format;
  const padding = 2 ** (format.paddingBits ?? 0);
  const hidden = 2 ** m;
  const sign = format.signed ? 2 ** (format.exponentBits + m) : 0;
  const quantum = 2 ** quantumExponentOf(format);
  const lattice = latticeOf(format);
  const max = Number(lattice.maxIndex(false));
  const nan = Number(encode(NAN, { format, rounding: 'rne', overflow: 'ieee', subnormals: 'keep' }).code);
  const first = lowest === 'subnormal' || lowest === 'zero-only' ? 1 : 0;

  function indexOf(magnitude: number): number {
    if (magnitude === 0) return 0;
    if (magnitude === Infinity) return max + 1;
    const unit = unitInFirstPlace(magnitude);
    const binade = Math.max(Math.round(Math.log2(unit)) - shift + bias, first);
    const count = magnitude / Math.max(unit / hidden, quantum);
    return (binade - first) * hidden + count - (first === 0 ? hidden : 0);
  }

  return (value) => {
    if (value !== value) return nan;
    const negative = value < 0 || (Object.is(value, -0) && specials !== 'fnuz');
    return (indexOf(Math.abs(value)) + (negative ? sign : 0)) * padding;
  };
}
