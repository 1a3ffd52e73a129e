import { type Code, FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { i32x4, splat32, v128 } from '../../../wasm/vector.js';

/**
 * What all loop nests share. Lanes are columns, so that every lane adds in k order and nothing is reassociated: a panel of
 * A is [k][ROWS], one of B [k][columns], and the tile's sums stay in registers.
 *
 * Functions take (a, b, sums, length, tiles, aStride, sumStride, flags, draws, joinDraw, aPlane, bPlane, counts, kept):
 * byte addresses of the first row tile's panel at the run's first k, of the B panel there, of the tile's first sum; k's;
 * row tiles; bytes from one A panel to the next, from one row of sums to the next; one 32-bit flag for each tile, which is
 * OR'ed; random bits [k] in place, and those of the join; bytes from a panel to the one with its operands' weights; 32
 * bytes of counts for each tile; -1 where `extend` goes on from the sums in memory, 0 where from +0.
 */
export const ROWS = 4;
/** Bytes of counts for each tile. */
export const COUNT_BYTES = 32;

/** What a tile's body works with: pointers that it may move, and the function's parameters. */
export interface Frame {
  f: FunctionBuilder;
  a: Local;
  b: Local;
  sums: Code;
  draws: Local;
  parameters: readonly Local[];
}

/** A function that does its body once for each row tile. */
export function tiles(name: string, body: (frame: Frame) => void): FunctionBuilder {
  const f = new FunctionBuilder(name, 14);
  const [a0, b0, sums, , count, aStride, sumStride, flags, draws0] = f.parameters;
  const counts = f.parameters[12];
  const a = f.local('i32');
  const b = f.local('i32');
  const draws = f.local('i32');
  f.repeat(count.get, () => {
    f.emit(a.set(a0.get), b.set(b0.get), draws.set(draws0.get));
    body({ f, a, b, sums: sums.get, draws, parameters: f.parameters });
    f.emit(
      a0.set(i32.add(a0.get, aStride.get)),
      sums.set(i32.add(sums.get, i32.mul(sumStride.get, i32.const(ROWS)))),
      flags.set(i32.add(flags.get, i32.const(4))),
      counts.set(i32.add(counts.get, i32.const(COUNT_BYTES))),
    );
  });
  return f;
}

/** Reads the sums that a run extends, or +0. */
export function keptSums({ f, parameters }: Frame): (address: Code, offset: number) => Code {
  const mask = f.keep('v128', i32x4.splat(parameters[13].get));
  return (address, offset) => v128.and(v128.load(address, offset), mask);
}

/** A local for lanes' counts, where a nest counts. */
export function counterOf({ f }: Frame, count: boolean | undefined): Local | undefined {
  if (count !== true) return undefined;
  const counter = f.local('v128');
  f.emit(counter.set(splat32(0)));
  return counter;
}

/** Adds lanes' counts to the tile's: 16 bytes of additions that changed nothing, then 16 of overflows. */
export function keepCount({ f, parameters }: Frame, counter: Local | undefined, offset = 0): void {
  if (counter === undefined) return;
  const address = parameters[12].get;
  f.emit(v128.store(address, i32x4.add(v128.load(address, offset), counter.get), offset));
}
