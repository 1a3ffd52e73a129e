import { FunctionBuilder, i32 } from '../../../wasm/assembler.js';
import { type Kernel, kernelOf } from '../../../wasm/memory.js';
import type { Panel } from '../panels/pack.js';
import { i32x4, splat32, v128 } from '../../../wasm/vector.js';

const compiled = new Map<number, Kernel>();

/** Bits that a register does not have are cleared: where sums lie, or from 16 bits each to 32. */
function kernelFor(bits: number): Kernel {
  let kernel = compiled.get(bits);
  if (kernel === undefined) compiled.set(bits, (kernel = kernelOf([masker(bits), widener(bits)])));
  return kernel;
}

const maskOf = (bits: number) => splat32(bits === 32 ? -1 : 2 ** bits - 1);

function masker(bits: number): FunctionBuilder {
  const f = new FunctionBuilder('mask', 2);
  const [at, vectors] = f.parameters;
  f.repeat(vectors.get, () => {
    f.emit(v128.store(at.get, v128.and(v128.load(at.get), maskOf(bits))));
    f.emit(at.set(i32.add(at.get, i32.const(16))));
  });
  return f;
}

/** From the last sums to the first, so that none is overwritten before it is read. */
function widener(bits: number): FunctionBuilder {
  const f = new FunctionBuilder('widen', 2);
  const [at, vectors] = f.parameters;
  const from = f.local('i32');
  const to = f.local('i32');
  f.emit(from.set(i32.add(at.get, i32.shl(vectors.get, i32.const(4)))));
  f.emit(to.set(i32.add(at.get, i32.shl(vectors.get, i32.const(5)))));
  f.repeat(vectors.get, () => {
    f.emit(from.set(i32.sub(from.get, i32.const(16))), to.set(i32.sub(to.get, i32.const(32))));
    const sums = f.keep('v128', v128.load(from.get));
    f.emit(v128.store(to.get, v128.and(i32x4.extendLowU(sums), maskOf(bits))));
    f.emit(v128.store(to.get, v128.and(i32x4.extendHighU(sums), maskOf(bits)), 16));
  });
  return f;
}

/**
 * Codes of a register of at most 32 bits, in place of the first `count` sums in the kernels' memory. Room for 32 bits
 * each, and for a whole vector of the last ones, is there.
 */
export function codesIn(sums: Panel, count: number, bits: number): Uint32Array {
  const { buffer, byteOffset } = sums;
  if (sums instanceof Int16Array) kernelFor(bits).widen(byteOffset, Math.ceil(count / 8));
  else if (bits < 32) kernelFor(bits).mask(byteOffset, Math.ceil(count / 4));
  return new Uint32Array(buffer, byteOffset, count);
}
