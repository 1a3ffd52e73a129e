import { latticeOf } from '../../../formats/lattice.js';
import { finite, type FiniteRaw, magnitudeExponent, negate, type Raw, sum } from '../../../formats/raw.js';
import type { Random } from '../../../random/random.js';
import { largestRow, overRow, POSITIONS, type Site, UNDER } from './coverage.js';

type Range = [first: bigint, last: bigint];
const ranges = new WeakMap<Site, Map<number, Range>>();

/** The first and the last index of a site's lattice in a binade, kept: each is asked for many times. */
export function rangeOf(site: Site, row: number, negative: boolean): Range {
  const known = ranges.get(site) ?? new Map<number, Range>();
  ranges.set(site, known);
  const key = negative ? -1 - row : row;
  let range = known.get(key);
  if (range === undefined) {
    const lattice = latticeOf(site.format);
    const max = lattice.maxIndex(negative);
    const clamp = (index: bigint) => (index > max ? max : index);
    const at = (binade: number) => lattice.locate(finite(false, 1n, binade - 1 + site.lowest)).index;
    range = [clamp(at(row)), clamp(at(row + 1) - 1n)];
    known.set(key, range);
  }
  return range;
}

/** An index of a site's lattice in a row: its first, its last, or any. */
export function indexIn(site: Site, row: number, random: Random | undefined, negative: boolean): bigint {
  const lattice = latticeOf(site.format);
  const max = lattice.maxIndex(negative);
  if (row === UNDER) return 0n;
  if (row === largestRow(site)) return max;
  if (row === overRow(site)) return max + 1n + BigInt(random?.below(2) ?? 0);
  const [first, last] = rangeOf(site, row, negative);
  if (random === undefined || last <= first) return first;
  const kind = random.below(4);
  if (kind === 0) return first;
  if (kind === 1) return last;
  return first + (((last - first + 1n) * BigInt(random.word())) >> 32n);
}

/** A number of a site's format in a row, the next one, and the step between them. */
export interface RowPlace {
  base: FiniteRaw;
  next: FiniteRaw;
  step: FiniteRaw;
  /** Exponent of the step. */
  unit: number;
}

export function placeAt(site: Site, index: bigint): RowPlace {
  const lattice = latticeOf(site.format);
  const [base, next] = [lattice.valueAt(index), lattice.valueAt(lattice.next(index))];
  const step = sum([next, negate(base)]) as FiniteRaw;
  return { base, next, step, unit: magnitudeExponent(step) };
}

/** Of a tie the class says whether the number below it is odd: an index moves within its row, away from `end`. */
export function withParity(index: bigint, position: number, end: bigint): bigint {
  const odd = POSITIONS[position] === 'tie, odd kept';
  if (!POSITIONS[position].startsWith('tie,') || ((index & 1n) === 1n) === odd) return index;
  return end < index ? index - 1n : index + 1n;
}

/** Where each position lies, in sixteenths of a step. */
const SIXTEENTHS = [0n, 1n, 4n, 7n, 8n, 8n, 9n, 12n, 15n];
/** Those that may come nearer to the number or tie beside them, and on which side of it they are. */
const NEARER: Readonly<Record<number, bigint>> = { 1: -1n, 3: 1n, 6: -1n, 8: 1n };

/** A value at a position within a step above a number. */
export function between({ base, step }: RowPlace, position: number, random: Random): Raw {
  const nearer = NEARER[position];
  const bits = nearer === undefined ? 0 : random.below(4);
  // A sixteenth beside a number, or a 32th, a 64th, a 128th of a step.
  const fraction = (SIXTEENTHS[position] << 3n) + (nearer ?? 0n) * (8n - (8n >> BigInt(bits)));
  return sum([base, finite(step.sign, step.significand * fraction, step.exponent - 7)]);
}

/** Whether the least product does for a position, whatever the step. */
export function isBeside(position: number): boolean {
  return POSITIONS[position] === 'just above a number' || POSITIONS[position] === 'just below the next number';
}

/** Bits below the last one that a position needs. */
export function bitsOf(position: number): number {
  const name = POSITIONS[position];
  return name === 'exact' ? 0 : name.startsWith('tie') ? 1 : name.includes('just') ? 4 : 2;
}
