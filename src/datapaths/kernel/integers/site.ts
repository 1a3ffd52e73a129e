import type { Datapath } from '../../datapath.js';
import { registerFitOf } from '../../datapath.js';
import type { Order } from '../../order.js';
import { type IntFormat, widthOf } from '../../../formats/format.js';
import { factsOf } from '../contract/facts.js';
import type { Gemm } from '../contract/gemm.js';
import { outerOf } from '../contract/plan.js';
import type { Asked, Refusal } from '../contract/route.js';
import type { Scalar } from '../contract/scalar.js';
import { valuesOf } from '../float64/values.js';
import { freeRange, type IntStep } from '../nests/intNest.js';
import { type Seen, seenInAll } from '../panels/pack.js';

/** A datapath of integers (or of floats that are few multiples of a power of two) with an integer register. */
export interface IntSite {
  datapath: Datapath;
  order: Order;
  register: IntFormat;
  wrap: boolean;
  /** Operand values in units that make every product a count of the register's. */
  tables: readonly Float64Array[];
  /** Both operands are signs, which XOR multiplies. */
  signs: boolean;
  /** What all codes of the operands hold. */
  codes: readonly Seen[];
  /** Saturation after every addition is what the unit does, one product at a time. */
  chained: boolean;
  scalar: Scalar;
  slower: Gemm;
}

/** @returns in words why integer lanes are not for this datapath */
export function intSite({ datapath, order, slower, scalar }: Asked): IntSite | Refusal {
  const { a, b, product, combine, lanes, blockScale } = datapath;
  const { format, overflow } = registerFitOf(datapath.sum);
  if (format.kind !== 'int') return 'its register is not an integer';
  if (product !== 'exact' || blockScale !== undefined) return 'its products are rounded or scaled';
  if (combine.kind === 'aligned' || (combine.kind === 'tree' && combine.node !== undefined))
    return 'its lanes are aligned or rounded';
  if (widthOf(a) > 16 || widthOf(b) > 16) return 'an operand has more than 16 bits';
  const outer = outerOf(order);
  if (outer !== undefined && (outer.format !== format || (outer.overflow === 'wrap') !== (overflow === 'wrap')))
    return 'its outer register is another';
  const tables = countsOf(datapath, format);
  if (typeof tables === 'string') return tables;
  return {
    datapath,
    order,
    codes: tables.map(seenInAll),
    signs: isSign(tables[0]) && isSign(tables[1]) && tables[0][0] === tables[1][0],
    register: format,
    wrap: overflow === 'wrap',
    tables,
    chained: combine.kind === 'chain' || (lanes === 1 && (combine.kind === 'tree' || combine.sumInside)),
    scalar,
    slower,
  };
}

/** Operands as 16-bit integers whose products are counts of the register's quantum. */
function countsOf({ a, b, operands }: Datapath, register: IntFormat): Float64Array[] | string {
  const shift = factsOf(a).quantum + factsOf(b).quantum - register.exponent;
  if (shift < 0) return 'its products are finer than its register';
  const tables = [a, b].map((each) => valuesOf(each, operands).map((value) => value * 2 ** -factsOf(each).quantum));
  const narrower = factsOf(a).max * 2 ** -factsOf(a).quantum < factsOf(b).max * 2 ** -factsOf(b).quantum ? 0 : 1;
  tables[narrower] = tables[narrower].map((value) => value * 2 ** shift);
  const fits = tables.every((table) =>
    table.every((value) => value - value !== 0 || (value >= -32768 && value <= 32767)),
  );
  return fits ? tables : 'an operand has more than 16 significant bits';
}

function isSign(table: Float64Array): boolean {
  return table.length === 2 && Math.abs(table[0]) === 1 && table[0] === -table[1];
}

/** What initial sums hold, in the register's quanta. */
export interface IntStarts {
  values?: Float64Array;
  max: number;
  negative: boolean;
}

function rangeOf({ bits, signed }: IntFormat): { low: number; high: number } {
  const high = 2 ** (bits - Number(signed)) - 1;
  return { low: signed ? -high - 1 : 0, high };
}

/** Whether sums of such a magnitude lie in the register and in a lane of 32 bits. */
function isWithin(register: IntFormat, reach: number, negative: boolean): boolean {
  return reach <= rangeOf(register).high && (!negative || register.signed) && reach < 2 ** 31;
}

/** Whether no sum of k products leaves the register or a lane, whatever the operands hold. */
export function holds({ register, codes: [a, b] }: IntSite, k: number): boolean {
  if (a.nans || a.infinities || b.nans || b.infinities) return false;
  return isWithin(register, k * a.max * b.max, a.negative || b.negative);
}

/** A 16-bit register is kept in 32-bit lanes where a sum of the largest products is at most so many times its range. */
const SELDOM = 2;

/** The cheapest step that is exact for operands that hold what is said. */
export function stepFor(
  { register, wrap, order, chained }: IntSite,
  [a, b]: readonly Seen[],
  k: number,
  start: Omit<IntStarts, 'values'>,
): IntStep | string {
  if (a.nans || a.infinities || b.nans || b.infinities) return 'an operand is not a number';
  const { low, high } = rangeOf(register);
  const product = a.max * b.max;
  const reach = start.max + k * product;
  const negative = a.negative || b.negative;
  if (isWithin(register, reach, negative || start.negative)) return { kind: 'dot', low, high };
  if (wrap) return register.bits <= 32 ? { kind: 'dot', low, high } : 'its register is wider than 32 bits';
  if (!chained || order.kind === 'tree') return 'its lanes are added before they saturate';
  if (Math.max(high, product) >= 2 ** 30) return 'its register is too wide to saturate in 32-bit lanes';
  const free = freeRange(low, high, product, negative);
  const seldom = free !== undefined && free.pairs >= 16 && reach <= SELDOM * (high - low);
  if (high <= 32767 && product <= 32767 && !seldom)
    return { kind: 'narrow', low, high, moderate: product <= high - low };
  return { kind: 'clamped', low, high, free };
}
