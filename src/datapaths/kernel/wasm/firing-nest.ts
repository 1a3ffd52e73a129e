import type { AlignedCombine, FusedCombine } from '../../datapath.js';
import { type Code, type FunctionBuilder, i32, type Local } from './assembler.js';
import { Adder, carrierOf, powerOfTwo, type Step } from './lanes.js';
import { counterOf, type Frame, keepCount, ROWS, tiles } from './nest.js';
import { v128 } from './vector.js';

/** A unit that takes several products at once: they are summed exactly, or aligned and cut first. */
export interface Firing {
  combine: FusedCombine | AlignedCombine;
  lanes: number;
  /** Rounds a firing's sum; where the running sum stays outside, `plus` adds the two. */
  fit: Step;
  plus?: Step;
  outer: Step;
  /** Exponents: no weight of anything but zero is smaller; the register's lowest normal, where sums may lie below it. */
  smallest: number;
  lowest?: number;
  /** Additions that change nothing, and terms that are cut to nothing, are counted for each tile. */
  count?: boolean;
}

/** One vector of columns: an alignment keeps three values for each accumulator. */
export function firingWidth({ fit }: Pick<Firing, 'fit'>): number {
  return carrierOf(fit).lanes;
}

interface Body extends Frame {
  firing: Firing;
  sums4: readonly Local[];
  counter: Local | undefined;
}

export function firingFunctions(firing: Firing): FunctionBuilder[] {
  const { fit, outer, plus, combine, lanes } = firing;
  return (['extend', 'join', 'empty'] as const).map((kind) =>
    tiles(kind, (frame) => {
      const { f, parameters } = frame;
      const counter = counterOf(frame, firing.count);
      const adders = [fit, plus ?? fit, outer].map((step) => new Adder(f, step, counter));
      for (const adder of adders) adder.reset();
      const rows: Code[] = [frame.sums];
      for (let r = 1; r < ROWS; r++) rows.push(f.keep('i32', i32.add(rows[r - 1], parameters[6].get)));
      const sums4 = rows.map(() => f.local('v128'));
      const zero = powerOfTwo({ ...fit }, -carrierOf(fit).bias);
      sums4.forEach((acc, r) => f.emit(acc.set(kind === 'extend' ? v128.load(rows[r]) : zero)));
      const body: Body = { ...frame, firing, sums4, counter };
      if (kind !== 'empty')
        f.repeat(i32.divU(parameters[3].get, i32.const(lanes)), () =>
          combine.kind === 'fused' ? fused(body, adders) : aligned(body, combine, adders),
        );
      sums4.forEach((acc, r) => {
        if (kind !== 'extend') adders[2].add(acc, v128.load(rows[r]), acc.get);
        f.emit(v128.store(rows[r], acc.get));
      });
      for (const adder of adders)
        if (adder.watches) f.emit(i32.store(parameters[7].get, i32.or(i32.load(parameters[7].get), adder.reached())));
      keepCount(frame, counter);
    }),
  );
}

/** Lanes of one turn of the loop over lanes. */
function unrolled(lanes: number): number {
  return [4, 3, 2].find((turn) => lanes % turn === 0) ?? 1;
}

/** Does `each` for every lane with the product of each row; leaves the pointers behind the last one. */
function overLanes({ f, a, b, firing }: Body, from: [Local, Local], each: (row: number, product: Code) => void): void {
  const { fit, lanes } = firing;
  const { bytes, v } = carrierOf(fit);
  const [x, y] = from;
  const column = f.local('v128');
  const splat = fit.carrier === 'f32' ? v128.load32Splat : v128.load64Splat;
  const turn = unrolled(lanes);
  f.emit(x.set(a.get), y.set(b.get));
  f.repeat(i32.const(lanes / turn), () => {
    for (let lane = 0; lane < turn; lane++) {
      f.emit(column.set(v128.load(y.get, lane * 16)));
      for (let r = 0; r < ROWS; r++) each(r, v.mul(splat(x.get, (lane * ROWS + r) * bytes), column.get));
    }
    f.emit(x.set(i32.add(x.get, i32.const(turn * ROWS * bytes))), y.set(i32.add(y.get, i32.const(turn * 16))));
  });
}

/** Exact sums of products; an empty sum is -0, which changes nothing it is added to. */
function fused(body: Body, [fit, plus]: readonly Adder[]): void {
  const { f, firing, sums4 } = body;
  const { v, splat, bytes } = carrierOf(firing.fit);
  const totals = sums4.map(() => f.local('v128'));
  for (const total of totals) f.emit(total.set(splat(1n << BigInt(bytes * 8 - 1))));
  const ends: [Local, Local] = [f.local('i32'), f.local('i32')];
  overLanes(body, ends, (r, product) => f.emit(totals[r].set(v.add(totals[r].get, product))));
  f.emit(body.a.set(ends[0].get), body.b.set(ends[1].get));
  finish(body, totals, fit, plus);
}

/** Terms cut below the largest exponent; the powers of two are exact throughout. */
function aligned(body: Body, combine: AlignedCombine, [fit, plus]: readonly Adder[]): void {
  const { f, firing, sums4, parameters } = body;
  const { v, splat, bits } = carrierOf(firing.fit);
  const field = splat(((1n << BigInt(firing.fit.carrier === 'f32' ? 8 : 11)) - 1n) << BigInt(bits));
  const power = (exponent: number) => powerOfTwo(firing.fit, exponent);
  const floor = power(Math.max(firing.smallest, combine.exponentFloor ?? firing.smallest));
  const largest = sums4.map(() => f.local('v128'));
  largest.forEach((local, r) =>
    f.emit(local.set(combine.sumInside ? v.pmax(floor, runningWeight(body, sums4[r], field)) : floor)),
  );
  const ends: [Local, Local] = [f.local('i32'), f.local('i32')];
  if (combine.productExponent === 'normalised')
    overLanes(body, ends, (r, product) => f.emit(largest[r].set(v.pmax(largest[r].get, v128.and(product, field)))));
  else {
    const shifted = { ...body, a: moved(f, body.a, parameters[10]), b: moved(f, body.b, parameters[11]) };
    overLanes(shifted, ends, (r, weight) => f.emit(largest[r].set(v.pmax(largest[r].get, weight))));
  }
  const inverse = largest.map((local) => f.keep('v128', v.div(power(combine.fractionBits), local.get)));
  const cut = { rtz: v.trunc, floor: v.floor, rne: v.nearest }[combine.truncate];
  const totals = sums4.map(() => f.local('v128'));
  const wider = (combine.sumFractionBits ?? combine.fractionBits) - combine.fractionBits;
  totals.forEach((total, r) => {
    const scaled = v.mul(sums4[r].get, wider === 0 ? inverse[r] : v.mul(inverse[r], power(wider)));
    const whole = lost(body, combine.sumInside ? sums4[r].get : splat(0n), cut(scaled));
    const own = wider === 0 ? whole : v.mul(whole, power(-wider));
    f.emit(total.set(combine.sumInside ? v.add(own, splat(0n)) : splat(0n)));
  });
  overLanes(body, ends, (r, product) => {
    const term = body.counter === undefined ? product : f.keep('v128', product);
    const whole = lost(body, term, cut(v.mul(term, inverse[r])));
    f.emit(totals[r].set(v.add(totals[r].get, whole)));
  });
  f.emit(body.a.set(ends[0].get), body.b.set(ends[1].get));
  totals.forEach((total, r) =>
    f.emit(total.set(v.mul(total.get, v.mul(largest[r].get, power(-combine.fractionBits))))),
  );
  finish(body, totals, fit, plus);
}

/** The cut term; counted where the cut leaves nothing of something. */
function lost({ f, firing, counter }: Body, term: Code, cut: Code): Code {
  if (counter === undefined) return cut;
  const { v, i, splat } = carrierOf(firing.fit);
  const whole = f.keep('v128', cut);
  const gone = v128.and(v.eq(whole, splat(0n)), v.ne(term, splat(0n)));
  f.emit(counter.set(i.sub(counter.get, gone)));
  return whole;
}

function moved(f: FunctionBuilder, pointer: Local, by: Local): Local {
  const local = f.local('i32');
  f.emit(local.set(i32.add(pointer.get, by.get)));
  return local;
}

/** 2^exponent of the running sum; 0 for zero, and finite for an infinite one, which then stays infinite when scaled. */
function runningWeight({ firing }: Body, sum: Local, field: Code): Code {
  const { v, bias, splat } = carrierOf(firing.fit);
  const own = v.min(v128.and(sum.get, field), powerOfTwo(firing.fit, bias));
  if (firing.lowest === undefined) return own;
  const raised = v.max(own, powerOfTwo(firing.fit, firing.lowest));
  return v128.and(raised, v.ne(sum.get, splat(0n)));
}

function finish({ firing, sums4 }: Body, totals: readonly Local[], fit: Adder, plus: Adder): void {
  sums4.forEach((acc, r) => {
    if (!firing.combine.sumInside) {
      fit.fit(totals[r], totals[r].get);
      plus.add(acc, acc.get, totals[r].get);
    } else if (firing.combine.kind === 'fused') fit.add(acc, acc.get, totals[r].get);
    else fit.fit(acc, totals[r].get);
  });
}
