import { rescaled } from '../../../datapaths/exact.js';
import { type Datapath, registerFormatOf, totalFitOf } from '../../../datapaths/datapath.js';
import type { Fit } from '../../../formats/codec.js';
import { decode } from '../../../formats/codec.js';
import { type Format, isSigned } from '../../../formats/format.js';
import { latticeOf } from '../../../formats/lattice.js';
import { finite, type FiniteRaw, magnitudeExponent, multiply, type Raw } from '../../../formats/raw.js';
import type { Position } from '../../../formats/rounding.js';

/**
 * What golden vectors reach, counted from the rows as they are written: every exact value that a unit rounds falls into a
 * class of sign, binade and position between its two neighbours. A fault of a rounder shows in some class; a class that no
 * row reaches proves nothing of it.
 */
export const POSITIONS = [
  'exact',
  'just above a number',
  'below the tie',
  'just below the tie',
  'tie, even kept',
  'tie, odd kept',
  'just above the tie',
  'above the tie',
  'just below the next number',
] as const;
export type PositionName = (typeof POSITIONS)[number];

/** A position counts as just beside a number or a tie within this part of the step: its sticky bits lie far below. */
const JUST = 16n;

/** Number of the position in POSITIONS. */
function positionOf({ remainder, step }: Position, odd: boolean): number {
  if (remainder === 0n) return 0;
  const twice = 2n * remainder;
  if (twice === step) return odd ? 5 : 4;
  if (twice < step) return remainder * JUST <= step ? 1 : (step - twice) * JUST <= 2n * step ? 3 : 2;
  return (step - remainder) * JUST <= step ? 8 : (twice - step) * JUST <= 2n * step ? 6 : 7;
}

/** A class: the sign, the row (a binade, or an edge of the format), and the position. */
export interface Class {
  negative: boolean;
  row: number;
  position: number;
}

/** One kind of rounding of a unit, and how many rows had a value of each class there. */
export interface Site {
  name: SiteName;
  format: Format;
  /** Exponent of the lowest binade; rows 1 to `binades` are the binades from it on. */
  lowest: number;
  binades: number;
  /** Rows by class, `classOf` says which. */
  counts: Uint32Array;
  /** The row of vectors that a class was last met in, so that a row counts once. */
  last: Uint32Array;
  zeros: { positive: number; negative: number };
  specials: { infinite: number; nan: number };
}

export type SiteName = 'product' | 'node' | 'sum' | 'outer' | 'result' | 'requantize';

/** Row 0 holds what is below the smallest number, the two behind the binades the largest number's and what is beyond. */
export const UNDER = 0;
export const largestRow = ({ binades }: Site) => binades + 1;
export const overRow = ({ binades }: Site) => binades + 2;

export function indexOf({ binades }: Site, { negative, row, position }: Class): number {
  return (Number(negative) * (binades + 3) + row) * POSITIONS.length + position;
}

function siteOf(name: SiteName, format: Format): Site {
  const lattice = latticeOf(format);
  const [zero, side] = [lattice.valueAt(0n), lattice.maxIndex(false) >= 0n ? false : isSigned(format)];
  const lowest = magnitudeExponent(zero.significand === 0n ? lattice.valueAt(lattice.next(0n)) : zero);
  const binades = magnitudeExponent(lattice.valueAt(lattice.maxIndex(side))) - lowest + 1;
  const classes = 2 * (binades + 3) * POSITIONS.length;
  return {
    name,
    format,
    lowest,
    binades,
    counts: new Uint32Array(classes),
    last: new Uint32Array(classes),
    zeros: { positive: 0, negative: 0 },
    specials: { infinite: 0, nan: 0 },
  };
}

/** Counts one value that is rounded at a site, in the row of vectors with that number (from 1). */
function count(site: Site, raw: Raw, row: number): void {
  if (raw.kind !== 'finite') site.specials[raw.kind === 'inf' ? 'infinite' : 'nan']++;
  else if (raw.significand === 0n) site.zeros[raw.sign ? 'negative' : 'positive']++;
  else {
    const index = indexOf(site, classOf(site, raw));
    if (site.last[index] === row) return;
    site.last[index] = row;
    site.counts[index]++;
  }
}

export function classOf(site: Site, raw: FiniteRaw): Class {
  const lattice = latticeOf(site.format);
  const { index, at } = lattice.locate(raw);
  const max = lattice.maxIndex(raw.sign);
  const position = positionOf(at, (index & 1n) === 1n);
  const binade = magnitudeExponent(raw) - site.lowest + 1;
  const row = index > max ? overRow(site) : index === max ? largestRow(site) : binade < 1 ? UNDER : binade;
  return { negative: raw.sign, row: Math.min(row, overRow(site)), position };
}

/** How far results lie below the running sum that went in: its leading bits were cancelled. */
const CANCELLED = ['none', '1 to 3 binades', '4 to 7 binades', '8 binades or more', 'to zero'] as const;

/** Counts what a datapath's vectors reach. */
export interface Coverage {
  sites: readonly Site[];
  cancelled: Uint32Array;
  rows: number;
  /** To be called before a row is evaluated. @param c the initial sum's code */
  begin(c: bigint): void;
  watch(exact: Raw, fit: Fit): void;
  /** To be called after a row is evaluated. @param sum code before a requantization */
  end(sum: bigint): void;
}

export function coverageOf(datapath: Datapath): Coverage {
  const { product, combine, result, requantize, order } = datapath;
  const total = totalFitOf(datapath);
  const node = combine.kind === 'tree' ? combine.node : undefined;
  const outer = order.kind === 'chunked' ? order.outer : undefined;
  const named = (name: SiteName, format: Format | undefined) => (format === undefined ? [] : [siteOf(name, format)]);
  const sites = [
    ...named('product', product === 'exact' ? undefined : product.format),
    ...named('node', node?.format),
    ...named('sum', registerFormatOf(datapath.sum)),
    ...named('outer', outer?.format),
    ...named('result', result?.format),
    ...named('requantize', requantize?.format),
  ];
  const siteNamed = (name: SiteName) => sites.find((site) => site.name === name);
  const sumSite = siteNamed('sum') as Site;
  const known = new Map<unknown, Site | undefined>([
    [product, siteNamed('product')],
    [node, siteNamed('node')],
    [outer, siteNamed('outer')],
    [result, siteNamed('result')],
  ]);
  const last = result?.format ?? total.format;
  let start: Raw = finite(false, 0n, 0);
  let latest: Raw = start;
  const coverage: Coverage = {
    sites,
    cancelled: new Uint32Array(CANCELLED.length),
    rows: 0,
    begin(c) {
      coverage.rows++;
      start = decode(total.format, c, total.subnormals);
      latest = start;
    },
    watch(exact, fit) {
      const site = known.get(fit) ?? sumSite;
      count(site, exact, coverage.rows);
      if (site.name === 'sum' || site.name === 'outer') latest = exact;
    },
    end(sum) {
      coverage.cancelled[cancellation(start, latest)]++;
      if (requantize === undefined) return;
      const whole = decode(last, sum);
      const units = last.kind === 'int' ? multiply(whole, finite(false, 1n, -last.exponent)) : whole;
      count(siteNamed('requantize') as Site, rescaled(requantize, units), coverage.rows);
    },
  };
  return coverage;
}

/** Number of the kind in CANCELLED. */
function cancellation(start: Raw, total: Raw): number {
  if (start.kind !== 'finite' || total.kind !== 'finite' || start.significand === 0n) return 0;
  if (total.significand === 0n) return 4;
  const lost = magnitudeExponent(start) - magnitudeExponent(total);
  return lost < 1 ? 0 : lost < 4 ? 1 : lost < 8 ? 2 : 3;
}

/** What a manifest says of the classes that the rows reach; small whatever the format. */
export interface CoverageReport {
  /** One for each kind of rounding of the unit. */
  sites: {
    site: SiteName;
    format: string;
    classes: { sign: '+' | '-'; position: PositionName; rows: number; binades: string; missed: string }[];
    zeros: { positive: number; negative: number };
    specials: { infinite: number; nan: number };
  }[];
  /** Rows by how far the result lies below the initial sum. */
  cancelled: Record<string, number>;
}

export function coverageReport({ sites, cancelled }: Coverage): CoverageReport {
  return {
    sites: sites.map((site) => ({
      site: site.name,
      format: site.format.name,
      classes: [false, true].flatMap((negative) =>
        POSITIONS.map((name, position) => {
          const rows = Array.from({ length: site.binades + 3 }, (_, row) => row);
          const hits = rows.map((row) => site.counts[indexOf(site, { negative, row, position })]);
          return {
            sign: negative ? ('-' as const) : ('+' as const),
            position: name,
            rows: hits.reduce((sum, hit) => sum + hit, 0),
            binades: rangesOf(site, (row) => hits[row] > 0),
            missed: rangesOf(site, (row) => hits[row] === 0),
          };
        }),
      ),
      zeros: site.zeros,
      specials: site.specials,
    })),
    cancelled: Object.fromEntries(CANCELLED.map((name, i) => [name, cancelled[i]])),
  };
}

/** Rows that a class has, as `under -14..3 5 largest over`: binades by their exponent of two. */
function rangesOf(site: Site, has: (row: number) => boolean): string {
  const parts: string[] = has(UNDER) ? ['under'] : [];
  for (let row = 1; row <= site.binades; row++) {
    if (!has(row)) continue;
    const first = row;
    while (row < site.binades && has(row + 1)) row++;
    const [from, to] = [first, row].map((at) => at - 1 + site.lowest);
    parts.push(from === to ? `${from}` : `${from}..${to}`);
  }
  if (has(largestRow(site))) parts.push('largest');
  if (has(overRow(site))) parts.push('over');
  return parts.join(' ');
}
