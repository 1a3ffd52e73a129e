import { FunctionBuilder, i32 } from '../../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../../wasm/memory.js';
import { i32x4, splat32, v128 } from '../../../wasm/vector.js';
import type { IntegerRows } from '../contract/gemm.js';

/** Sums of a vector. */
const LANES = 4;

let compiled: Kernel | undefined;

/** (sums, bytes of a row, rows, vectors of a row, out): the largest and the smallest of each lane. */
function ends(): FunctionBuilder {
  const f = new FunctionBuilder('ends', 5);
  const [row, bytes, rows, vectors, out] = f.parameters;
  const [at, most, least] = [f.local('i32'), f.local('v128'), f.local('v128')];
  f.emit(most.set(splat32(0)), least.set(splat32(0)));
  f.repeat(rows.get, () => {
    f.emit(at.set(row.get));
    f.repeat(vectors.get, () => {
      const sums = f.keep('v128', v128.load(at.get));
      f.emit(most.set(i32x4.maxS(most.get, sums)), least.set(i32x4.minS(least.get, sums)));
      f.emit(at.set(i32.add(at.get, i32.const(16))));
    });
    f.emit(row.set(i32.add(row.get, bytes.get)));
  });
  f.emit(v128.store(out.get, most.get), v128.store(out.get, least.get, 16));
  return f;
}

/** The largest magnitude of sums; of each row the first n count. */
export function largestMagnitude({ sums, stride, rows, free }: IntegerRows, n: number): number {
  let largest = 0;
  const vectors = Math.floor(n / LANES);
  if (vectors > 0 && rows > 0) {
    compiled ??= kernelOf([ends()]);
    const out = new Arena(free).take(32);
    compiled.ends(sums.byteOffset, 4 * stride, rows, vectors, out);
    for (const end of new Int32Array(sharedMemory().buffer, out, 2 * LANES)) largest = Math.max(largest, Math.abs(end));
  }
  for (let row = 0; row < rows; row++)
    for (let j = vectors * LANES; j < n; j++) largest = Math.max(largest, Math.abs(sums[row * stride + j]));
  return largest;
}
