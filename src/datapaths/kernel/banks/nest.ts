import { type Code, FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { type Adders, type FloatAdders, type IntAdders, stepOf, widthIn } from './adders.js';
import { firingWidth, type LaneOperands, overOperands, type Reads } from '../firings/body.js';
import { firingOf, treeFiring } from '../firings/sums.js';
import { Adder, adderFor, carrierOf } from '../steps/lanes.js';
import type { Adding, Step } from '../steps/step.js';
import { i32x4, i64x2, splat32, v128 } from '../../../wasm/vector.js';

/** Vectors of sums that share a flag. */
export const BLOCK = 8;

/** The function's pointers, which it moves along, and the sums at work. */
interface Frame {
  f: FunctionBuilder;
  accs: readonly Local[];
  a: LaneOperands;
  b: LaneOperands;
  exponents: readonly [LaneOperands, LaneOperands];
  draws: LaneOperands;
}

/** Vectors of sums that fire together. */
function vectorsIn(adders: Adders): number {
  return adders.kind === 'firing' ? firingWidth(adders.firing) / widthIn(adders) : 2;
}

/**
 * `fire(sums, a, b, live, blocks, stride, flags, aExponents, bExponents, draws)`: byte addresses of the registers of sums, of
 * operands and of the 16-bit numbers of live lanes; blocks of sums; bytes from one lane's operands to the next; a 32-bit
 * flag for each block; operands' exponents of 16 bits; random bits of 32 bits for each lane. A PE without live lanes keeps
 * its sum; lanes that are not live are 0.
 */
export function bankFunction(adders: Adders): FunctionBuilder {
  const f = new FunctionBuilder('fire', 10);
  const [sums, a, b, live, blocks, stride, flags, aExponents, bExponents, draws] = f.parameters;
  const width = widthIn(adders);
  const elements = f.keep('i32', i32.divU(stride.get, i32.const(16 / width)));
  const [pairs, words] = [2, 4].map((bytes) => f.keep('i32', i32.mul(elements, i32.const(bytes))));
  const accs = Array.from({ length: vectorsIn(adders) }, () => f.local('v128'));
  const before = accs.map(() => f.local('v128'));
  const operands = (at: Local, step: Code): LaneOperands => ({ at: at.get, step });
  const { adding, fire } = emitterOf(
    {
      f,
      accs,
      a: operands(a, stride.get),
      b: operands(b, stride.get),
      exponents: [operands(aExponents, pairs), operands(bExponents, pairs)],
      draws: operands(draws, words),
    },
    adders,
  );
  const moved = (bytes: number, pointers: readonly Local[]) => {
    for (const pointer of pointers) f.emit(pointer.set(i32.add(pointer.get, i32.const(bytes * accs.length))));
  };
  f.repeat(blocks.get, () => {
    for (const adder of adding) adder.reset();
    f.repeat(i32.const(BLOCK / accs.length), () => {
      accs.forEach((acc, i) => f.emit(before[i].set(v128.load(sums.get, i * 16)), acc.set(before[i].get)));
      fire();
      accs.forEach((acc, i) =>
        f.emit(v128.store(sums.get, v128.select(acc.get, before[i].get, fires(live.get, width, i)), i * 16)),
      );
      moved(16, [sums, a, b]);
      moved(2 * width, [live, aExponents, bExponents]);
      moved(4 * width, [draws]);
    });
    const reached = adding.filter((adder) => adder.watches).map((adder) => adder.reached());
    if (reached.length === 0) return;
    f.emit(i32.store(flags.get, reached.reduce(i32.or)), flags.set(i32.add(flags.get, i32.const(4))));
  });
  return f;
}

/** All bits of the sums of a vector whose PE has live lanes. */
function fires(live: Code, width: number, vector: number): Code {
  const load = width === 4 ? v128.load64Splat : v128.load32Splat;
  const mask = i32x4.ne(i32x4.extendLowU(load(live, 2 * width * vector)), splat32(0));
  return width === 4 ? mask : i64x2.extendLowS(mask);
}

/** What emits a firing of the sums at work, and the adders it uses. */
interface Emitter {
  adding: readonly Adding[];
  fire: () => void;
}

function emitterOf(frame: Frame, adders: Adders): Emitter {
  if (adders.kind === 'int') return { adding: [], fire: () => integers(frame, adders) };
  const { f, accs } = frame;
  const { lanes } = adders;
  const { reads, rounding } = readsOf(frame, adders);
  const plus = (step: Step) => adderFor(f, step);
  if (adders.kind === 'chain') {
    const adder = plus(adders.step);
    return { adding: [...rounding, adder], fire: () => chain(frame, reads, adders, adder) };
  }
  if (adders.kind === 'tree') {
    const [node, last] = [plus(adders.node), plus(adders.step)];
    const body = { f, firing: { lanes }, sums4: [accs], reads };
    return { adding: [...rounding, node, last], fire: () => treeFiring(body, node, last) };
  }
  const { firing } = adders;
  const random = firing.fit.rounding === 'stochastic';
  const adder = (step: Step, draw: number) => (random ? new RandomAdder(frame, step, draw) : new Adder(f, step));
  const adding = [adder(firing.fit, 0), adder(firing.plus ?? firing.fit, 1)];
  const body = { f, firing, sums4: [accs], counter: undefined, reads };
  return { adding: [...rounding, ...adding], fire: () => firingOf(body, adding) };
}

/** Registers of PEs as a firing reads them: each PE has operands of its own, of which a step rounds the product. */
function readsOf({ f, a, b, exponents }: Frame, adders: FloatAdders): { reads: Reads; rounding: readonly Adding[] } {
  const { v, bytes, splat } = carrierOf(stepOf(adders));
  const rounding = adders.product === undefined ? [] : [adderFor(f, adders.product)];
  const rounded = (product: Code): Code => {
    const to = f.local('v128');
    // -0 changes nothing that is added to it.
    for (const adder of rounding) adder.meet(to, splat(1n << BigInt(bytes * 8 - 1)), product);
    return to.get;
  };
  const reads: Reads = {
    x: a,
    y: b,
    exponents,
    row: (at) => (vector) => v128.load(at, vector * 16),
    rowExponents: (at) => v128.load(at),
    times: (x, y) => (rounding.length === 0 ? v.mul(x, y) : rounded(v.mul(x, y))),
    advance: () => undefined,
  };
  return { reads, rounding };
}

/** Each product is added to its PE's sum and rounded, with random bits of its own where the step wants some. */
function chain(
  { f, accs, draws }: Frame,
  { x, y, times }: Reads,
  { lanes, step }: { lanes: number; step: Step },
  adder: Adding,
): void {
  const random = step.rounding === 'stochastic';
  overOperands(f, random ? [x, y, draws] : [x, y], { count: lanes, first: 0, step: 1 }, ([left, right, drawn]) =>
    accs.forEach((acc, i) => {
      const product = times(v128.load(left, i * 16), v128.load(right, i * 16));
      adder.add(acc, acc.get, product, random ? f.keep('v128', adder.draw(placed(step, drawn, i))) : []);
    }),
  );
}

/** Random bits below the kept ones of a vector's sums. */
function placed(step: Step, drawn: Code, vector: number): Code {
  const { bits, i, lanes } = carrierOf(step);
  const bytes = vector * 4 * lanes;
  const numbers = lanes === 4 ? v128.load(drawn, bytes) : i64x2.extendLowU(v128.load64Splat(drawn, bytes));
  return i.shl(numbers, bits - step.mantissaBits - step.randomBits);
}

/** Rounds one vector of sums after the other, each with random bits of its own: those of so many draws before. */
class RandomAdder extends Adder {
  readonly #frame: Frame;
  readonly #step: Step;
  readonly #draw: number;
  #rounded = 0;

  constructor(frame: Frame, step: Step, draw: number) {
    super(frame.f, step);
    this.#frame = frame;
    this.#step = step;
    this.#draw = draw;
  }

  override fit(acc: Local, value: Code): void {
    const { accs, draws } = this.#frame;
    const drawn = i32.add(draws.at, i32.mul(draws.step, i32.const(this.#draw)));
    super.fit(acc, value, placed(this.#step, drawn, this.#rounded++ % accs.length));
  }
}

function integers({ f, accs, a, b }: Frame, { lanes, range }: IntAdders): void {
  const held = (sum: Code) =>
    range === undefined ? sum : i32x4.maxS(i32x4.minS(sum, splat32(range[1])), splat32(range[0]));
  overOperands(f, [a, b], { count: lanes, first: 0, step: 1 }, ([x, y]) =>
    accs.forEach((acc, i) =>
      f.emit(acc.set(held(i32x4.add(acc.get, i32x4.mul(v128.load(x, i * 16), v128.load(y, i * 16)))))),
    ),
  );
}
