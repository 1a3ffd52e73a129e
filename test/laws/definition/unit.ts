import { type AlignedCombine, type Datapath, type SumFit } from '../../../src/datapaths/datapath.js';
import type { Order } from '../../../src/datapaths/order.js';
import type { Fit } from '../../../src/formats/fit.js';
import type { Format } from '../../../src/formats/format.js';
import { alignedSum, type Cut, IDLE, type Term } from './align.js';
import { type Draw, fit } from './fit.js';
import { requantized } from './requantize.js';
import { exponentOf, exponentOfField, fieldsOf, isZero, number, product, sum, type Value, valueOf } from './value.js';

/** What a unit's dot product comes to, by the comments of src/datapaths/datapath.ts and order.ts. */
export interface Outcome {
  code: bigint;
  /** Of all roundings together, in the order of `flagNames`. */
  flags: string;
  swamped: number;
  overflowed: number;
}

export interface Codes {
  a: readonly bigint[];
  b: readonly bigint[];
  c: bigint;
  aScales?: readonly bigint[] | undefined;
  bScales?: readonly bigint[] | undefined;
}

const ZERO = number(false, 0n);
const ONE = valueOf({ kind: 'int', name: 'one', signed: false, bits: 1, exponent: 0 }, 1n);

/** What a register holds: of a word with fewer mantissa bits the upper ones, the rest reads zero. */
function held({ format, keptMantissaBits: kept, ...rest }: SumFit): Fit {
  if (format.kind !== 'float' || kept === undefined || kept >= format.mantissaBits) return { ...rest, format };
  const paddingBits = (format.paddingBits ?? 0) + format.mantissaBits - kept;
  return { ...rest, format: { ...format, mantissaBits: kept, paddingBits } };
}

/** The fit of the register that the total is in. */
function outerFit({ sum: own }: Datapath, order: Order): SumFit {
  const inner = order.kind === 'permuted' ? order.after : order;
  return (inner?.kind === 'chunked' ? inner.outer : undefined) ?? own;
}

/** Whether a rounding gives -0 where terms of both signs cancel. */
const goesDown = ({ rounding }: Fit) => rounding === 'rdn';

/** Runs of at most so many. */
const runs = <T>(items: readonly T[], length: number): T[][] =>
  items.length === 0 ? [] : [items.slice(0, length), ...runs(items.slice(length), length)];

export function dotProduct(unit: Datapath, codes: Codes, order: Order, draw?: Draw): Outcome {
  const at = new Unit(unit, draw);
  const total = outerFit(unit, order);
  const start = valueOf(total.format, codes.c, total.subnormals === 'flush');
  const done = at.inOrder(order, at.terms(codes), start);
  return at.finish(done, held(total));
}

class Unit {
  readonly unit: Datapath;
  readonly register: Fit;
  readonly draw: Draw | undefined;
  readonly flags = { inexact: false, overflow: false, underflow: false, invalid: false };
  swamped = 0;
  overflowed = 0;

  constructor(unit: Datapath, draw: Draw | undefined) {
    this.unit = unit;
    this.register = held(unit.sum);
    this.draw = draw;
  }

  round(value: Value, to: Fit): bigint {
    const { code, ...flags } = fit(value, to, this.draw);
    for (const name of Object.keys(this.flags) as (keyof typeof this.flags)[]) this.flags[name] ||= flags[name];
    if (flags.overflow) this.overflowed++;
    return code;
  }

  fitted(value: Value, to: Fit): Value {
    return valueOf(to.format, this.round(value, to));
  }

  add(x: Value, y: Value, to: Fit): Value {
    const result = this.fitted(sum([x, y], goesDown(to)), to);
    const same = x.kind === 'number' && result.kind === 'number' && x.units === result.units;
    if (same && !isZero(y) && (x.minus === result.minus || x.units === 0n)) this.swamped++;
    return result;
  }

  /** One term for each product, or for each group of products that are summed before their scales apply. */
  terms({ a, b, aScales, bScales }: Codes): Term[] {
    const { unit } = this;
    const flush = unit.operands === 'flush';
    const integers = unit.a.kind !== 'float' && unit.b.kind !== 'float';
    const apart =
      unit.combine.kind === 'aligned' && unit.combine.productExponent === 'unnormalised' && unit.product === 'exact';
    const products = a.map((code, k): Term => {
      const [x, y] = [valueOf(unit.a, code, flush), valueOf(unit.b, b[k], flush)];
      const exact = product(x, y);
      const own = integers && isZero(exact) ? ZERO : exact;
      const value = unit.product === 'exact' ? own : this.fitted(own, unit.product);
      const seen = seenExponent(unit.widened ?? unit.a, x) + seenExponent(unit.widened ?? unit.b, y);
      return { value, exponent: apart ? seen : leading(value) };
    });
    const { blockScale } = unit;
    if (blockScale === undefined) return products;
    const scale = (k: number): Term => {
      const both = [aScales, bScales].map((scales): Term => {
        if (scales === undefined) return { value: ONE, exponent: 0 };
        const value = valueOf(blockScale.format, scales[Math.floor(k / blockScale.size)]);
        return { value, exponent: seenExponent(blockScale.format, value) };
      });
      return { value: product(both[0].value, both[1].value), exponent: both[0].exponent + both[1].exponent };
    };
    const scaled = (term: Term, by: Term): Term => {
      const value = product(term.value, by.value);
      return { value, exponent: apart ? term.exponent + by.exponent : leading(value) };
    };
    if (blockScale.apply === 'exponent') return products.map((term, k) => scaled(term, scale(k)));
    const group = blockScale.group ?? blockScale.size;
    return runs(products, group).map((terms, i) =>
      scaled({ value: sum(terms.map(({ value }) => value)), exponent: 0 }, scale(i * group)),
    );
  }

  /** Products that make one term. */
  get group(): number {
    const { blockScale } = this.unit;
    return blockScale?.apply === 'group' ? (blockScale.group ?? blockScale.size) : 1;
  }

  /** Terms that a firing takes. */
  get width(): number {
    return Math.max(1, this.unit.lanes / this.group);
  }

  inOrder(order: Order, terms: readonly Term[], start: Value): Value {
    const { register } = this;
    const fires = (some: readonly Term[], from: Value) =>
      runs(some, this.width).reduce((running, firing) => this.fire(firing, running), from);
    if (order.kind === 'sequential') return fires(terms, start);
    if (order.kind === 'chunked')
      return runs(terms, Math.ceil(order.length / this.group)).reduce(
        (total, chunk) => this.add(total, fires(chunk, ZERO), order.outer ?? register),
        start,
      );
    if (order.kind === 'tree')
      return runs(terms, Math.ceil(order.width / this.group)).reduce((total, block) => {
        const leaf = (some: readonly Term[]) => (this.unit.lanes === 1 ? some[0].value : this.fire(some, ZERO));
        const leaves = runs(block, this.width).map(leaf);
        return this.add(total, this.pairwise(leaves, register), register);
      }, start);
    if (order.kind === 'interleaved') {
      const firings = runs(terms, this.width);
      const ways = Array.from({ length: order.ways }, (_, way) => {
        const own = firings.filter((_firing, i) => i % order.ways === way);
        return own.reduce((running, firing) => this.fire(firing, running), way === 0 ? start : ZERO);
      });
      return ways.slice(1).reduce((total, way) => this.add(total, way, register), ways[0]);
    }
    const moved = runs(terms, order.indices.length).flatMap((run) =>
      order.indices.filter((index) => index < run.length).map((index) => run[index]),
    );
    return this.inOrder(order.after ?? { kind: 'sequential' }, moved, start);
  }

  pairwise(values: readonly Value[], node: Fit): Value {
    if (values.length === 1) return values[0];
    return this.pairwise(
      runs(values, 2).map(([x, y]) => (y === undefined ? x : this.add(x, y, node))),
      node,
    );
  }

  fire(given: readonly Term[], running: Value): Value {
    const { combine } = this.unit;
    const { register } = this;
    const terms = [...given, ...Array.from({ length: this.width - given.length }, () => IDLE)];
    const values = terms.map(({ value }) => value);
    if (combine.kind === 'chain') return values.reduce((total, value) => this.add(total, value, register), running);
    if (combine.kind === 'tree')
      return this.add(running, this.pairwise(values, combine.node === undefined ? register : combine.node), register);
    if (combine.kind === 'fused') {
      const exact = sum(values, goesDown(register));
      return this.add(running, combine.sumInside ? exact : this.fitted(exact, register), register);
    }
    return this.align(combine, terms, running);
  }

  align(combine: AlignedCombine, terms: readonly Term[], running: Value): Value {
    const { register } = this;
    const own: Term = { value: running, exponent: seenExponent(this.unit.sum.format, running) };
    const { value, lost, cut }: Cut = alignedSum(combine, terms, combine.sumInside ? own : undefined);
    this.swamped += lost;
    this.flags.inexact ||= cut;
    const rounded = this.fitted(value, register);
    return combine.sumInside ? rounded : this.add(running, rounded, register);
  }

  finish(total: Value, register: Fit): Outcome {
    const { result, requantize, nanCode } = this.unit;
    const named = { ...register, rounding: typeof register.rounding === 'string' ? register.rounding : 'rne' } as const;
    let { code } = fit(total, named);
    if (result !== undefined) code = this.round(total, result);
    if (requantize !== undefined) code = requantized(requantize, (result ?? register).format, code);
    if (total.kind === 'nan' && nanCode !== undefined) code = BigInt(nanCode);
    const flags = Object.entries(this.flags).filter(([, set]) => set);
    return { code, flags: flags.map(([name]) => name).join(' '), swamped: this.swamped, overflowed: this.overflowed };
  }
}

/** floor(log2) of a number; a zero has none. */
function leading(value: Value): number {
  return value.kind === 'number' && value.units > 0n ? exponentOf(value.units) : -Infinity;
}

/**
 * The exponent that an alignment sees: that of the field of the value's code in its format, or of its leading bit where that
 * is no float; of a zero -126.
 */
function seenExponent(format: Format, value: Value): number {
  if (value.kind !== 'number') return 0;
  if (value.units === 0n) return -126;
  if (format.kind !== 'float') return exponentOf(value.units);
  const exactly = { format, rounding: 'rtz', overflow: 'ieee', subnormals: 'keep' } as const;
  return exponentOfField(format, fieldsOf(format, fit(value, exactly).code).field);
}
