import type { AlignedCombine } from '../../../src/datapaths/datapath.js';
import { exponentOf, isZero, number, power, product, sum, UNIT, type Value } from './value.js';

/** The fixed-point adder of tensor cores, as AlignedCombine's comments and the papers named in aligned.ts have it. */
export interface Term {
  value: Value;
  exponent: number;
}

/** A lane without a product takes part in no alignment. */
export const IDLE: Term = { value: number(false, 0n), exponent: -Infinity };

export interface Cut {
  value: Value;
  /** Nonzero terms of which nothing is left. */
  lost: number;
  /** Whether anything was cut. */
  cut: boolean;
}

/** A signed count of units, and the exponent that it was aligned to; undefined where there was nothing to align to. */
interface Stage {
  units: bigint;
  exponent: number | undefined;
  lost: number;
  cut: boolean;
}

const signedUnits = (value: Value) => (value.kind === 'number' && value.minus ? -1n : 1n) * unitsOf(value);
const unitsOf = (value: Value) => (value.kind === 'number' ? value.units : 0n);

/** Cuts away what lies below 2^exponent: toward zero, toward minus infinity, or to the nearest, ties to even. */
function cutBelow(units: bigint, exponent: number, truncate: AlignedCombine['truncate']): bigint {
  // Nothing lies below a unit.
  if (exponent <= -UNIT) return units;
  const step = power(exponent);
  const toward = units / step;
  const floor = toward * step > units ? toward - 1n : toward;
  if (truncate === 'rtz') return toward * step;
  const twice = 2n * (units - floor * step);
  const up = truncate === 'rne' && (twice > step || (twice === step && floor % 2n !== 0n));
  return (floor + (up ? 1n : 0n)) * step;
}

/** The largest exponent of the terms that count. */
function highest(terms: readonly Term[], { zerosAlign, exponentFloor }: AlignedCombine): number | undefined {
  const counted = terms.filter(({ value, exponent }) => exponent > -Infinity && (zerosAlign || !isZero(value)));
  if (counted.length === 0) return undefined;
  const most = Math.max(...counted.map(({ exponent }) => exponent));
  return exponentFloor === undefined || most > exponentFloor ? most : exponentFloor;
}

/** The sum of counts of units, each cut so many bits below an exponent. */
function cutSum(
  parts: readonly (readonly [bigint, number])[],
  exponent: number | undefined,
  truncate: AlignedCombine['truncate'],
): Stage {
  if (exponent === undefined) return { units: 0n, exponent, lost: 0, cut: false };
  const cuts = parts.map(([units, bits]) => ({ units, kept: cutBelow(units, exponent - bits, truncate) }));
  return {
    units: cuts.reduce((total, { kept }) => total + kept, 0n),
    exponent,
    lost: cuts.filter(({ units, kept }) => units !== 0n && kept === 0n).length,
    cut: cuts.some(({ units, kept }) => units !== kept),
  };
}

function after(stage: Stage, parts: readonly Stage[]): Stage {
  const lost = parts.reduce((count, part) => count + part.lost, stage.lost);
  return { ...stage, lost, cut: stage.cut || parts.some(({ cut }) => cut) };
}

const largest = (...exponents: (number | undefined)[]) =>
  exponents.reduce((x, y) => (x === undefined || (y !== undefined && y > x) ? y : x), undefined);

/** @param running the sum register, where it takes part in the alignment */
export function alignedSum(combine: AlignedCombine, products: readonly Term[], running?: Term): Cut {
  const { fractionBits, truncate, sumFractionBits = fractionBits, evenOdd, twoStage, productOverflow } = combine;
  const terms = products.map((term) => {
    const { value } = term;
    const counts = productOverflow !== undefined && !isZero(value) && value.kind === 'number';
    return counts && exponentOf(value.units) >= productOverflow
      ? { ...term, value: product(value, { kind: 'infinity', minus: false }) }
      : term;
  });
  const all = running === undefined ? terms : [...terms, running];
  // Infinities and NaN follow IEEE 754.
  if (all.some(({ value }) => value.kind !== 'number'))
    return { value: sum(all.map(({ value }) => value)), lost: 0, cut: false };
  const stage = (some: readonly Term[]) =>
    cutSum(
      some.map((term) => [signedUnits(term.value), term === running ? sumFractionBits : fractionBits] as const),
      highest(some, combine),
      truncate,
    );
  const apart = twoStage ?? { productFractionBits: fractionBits, sumFractionBits, truncate: 'floor' as const };
  const first = evenOdd ? joined([0, 1].map((odd) => stage(terms.filter((_, i) => i % 2 === odd)))) : stage(terms);
  function joined(halves: readonly Stage[]): Stage {
    const exponent = largest(...halves.map((half) => half.exponent));
    return after(
      cutSum(
        halves.map(({ units }) => [units, fractionBits]),
        exponent,
        apart.truncate,
      ),
      halves,
    );
  }
  if (running === undefined) return shownSum(first);
  if (twoStage === undefined && !evenOdd) return shownSum(stage(all));
  const own = highest([running], combine);
  const exponent = largest(first.exponent, own);
  const drops =
    apart.dropSumBelow !== undefined &&
    own !== undefined &&
    exponent !== undefined &&
    exponent - own > apart.dropSumBelow;
  const gone = drops && !isZero(running.value);
  const parts = [
    [first.units, apart.productFractionBits] as const,
    [drops ? 0n : signedUnits(running.value), apart.sumFractionBits] as const,
  ];
  const both = after(cutSum(parts, exponent, apart.truncate), [first]);
  return shownSum(gone ? { ...both, lost: both.lost + 1, cut: true } : both);
}

/** The zero of a fixed-point adder has no sign. */
function shownSum({ units, lost, cut }: Stage): Cut {
  return { value: number(units < 0n, units < 0n ? -units : units), lost, cut };
}
