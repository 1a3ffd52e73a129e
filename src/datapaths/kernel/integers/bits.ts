import type { CodeArray, GemmJob } from '../contract/gemm.js';
import { type Code, FunctionBuilder, i32, i64, type Local } from '../../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../../wasm/memory.js';
import { roundUp } from '../panels/pack.js';
import type { Rows } from '../panels/walk.js';
import { i8x16, splat32, v128 } from '../../../wasm/vector.js';

/**
 * Dot products of signs: 64 products are one XOR and one population count. A is [tile][word][ROWS], B [pair][word][2] in
 * 64-bit words along k; padding is equal in both, so it differs nowhere. Four counts, two words of B and one of A are what V8
 * keeps in registers: more rows or columns are slower.
 */
const ROWS = 2;
const COLUMNS = 2;
const WORD = 64;

let compiled: Kernel | undefined;

function kernel(): Kernel {
  compiled ??= kernelOf([multiplier(), rowPacker(), columnPacker()]);
  return compiled;
}

/** sums = mask & (k - 2 * population of a XOR b), for all pairs of columns of all row tiles. */
function multiplier(): FunctionBuilder {
  const f = new FunctionBuilder('multiply', 9);
  const [a0, b0, sums0, words, tiles, stride, pairs, k, mask] = f.parameters;
  const [a, b, sums] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const left = f.local('i64');
  const columns = Array.from({ length: COLUMNS }, () => f.local('i64'));
  const counts = Array.from({ length: ROWS * COLUMNS }, () => f.local('i64'));
  f.repeat(tiles.get, () => {
    f.emit(b.set(b0.get), sums.set(sums0.get));
    f.repeat(pairs.get, () => {
      f.emit(a.set(a0.get), ...counts.map((count) => count.set(i64.const(0n))));
      f.repeat(words.get, () => {
        columns.forEach((column, j) => f.emit(column.set(i64.load(b.get, j * 8))));
        for (let r = 0; r < ROWS; r++) {
          f.emit(left.set(i64.load(a.get, r * 8)));
          columns.forEach((column, j) => {
            const count = counts[r * COLUMNS + j];
            f.emit(count.set(i64.add(count.get, i64.popcnt(i64.xor(left.get, column.get)))));
          });
        }
        f.emit(a.set(i32.add(a.get, i32.const(ROWS * 8))), b.set(i32.add(b.get, i32.const(COLUMNS * 8))));
      });
      for (let r = 0; r < ROWS; r++) {
        const row = r === 0 ? sums.get : i32.add(sums.get, stride.get);
        for (let j = 0; j < COLUMNS; j++) {
          const twice = i32.shl(i64.wrap(counts[r * COLUMNS + j].get), i32.const(1));
          f.emit(i32.store(row, i32.and(i32.sub(k.get, twice), mask.get), j * 4));
        }
      }
      f.emit(sums.set(i32.add(sums.get, i32.const(COLUMNS * 4))));
    });
    f.emit(a0.set(a.get), sums0.set(i32.add(sums0.get, i32.mul(stride.get, i32.const(ROWS)))));
  });
  return f;
}

/** Bits of 16 codes at a time, first code lowest. Lines of codes are padded to whole words. */
function rowPacker(): FunctionBuilder {
  const f = new FunctionBuilder('rows', 4);
  const [codes, out0, words, tiles] = f.parameters;
  const out = f.local('i32');
  const sixteen = (i: number): Code =>
    i64.shl(i64.extend(i8x16.bitmask(i8x16.shl(v128.load(codes.get, i * 16), 7))), i64.const(BigInt(i * 16)));
  f.repeat(tiles.get, () => {
    for (let r = 0; r < ROWS; r++) {
      f.emit(out.set(i32.add(out0.get, i32.const(r * 8))));
      f.repeat(words.get, () => {
        f.emit(i64.store(out.get, [1, 2, 3].map(sixteen).reduce(i64.or, sixteen(0))));
        f.emit(codes.set(i32.add(codes.get, i32.const(WORD))), out.set(i32.add(out.get, i32.const(ROWS * 8))));
      });
    }
    f.emit(out0.set(i32.add(out0.get, i32.mul(words.get, i32.const(ROWS * 8)))));
  });
  return f;
}

/** Bits of 16 columns along k: doubling shifts a bit in, last row first. */
function columnPacker(): FunctionBuilder {
  const f = new FunctionBuilder('columns', 5);
  const [codes, out, bytes, rowBytes, pairStride] = f.parameters;
  const row = f.local('i32');
  const place = f.local('i32');
  const bits: Local = f.local('v128');
  const backward = i32.sub(i32.const(0), rowBytes.get);
  f.repeat(bytes.get, () => {
    f.emit(bits.set(splat32(0)), row.set(i32.add(codes.get, i32.mul(rowBytes.get, i32.const(7)))));
    for (let i = 0; i < 8; i++) {
      f.emit(bits.set(v128.or(i8x16.add(bits.get, bits.get), v128.load(row.get))));
      f.emit(row.set(i32.add(row.get, backward)));
    }
    f.emit(codes.set(i32.add(codes.get, i32.shl(rowBytes.get, i32.const(3)))), place.set(out.get));
    for (let column = 0; column < 16; column += COLUMNS) {
      for (let j = 0; j < COLUMNS; j++) f.emit(i32.store8(place.get, i8x16.extract(bits.get, column + j), j * 8));
      f.emit(place.set(i32.add(place.get, pairStride.get)));
    }
    // The next byte of the same words, or the first of the next ones.
    f.emit(out.set(i32.add(out.get, i32.const(1))));
    f.when(i32.eqz(i32.and(out.get, i32.const(7))), () =>
      f.emit(out.set(i32.add(out.get, i32.const((COLUMNS - 1) * 8)))),
    );
  });
  return f;
}

/** A block of rows and a group of columns are taken together, so that their bits stay in the first cache. */
const BLOCK_ROWS = 256;
const GROUP = 64;

/** Plain dot products [m][n] of codes of which 1 and 0 have opposite signs of magnitude 1; `mask` of their bits. */
export function signSums(job: GemmJob, mask: number, put: (block: Rows) => void): void {
  const { m, n, k } = job;
  const { multiply, rows, columns } = kernel();
  const words = Math.ceil(k / WORD);
  const wide = roundUp(n, 16);
  const blockRows = Math.min(BLOCK_ROWS, roundUp(m, ROWS));
  const arena = new Arena();
  const lines = arena.take(blockRows * words * WORD);
  const matrix = arena.take(words * WORD * wide);
  const a = arena.take(blockRows * words * 8);
  const b = arena.take(wide * words * 8);
  const target = arena.take(blockRows * wide * 4);
  const { buffer } = sharedMemory();
  copyLines(new Uint8Array(buffer, matrix, words * WORD * wide), job.b, k, n, wide);
  for (let column = 0; column < wide; column += 16)
    columns(matrix + column, b + column * words * 8, words * 8, wide, COLUMNS * words * 8);
  const sums = new Int32Array(buffer, target, blockRows * wide);
  for (let first = 0; first < m; first += blockRows) {
    const count = Math.min(blockRows, m - first);
    const block = job.a.subarray(first * k, (first + count) * k);
    copyLines(new Uint8Array(buffer, lines, roundUp(count, ROWS) * words * WORD), block, count, k, words * WORD);
    const tiles = Math.ceil(count / ROWS);
    rows(lines, a, words, tiles);
    for (let column = 0; column < wide; column += GROUP) {
      const pairs = Math.min(GROUP, wide - column) / COLUMNS;
      multiply(a, b + column * words * 8, target + column * 4, words, tiles, wide * 4, pairs, k, mask);
    }
    put({ sums, stride: wide, first, rows: count });
  }
}

/** Lines of `from` into lines of another length, the rest zero. */
function copyLines(to: Uint8Array, from: CodeArray, lines: number, length: number, stride: number): void {
  if (length === stride && to.length === from.length) {
    to.set(from);
    return;
  }
  to.fill(0);
  for (let line = 0; line < lines; line++) to.set(from.subarray(line * length, (line + 1) * length), line * stride);
}
