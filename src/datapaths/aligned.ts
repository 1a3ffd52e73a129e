import { type FiniteRaw, finite, fromAligned, magnitudeExponent, type Raw, sum } from '../formats/raw.js';
import type { AlignedCombine } from './datapath.js';

/**
 * The adder of tensor cores: terms are shifted to the largest exponent, cut there, and added exactly
 * (Khattak & Mikaitis, arXiv:2512.07004; MMA-Sim, arXiv:2511.10909). Nothing is rounded to a format here.
 */
export interface Term {
  raw: Raw;
  /** Exponent that the alignment sees; the significand may reach 4 when it is not normalised. */
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

/** The largest exponent among the terms that count; undefined when all are zero and dropped. */
function maxExponent(terms: readonly Term[], combine: AlignedCombine): number | undefined {
  let max: number | undefined;
  const floor = combine.exponentFloor;
  for (const { raw, exponent } of terms) {
    if (raw.kind !== 'finite' || (raw.significand === 0n && !combine.zerosAlign)) continue;
    const seen = raw.significand === 0n && floor !== undefined ? floor : exponent;
    if (max === undefined || seen > max) max = seen;
  }
  return max === undefined ? undefined : Math.max(max, floor ?? max);
}

/** Aligns, cuts and adds. `fractionBits` may differ for the last term when it is the running sum. */
function addCut(terms: readonly Term[], max: number, bits: (index: number) => number, truncate: Truncate): AlignedSum {
  const widest = Math.max(...terms.map((_, i) => bits(i)));
  const quantum = max - widest;
  let total = 0n;
  let lost = 0;
  let cut = false;
  terms.forEach(({ raw }, i) => {
    if (raw.kind !== 'finite' || raw.significand === 0n) return;
    const { count, exact } = cutTo(raw, max - bits(i), truncate);
    if (count === 0n) lost++;
    if (!exact) cut = true;
    total += count << BigInt(widest - bits(i));
  });
  return { raw: fromAligned(total, quantum), lost, cut };
}

/** Products and (with `running`) the running sum, aligned together or in two stages. */
export function alignedSum(combine: AlignedCombine, products: readonly Term[], running?: Term): AlignedSum {
  const all = running === undefined ? products : [...products, running];
  // Specials and all-zero sums follow the exact rules: nothing is there to be cut.
  if (all.some(({ raw }) => raw.kind !== 'finite')) return { raw: sum(all.map((t) => t.raw)), lost: 0, cut: false };
  if (combine.twoStage !== undefined) return twoStageSum(combine, products, running);
  const max = maxExponent(all, combine);
  if (max === undefined) return { raw: sum(all.map((t) => t.raw)), lost: 0, cut: false };
  const sumBits = combine.sumFractionBits ?? combine.fractionBits;
  const bits = (i: number) => (i === products.length ? sumBits : combine.fractionBits);
  if (combine.evenOdd) return evenOddSum(combine, products, running, max);
  return addCut(all, max, bits, combine.truncate);
}

/** Products cut and added; that sum and the running one are cut again, each to its own bits, and added. */
function twoStageSum(combine: AlignedCombine, products: readonly Term[], running?: Term): AlignedSum {
  const stage = combine.twoStage as NonNullable<AlignedCombine['twoStage']>;
  const max = maxExponent(products, combine);
  const first =
    max === undefined
      ? { raw: sum(products.map((t) => t.raw)), lost: 0, cut: false }
      : addCut(products, max, () => combine.fractionBits, combine.truncate);
  if (running === undefined) return first;
  const terms: Term[] = [{ raw: first.raw, exponent: max ?? running.exponent }, running];
  const top = maxExponent(terms, combine);
  if (top === undefined) return { ...first, raw: sum(terms.map((t) => t.raw)) };
  const bits = (i: number) => (i === 0 ? stage.productFractionBits : stage.sumFractionBits);
  const second = addCut(terms, top, bits, stage.truncate);
  return { raw: second.raw, lost: first.lost + second.lost, cut: first.cut || second.cut };
}

/** Even and odd lanes aligned to the common maximum apart, each sum cut, and added with the running sum. */
function evenOddSum(
  combine: AlignedCombine,
  products: readonly Term[],
  running: Term | undefined,
  max: number,
): AlignedSum {
  const halves = [0, 1].map((odd) => {
    const half = products.filter((_, i) => i % 2 === odd);
    const own = maxExponent(half, combine);
    return own === undefined
      ? { term: { raw: finite(false, 0n, 0), exponent: max } as Term, lost: 0, cut: false }
      : withExponent(
          addCut(half, own, () => combine.fractionBits, combine.truncate),
          own,
        );
  });
  const terms = [...halves.map((h) => h.term), ...(running === undefined ? [] : [running])];
  const joined = addCut(terms, max, () => combine.sumFractionBits ?? combine.fractionBits, 'floor');
  return { raw: joined.raw, lost: halves[0].lost + halves[1].lost, cut: joined.cut || halves.some((h) => h.cut) };
}

function withExponent(part: AlignedSum, exponent: number): { term: Term; lost: number; cut: boolean } {
  return { term: { raw: part.raw, exponent }, lost: part.lost, cut: part.cut };
}

/** The exponent of a value as a normalised number. */
export function normalisedExponent(raw: Raw): number {
  return raw.kind === 'finite' && raw.significand !== 0n ? magnitudeExponent(raw) : -Infinity;
}
