/**
 * float64: a datapath on float64 values: how operands are read, how sums are rounded and encoded, and what one firing
 * gives.
 */

import type { Fit } from '../../../formats/codec.js';
import type { Format } from '../../../formats/format.js';
import { zeroSignOf } from '../../../formats/rounding.js';
import { type Datapath, registerFitOf } from '../../datapath.js';
import { isWhole, termsPerFiring } from '../../products.js';
import { alignerOf, alignsInFloat64 } from './align.js';
import type { Add, Draw, Engine, Fire, Parts, Register, Tally } from '../contract/engine.js';
import { type Facts, factsOf, spanBits, termFacts } from '../contract/facts.js';
import { type Rounder, rounderOf, wrapsExactly } from './rounder.js';
import { addOdd, sumOdd } from './snap.js';

/** @returns the engine, or in words why there is none */
export function engineOf(datapath: Datapath, draw?: Draw): Engine | string {
  const terms = termFacts(datapath);
  const obstacle = obstacleOf(datapath, terms);
  if (obstacle !== undefined) return obstacle;
  const tally: Tally = { swamped: 0, overflowed: 0 };
  const registers = new Map<Fit, Register>();
  const registerOf = (fit: Fit): Register => {
    let found = registers.get(fit);
    if (found === undefined) registers.set(fit, (found = registerFor(fit, tally, draw)));
    return found;
  };
  try {
    const register = registerOf(registerFitOf(datapath.sum));
    const fitted = datapath.product === 'exact' ? undefined : registerOf(datapath.product);
    // +0 takes the sign from an integer product's zero.
    const zero = isWhole(datapath) ? 0 : -0;
    const product = fitted === undefined ? (x: number) => x + zero : (x: number) => fitted.read(fitted.round(x + zero));
    const { max } = factsOf(datapath.sum.format);
    const carries = (fit: Fit) => rounderOf(fit, tally) !== undefined && wrapsExactly(fit, max);
    return { tally, product, register, registerOf, carries, fire: firingOf({ datapath, tally, register, registerOf }) };
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function registerFor(fit: Fit, tally: Tally, draw?: Draw): Register {
  const rounder = rounderOf(fit, tally, draw);
  if (rounder === undefined) throw new RangeError(`float64 does not carry the fit to ${fit.format.name}`);
  const { round, read } = rounder;
  const down = zeroSignOf(fit.rounding);
  const meet = adderOf({ round, read: (x) => x }, tally, down);
  return { round, read, add: adderOf(rounder, tally, down), meet: (x, y) => read(meet(x, y)) };
}

function obstacleOf(datapath: Datapath, terms: Facts): string | undefined {
  const { a, b, product, sum, result, combine } = datapath;
  if (product !== 'exact' && typeof product.rounding === 'object')
    return 'its products draw random bits before its sums';
  const [x, y] = [factsOf(a), factsOf(b)];
  if (x.precision + y.precision > 53) return 'a product has more than 53 bits';
  if (terms.precision > 53) return 'a scaled product has more than 53 bits';
  if (Math.min(x.quantum + y.quantum, terms.quantum) < -1000 || Math.max(x.max * y.max, terms.max) > 2 ** 900)
    return "products leave float64's range";
  const { format } = sum;
  const inner = factsOf(format).max;
  const largest = terms.max * termsPerFiring(datapath);
  if (product !== 'exact' && !wrapsExactly(product, x.max * y.max))
    return 'products leave the range where they wrap exactly';
  if (!wrapsExactly(sum, largest)) return 'sums leave the range where they wrap exactly';
  if (combine.kind === 'tree' && combine.node !== undefined && !wrapsExactly(combine.node, largest))
    return 'nodes leave the range where they wrap exactly';
  if (result !== undefined && !wrapsExactly(result, inner)) return 'the result leaves the range where it wraps exactly';
  if (result !== undefined && hasSignedNan(format)) return 'the sign of a NaN would have to pass to its result';
  return alignsInFloat64(datapath) ? undefined : 'its aligned terms have more than 53 bits';
}

/** fit(x + y), counted as swamped when y was something and the result is x. */
function adderOf({ round, read }: Rounder, tally: Tally, down: boolean): Add {
  return (x, y, odd) => {
    let s = odd ?? addOdd(x, y);
    if (s - s !== 0) s = read(x) + y;
    else if (down && s === 0) s = Object.is(x, 0) && Object.is(y, 0) ? 0 : -0;
    const r = round(s);
    if (r === x && y !== 0 && r - r === 0) tally.swamped++;
    return r;
  };
}

function firingOf(parts: Parts): Fire {
  const { combine } = parts.datapath;
  if (combine.kind === 'chain') return chainOf(parts);
  if (combine.kind === 'tree') return treeOf(parts, combine.node);
  return combine.kind === 'fused' ? fusedOf(parts, combine.sumInside) : alignerOf(parts, combine);
}

function chainOf({ register: { add }, datapath }: Parts): Fire {
  const lanes = termsPerFiring(datapath);
  return (running, terms, _weights, from, count) => {
    let total = running;
    for (let i = from; i < from + count; i++) total = add(total, terms[i]);
    for (let i = count; i < lanes; i++) total = add(total, 0);
    return total;
  };
}

function treeOf({ register, registerOf, datapath }: Parts, node?: Fit): Fire {
  const lanes = termsPerFiring(datapath);
  const level = new Float64Array(lanes);
  const inner = node === undefined ? register : registerOf(node);
  return (running, terms, _weights, from, count) => {
    level.fill(0);
    for (let i = 0; i < count; i++) level[i] = terms[from + i];
    return register.add(running, pairwise(inner, level, lanes));
  };
}

/** Adds neighbours in place until one is left; an odd one out goes up unchanged. */
export function pairwise({ meet }: Register, level: Float64Array, width: number): number {
  for (let left = width; left > 1; left = Math.ceil(left / 2))
    for (let i = 0; i < left; i += 2) level[i / 2] = i + 1 < left ? meet(level[i], level[i + 1]) : level[i];
  return width === 0 ? 0 : level[0];
}

function fusedOf({ register, datapath }: Parts, sumInside: boolean): Fire {
  const { add, round, read } = register;
  const down = zeroSignOf(datapath.sum.rounding);
  const lanes = termsPerFiring(datapath);
  const { max, quantum } = termFacts(datapath);
  const wide = lanes > 1 && spanBits(max * lanes, quantum) > 53;
  return (running, terms, _weights, from, count) => {
    let total = terms[from];
    let negative = total < 0 || Object.is(total, -0);
    for (let i = 1; i < lanes; i++) {
      const term = i < count ? terms[from + i] : 0;
      negative ||= term < 0 || Object.is(term, -0);
      total += term;
    }
    if (wide && total - total === 0) total = sumOdd(terms, from, count) || (total === 0 ? total : 0);
    if (down && total === 0 && negative) total = -0;
    if (!sumInside) return add(running, read(round(total)));
    const whole = wide && total !== 0 && total - total === 0 && running - running === 0;
    return whole ? add(running, total, sumOdd(terms, from, count, running)) : add(running, total);
  };
}

/** A format without infinity whose NaN has a sign: the codec lets it tell which way a sum overflowed. */
export function hasSignedNan(format: Format): boolean {
  return format.kind === 'float' && (format.specials === 'fn' || format.specials === 'merged');
}
