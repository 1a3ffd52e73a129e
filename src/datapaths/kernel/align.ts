import type { Format } from '../../formats/format.js';
import type { AlignedCombine } from '../datapath.js';
import type { Fire, Parts } from './engine.js';
import { unitInFirstPlace } from './snap.js';

type Truncate = AlignedCombine['truncate'];

/** To whole multiples of the power of two q. */
const CUT: Record<Truncate, (x: number, q: number) => number> = {
  rtz: (x, q) => Math.trunc(x / q) * q,
  floor: (x, q) => Math.floor(x / q) * q,
  rne: (x, q) => {
    const magic = q * 1.5 * 2 ** 52;
    return x + magic - magic;
  },
};

/**
 * Whether float64 can do what the unit does: one stage, every count of quanta and the sum of all in 53 bits. What few
 * units do beside that is left to the reference.
 */
export function alignsInFloat64(combine: AlignedCombine, lanes: number): boolean {
  const { fractionBits, sumFractionBits = fractionBits, zerosAlign, productOverflow, twoStage, evenOdd } = combine;
  if (zerosAlign === true || evenOdd === true || twoStage !== undefined || productOverflow !== undefined) return false;
  return Math.max(fractionBits, sumFractionBits) + 3 + Math.ceil(Math.log2(lanes + 1)) <= 50;
}

/** 2^exponent of an operand's value as an alignment sees it: its exponent field's, so a subnormal's is the lowest normal. */
export function weightOf(format: Format, value: number): number {
  const own = ownWeight(value);
  if (format.kind !== 'float') return own;
  return format.lowest === 'subnormal' ? Math.max(own, 2 ** (1 - format.bias + (format.shift ?? 0))) : own;
}

/** 2^exponent of a value as a normalised number; 0 for zero. */
export function ownWeight(value: number): number {
  return value - value === 0 && value !== 0 ? unitInFirstPlace(Math.abs(value)) : 0;
}

export function alignerOf({ register, tally, datapath }: Parts, combine: AlignedCombine): Fire {
  const { sum } = datapath;
  const { add, round, read } = register;
  const floor = combine.exponentFloor === undefined ? 0 : 2 ** combine.exponentFloor;
  const cut = CUT[combine.truncate];
  const unit = 2 ** -combine.fractionBits;
  const sumUnit = 2 ** -(combine.sumFractionBits ?? combine.fractionBits);

  function cutOne(x: number, q: number): number {
    if (x === 0) return 0;
    const whole = cut(x, q);
    if (whole === 0) tally.swamped++;
    return whole;
  }

  /** Exact but for the cuts; `running` is 0 where the sum stays outside. */
  function aligned(terms: Float64Array, weights: Float64Array, from: number, to: number, running: number): number {
    let largest = running === 0 ? 0 : weightOf(sum.format, running);
    for (let i = from; i < to; i++) if (terms[i] !== 0 && weights[i] > largest) largest = weights[i];
    if (largest === 0) return 0;
    largest = Math.max(largest, floor);
    let total = cutOne(running, largest * sumUnit);
    for (let i = from; i < to; i++) total += cutOne(terms[i], largest * unit);
    return total + 0;
  }

  return (running, terms, weights, from, count) => {
    const to = from + count;
    let probe = combine.sumInside ? read(running) : 0;
    for (let i = from; i < to; i++) probe += terms[i];
    const inside = combine.sumInside ? running : 0;
    const rounded = round(probe - probe === 0 ? aligned(terms, weights, from, to, inside) : probe);
    return combine.sumInside ? rounded : add(running, read(rounded));
  };
}
