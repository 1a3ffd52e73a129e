import { FunctionBuilder, i32 } from '../../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../../wasm/memory.js';
import { i32x4, splat32, v128 } from '../../../wasm/vector.js';
import type { CodeArray } from '../contract/gemm.js';
import { BLOCK, extensionOf, widened } from './packLanes.js';
import type { Extension } from './shape.js';

/** Bytes of codes that lie in the kernels' memory at a time. */
const CHUNK = 1 << 18;

/**
 * Sums of the squares of rows of k codes, whose values a table names; in float64, or exactly where codes are integers of up to
 * 8 bits.
 */
export function rowSquares(codes: CodeArray, table: Float64Array, k: number): Float64Array {
  const extension = codes instanceof Uint8Array ? extensionOf(table, { operand: Int16Array }) : undefined;
  const most = table.reduce((largest, value) => Math.max(largest, value * value), 0);
  const quick = extension !== undefined && k > 0 && k * most < 2 ** 31;
  return quick ? integerSquares(codes, extension, k) : squaresOf(codes, table, k);
}

function squaresOf(codes: CodeArray, table: Float64Array, k: number): Float64Array {
  const squares = table.map((value) => value * value);
  const sums = new Float64Array(codes.length / k);
  for (let row = 0, i = 0; row < sums.length; row++) {
    // Two sums side by side, because one waits for its own additions.
    const end = i + k;
    let [even, odd] = [0, k % 2 === 0 ? 0 : squares[codes[i++]]];
    for (; i < end; i += 2) {
      even += squares[codes[i]];
      odd += squares[codes[i + 1]];
    }
    sums[row] = even + odd;
  }
  return sums;
}

function integerSquares(codes: CodeArray, extension: Extension, k: number): Float64Array {
  const sums = new Float64Array(codes.length / k);
  const chunk = Math.max(1, Math.min(sums.length, Math.floor(CHUNK / k)));
  const arena = new Arena();
  const [from, mask, to] = [arena.take(chunk * k + BLOCK), arena.take(16), arena.take(16 * chunk)];
  const { buffer } = sharedMemory();
  new Int16Array(buffer, mask, BLOCK).fill(0).fill(-1, 0, k % BLOCK);
  const lanes = new Int32Array(buffer, to, 4 * chunk);
  const run = kernelFor(extension).squares;
  for (let first = 0; first < sums.length; first += chunk) {
    const rows = Math.min(chunk, sums.length - first);
    new Uint8Array(buffer, from, rows * k).set(codes.subarray(first * k, (first + rows) * k));
    run(from, rows, Math.floor(k / BLOCK), k % BLOCK, mask, to);
    for (let row = 0, at = 0; row < rows; row++, at += 4)
      sums[first + row] = lanes[at] + lanes[at + 1] + lanes[at + 2] + lanes[at + 3];
  }
  return sums;
}

const compiled = new Map<string, Kernel>();

function kernelFor(extension: Extension): Kernel {
  const key = JSON.stringify(extension);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf([squares(extension)])));
  return kernel;
}

/** (codes, rows, whole blocks of a row, codes of the last one, its mask, out): four parts of each row's sum. */
function squares(extension: Extension): FunctionBuilder {
  const f = new FunctionBuilder('squares', 6);
  const [codes, rows, blocks, rest, mask, out] = f.parameters;
  const sum = f.local('v128');
  const last = f.keep('v128', v128.load(mask.get));
  f.repeat(rows.get, () => {
    f.emit(sum.set(splat32(0)));
    f.when(blocks.get, () =>
      f.repeat(blocks.get, () => {
        const values = f.keep('v128', widened(extension, codes.get));
        f.emit(sum.set(i32x4.add(sum.get, i32x4.dot(values, values))));
        f.emit(codes.set(i32.add(codes.get, i32.const(BLOCK))));
      }),
    );
    f.when(rest.get, () => {
      const values = f.keep('v128', v128.and(widened(extension, codes.get), last));
      f.emit(sum.set(i32x4.add(sum.get, i32x4.dot(values, values))), codes.set(i32.add(codes.get, rest.get)));
    });
    f.emit(v128.store(out.get, sum.get), out.set(i32.add(out.get, i32.const(16))));
  });
  return f;
}
