import { type Code, i32, type Local } from '../../../wasm/assembler.js';
import { type Frame, ROWS } from '../panels/frame.js';
import { i16x8, v128 } from '../../../wasm/vector.js';

/** Steps between two looks, an even number. */
const STEPS = 16;

interface Watched {
  frame: Frame;
  sums: readonly Local[];
  vectors: number;
  /** The register's addition, without counts. */
  add: (x: Code, y: Code) => Code;
  /** Where the sums can be kept in memory meanwhile. */
  at: readonly (readonly [Code, number])[];
  /** So many steps whose overflows are counted. */
  counted: (steps: Code) => void;
  overflowed: Local;
}

/**
 * A run of 16-bit lanes with counts: additions are counted where some overflow. Steps are taken two at a time without
 * counting, and the sums compared with those that wrap around: two clips in opposite directions cannot follow each other
 * while a product is smaller than the register's range, and two in the same direction come to less than 2^16, so equal sums
 * mean that nothing overflowed. Else the steps are taken again; after steps that overflowed, the next are counted at once.
 */
export function watchedRun({ frame, sums, vectors, add, at, counted, overflowed }: Watched): void {
  const { f, a, b, parameters } = frame;
  const [left, now, troubled] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const before = f.local('v128');
  const [a0, b0] = [f.local('i32'), f.local('i32')];
  const differs = f.local('v128');
  const count = () => {
    f.emit(before.set(overflowed.get));
    counted(now.get);
    f.emit(troubled.set(v128.anyTrue(v128.xor(before.get, overflowed.get))));
  };
  f.emit(left.set(parameters[3].get), troubled.set(i32.const(0)));
  f.repeat(i32.divU(i32.add(left.get, i32.const(STEPS - 1)), i32.const(STEPS)), () => {
    f.emit(now.set(i32.minU(left.get, i32.const(STEPS))), left.set(i32.sub(left.get, now.get)));
    f.when(i32.or(troubled.get, i32.ltU(now.get, i32.const(STEPS))), count, () => {
      f.emit(a0.set(a.get), b0.set(b.get), ...sums.map((acc, i) => v128.store(at[i][0], acc.get, at[i][1])));
      f.emit(differs.set(v128.xor(differs.get, differs.get)));
      f.repeat(i32.const(STEPS / 2), () => twoSteps(frame, { sums, vectors, add, differs }));
      f.when(v128.anyTrue(differs.get), () => {
        f.emit(a.set(a0.get), b.set(b0.get), ...sums.map((acc, i) => acc.set(v128.load(at[i][0], at[i][1]))));
        count();
      });
    });
  });
}

/** Two products for every accumulator; notes where its sum is not the one that wraps around. */
function twoSteps(
  { f, a, b }: Frame,
  { sums, vectors, add, differs }: Pick<Watched, 'sums' | 'vectors' | 'add'> & { differs: Local },
): void {
  for (let r = 0; r < ROWS; r++) {
    const rows = [0, 1].map((step) => f.keep('v128', v128.load32Splat(a.get, (step * ROWS + r) * 4)));
    for (let j = 0; j < vectors; j++) {
      const acc = sums[r * vectors + j];
      const product = (step: number) => i16x8.mul(v128.load(b.get, (step * vectors + j) * 16), rows[step]);
      const p = f.keep('v128', product(0));
      const wrapped = f.keep('v128', i16x8.add(p, acc.get));
      f.emit(acc.set(add(acc.get, p)));
      const q = f.keep('v128', product(1));
      f.emit(acc.set(add(acc.get, q)));
      f.emit(differs.set(v128.or(v128.xor(i16x8.add(wrapped, q), acc.get), differs.get)));
    }
  }
  f.emit(a.set(i32.add(a.get, i32.const(2 * ROWS * 4))), b.set(i32.add(b.get, i32.const(2 * vectors * 16))));
}
