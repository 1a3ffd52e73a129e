import { type Code, FunctionBuilder, i32, type Local } from '../wasm/assembler.js';
import { i16x8, i32x4, i8x16, v128 } from '../wasm/vector.js';

/** Cycles whose toggles are added up at once. */
export const BLOCK = 8;
/** Bytes of a vector. */
export const WORD = 16;
/** Blocks until a byte of a counter could overflow: at most 8 of its bits in each. */
export const MOST_BLOCKS = 31;

/** Counters of some nets: bits of weight 1, of 2 and of 4, bytes of weight 8, and totals of 32 bits. */
export interface BitCounters {
  /** The first so many nets. */
  nets: number;
  ones: number;
  twos: number;
  fours: number;
  eights: number;
  totals: number;
}

/** Words of all nets in the cycle before a block, and in each of its cycles. */
export interface BlockWords {
  values: number;
  /** Bytes of a cycle's. */
  each: number;
}

export const NOTHING: Code = v128.const(new Uint8Array(WORD));
const START: Code = i32.const(0);

/**
 * Adds up bits of each net in a block: its toggles, or the cycles in which it is 1. Eight words and what is left of those
 * before go through full adders into one word of weight 8, so that bits are counted once in eight cycles (Harley and
 * Seal's way: Warren, Hacker's Delight, 2nd ed., section 5-1).
 */
export function countOf(
  what: 'toggles' | 'ones',
  { values, each }: BlockWords,
  { nets, ones, twos, fours, eights }: BitCounters,
): FunctionBuilder {
  const made = new FunctionBuilder(what, 0);
  const net = made.local('i32');
  const local = () => made.local('v128');
  const words = Array.from({ length: BLOCK }, local);
  const [before, now, either, one, two, four] = Array.from({ length: 6 }, local);
  const carries = Array.from({ length: 4 }, local);
  /** Adds two words to a counter; what is carried has twice the weight. */
  const add = (counter: Local, [x, y]: readonly Local[], carry: Local) =>
    made.emit(
      either.set(v128.xor(counter.get, x.get)),
      carry.set(v128.or(v128.and(counter.get, x.get), v128.and(either.get, y.get))),
      counter.set(v128.xor(either.get, y.get)),
    );
  const valueIn = (cycle: number) => v128.load(net.get, values + cycle * each);
  made.emit(net.set(START));
  made.repeat(i32.const(nets), () => {
    if (what === 'ones') words.forEach((word, cycle) => made.emit(word.set(valueIn(cycle + 1))));
    else {
      made.emit(before.set(valueIn(0)));
      words.forEach((word, cycle) =>
        made.emit(now.set(valueIn(cycle + 1)), word.set(v128.xor(before.get, now.get)), before.set(now.get)),
      );
      // The last cycle is the one before the next block.
      made.emit(v128.store(net.get, before.get, values));
    }
    made.emit(
      one.set(v128.load(net.get, ones)),
      two.set(v128.load(net.get, twos)),
      four.set(v128.load(net.get, fours)),
    );
    carries.forEach((carry, pair) => add(one, words.slice(2 * pair), carry));
    // Locals that are done with take the carries.
    const [fromLow, fromHigh, out] = words;
    add(two, carries, fromLow);
    add(two, carries.slice(2), fromHigh);
    add(four, [fromLow, fromHigh], out);
    made.emit(
      v128.store(net.get, one.get, ones),
      v128.store(net.get, two.get, twos),
      v128.store(net.get, four.get, fours),
      v128.store(net.get, i8x16.add(v128.load(net.get, eights), i8x16.popcnt(out.get)), eights),
      net.set(i32.add(net.get, i32.const(WORD))),
    );
  });
  return made;
}

/** What the counters hold as totals of 32 bits, four of each net, and the counters at 0 again. */
export function foldOf(name: string, { nets, ones, twos, fours, eights, totals }: BitCounters): FunctionBuilder {
  const made = new FunctionBuilder(name, 0);
  const net = made.local('i32');
  const bits = (at: number): Code => i16x8.extaddPairwiseU(i8x16.popcnt(v128.load(net.get, at)));
  made.emit(net.set(START));
  made.repeat(i32.const(nets), () => {
    const low = i16x8.add(bits(ones), i16x8.shl(bits(twos), 1));
    const high = i16x8.add(i16x8.shl(bits(fours), 2), i16x8.shl(i16x8.extaddPairwiseU(v128.load(net.get, eights)), 3));
    made.emit(v128.store(net.get, i32x4.extaddPairwiseU(i16x8.add(low, high)), totals));
    for (const at of [ones, twos, fours, eights]) made.emit(v128.store(net.get, NOTHING, at));
    made.emit(net.set(i32.add(net.get, i32.const(WORD))));
  });
  return made;
}
