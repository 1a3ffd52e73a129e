import { FunctionBuilder, i32 } from '../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../wasm/memory.js';
import type { CodeArray, Tensor } from './tensor.js';

/** Elements that are in the kernels' memory together. */
const CHUNK = 2 ** 16;
/** Elements of one step. */
const STEP = 4;
const CODES = 256;

let compiled: Kernel | undefined;

type Numbers = Tensor['data'];

/** out[i] = table[codes[i]] */
export function lookUp(table: Numbers, codes: Uint8Array, out: Numbers): void {
  if (table instanceof Uint8Array && out instanceof Uint8Array) return lookUpBytes(table, codes, out);
  for (let i = 0; i < out.length; i++) out[i] = table[codes[i]];
}

/** A loop of its own, which is compiled for bytes alone. */
function lookUpBytes(table: Uint8Array, codes: Uint8Array, out: Uint8Array): void {
  for (let i = 0; i < out.length; i++) out[i] = table[codes[i]];
}

/** out[i] = table[a[i]][b[i]], for a table of so many columns. */
export function lookUpPairs(table: Numbers, width: number, a: CodeArray, b: CodeArray, out: Numbers): void {
  if (table.length === CODES * CODES && [table, a, b, out].every((codes) => codes instanceof Uint8Array))
    return bytePairs(table as Uint8Array, a as Uint8Array, b as Uint8Array, out as Uint8Array);
  for (let i = 0; i < out.length; i++) out[i] = table[a[i] * width + b[i]];
}

/** Of bytes, for a table of all pairs of them. */
function bytePairs(table: Uint8Array, a: Uint8Array, b: Uint8Array, out: Uint8Array): void {
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
