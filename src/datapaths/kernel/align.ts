import type { Format } from '../../formats/format.js';
import type { AlignedCombine } from '../datapath.js';
import type { Fire, Parts } from './engine.js';
import { unitInFirstPlace } from './snap.js';

type Truncate = AlignedCombine['truncate'];
type TwoStage = NonNullable<AlignedCombine['twoStage']>;

/** To whole multiples of the power of two q. */
const CUT: Record<Truncate, (x: number, q: number) => number> = {
  rtz: (x, q) => Math.trunc(x / q) * q,
  floor: (x, q) => Math.floor(x / q) * q,
  rne: (x, q) => {
    const magic = q * 1.5 * 2 ** 52;
    return x + magic - magic;
  },
};

/** Whether float64 can do what the unit does: every count of quanta, and the sum of all, in 53 bits. */
export function alignsInFloat64(combine: AlignedCombine, lanes: number): boolean {
  const { fractionBits, sumFractionBits = fractionBits, zerosAlign, exponentFloor, twoStage, evenOdd } = combine;
  const bits = Math.max(
    fractionBits,
    sumFractionBits,
    twoStage?.productFractionBits ?? 0,
    twoStage?.sumFractionBits ?? 0,
  );
  if (zerosAlign === true && exponentFloor === undefined) return false;
  if (twoStage !== undefined && evenOdd === true) return false;
  return bits + 3 + Math.ceil(Math.log2(lanes + 1)) <= 50;
}

/** 2^exponent of an operand's value as an alignment sees it: its exponent field's, so a subnormal's is the lowest normal. */
export function weightOf(format: Format, value: number): number {
  if (format.kind === 'int') return 2 ** format.exponent;
  if (format.kind === 'table') return 1;
  const own = ownWeight(value);
  return format.lowest === 'subnormal' ? Math.max(own, 2 ** (1 - format.bias + (format.shift ?? 0))) : own;
}

/** 2^exponent of a value as a normalised number; 0 for zero. */
export function ownWeight(value: number): number {
  return value - value === 0 && value !== 0 ? unitInFirstPlace(Math.abs(value)) : 0;
}

/** The terms of one firing under way: the largest weight, whether all are finite and all zero, and their plain sum. */
interface Scan {
  largest: number;
  plain: number;
}

export function alignerOf({ register, tally, datapath }: Parts, combine: AlignedCombine): Fire {
  const { lanes, sum } = datapath;
  const { add, round, read } = register;
  const floor = combine.exponentFloor === undefined ? 0 : 2 ** combine.exponentFloor;
  const zerosCount = combine.zerosAlign === true ? floor : 0;
  const lowest = sum.format.kind === 'float' ? 2 ** (1 - sum.format.bias) : 0;
  const cut = CUT[combine.truncate];
  const unit = 2 ** -combine.fractionBits;
  const sumUnit = 2 ** -(combine.sumFractionBits ?? combine.fractionBits);

  function scan(terms: Float64Array, weights: Float64Array, from: number, to: number, step: number): Scan {
    let largest = 0;
    let plain = to - from < lanes ? 0 : -0;
    for (let i = from; i < to; i += step) {
      plain += terms[i];
      if (terms[i] !== 0 && weights[i] > largest) largest = weights[i];
    }
    return { largest: largest === 0 ? zerosCount : Math.max(largest, floor), plain };
  }

  function cutOne(x: number, q: number): number {
    if (x === 0) return 0;
    const whole = cut(x, q);
    if (whole === 0) tally.swamped++;
    return whole;
  }

  function cutSum(terms: Float64Array, from: number, to: number, step: number, q: number): number {
    let total = 0;
    for (let i = from; i < to; i += step) total += cutOne(terms[i], q);
    return total;
  }

  const runningWeight = (x: number) => (x === 0 ? 0 : Math.max(unitInFirstPlace(Math.abs(x)), lowest));

  /** Exact but for the cuts; `running` is undefined where the sum stays outside. */
  function oneStage(terms: Float64Array, weights: Float64Array, from: number, to: number, running: number): number {
    const seen = scan(terms, weights, from, to, 1);
    const inside = combine.sumInside;
    const own = inside ? runningWeight(running) : 0;
    const largest = own === 0 ? seen.largest : Math.max(seen.largest, own, floor);
    if (largest === 0) return inside ? seen.plain + running : seen.plain;
    if (combine.twoStage !== undefined) return twoStage(combine.twoStage, terms, from, to, running, seen);
    if (combine.evenOdd === true) return evenOdd(terms, weights, from, to, running, largest);
    const total = cutSum(terms, from, to, 1, largest * unit);
    return (inside ? total + cutOne(running, largest * sumUnit) : total) + 0;
  }

  function evenOdd(
    terms: Float64Array,
    weights: Float64Array,
    from: number,
    to: number,
    running: number,
    largest: number,
  ): number {
    const join = largest * sumUnit;
    let total = 0;
    for (const start of [from, from + 1]) {
      const own = scan(terms, weights, start, to, 2).largest;
      if (own !== 0) total += CUT.floor(cutSum(terms, start, to, 2, own * unit), join);
    }
    return (combine.sumInside ? total + CUT.floor(running, join) : total) + 0;
  }

  /** The products' sum and the running one are cut once more, each to its own bits, and added. */
  function twoStage(
    stage: TwoStage,
    terms: Float64Array,
    from: number,
    to: number,
    running: number,
    seen: Scan,
  ): number {
    const first = seen.largest === 0 ? seen.plain : cutSum(terms, from, to, 1, seen.largest * unit) + 0;
    if (!combine.sumInside) return first;
    const top = Math.max(first === 0 ? 0 : seen.largest, runningWeight(running));
    if (top === 0 && zerosCount === 0) return first + running;
    const largest = Math.max(top, floor);
    const again = (x: number, bits: number) => {
      const whole = x === 0 ? 0 : CUT[stage.truncate](x, largest * 2 ** -bits);
      if (whole === 0 && x !== 0) tally.swamped++;
      return whole;
    };
    return again(first, stage.productFractionBits) + again(running, stage.sumFractionBits) + 0;
  }

  return (running, terms, weights, from, count) => {
    const to = from + count;
    let probe = combine.sumInside ? read(running) : 0;
    for (let i = from; i < to; i++) probe += terms[i];
    const total = probe - probe === 0 ? oneStage(terms, weights, from, to, running) : probe;
    const rounded = round(total);
    return combine.sumInside ? rounded : add(running, read(rounded));
  };
}
