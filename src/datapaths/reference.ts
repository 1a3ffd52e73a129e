import { decode, encode, type Fit, INEXACT, OVERFLOW } from '../formats/codec.js';
import { compareMagnitudes, finite, isZero, type Raw, sum } from '../formats/raw.js';
import { lfsrBits, type RandomBits, type Rounding, type StochasticRounding, zeroSignOf } from '../formats/rounding.js';
import { alignedSum, type Term } from './aligned.js';
import { type Datapath, registerFitOf, totalFitOf } from './datapath.js';
import { type Order, permutedPlaces } from './order.js';
import { alignmentExponent, type Operands, productsOf, termOrder, termsPerFiring } from './products.js';
import { requantize } from './requantize.js';

/**
 * The reference: exact values, rounded only where the datapath rounds. Slow, obviously right, and the definition that
 * the kernels, the clocked models and the RTL are held against.
 */
export interface Reduction {
  /** Code of the result: of `sum.format`, or of `result` or `requantize.format` where the datapath has one. */
  code: bigint;
  /** OR of the flags of every rounding. */
  flags: number;
  /** Additions of something nonzero that changed nothing. */
  swamped: number;
  /** Roundings that overflowed. */
  overflowed: number;
}

export type { Operands };

const ZERO = finite(false, 0n, 0);

/** The random bits of stochastic rounding for the output with that number; undefined for other roundings. */
export function randomBitsOf(rounding: Rounding, output = 0): RandomBits | undefined {
  if (typeof rounding === 'string') return undefined;
  const { lfsr, perOutput } = rounding.stochastic;
  return lfsrBits(lfsr, perOutput ? lfsr.seed + output : lfsr.seed);
}

/**
 * The rounding whose source all random roundings of a unit draw from, each as many bits as it needs: that of its sum, or
 * else of its products, a tree's nodes, the outer register or the result; undefined where nothing is rounded at random.
 * Bits are drawn in the order of the roundings, by every rounding of a finite value, be it exact or zero: those of all
 * products first, in k order; then register by register those of its firings, a tree's nodes level by level from its
 * leaves, lanes without a product included; then those of the joins, and the result's.
 */
export function drawingOf(datapath: Datapath, order: Order = datapath.order): StochasticRounding | undefined {
  const { sum, product, combine, result } = datapath;
  const node = combine.kind === 'tree' ? combine.node : undefined;
  const fits = [sum, product === 'exact' ? undefined : product, node, totalFitOf(datapath, order), result];
  return fits.map((fit) => fit?.rounding).find((rounding) => typeof rounding === 'object');
}

/** Whether every output of a unit has random bits of its own. */
export function drawsForEach(datapath: Datapath, order: Order = datapath.order): boolean {
  return drawingOf(datapath, order)?.stochastic.perOutput === true;
}

/** The random bits of one row of a table after the other: a shared source draws on, else each row has its own. */
export function randomOfRows(datapath: Datapath): () => RandomBits | undefined {
  const each = drawsForEach(datapath);
  const shared = randomOf(datapath);
  let row = 0;
  return () => (each ? randomOf(datapath, datapath.order, row++) : shared);
}

/** The random bits of a unit for the output with that number; undefined where nothing is rounded at random. */
export function randomOf(datapath: Datapath, order: Order = datapath.order, output = 0): RandomBits | undefined {
  const drawing = drawingOf(datapath, order);
  return drawing === undefined ? undefined : randomBitsOf(drawing, output);
}

/** Is shown every exact value that a unit rounds, before it is rounded, and the fit that it is rounded to. */
export type Watch = (exact: Raw, fit: Fit) => void;

/** The code that the datapath's unit, firing in the given order, gives for a dot product. */
export function reduce(
  datapath: Datapath,
  operands: Operands,
  order: Order = datapath.order,
  random = randomOf(datapath, order),
  watch?: Watch,
): Reduction {
  if (operands.a.length !== operands.b.length)
    throw new RangeError(`reduce: a has ${operands.a.length} codes and b ${operands.b.length}; they must be as many`);
  const unit = new ReferenceUnit(datapath, random, watch);
  const total = totalFitOf(datapath, order);
  const start = operands.c === undefined ? ZERO : decode(total.format, operands.c, total.subnormals);
  const { product } = datapath;
  const terms = productsOf(datapath, operands, (raw) => (product === 'exact' ? raw : unit.fit(raw, product)));
  return unit.finish(inOrder(unit, termOrder(datapath, order), terms, start), registerFitOf(total));
}

/** One datapath at work: its roundings, and what they did. */
class ReferenceUnit {
  flags = 0;
  swamped = 0;
  overflowed = 0;
  readonly datapath: Datapath;
  readonly register: Fit;
  readonly random: RandomBits | undefined;
  readonly watch: Watch | undefined;

  constructor(datapath: Datapath, random: RandomBits | undefined, watch: Watch | undefined) {
    this.datapath = datapath;
    this.register = registerFitOf(datapath.sum);
    this.random = random;
    this.watch = watch;
  }

  /** Rounds, counting flags. */
  fit(raw: Raw, fit: Fit): Raw {
    this.watch?.(raw, fit);
    const { code, flags } = encode(raw, fit, this.random);
    this.flags |= flags;
    if ((flags & OVERFLOW) !== 0) this.overflowed++;
    return decode(fit.format, code);
  }

  /** fit(x + y), counting it as swamped when y was something and the result is x. */
  add(x: Raw, y: Raw, fit: Fit): Raw {
    const result = this.fit(sum([x, y], zeroSignOf(fit.rounding)), fit);
    if (!isZero(y) && sameFinite(x, result)) this.swamped++;
    return result;
  }

  /** @param register the fit of the register that holds the total */
  finish(total: Raw, register: Fit): Reduction {
    const { result, requantize: stage, nanCode } = this.datapath;
    // But for an initial sum that nothing was added to, it is a value of the register's already and takes no random bits.
    const { rounding } = register;
    let { code } = encode(total, { ...register, rounding: typeof rounding === 'string' ? rounding : 'rne' });
    if (result !== undefined) {
      this.watch?.(total, result);
      const out = encode(total, result, this.random);
      this.flags |= out.flags;
      if ((out.flags & OVERFLOW) !== 0) this.overflowed++;
      code = out.code;
    }
    if (stage !== undefined) code = requantize(stage, (result ?? register).format, code);
    if (total.kind === 'nan' && nanCode !== undefined) code = BigInt(nanCode);
    return { code, flags: this.flags, swamped: this.swamped, overflowed: this.overflowed };
  }
}

function sameFinite(x: Raw, y: Raw): boolean {
  if (x.kind !== 'finite' || y.kind !== 'finite') return false;
  return compareMagnitudes(x, y) === 0 && (x.sign === y.sign || x.significand === 0n);
}

function inOrder(unit: ReferenceUnit, order: Order, terms: readonly Term[], start: Raw): Raw {
  switch (order.kind) {
    case 'sequential':
      return firings(unit, terms, start);
    case 'chunked': {
      const outer = order.outer ?? unit.register;
      return blocksOf(terms, order.length).reduce(
        (total, block) => unit.add(total, firings(unit, block, ZERO), outer),
        start,
      );
    }
    case 'tree':
      return blocksOf(terms, order.width).reduce(
        (total, block) => unit.add(total, pairwise(unit, leavesOf(unit, block), unit.register), unit.register),
        start,
      );
    case 'interleaved': {
      const lanes = blocksOf(terms, termsPerFiring(unit.datapath));
      const ways = Array.from({ length: order.ways }, (_, way) =>
        lanes.filter((_block, i) => i % order.ways === way).flat(),
      );
      const sums = ways.map((way, i) => firings(unit, way, i === 0 ? start : ZERO));
      return sums.slice(1).reduce((total, way) => unit.add(total, way, unit.register), sums[0]);
    }
    default: {
      const moved = permutedPlaces(order.indices, terms.length).map((place) => terms[place]);
      return inOrder(unit, order.after ?? { kind: 'sequential' }, moved, start);
    }
  }
}

function blocksOf<T>(items: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, i) => items.slice(i * length, (i + 1) * length));
}

/** The leaves of a tree order: products of a plain MAC, else firings from zero. */
function leavesOf(unit: ReferenceUnit, terms: readonly Term[]): Raw[] {
  if (unit.datapath.lanes === 1) return terms.map((term) => term.raw);
  return blocksOf(terms, termsPerFiring(unit.datapath)).map((block) => fire(unit, block, ZERO));
}

function firings(unit: ReferenceUnit, terms: readonly Term[], start: Raw): Raw {
  return blocksOf(terms, termsPerFiring(unit.datapath)).reduce((total, block) => fire(unit, block, total), start);
}

/** A lane without a product. */
const IDLE: Term = { raw: ZERO, exponent: -Infinity };

/** One firing: at most `lanes` products meet the running sum. Lanes without a product give +0. */
function fire(unit: ReferenceUnit, given: readonly Term[], running: Raw): Raw {
  const { combine, sum: fit } = unit.datapath;
  const idle = termsPerFiring(unit.datapath) - given.length;
  const terms = idle === 0 ? given : [...given, ...Array.from({ length: idle }, () => IDLE)];
  const raws = terms.map((term) => term.raw);
  const zeroSign = zeroSignOf(fit.rounding);
  switch (combine.kind) {
    case 'chain':
      return raws.reduce((total, product) => unit.add(total, product, unit.register), running);
    case 'tree':
      return unit.add(running, pairwise(unit, raws, combine.node ?? unit.register), unit.register);
    case 'fused': {
      if (!combine.sumInside) return unit.add(running, unit.fit(sum(raws, zeroSign), unit.register), unit.register);
      return unit.add(running, sum(raws, zeroSign), unit.register);
    }
    default: {
      const exponent = alignmentExponent(fit.format, running);
      const cut = alignedSum(combine, terms, combine.sumInside ? { raw: running, exponent } : undefined);
      unit.swamped += cut.lost;
      if (cut.cut) unit.flags |= INEXACT;
      const rounded = unit.fit(cut.raw, unit.register);
      return combine.sumInside ? rounded : unit.add(running, rounded, unit.register);
    }
  }
}

/** Adds neighbours until one is left; an odd one out goes up unchanged. */
function pairwise(unit: ReferenceUnit, leaves: readonly Raw[], node: Fit): Raw {
  let level = leaves;
  while (level.length > 1) {
    const above: Raw[] = [];
    for (let i = 0; i < level.length; i += 2)
      above.push(i + 1 < level.length ? unit.add(level[i], level[i + 1], node) : level[i]);
    level = above;
  }
  return level[0] ?? ZERO;
}
