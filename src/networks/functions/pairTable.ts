import { FunctionBuilder, i32 } from '../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../wasm/memory.js';

/** Elements that are in the kernels' memory together. */
const CHUNK = 2 ** 16;
/** Elements of one step. */
const STEP = 4;
const CODES = 256;

let compiled: Kernel | undefined;

/** out[i] = table[a[i]][b[i]] of bytes, for a table of all pairs of them. */
export function lookUpPairs(table: Uint8Array, a: Uint8Array, b: Uint8Array, out: Uint8Array): void {
  compiled ??= kernelOf([pairs()]);
  const arena = new Arena();
  const at = [arena.take(CODES * CODES), arena.take(CHUNK), arena.take(CHUNK), arena.take(CHUNK)];
  const { buffer } = sharedMemory();
  const [own, left, right, result] = at.map(
    (address, i) => new Uint8Array(buffer, address, i === 0 ? CODES ** 2 : CHUNK),
  );
  own.set(table);
  for (let first = 0; first < out.length; first += CHUNK) {
    const count = Math.min(CHUNK, out.length - first);
    left.set(a.subarray(first, first + count));
    right.set(b.subarray(first, first + count));
    compiled.pairs(...at, Math.ceil(count / STEP));
    out.set(result.subarray(0, count), first);
  }
}

/** (table, a, b, out, steps) */
function pairs(): FunctionBuilder {
  const f = new FunctionBuilder('pairs', 5);
  const [table, a, b, out, steps] = f.parameters;
  f.repeat(steps.get, () => {
    for (let i = 0; i < STEP; i++) {
      const row = i32.add(table.get, i32.shl(i32.load8(a.get, i), i32.const(8)));
      f.emit(i32.store8(out.get, i32.load8(i32.add(row, i32.load8(b.get, i))), i));
    }
    for (const place of [a, b, out]) f.emit(place.set(i32.add(place.get, i32.const(STEP))));
  });
  return f;
}
