import type { Format } from '../../../formats/format.js';
import type { AlignedCombine, Datapath } from '../../datapath.js';
import { groupOf, termsPerFiring } from '../../products.js';
import type { Fire, Parts } from '../contract/engine.js';
import { factsOf } from '../contract/facts.js';
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

/** Whether every count of quanta and every sum of them has at most 53 bits, in all stages. */
export function alignsInFloat64(datapath: Datapath): boolean {
  const { combine } = datapath;
  if (combine.kind !== 'aligned') return true;
  const { fractionBits, sumFractionBits = fractionBits, twoStage } = combine;
  const bits = [fractionBits, sumFractionBits, twoStage?.productFractionBits ?? 0, twoStage?.sumFractionBits ?? 0];
  return Math.max(...bits) + 1 + Math.ceil(Math.log2(2 ** spillOf(datapath) * (termsPerFiring(datapath) + 1))) <= 50;
}

/** A term stays below 2^(exponent + this), the exponent being the one that it is aligned by. */
export function spillOf({ a, b, blockScale }: Datapath): number {
  // Each factor stays below twice its power of two; a group's sum has the power of its scales alone.
  const scales = blockScale === undefined || isPowerOfTwo(blockScale.format) ? 0 : 2;
  if (blockScale?.apply !== 'group') return 2 + scales;
  return scales + Math.log2(Math.max(1, groupOf(blockScale) * factsOf(a).max * factsOf(b).max));
}

/** Whether a format's values have one significant bit. */
export function isPowerOfTwo(format: Format): boolean {
  return factsOf(format).precision === 1;
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

/** What a zero counts as where zeros take part in an alignment. */
export const ZERO_EXPONENT = -126;
const ZERO_WEIGHT = 2 ** ZERO_EXPONENT;

/** As `weightOf`, also of a zero that takes part in an alignment. */
export function factorWeight(format: Format, value: number): number {
  return value === 0 ? ZERO_WEIGHT : weightOf(format, value);
}

/** 2^exponent of a term, from its factors' values and its own. */
export function weigherOf(datapath: Datapath): (x: number, y: number, term: number) => number {
  const { a, b, widened, combine, product } = datapath;
  if (combine.kind !== 'aligned') return () => 0;
  if (product !== 'exact' || combine.productExponent === 'normalised') return (_x, _y, term) => ownWeight(term);
  const [first, second] = [widened ?? a, widened ?? b];
  const weight = combine.zerosAlign ? factorWeight : weightOf;
  return (x, y) => weight(first, x) * weight(second, y);
}

/** A sum that goes on to another stage, and 2^exponent of what it was aligned to; 0 where there was nothing. */
interface Stage {
  total: number;
  weight: number;
}

export function alignerOf(parts: Parts, combine: AlignedCombine): Fire {
  const { register, datapath } = parts;
  const { add, round, read } = register;
  const { sumInside, twoStage, evenOdd, productOverflow } = combine;
  const staged = twoStage !== undefined || evenOdd === true;
  const sumOf = staged ? stagedSum(parts, combine) : plainSum(parts, combine);
  const limit = productOverflow === undefined ? Infinity : 2 ** productOverflow;
  const { format } = datapath.sum;

  function weightOfSum(running: number): number {
    if (combine.zerosAlign === true) return factorWeight(format, running);
    return running === 0 ? 0 : weightOf(format, running);
  }

  return (running, terms, weights, from, count) => {
    const to = from + count;
    let probe = sumInside ? read(running) : 0;
    for (let i = from; i < to; i++) {
      if (Math.abs(terms[i]) >= limit) terms[i] *= Infinity;
      probe += terms[i];
    }
    const inside = sumInside ? running : 0;
    if (probe - probe !== 0) return sumInside ? round(probe) : add(running, read(round(probe)));
    const weight = sumInside ? weightOfSum(running) : 0;
    const rounded = round(sumOf(terms, weights, from, to, { total: inside, weight }));
    return sumInside ? rounded : add(running, read(rounded));
  };
}

/** Terms [from, to) and the running sum (of weight 0 where it stays outside). */
type AlignedSum = (terms: Float64Array, weights: Float64Array, from: number, to: number, running: Stage) => number;

/** What cuts a value and counts it where nothing is left. */
function cutterOf({ tally }: Parts, truncate: Truncate): (x: number, q: number) => number {
  const cut = CUT[truncate];
  return (x, q) => {
    if (x === 0) return 0;
    const whole = cut(x, q);
    if (whole === 0) tally.swamped++;
    return whole;
  };
}

/** 2^exponent of the largest of every `step`th term, 0 without any. */
function largestOf({ zerosAlign, exponentFloor }: AlignedCombine) {
  const floor = exponentFloor === undefined ? 0 : 2 ** exponentFloor;
  return (terms: Float64Array, weights: Float64Array, [from, to, step]: readonly number[], own: number): number => {
    let largest = own;
    for (let i = from; i < to; i += step)
      if ((terms[i] !== 0 || zerosAlign === true) && weights[i] > largest) largest = weights[i];
    return largest === 0 ? 0 : Math.max(largest, floor);
  };
}

/** All aligned together. */
function plainSum(parts: Parts, combine: AlignedCombine): AlignedSum {
  const cut = cutterOf(parts, combine.truncate);
  const largestIn = largestOf(combine);
  const unit = 2 ** -combine.fractionBits;
  const sumUnit = 2 ** -(combine.sumFractionBits ?? combine.fractionBits);
  return (terms, weights, from, to, running) => {
    const largest = largestIn(terms, weights, [from, to, 1], running.weight);
    if (largest === 0) return 0;
    let total = cut(running.total, largest * sumUnit);
    for (let i = from; i < to; i++) total += cut(terms[i], largest * unit);
    return total + 0;
  };
}

/** Products first (even and odd lanes apart, where the unit does so), then their sum and the running one. */
function stagedSum(parts: Parts, combine: AlignedCombine): AlignedSum {
  const { fractionBits, sumFractionBits = fractionBits, sumInside, evenOdd } = combine;
  const { twoStage = { productFractionBits: fractionBits, sumFractionBits, truncate: 'floor' } } = combine;
  const cut = cutterOf(parts, combine.truncate);
  const cutAgain = cutterOf(parts, twoStage.truncate);
  const largestIn = largestOf(combine);
  const unit = 2 ** -fractionBits;
  const floor = combine.exponentFloor === undefined ? 0 : 2 ** combine.exponentFloor;

  function stage(terms: Float64Array, weights: Float64Array, range: readonly number[]): Stage {
    const [from, to, step] = range;
    const weight = largestIn(terms, weights, range, 0);
    let total = 0;
    if (weight !== 0) for (let i = from; i < to; i += step) total += cut(terms[i], weight * unit);
    return { total, weight };
  }

  function meet(x: Stage, xBits: number, y: Stage, yBits: number): Stage {
    const weight = Math.max(x.weight, y.weight);
    if (weight === 0) return { total: 0, weight };
    return { total: cutAgain(x.total, weight * 2 ** -xBits) + cutAgain(y.total, weight * 2 ** -yBits), weight };
  }

  return (terms, weights, from, to, running) => {
    const first =
      evenOdd === true
        ? meet(
            stage(terms, weights, [from, to, 2]),
            fractionBits,
            stage(terms, weights, [from + 1, to, 2]),
            fractionBits,
          )
        : stage(terms, weights, [from, to, 1]);
    if (!sumInside) return first.total + 0;
    const own = running.weight === 0 ? 0 : Math.max(running.weight, floor);
    const { dropSumBelow = Infinity } = twoStage;
    const dropped = own !== 0 && own < Math.max(first.weight, own) * 2 ** -dropSumBelow;
    if (dropped && running.total !== 0) parts.tally.swamped++;
    const rest = { total: dropped ? 0 : running.total, weight: own };
    return meet(first, twoStage.productFractionBits, rest, twoStage.sumFractionBits).total + 0;
  };
}
