import { decode } from '../formats/codec.js';
import type { Format } from '../formats/format.js';
import { finite, isZero, multiply, type Raw, sum } from '../formats/raw.js';
import { normalisedExponent, type Term } from './aligned.js';
import type { BlockScale, Datapath } from './datapath.js';
import type { Order, PermutedOrder } from './order.js';

/** A code of some format: what `decode` takes. */
export type OperandCode = bigint | number;

/**
 * Codes, one for each k. `c` is the initial sum (default +0; its format is that of totalFitOf, datapath.ts); scales have
 * one code for each block of operands.
 */
export interface Operands {
  a: ArrayLike<OperandCode>;
  b: ArrayLike<OperandCode>;
  c?: OperandCode;
  aScales?: ArrayLike<OperandCode>;
  bScales?: ArrayLike<OperandCode>;
}

/** What a zero counts as where zeros take part in an alignment: fp32's lowest binade (MMA-Sim). */
const ZERO_EXPONENT = -126;

/**
 * The exponent that an alignment sees of a decoded operand, scale or sum: that of its exponent field, so a subnormal's is
 * the lowest normal one. An integer's is that of its leading bit. Infinities and NaN take part in no alignment.
 */
export function alignmentExponent(format: Format, raw: Raw): number {
  if (isZero(raw)) return ZERO_EXPONENT;
  const own = normalisedExponent(raw);
  if (format.kind !== 'float' || format.lowest !== 'subnormal') return own;
  return Math.max(own, 1 - format.bias + (format.shift ?? 0));
}

/** An exact product; two integers' product has no -0, as two's complement has none. */
export function productOf(operands: Pick<Datapath, 'a' | 'b'>, x: Raw, y: Raw): Raw {
  const product = multiply(x, y);
  return isWhole(operands) && isZero(product) ? finite(false, 0n, 0) : product;
}

/** Whether both operands are integers, which have no -0. */
export function isWhole({ a, b }: Pick<Datapath, 'a' | 'b'>): boolean {
  return a.kind !== 'float' && b.kind !== 'float';
}

/** The products in k order, rounded by `round` where the datapath rounds them, each with the exponent it aligns by. */
export function productsOf(datapath: Datapath, operands: Operands, round: (product: Raw) => Raw): Term[] {
  const { a, b, operands: subnormals, blockScale } = datapath;
  const terms: Term[] = [];
  for (let k = 0; k < operands.a.length; k++) {
    const x = decode(a, operands.a[k], subnormals);
    const y = decode(b, operands.b[k], subnormals);
    const raw = round(productOf(datapath, x, y));
    const apart = alignmentExponent(datapath.widened ?? a, x) + alignmentExponent(datapath.widened ?? b, y);
    terms.push({ raw, exponent: isUnnormalised(datapath) ? apart : normalisedExponent(raw) });
  }
  if (blockScale === undefined) return terms;
  return blockScale.apply === 'group'
    ? groupsOf(datapath, blockScale, operands, terms)
    : scaled(datapath, blockScale, operands, terms);
}

function isUnnormalised({ product, combine }: Datapath): boolean {
  return product === 'exact' && combine.kind === 'aligned' && combine.productExponent === 'unnormalised';
}

/** The scales of a block, 1 where an operand brings none, as one value and the exponent it aligns by. */
function scaleOf({ format }: BlockScale, operands: Operands, block: number): Term {
  const one: Term = { raw: finite(false, 1n, 0), exponent: 0 };
  const [x, y] = [operands.aScales, operands.bScales].map((scales) => {
    if (scales === undefined) return one;
    const raw = decode(format, scales[block]);
    return { raw, exponent: alignmentExponent(format, raw) };
  });
  return { raw: multiply(x.raw, y.raw), exponent: x.exponent + y.exponent };
}

function scaled(datapath: Datapath, scale: BlockScale, operands: Operands, terms: readonly Term[]): Term[] {
  return terms.map(({ raw, exponent }, k) => {
    const factor = scaleOf(scale, operands, Math.floor(k / scale.size));
    const product = multiply(raw, factor.raw);
    const apart = exponent + factor.exponent;
    return { raw: product, exponent: isUnnormalised(datapath) ? apart : normalisedExponent(product) };
  });
}

/** Products that are summed exactly before their scales apply. */
export function groupOf({ size, group = size }: BlockScale): number {
  return group;
}

/** One term for each group: its exact sum times its scales; unnormalised, it aligns by the scales' exponents alone. */
function groupsOf(datapath: Datapath, scale: BlockScale, operands: Operands, terms: readonly Term[]): Term[] {
  const result: Term[] = [];
  for (let start = 0; start < terms.length; start += groupOf(scale)) {
    const exact = sum(terms.slice(start, start + groupOf(scale)).map((term) => term.raw));
    const factor = scaleOf(scale, operands, Math.floor(start / scale.size));
    const raw = multiply(exact, factor.raw);
    result.push({ raw, exponent: isUnnormalised(datapath) ? factor.exponent : normalisedExponent(raw) });
  }
  return result;
}

/** An order counts products; this is the same over terms, of which a group that shares its scales is one. */
export function termOrder(datapath: Datapath, order: Order): Order {
  const { blockScale } = datapath;
  if (blockScale?.apply !== 'group') return order;
  const terms = (products: number) => Math.ceil(products / groupOf(blockScale));
  if (order.kind === 'chunked') return { ...order, length: terms(order.length) };
  if (order.kind === 'tree') return { ...order, width: terms(order.width) };
  const { kind } = order;
  return kind === 'permuted' && order.after !== undefined
    ? { ...order, after: termOrder(datapath, order.after) as PermutedOrder['after'] }
    : order;
}

/** Terms that one firing takes. */
export function termsPerFiring({ lanes, blockScale }: Datapath): number {
  return blockScale?.apply === 'group' ? Math.max(1, lanes / groupOf(blockScale)) : lanes;
}
