import { type FiniteRaw, finite, fromAligned, infinite, magnitudeExponent, type Raw, sum } from '../formats/raw.js';
import type { AlignedCombine } from './datapath.js';

/**
 * The adder of tensor cores: terms are shifted to the largest exponent, cut there, and added exactly
 * (Khattak & Mikaitis, arXiv:2512.07004; MMA-Sim, arXiv:2511.10909). Nothing is rounded to a format here. It is a
 * fixed-point adder, so a sum of zero has no sign.
 */
export interface Term {
  raw: Raw;
  /** Exponent that the alignment sees; -Infinity for a lane without a product. The significand may reach 4 or more. */
  exponent: number;
}

export interface AlignedSum {
  raw: Raw;
  /** Nonzero terms of which the cut left nothing. */
  lost: number;
  /** Whether any bit was cut. */
  cut: boolean;
}

type Truncate = AlignedCombine['truncate'];

/** A sum that goes on to another stage: the exponent that it was aligned to counts there even if it cancelled to zero. */
interface Stage extends AlignedSum {
  exponent: number | undefined;
}

/** Cuts a value to whole multiples of 2^quantum; returns the signed count. */
function cutTo(raw: FiniteRaw, quantum: number, truncate: Truncate): { count: bigint; exact: boolean } {
  const shift = BigInt(quantum - raw.exponent);
  if (shift <= 0n) {
    const count = raw.significand << -shift;
    return { count: raw.sign ? -count : count, exact: true };
  }
  const floor = raw.significand >> shift;
  const rest = raw.significand - (floor << shift);
  const half = 1n << (shift - 1n);
  const up =
    truncate === 'floor'
      ? raw.sign && rest !== 0n
      : truncate === 'rne' && (rest > half || (rest === half && (floor & 1n) === 1n));
  const count = up ? floor + 1n : floor;
  return { count: raw.sign ? -count : count, exact: rest === 0n };
}

/** The largest exponent among the terms that count; undefined when there is none. */
function maxExponent(terms: readonly Term[], combine: AlignedCombine): number | undefined {
  let max = -Infinity;
  for (const { raw, exponent } of terms)
    if (raw.kind === 'finite' && (raw.significand !== 0n || combine.zerosAlign)) max = Math.max(max, exponent);
  return max === -Infinity ? undefined : Math.max(max, combine.exponentFloor ?? max);
}

/** Cuts each term to its own number of fraction bits below 2^max, and adds. */
function addCut(terms: readonly { raw: Raw; bits: number }[], max: number, truncate: Truncate): AlignedSum {
  const widest = Math.max(...terms.map(({ bits }) => bits));
  let total = 0n;
  let lost = 0;
  let cut = false;
  for (const { raw, bits } of terms) {
    if (raw.kind !== 'finite' || raw.significand === 0n) continue;
    const { count, exact } = cutTo(raw, max - bits, truncate);
    if (count === 0n) lost++;
    if (!exact) cut = true;
    total += count << BigInt(widest - bits);
  }
  return { raw: fromAligned(total, max - widest), lost, cut };
}

const NOTHING: Stage = { raw: finite(false, 0n, 0), lost: 0, cut: false, exponent: undefined };

/** Terms aligned to their own maximum, each cut to `bitsOf` fraction bits. */
function oneStage(combine: AlignedCombine, terms: readonly Term[], bitsOf: (index: number) => number): Stage {
  const exponent = maxExponent(terms, combine);
  if (exponent === undefined) return NOTHING;
  const shifted = terms.map(({ raw }, index) => ({ raw, bits: bitsOf(index) }));
  return { ...addCut(shifted, exponent, combine.truncate), exponent };
}

/** Products and (with `running`) the running sum, aligned together or in stages. */
export function alignedSum(combine: AlignedCombine, products: readonly Term[], running?: Term): AlignedSum {
  const { fractionBits, sumFractionBits = fractionBits, evenOdd, twoStage } = combine;
  const terms = products.map((term) => limited(term, combine.productOverflow));
  const all = running === undefined ? terms : [...terms, running];
  // Infinities and NaNs follow the exact rules: nothing of them can be cut.
  if (all.some(({ raw }) => raw.kind !== 'finite')) return { ...NOTHING, raw: sum(all.map((term) => term.raw)) };
  if (twoStage === undefined && !evenOdd)
    return oneStage(combine, all, (index) => (index === terms.length ? sumFractionBits : fractionBits));
  const stage = twoStage ?? { productFractionBits: fractionBits, sumFractionBits, truncate: 'floor' };
  const first = evenOdd ? joined(combine, terms, stage.truncate) : oneStage(combine, terms, () => fractionBits);
  return running === undefined ? first : secondStage(combine, stage, first, running);
}

/** A product of 2^limit or more counts as infinite. */
function limited(term: Term, limit: number | undefined): Term {
  const { raw } = term;
  if (limit === undefined || raw.kind !== 'finite' || raw.significand === 0n) return term;
  return magnitudeExponent(raw) < limit ? term : { ...term, raw: infinite(raw.sign) };
}

/** Even and odd lanes summed apart, each to its own maximum; both sums are cut again at the larger one, and added. */
function joined(combine: AlignedCombine, terms: readonly Term[], truncate: Truncate): Stage {
  const { fractionBits } = combine;
  const halves = [0, 1].map((odd) =>
    oneStage(
      combine,
      terms.filter((_, index) => index % 2 === odd),
      () => fractionBits,
    ),
  );
  const exponent = largest(halves.map((half) => half.exponent));
  if (exponent === undefined) return NOTHING;
  const both = addCut(
    halves.map(({ raw }) => ({ raw, bits: fractionBits })),
    exponent,
    truncate,
  );
  return { ...combined(both, halves), exponent };
}

/** The products' sum and the running one are cut to their own bits below the larger exponent, and added. */
function secondStage(
  combine: AlignedCombine,
  stage: NonNullable<AlignedCombine['twoStage']>,
  first: Stage,
  running: Term,
): AlignedSum {
  const own = maxExponent([running], combine);
  const max = largest([first.exponent, own]);
  if (max === undefined) return NOTHING;
  const dropped = stage.dropSumBelow !== undefined && own !== undefined && own < max - stage.dropSumBelow;
  const terms = [{ raw: first.raw, bits: stage.productFractionBits }];
  if (!dropped) terms.push({ raw: running.raw, bits: stage.sumFractionBits });
  const both = addCut(terms, max, stage.truncate);
  const gone = dropped && running.raw.kind === 'finite' && running.raw.significand !== 0n;
  return combined(gone ? { ...both, lost: both.lost + 1, cut: true } : both, [first]);
}

function largest(exponents: readonly (number | undefined)[]): number | undefined {
  const known = exponents.filter((exponent) => exponent !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** A sum with what its parts had lost before. */
function combined(total: AlignedSum, parts: readonly AlignedSum[]): AlignedSum {
  const lost = parts.reduce((count, part) => count + part.lost, total.lost);
  return { raw: total.raw, lost, cut: total.cut || parts.some((part) => part.cut) };
}

/** The exponent of a value as a normalised number. */
export function normalisedExponent(raw: Raw): number {
  return raw.kind === 'finite' && raw.significand !== 0n ? magnitudeExponent(raw) : -Infinity;
}
