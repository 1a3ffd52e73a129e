import type { AlignedCombine } from '../../datapath.js';
import { ZERO_EXPONENT } from '../float64/align.js';
import { type Code, i32, type Local } from '../../../wasm/assembler.js';
import { advance, type Alignment, type Body, type Half, overLanes } from './body.js';
import { count, cutTo, finish, runningWeight, sumsInside, times } from './cut.js';
import { largestExponents, largestProducts, powers } from './exponents.js';
import { type Adder, carrierOf, powerOfTwo } from '../steps/lanes.js';
import { v128 } from '../../../wasm/vector.js';

/**
 * Terms cut below the largest exponent, in the adder itself: T = 1.5 * 2^bits * q takes up a term as a multiple of the
 * quantum q = 2^(largest - fractionBits), rounded to nearest. To cut toward zero, almost q/2 is first taken off the
 * magnitude: q * (1/2 - 2^-(productBits + 1)) leaves multiples of q where they are, because no product has bits below
 * 2^-productBits of its leading one.
 */
export function alignedFiring(
  body: Body,
  combine: AlignedCombine,
  alignment: Alignment,
  adders: readonly Adder[],
): void {
  const { f, sums4 } = body;
  const cut = () => cutFiring(body, combine, alignment, adders);
  if (alignment.exact === undefined) cut();
  else
    f.when(
      below(body, alignment.exact),
      () => {
        const pairs = Array.from({ length: sums4[0].length / 2 }, (_, i) => [2 * i, 2 * i + 1]);
        for (const pair of pairs) wholeFiring(body, pair, adders);
      },
      cut,
    );
  advance(body);
}

/** Whether every running sum's magnitude is below 2^limit; never with NaN. */
function below({ f, firing, sums4 }: Body, limit: number): Code {
  const { v } = carrierOf(firing.fit);
  const all = sums4.flat().map((acc) => v.lt(v.abs(acc.get), powerOfTwo(firing.fit, limit)));
  const mask = f.keep(
    'v128',
    all.reduce((x, y) => v128.and(x, y)),
  );
  return i32.eqz(v128.anyTrue(v128.not(mask)));
}

/** Nothing is cut: sums of products are exact in the lanes. */
function wholeFiring(body: Body, vectors: readonly number[], adders: readonly Adder[]): void {
  const { f, firing, sums4 } = body;
  const { v, splat } = carrierOf(firing.fit);
  const totals = sums4.map((accs) => accs.map(() => f.local('v128')));
  // The unit's adder is a fixed-point one, which has no -0.
  for (const [r, accs] of sums4.entries())
    for (const i of vectors) f.emit(totals[r][i].set(sumsInside(firing) ? v.add(accs[i].get, splat(0n)) : splat(0n)));
  overLanes(body, vectors, (r, i, product) => f.emit(totals[r][i].set(v.add(totals[r][i].get, product))));
  for (const [r, accs] of sums4.entries()) for (const i of vectors) finish(body, accs[i], totals[r][i], adders);
}

/** What the products of one vector are aligned to, for every row. */
type PowersOf = (vector: number, half: Half) => Code[];

function cutFiring(body: Body, combine: AlignedCombine, alignment: Alignment, adders: readonly Adder[]): void {
  const { f, sums4 } = body;
  const halves: readonly Half[] = combine.evenOdd === true ? ['even', 'odd'] : ['all'];
  const unnormalised = combine.productExponent === 'unnormalised';
  const exponents = new Map(unnormalised ? halves.map((half) => [half, largestExponents(body, alignment, half)]) : []);
  const powersOf: PowersOf = (vector, half) =>
    exponents.get(half)?.map((row) => f.keep('v128', powers(body, row.get, vector))) ??
    largestProducts(body, vector, alignment, half);
  const staged = combine.evenOdd === true || combine.twoStage !== undefined;
  for (const vector of sums4[0].keys()) {
    const accs = sums4.map((row) => row[vector]);
    const sums = (staged ? stagedSums : plainSums)(body, { vector, accs, combine, alignment, powersOf });
    sums.forEach((sum, r) => {
      const total = f.local('v128');
      f.emit(total.set(sum));
      finish(body, accs[r], total, adders);
    });
  }
}

/** One vector of columns at work. */
interface Columns {
  vector: number;
  accs: readonly Local[];
  combine: AlignedCombine;
  alignment: Alignment;
  powersOf: PowersOf;
}

/** Products and running sums become multiples of q and are added exactly. */
function plainSums(body: Body, columns: Columns): Code[] {
  const { vector, accs, combine, alignment, powersOf } = columns;
  const { v } = carrierOf(body.firing.fit);
  const { fractionBits, sumFractionBits = fractionBits, sumInside, truncate } = combine;
  const largest = powersOf(vector, 'all').map((power, r) =>
    sumInside ? body.f.keep('v128', v.pmax(power, runningWeight(body, accs[r], alignment))) : power,
  );
  const sums = cutProducts(body, columns, largest, 'all');
  if (!sumInside) return sums;
  return sums.map((sum, r) =>
    v.add(sum, cutTo(body, accs[r].get, { power: largest[r], bits: sumFractionBits, truncate })),
  );
}

/** Products first (even and odd lanes apart, where the unit does so), then their sum and the running one. */
function stagedSums(body: Body, columns: Columns): Code[] {
  const { f } = body;
  const { v } = carrierOf(body.firing.fit);
  const { vector, accs, combine, powersOf } = columns;
  const { fractionBits, sumFractionBits = fractionBits, evenOdd } = combine;
  const stage = combine.twoStage ?? { productFractionBits: fractionBits, sumFractionBits, truncate: 'floor' as const };
  const halves = (evenOdd === true ? (['even', 'odd'] as const) : (['all'] as const)).map((half) => {
    const largest = powersOf(vector, half);
    return { largest, sums: cutProducts(body, columns, largest, half).map((sum) => f.keep('v128', sum)) };
  });
  const { truncate } = stage;
  return accs.map((acc, r) => {
    const [power, product] = halves
      .map(({ largest, sums }): [Code, Code] => [largest[r], sums[r]])
      .reduce(([xPower, x], [yPower, y]) => {
        const larger = f.keep('v128', v.pmax(xPower, yPower));
        const cut = { power: larger, bits: fractionBits, truncate };
        return [larger, f.keep('v128', v.add(cutTo(body, x, cut), cutTo(body, y, cut)))];
      });
    if (!combine.sumInside) return v.add(product, carrierOf(body.firing.fit).splat(0n));
    const own = f.keep('v128', ownPower(body, acc, columns));
    const larger = f.keep('v128', v.pmax(power, own));
    const { dropSumBelow } = stage;
    const dropped = dropSumBelow === undefined ? undefined : v.lt(own, times(body, larger, -dropSumBelow));
    const first = cutTo(body, product, { power: larger, bits: stage.productFractionBits, truncate });
    const second = cutTo(body, acc.get, { power: larger, bits: stage.sumFractionBits, truncate, dropped });
    return v.add(first, second);
  });
}

/** 2^exponent of the running sum, which a floor holds up as it does the products', and zero's own where zeros align. */
function ownPower(body: Body, acc: Local, { alignment, combine }: Columns): Code {
  const { v } = carrierOf(body.firing.fit);
  const { exponentFloor = -Infinity, zerosAlign } = combine;
  const own = runningWeight(body, acc, alignment);
  const floor = Math.max(exponentFloor, zerosAlign === true ? ZERO_EXPONENT : -Infinity);
  return floor === -Infinity ? own : v.pmax(own, powerOfTwo(body.firing.fit, floor));
}

/** The sum of one vector's products, each cut below its row's power of two. */
function cutProducts(body: Body, columns: Columns, largest: readonly Code[], half: Half): Code[] {
  const { f, firing } = body;
  const { v, bits } = carrierOf(firing.fit);
  const { fractionBits } = columns.combine;
  const magic = largest.map((power) => f.keep('v128', times(body, power, bits - fractionBits, 1n << BigInt(bits - 1))));
  const totals = magic.map((code) => {
    const total = f.local('v128');
    f.emit(total.set(code));
    return total;
  });
  const cut = { largest, magic, totals };
  const { smallest } = columns.alignment;
  if (body.counter === undefined || smallest === undefined) addCut(body, columns, cut, half);
  else
    f.when(
      someAbove(body, largest, smallest + fractionBits),
      () => addCut(body, columns, cut, half),
      () => addCut({ ...body, counter: undefined }, columns, cut, half),
    );
  return totals.map((total, r) => v.sub(total.get, magic[r]));
}

/** Whether some power of two is larger than 2^limit. */
function someAbove({ firing }: Body, powersOfTwo: readonly Code[], limit: number): Code {
  const { v } = carrierOf(firing.fit);
  return v128.anyTrue(
    v.gt(
      powersOfTwo.reduce((x, y) => v.pmax(x, y)),
      powerOfTwo(firing.fit, limit),
    ),
  );
}

interface Cut {
  largest: readonly Code[];
  magic: readonly Code[];
  totals: readonly Local[];
}

/** Takes the products of one vector up into the totals. */
function addCut(body: Body, { vector, combine, alignment }: Columns, cut: Cut, half: Half): void {
  const { f, firing, counter } = body;
  const { v, splat, bits } = carrierOf(firing.fit);
  const { fractionBits, truncate } = combine;
  const { productBits } = alignment;
  // 1/2 - 2^-(p + 1) = 2^-2 * 1.11..1 with p - 1 ones after the point.
  const ones = ((1n << BigInt(productBits - 1)) - 1n) << BigInt(bits - productBits + 1);
  const [exponent, mantissa] = truncate === 'rtz' ? [-fractionBits - 2, ones] : [-fractionBits, 0n];
  const units = cut.largest.map((power) => f.keep('v128', times(body, power, exponent, mantissa)));
  const p = f.local('v128');
  const each = (r: number, product: Code) => {
    const total = cut.totals[r];
    const before = counter === undefined ? [] : f.keep('v128', total.get);
    f.emit(p.set(product));
    f.emit(total.set(v.add(total.get, cutTerm(body, truncate, p.get, units[r], cut.magic[r]))));
    if (counter !== undefined) count(body, v128.and(v.eq(total.get, before), v.ne(p.get, splat(0n))));
  };
  overLanes(body, [vector], (r, _, product) => each(r, product), half);
}

/** What the adder rounds to the multiple of q that the cut leaves, or that multiple itself. */
function cutTerm({ f, firing }: Body, truncate: AlignedCombine['truncate'], p: Code, unit: Code, magic: Code): Code {
  const { v, splat, bytes } = carrierOf(firing.fit);
  if (truncate === 'rtz') return v.sub(p, v128.or(v128.and(p, splat(1n << BigInt(bytes * 8 - 1))), unit));
  const nearest = v.sub(v.add(p, magic), magic);
  if (truncate === 'rne') return nearest;
  const kept = f.keep('v128', nearest);
  return v.sub(kept, v128.and(v.gt(kept, p), unit));
}
