import type { Datapath } from '../../../datapaths/datapath.js';
import { latticeOf } from '../../../formats/lattice.js';
import { finite, magnitudeExponent, negate, type Raw, sum, toNumber } from '../../../formats/raw.js';
import type { Random } from '../../../random/random.js';
import type { RowCodes } from '../stimulus.js';
import { type Class, largestRow, overRow, POSITIONS, type Site, UNDER } from './coverage.js';
import { codeNear, extentOf, type Pair } from './draws.js';
import { between, bitsOf, indexIn, isBeside, type RowPlace, placeAt, rangeOf, withParity } from './places.js';
import type { Aim, Tools } from './tools.js';

const ZERO = finite(false, 0n, 0);

/**
 * The ways to a class. `rest`: the initial sum is the number, and a product what lies above it; `apart`: the same with the
 * tie and what lies beside it in two lanes; `lanes`: the same with the number in a lane; `base`: a product lies near, and
 * the initial sum brings the rest; `sum`: the initial sum is all; `all`: several lanes of any bits.
 */
type Way = 'rest' | 'base' | 'apart' | 'lanes' | 'sum' | 'all';

/** The ways that can lead to a class, the likeliest first. */
function waysTo(
  { pairs, lanes, format }: Tools,
  site: Site,
  position: number,
  { unit }: RowPlace,
  leading: number,
): Way[] {
  const { low, high } = pairs.extent;
  const finest = unit - bitsOf(position);
  const rest = low <= finest && (isBeside(position) || high >= unit - 5);
  const base = low <= leading + 1 && high >= leading - 2 && extentOf(format).low <= finest;
  const ways: [Way, boolean][] = [
    ['rest', rest],
    ['base', base],
    ['apart', rest && lanes > 1],
    ['lanes', rest && lanes > 1 && high >= leading - 1],
    ['sum', position === 0 || site.format !== format],
  ];
  const able = ways.filter(([, can]) => can).map(([way]) => way);
  return [...able, ...able, 'all'];
}

/** A row for one class; what is tried changes from try to try. */
export function towards(aim: Aim, tools: Tools, site: Site, aimed: Class, attempt: number): RowCodes {
  const { random, datapath } = aim;
  const { negative, row, position } = aimed;
  const end = indexIn(site, row, undefined, negative);
  const fixed = row === UNDER || row === largestRow(site);
  const drawn = indexIn(site, row, random, negative);
  const place = placeAt(site, fixed ? drawn : withParity(drawn, position, end));
  const signed = (raw: Raw): Raw => ({ ...raw, sign: negative });
  const first = tools.lane();
  const leading = magnitudeExponent(place.base.significand === 0n ? place.step : place.base);
  const wanted = () => signed(between(place, position, random));
  if (site.name === 'requantize') return tools.row([], first, requantized(datapath, site, wanted()));
  if (site.name === 'product') return tools.row([tools.pairs.draw(leading, 'any', negative)], first, ZERO);
  const ways = waysTo(tools, site, position, place, leading);
  const way = ways[attempt % ways.length];
  if (way === 'sum') return tools.row([], first, wanted());
  if (way === 'all') return allLanes(aim, tools, place, first, negative);
  if (way === 'base') {
    // A product lies near the class already, and the initial sum brings the bits below.
    const { normal } = tools.pairs;
    const about = leading + [-1, 0, 0, 0, 1][random.below(5)];
    const exponent = leading + 1 >= normal ? Math.max(about, normal) : about;
    const pair = tools.pairs.draw(exponent, random.below(2) === 0 ? 'any' : 'power', negative);
    const near = pair.product.kind === 'finite' ? latticeOf(site.format).locate(pair.product).index : 0n;
    const index = near + BigInt(random.below(16) - 8);
    const [from, to] = rangeOf(site, row, negative);
    const clamped = index < from ? from : index > to ? to : index;
    const at = fixed || row === overRow(site) ? place : placeAt(site, withParity(clamped, position, from));
    return tools.row([pair], first, signed(between(at, position, random)));
  }
  const { pairs: rest, upper } = restOf(tools, place.unit, position, negative, way !== 'rest', random);
  const anchor = signed(upper ? place.next : place.base);
  const lanesOnly = way === 'lanes' || site.name === 'node' || isInner(datapath, site);
  if (lanesOnly && tools.lanes > rest.length && anchor.kind === 'finite' && anchor.significand !== 0n) {
    // The sum comes from the products alone; the initial sum is zero, or takes what they have in common away again.
    const big = tools.pairs.draw(magnitudeExponent(anchor), random.below(2) === 0 ? 'power' : 'any', negative);
    const cancel = random.below(3) === 0 ? negate(big.product) : ZERO;
    const filled = tools.idleRow();
    for (const [i, pair] of [big, ...rest].entries()) filled[(first + i) % tools.lanes] = pair;
    return tools.rowWith(filled, codeNear(tools.format, cancel));
  }
  return tools.row(rest, first, position === 0 ? anchor : sum([anchor, ...rest.map(({ product }) => product)]));
}

/** Several lanes of any bits about a place, and the initial sum that brings their sum near it. */
function allLanes({ random }: Aim, tools: Tools, { base, unit }: RowPlace, first: number, negative: boolean): RowCodes {
  const top = base.significand === 0n ? unit : magnitudeExponent(base);
  const active = Array.from({ length: 1 + random.below(Math.min(tools.lanes, 6)) }, () =>
    tools.pairs.draw(unit - 6 + random.below(top - unit + 8), 'any', random.below(2) === 0),
  );
  return tools.row(active, first, { ...base, sign: negative });
}

/** Whether the initial sum does not meet the products at a site. */
function isInner({ order }: Datapath, site: Site): boolean {
  return site.name === 'sum' && order.kind === 'chunked';
}

/** Products whose sum is what a position wants beside a number, and whether that number is the upper one. */
function restOf(
  { pairs, lanes }: Tools,
  unit: number,
  position: number,
  negative: boolean,
  apart: boolean,
  random: Random,
): { pairs: Pair[]; upper: boolean } {
  const below = random.below(4);
  const tiny = (flip: boolean) =>
    random.below(2) === 0
      ? pairs.draw(unit - 4 - below, 'power', negative !== flip)
      : pairs.draw(unit - 6 - below, 'any', negative !== flip);
  const half = (flip: boolean) => pairs.draw(unit - 1, 'power', negative !== flip);
  const quarter = (flip: boolean) =>
    random.below(4) > 0
      ? pairs.draw(unit - 2, 'power', negative !== flip)
      : pairs.draw(unit - 3, 'any', negative !== flip);
  const two = lanes > 1 && apart;
  switch (POSITIONS[position]) {
    case 'exact':
      return { pairs: [pairs.draw(unit + random.below(6), 'power', random.below(2) === 0)], upper: false };
    case 'just above a number':
      return { pairs: [tiny(false)], upper: false };
    case 'just below the next number':
      return { pairs: [tiny(true)], upper: true };
    case 'below the tie':
      return { pairs: [quarter(false)], upper: false };
    case 'above the tie':
      return { pairs: [quarter(true)], upper: true };
    case 'just above the tie':
      return two
        ? { pairs: [half(false), tiny(false)], upper: false }
        : { pairs: [pairs.draw(unit - 1, 'spread', negative)], upper: false };
    case 'just below the tie':
      return two
        ? { pairs: [half(false), tiny(true)], upper: false }
        : { pairs: [pairs.draw(unit - 1, 'spread', !negative)], upper: true };
    default:
      return random.below(2) === 0 ? { pairs: [half(false)], upper: false } : { pairs: [half(true)], upper: true };
  }
}

/** The sum that a requantization brings to a value, as nearly as float64 has it. */
function requantized({ requantize, result, sum: register }: Datapath, site: Site, wanted: Raw): Raw {
  const {
    shift = 0,
    multiplier = 1,
    bias = 0,
    zeroPoint = 0,
    kind,
  } = requantize ?? { kind: 'shift', format: site.format };
  const value = wanted.kind === 'finite' ? toNumber(wanted) : 0;
  const counted = Math.round((value - zeroPoint) / (kind === 'shift' ? 2 ** -shift : multiplier) - bias);
  const last = result?.format ?? register.format;
  return finite(counted < 0, BigInt(Math.abs(counted)), last.kind === 'int' ? last.exponent : 0);
}
