import type { AlignedCombine } from '../../datapath.js';
import { type Code, i32, type Local } from '../../../wasm/assembler.js';
import { advance, type Alignment, type Body } from './body.js';
import type { PanelBody } from './panels.js';
import { cutTo, exponentField, finish, runningWeight } from './cut.js';
import { type Adder, carrierOf, powerOfTwo } from '../steps/lanes.js';
import { ROWS } from '../panels/frame.js';
import { v128 } from '../../../wasm/vector.js';

/** Places of a term's scale and of its power of two, behind its products. */
export const SCALE_PLACES = 2;

/**
 * Groups of products, each summed exactly and scaled, are the terms that are aligned. In the panels a group's products
 * are followed by the scales of its operands and their powers of two (0 for what takes part in no alignment).
 */
export function groupedFiring(
  body: PanelBody,
  combine: AlignedCombine,
  alignment: Alignment,
  adders: readonly Adder[],
): void {
  for (const vector of body.sums4[0].keys()) {
    const terms = termsOf(body, vector, combine);
    body.sums4.forEach((accs, r) => {
      const total = body.f.local('v128');
      body.f.emit(total.set(alignedTerms(body, accs[vector], terms, r, combine, alignment)));
      finish(body, accs[vector], total, adders);
    });
  }
  advance(body);
}

/** A term of every row: its value and its power of two. */
interface Term {
  values: Code[];
  powers: Code[];
}

/** The terms of one vector of columns. */
function termsOf(body: PanelBody, vector: number, combine: AlignedCombine): Term[] {
  const { f, a, b, firing, sums4 } = body;
  const { group = 1, lanes } = firing;
  const { bytes, v, splat } = carrierOf(firing.fit);
  const [x, y] = [f.local('i32'), f.local('i32')];
  const column = f.local('v128');
  const step = (to: (row: Code, column: Code, r: number) => void): void => {
    f.emit(column.set(v128.load(y.get, vector * 16)));
    for (let r = 0; r < ROWS; r++) to(v128.load64Splat(x.get, r * bytes), column.get, r);
    f.emit(x.set(i32.add(x.get, i32.const(ROWS * bytes))), y.set(i32.add(y.get, i32.const(sums4[0].length * 16))));
  };
  f.emit(x.set(a.get), y.set(b.get));
  return Array.from({ length: lanes / (group + SCALE_PLACES) }, () => {
    const sums = sums4.map(() => f.local('v128'));
    for (const sum of sums) f.emit(sum.set(splat(0n)));
    f.repeat(i32.const(group), () => step((row, each, r) => f.emit(sums[r].set(v.add(sums[r].get, v.mul(row, each))))));
    step((row, each, r) => f.emit(sums[r].set(v.mul(sums[r].get, v.mul(row, each)))));
    const powers = sums.map(() => f.local('v128'));
    step((row, each, r) => f.emit(powers[r].set(powerOf(body, sums[r], v.mul(row, each), combine))));
    return { values: sums.map((sum) => sum.get), powers: powers.map((power) => power.get) };
  });
}

function powerOf(body: Body, term: Local, scales: Code, { productExponent, zerosAlign }: AlignedCombine): Code {
  const { v, splat } = carrierOf(body.firing.fit);
  if (productExponent === 'normalised') return v128.and(term.get, exponentField(body));
  return zerosAlign === true ? scales : v128.and(scales, v.ne(term.get, splat(0n)));
}

/** One row's terms and running sum, cut below their largest power and added exactly. */
function alignedTerms(
  body: Body,
  acc: Local,
  terms: readonly Term[],
  r: number,
  { fractionBits, sumFractionBits = fractionBits, sumInside, truncate }: AlignedCombine,
  alignment: Alignment,
): Code {
  const { f, firing } = body;
  const { v, splat } = carrierOf(firing.fit);
  const all = terms.map(({ powers }) => powers[r]);
  if (sumInside) all.push(runningWeight(body, acc, alignment));
  const largest = all.reduce((x, y) => v.pmax(x, y), powerOfTwo(firing.fit, alignment.floor));
  const power = f.keep('v128', v.pmin(powerOfTwo(firing.fit, alignment.top), largest));
  const cuts = terms.map(({ values }) => cutTo(body, values[r], { power, bits: fractionBits, truncate }));
  if (sumInside) cuts.push(cutTo(body, acc.get, { power, bits: sumFractionBits, truncate }));
  return v.add(
    cuts.reduce((x, y) => v.add(x, y)),
    splat(0n),
  );
}
