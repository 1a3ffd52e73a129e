import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import type { Format } from '../formats/format.js';
import { latticeOf } from '../formats/lattice.js';
import { finite, type FiniteRaw, infinite, magnitudeExponent, NAN, negate, type Raw, sum } from '../formats/raw.js';
import { type Random, randomFrom } from '../training/random.js';
import { type Class, type Coverage, indexOf, largestRow, overRow, POSITIONS, type Site, UNDER } from './coverage.js';
import { codeNear, extentOf, type Pair, pairDrawer } from './operandDraws.js';
import type { Port } from './port.js';
import { type Codes, landmarkRows, randomRows } from './stimulus.js';

/**
 * Rows that aim at each class of each rounding of a unit (coverage.ts). Products are drawn whose bits lie where the class
 * wants them, and the initial sum is chosen so that the exact sum falls into the class; the coverage then tells what was
 * hit. Random rows hardly ever do: of fp8 products in fp32, one in thousands comes near a tie.
 */
export interface Aim {
  datapath: Datapath;
  inputs: readonly Port[];
  random: Random;
}

/** Of the rows that landmarks leave, at most so many are directed: the others are random. */
const DIRECTED_SHARE = 0.75;

/**
 * The rows of golden vectors: landmarks, then directed rows, then random ones.
 * @param coverage must have counted each row before the next one is asked for
 */
export function* unitRows(
  datapath: Datapath,
  inputs: readonly Port[],
  count: number,
  seed: number,
  coverage: Coverage,
): Generator<Codes> {
  let row = 0;
  for (const codes of landmarkRows(inputs)) {
    if (row++ === count) return;
    yield codes;
  }
  const aim: Aim = { datapath, inputs, random: randomFrom(seed, DIRECTED_STREAM) };
  for (const codes of directedRows(aim, coverage, Math.floor((count - row) * DIRECTED_SHARE))) {
    row++;
    yield codes;
  }
  yield* randomRows(inputs, row, count, randomFrom(seed));
}
const DIRECTED_STREAM = 1;

/** The tools of a drawing: pairs, the initial sum's format, and rows of what was drawn. */
function toolsOf({ datapath, inputs, random }: Aim) {
  const pairs = pairDrawer(datapath, random);
  const format = totalFitOf(datapath).format;
  const lanes = inputs[0].lanes;
  const one = inputs
    .slice(3)
    .map((port) => Array<bigint>(port.lanes).fill(codeNear(port.format, finite(false, 1n, 0))));
  const idle = pairs.idle();
  let turn = 0;
  return {
    pairs,
    lanes,
    format,
    /** The next lane, so that each has its turn. */
    lane: () => turn++ % lanes,
    /** A row of pairs in the lanes from `first` on, and of the initial sum that brings the exact sum to `wanted`. */
    row(active: readonly Pair[], first: number, wanted: Raw): Codes {
      const filled = Array<Pair>(lanes).fill(idle);
      active.slice(0, lanes).forEach((pair, i) => (filled[(first + i) % lanes] = pair));
      // Where a format has no zero, idle lanes count too.
      const counted =
        idle.product.kind === 'finite' && idle.product.significand === 0n ? active.slice(0, lanes) : filled;
      const rest = sum([wanted, ...counted.map(({ product }) => negate(product))]);
      const c = wanted.kind === 'finite' && wanted.significand !== 0n && rest.kind === 'finite' ? rest : wanted;
      return this.rowWith(filled, codeNear(format, c));
    },
    /** A row of one pair a lane and an initial sum. */
    rowWith(filled: readonly Pair[], c: bigint): Codes {
      return [filled.map(({ a }) => a), filled.map(({ b }) => b), [c], ...one];
    },
    idleRow: () => Array<Pair>(lanes).fill(idle),
  };
}
type Tools = ReturnType<typeof toolsOf>;

/** What stays of a class's tries: after so many in a row that missed it, it is left. */
const MOST_MISSES = 12;
const FIRST_PASSES = 6;
const PASSES = 16;
/** Positions in the order of what they tell: a rounder that truncates, or loses a bit, fails the first. */
const IMPORTANCE = [6, 7, 5, 4, 3, 1, 8, 2, 0] as const;
/** What is cut has few bits left below the last one: there, positions with bits far below come last. */
const IMPORTANCE_OF_CUT = [7, 5, 4, 2, 6, 3, 1, 8, 0] as const;

/** At most `most` directed rows. `coverage` must have counted each row before the next one is asked for. */
export function* directedRows(aim: Aim, coverage: Coverage, most: number): Generator<Codes> {
  const tools = toolsOf(aim);
  let left = most;
  for (const codes of edgeRows(aim, tools)) {
    if (left-- <= 0) return;
    yield codes;
  }
  const plans = coverage.sites.map((site) => ({ site, misses: new Uint8Array(site.counts.length) }));
  for (let pass = 0; pass < PASSES; pass++)
    for (const position of aim.datapath.combine.kind === 'aligned' ? IMPORTANCE_OF_CUT : IMPORTANCE)
      for (const { site, misses } of plans)
        for (const aimed of classesAt(site, position)) {
          const index = indexOf(site, aimed);
          // What was never hit goes before what was hit once.
          if (site.counts[index] > Math.max(0, pass - FIRST_PASSES) || misses[index] >= MOST_MISSES) continue;
          if (pass === 0 && !isWorthwhile(aim.datapath, site, aimed, tools)) {
            misses[index] = MOST_MISSES;
            continue;
          }
          if (left-- <= 0) return;
          const before = site.counts[index];
          yield towards(aim, tools, site, aimed, pass + misses[index]);
          misses[index] = site.counts[index] > before ? 0 : misses[index] + 1;
        }
}

function* classesAt(site: Site, position: number): Generator<Class> {
  for (let row = UNDER; row <= overRow(site); row++)
    for (const negative of [true, false]) yield { negative, row, position };
}

/**
 * False where no operands reach a class: a binade beyond every sum, or bits that neither the products nor the initial
 * sum have. An inexact sum has a product, so it lies at most one binade below the smallest one: the sum that cancels a
 * larger one has no bits below its own last place. Half a step away from numbers, the products are a sixteenth of a step.
 * What is cut before it is rounded has but few bits left, unless many lanes carry: such classes are left to other rows.
 */
function isWorthwhile(datapath: Datapath, site: Site, { negative, row, position }: Class, tools: Tools): boolean {
  const lattice = latticeOf(site.format);
  if (lattice.maxIndex(negative) < 0n) return row === overRow(site);
  if (row === UNDER && position === 0) return false;
  if (site.name !== 'sum' || site.format.kind !== 'float' || datapath.order.kind === 'chunked') return true;
  if (position === 0 || site.format !== tools.format || datapath.combine.kind === 'tree') return true;
  if (bitsOf(position) > cutBitsOf(datapath, site)) return false;
  const { low, high } = quantaOf(datapath, tools);
  const step = placeAt(site, indexIn(site, row, undefined, false)).unit;
  const exponent = row === UNDER ? site.lowest : Math.min(row, largestRow(site) - 1) - 1 + site.lowest;
  const own = row === UNDER ? step - 1 : exponent;
  const finest = Math.min(low, extentOf(tools.format).low);
  if (finest > step - bitsOf(position) || own < low - 1) return false;
  return isBeside(position) || high >= step - 4;
}

/** Bits below the last one that are left where terms are cut. */
function cutBitsOf({ combine }: Datapath, { format }: Site): number {
  if (combine.kind !== 'aligned' || format.kind !== 'float') return Infinity;
  return combine.fractionBits - format.mantissaBits + 1;
}

/** Exponents of the last bit that a product can have, and of the first that their sum can have. */
function quantaOf({ a, b }: Datapath, { pairs, lanes }: Tools): { low: number; high: number } {
  const last = (format: Format) =>
    extentOf(format).low - (format.kind === 'float' && format.lowest !== 'subnormal' ? format.mantissaBits : 0);
  return { low: last(a) + last(b), high: pairs.extent.high + 2 + Math.ceil(Math.log2(lanes)) };
}

/** The first and the last index of a site's lattice in a binade. */
function rangeOf(site: Site, row: number, negative: boolean): [bigint, bigint] {
  const lattice = latticeOf(site.format);
  const max = lattice.maxIndex(negative);
  const clamp = (index: bigint) => (index > max ? max : index);
  const exponent = row - 1 + site.lowest;
  const first = clamp(lattice.locate(finite(false, 1n, exponent)).index);
  return [first, clamp(lattice.locate(finite(false, 1n, exponent + 1)).index - 1n)];
}

/** An index of a site's lattice in a row: its first, its last, or any. */
function indexIn(site: Site, row: number, random: Random | undefined, negative: boolean): bigint {
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
interface Place {
  base: FiniteRaw;
  next: FiniteRaw;
  step: FiniteRaw;
  /** Exponent of the step. */
  unit: number;
}

function placeAt(site: Site, index: bigint): Place {
  const lattice = latticeOf(site.format);
  const [base, next] = [lattice.valueAt(index), lattice.valueAt(lattice.next(index))];
  const step = sum([next, negate(base)]) as FiniteRaw;
  return { base, next, step, unit: step.significand === 0n ? 0 : magnitudeExponent(step) };
}

/** Of a tie the class says whether the number below it is odd: an index moves within its row, away from `end`. */
function withParity(index: bigint, position: number, end: bigint): bigint {
  const odd = POSITIONS[position] === 'tie, odd kept';
  if (!POSITIONS[position].startsWith('tie,') || ((index & 1n) === 1n) === odd) return index;
  return end < index ? index - 1n : index + 1n;
}

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
  { unit }: Place,
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
    ['all', true],
  ];
  return ways.filter(([, able]) => able).map(([way]) => way);
}

/** Whether the least product does for a position, whatever the step. */
function isBeside(position: number): boolean {
  return POSITIONS[position] === 'just above a number' || POSITIONS[position] === 'just below the next number';
}

/** Bits below the last one that a position needs. */
function bitsOf(position: number): number {
  const name = POSITIONS[position];
  return name === 'exact' ? 0 : name.startsWith('tie') ? 1 : name.includes('just') ? 4 : 2;
}

/** A row for one class; what is tried changes from try to try. */
function towards(aim: Aim, tools: Tools, site: Site, aimed: Class, attempt: number): Codes {
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
    const pair = tools.pairs.draw(leading - 1 + random.below(3), random.below(2) === 0 ? 'any' : 'power', negative);
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
function allLanes({ random }: Aim, tools: Tools, { base, unit }: Place, first: number, negative: boolean): Codes {
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

/** Where each position lies, in sixteenths of a step. */
const SIXTEENTHS = [0n, 1n, 4n, 7n, 8n, 8n, 9n, 12n, 15n];
/** Those that may come nearer to the number or tie beside them, and on which side of it they are. */
const NEARER: Readonly<Record<number, bigint>> = { 1: -1n, 3: 1n, 6: -1n, 8: 1n };

/** A value at a position within a step above a number. */
function between({ base, step }: Place, position: number, random: Random): Raw {
  const nearer = NEARER[position];
  const bits = nearer === undefined ? 0 : random.below(4);
  // A sixteenth beside a number, or a 32th, a 64th, a 128th of a step.
  const fraction = (SIXTEENTHS[position] << 3n) + (nearer ?? 0n) * (8n - (8n >> BigInt(bits)));
  return sum([base, finite(step.sign, step.significand * fraction, step.exponent - 7)]);
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
  const value =
    wanted.kind === 'finite' ? Number(wanted.significand) * 2 ** wanted.exponent * (wanted.sign ? -1 : 1) : 0;
  const counted = Math.round((value - zeroPoint) / (kind === 'shift' ? 2 ** -shift : multiplier) - bias);
  const last = result?.format ?? register.format;
  return finite(counted < 0, BigInt(Math.abs(counted)), last.kind === 'int' ? last.exponent : 0);
}

/** Zeros of every sign, sums that cancel to zero, infinities and NaN of products against those of the sum, and cuts. */
function* edgeRows(aim: Aim, tools: Tools): Generator<Codes> {
  yield* zeroRows(aim, tools);
  yield* cancelledRows(aim, tools);
  yield* specialRows(tools);
  if (aim.datapath.combine.kind === 'aligned') yield* cutRows(aim, tools);
}

const ZERO = finite(false, 0n, 0);
const MINUS_ZERO = finite(true, 0n, 0);

function* zeroRows({ datapath, random }: Aim, tools: Tools): Generator<Codes> {
  const { pairs, lanes, format } = tools;
  const zero = (sign: boolean, minus: boolean) =>
    pairs.pairOf(codeNear(datapath.a, minus ? MINUS_ZERO : ZERO), codeNear(datapath.b, finite(sign, 1n, 0)));
  for (const c of [ZERO, MINUS_ZERO])
    for (const minus of [false, true])
      for (const sign of [false, true]) {
        const all = Array.from({ length: lanes }, () => zero(sign, minus));
        yield tools.rowWith(all, codeNear(format, c));
        if (lanes > 1) yield tools.rowWith(all.with(tools.lane(), zero(!sign, minus)), codeNear(format, c));
      }
  const { low, high } = pairs.extent;
  for (let i = 0; i < CANCELLATIONS; i++) {
    const pair = pairs.draw(low + random.below(high - low + 1), i % 2 === 0 ? 'any' : 'power', i % 4 < 2);
    yield tools.rowWith(tools.idleRow().with(tools.lane(), pair), codeNear(format, negate(pair.product)));
    if (lanes === 1) continue;
    const filled = tools.idleRow();
    const at = tools.lane();
    filled[at] = pair;
    filled[(at + 1 + random.below(lanes - 1)) % lanes] = pairs.pairOf(
      pair.a,
      codeNear(datapath.b, negate(pairs.factor(pair.b))),
    );
    yield tools.rowWith(filled, codeNear(format, i % 3 === 0 ? ZERO : pair.product));
  }
}
const CANCELLATIONS = 24;

/** A product and nearly its opposite, in the sum or in another lane: so many leading bits go, and one is left. */
function* cancelledRows({ random, datapath }: Aim, tools: Tools): Generator<Codes> {
  const { pairs, lanes, format } = tools;
  const { low, high } = pairs.extent;
  for (let lost = 1; lost <= Math.min(MOST_LOST, high - low); lost++)
    for (const negative of [false, true])
      for (const shape of ['power', 'any'] as const) {
        const exponent = low + lost + random.below(high - low - lost + 1);
        const pair = pairs.draw(exponent, shape, negative);
        const left = finite(random.below(2) === 0, 1n, exponent - lost);
        yield tools.rowWith(
          tools.idleRow().with(tools.lane(), pair),
          codeNear(format, sum([negate(pair.product), left])),
        );
        if (lanes === 1) continue;
        const at = tools.lane();
        const other = pairs.pairOf(pair.a, codeNear(datapath.b, negate(pairs.factor(pair.b))));
        const filled = tools
          .idleRow()
          .with(at, pair)
          .with((at + 1 + random.below(lanes - 1)) % lanes, other);
        yield tools.rowWith(filled, codeNear(format, left));
      }
}
const MOST_LOST = 24;

/** Infinities and NaN, where the formats have them, in each of two lanes and in the sum. */
function* specialRows({ pairs, lanes, format, idleRow, rowWith, lane }: Tools): Generator<Codes> {
  const sums = [ZERO, infinite(false), infinite(true), NAN].map((raw) => codeNear(format, raw));
  const specials = pairs.specials();
  for (const first of specials)
    for (const c of sums) {
      yield rowWith(idleRow().with(lane(), first), c);
      if (lanes > 1)
        for (const second of specials) {
          const at = lane();
          yield rowWith(
            idleRow()
              .with(at, first)
              .with((at + 1) % lanes, second),
            c,
          );
        }
    }
}

/**
 * Of a unit that cuts its terms below the largest: two products that cancel, or a large one, and a term about where the
 * cut is, in a lane or in the sum.
 */
function* cutRows({ datapath, random }: Aim, tools: Tools): Generator<Codes> {
  const { combine } = datapath;
  if (combine.kind !== 'aligned') return;
  const { pairs, lanes, format } = tools;
  const kept = [
    combine.fractionBits,
    combine.sumFractionBits,
    combine.twoStage?.productFractionBits,
    combine.twoStage?.sumFractionBits,
  ];
  const { low, high } = pairs.extent;
  for (const bits of new Set(kept.filter((part) => part !== undefined)))
    for (let distance = bits - 6; distance <= bits + 3; distance++)
      for (let i = 0; i < CUTS; i++) {
        const [negative, inSum] = [i % 2 === 0, i % 4 >= 2];
        const exponent = high - random.below(Math.max(1, Math.min(high - low, high - low - distance + 4)));
        const big = pairs.draw(exponent, random.below(2) === 0 ? 'power' : 'any', random.below(2) === 0);
        const small = pairs.draw(exponent - distance, 'any', negative);
        const filled = tools.idleRow();
        const at = tools.lane();
        filled[at] = big;
        const opposite = pairs.pairOf(big.a, codeNear(datapath.b, negate(pairs.factor(big.b))));
        if (lanes > 1) filled[(at + 1 + random.below(lanes - 1)) % lanes] = inSum || lanes === 2 ? opposite : small;
        if (lanes > 2 && !inSum) {
          const free = filled.findIndex((pair) => pair !== big && pair !== small);
          filled[free] = opposite;
        }
        yield tools.rowWith(filled, codeNear(format, inSum ? small.product : lanes > 2 ? ZERO : opposite.product));
      }
}
const CUTS = 8;
