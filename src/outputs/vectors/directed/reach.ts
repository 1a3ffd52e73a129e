import type { Datapath } from '../../../datapaths/datapath.js';
import type { Format } from '../../../formats/format.js';
import { latticeOf } from '../../../formats/lattice.js';
import { type Class, largestRow, overRow, type Site, UNDER } from './coverage.js';
import { extentOf } from './draws.js';
import { bitsOf, indexIn, isBeside, placeAt } from './places.js';
import type { Tools } from './tools.js';

/**
 * False where no operands reach a class: a binade beyond every sum, or bits that neither the products nor the initial
 * sum have. An inexact sum has a product, so it lies at most one binade below the smallest one: the sum that cancels a
 * larger one has no bits below its own last place. Half a step away from numbers, the products are a sixteenth of a step.
 * What is cut before it is rounded has but few bits left, unless many lanes carry: such classes are left to other rows.
 */
export function isWorthwhile(
  datapath: Datapath,
  site: Site,
  { negative, row, position }: Class,
  tools: Tools,
): boolean {
  const lattice = latticeOf(site.format);
  if (lattice.maxIndex(negative) < 0n) return row === overRow(site);
  if (row === UNDER && position === 0) return false;
  if (position === 0 || site.name !== 'sum') return true;
  if (bitsOf(position) > cutBitsOf(datapath, site)) return false;
  const { low, high } = quantaOf(datapath, tools);
  const step = placeAt(site, indexIn(site, row, undefined, false)).unit;
  const finest = Math.min(low, lastBitOf(tools.format));
  if (datapath.product === 'exact' && finest > step - bitsOf(position)) return false;
  if (site.format.kind !== 'float' || site.format !== tools.format) return true;
  if (datapath.combine.kind === 'tree' || datapath.order.kind === 'chunked') return true;
  const exponent = row === UNDER ? site.lowest : Math.min(row, largestRow(site) - 1) - 1 + site.lowest;
  const own = row === UNDER ? step - 1 : exponent;
  if (own < low - 1) return false;
  return isBeside(position) || high >= step - 4;
}

/** Bits below the last one that are left where terms are cut. */
function cutBitsOf({ combine }: Datapath, { format }: Site): number {
  if (combine.kind !== 'aligned' || format.kind !== 'float') return Infinity;
  return combine.fractionBits - format.mantissaBits + 1;
}

/** Exponents of the last bit that a product can have, and of the first that their sum can have. */
function quantaOf({ a, b }: Datapath, { pairs, lanes }: Tools): { low: number; high: number } {
  return { low: lastBitOf(a) + lastBitOf(b), high: pairs.extent.high + 2 + Math.ceil(Math.log2(lanes)) };
}

/** Exponent of the last bit that a value of a format can have. */
function lastBitOf(format: Format): number {
  const { low } = extentOf(format);
  return format.kind === 'float' && format.lowest !== 'subnormal' ? low - format.mantissaBits : low;
}
