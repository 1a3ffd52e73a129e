import type { CodeArray } from '../contract/gemm.js';
import { FunctionBuilder, i32 } from '../../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../../wasm/memory.js';

/** Codes that are marked at a time, so that the memory does not grow with them. */
const BLOCK = 32768;
/** Codes of one step. */
const STEP = 8;

let compiled: Kernel | undefined;

function kernel(): Kernel {
  compiled ??= kernelOf([marker(1), marker(2)]);
  return compiled;
}

/** marks[code] = 1 for STEP codes a step. */
function marker(bytes: 1 | 2): FunctionBuilder {
  const f = new FunctionBuilder(`mark${bytes}`, 3);
  const [codes, marks, steps] = f.parameters;
  const load = bytes === 1 ? i32.load8 : i32.load16;
  f.repeat(steps.get, () => {
    for (let i = 0; i < STEP; i++) f.emit(i32.store8(i32.add(marks.get, load(codes.get, i * bytes)), i32.const(1)));
    f.emit(codes.set(i32.add(codes.get, i32.const(STEP * bytes))));
  });
  return f;
}

/** Which of so many codes occur; the answer lies in the kernels' memory and lasts until the next call of one. */
export function marksOf(codes: CodeArray, count: number): Uint8Array {
  if (codes instanceof Uint32Array) {
    const marks = new Uint8Array(count);
    for (const code of codes) marks[code] = 1;
    return marks;
  }
  const bytes = codes instanceof Uint8Array ? 1 : 2;
  const arena = new Arena();
  // Room for every code that the array can hold, whatever the format's width.
  const [at, from] = [arena.take(256 ** bytes), arena.take(BLOCK * bytes)];
  const { buffer } = sharedMemory();
  const marks = new Uint8Array(buffer, at, count).fill(0);
  const block = bytes === 1 ? new Uint8Array(buffer, from, BLOCK) : new Uint16Array(buffer, from, BLOCK);
  const whole = codes.length - (codes.length % STEP);
  for (let first = 0; first < whole; first += BLOCK) {
    const part = codes.subarray(first, Math.min(first + BLOCK, whole));
    block.set(part);
    kernel()[`mark${bytes}`](from, at, part.length / STEP);
  }
  for (let i = whole; i < codes.length; i++) marks[codes[i]] = 1;
  return marks;
}
