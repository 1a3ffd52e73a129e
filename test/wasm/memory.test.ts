import { expect, it } from 'vitest';
import { FunctionBuilder, i32, moduleBytes } from '../../src/wasm/assembler.js';
import { Arena, instantiate, kernelOf, sharedMemory } from '../../src/wasm/memory.js';

const PAGE = 65536;
/** Pages of 2 GiB, the most that the kernels share. */
const MOST = 2 ** 31 / PAGE;

/** Writes 7 to an address. */
function writer(): FunctionBuilder {
  const f = new FunctionBuilder('write', 1);
  f.emit(i32.store(f.parameters[0].get, i32.const(7)));
  return f;
}

it('places begin at multiples of 64, one behind the other; every arena begins anew', () => {
  for (let round = 0; round < 2; round++) {
    const arena = new Arena();
    expect([1, 63, 64, 65, 128, 0, 1000, 5].map((bytes) => arena.take(bytes))).toEqual([
      64, 128, 192, 256, 384, 512, 512, 1536,
    ]);
  }
});

it('the memory has a MiB at first, as many pages more as places need, and no more than 2 GiB', () => {
  const pages = () => sharedMemory().buffer.byteLength / PAGE;
  expect(pages()).toBe(16);
  const arena = new Arena();
  const { write } = kernelOf([writer()]);
  // What begins in a page of its own ends in one, to the byte and one byte on.
  let used = arena.take(16 * PAGE - 64) + 16 * PAGE - 64;
  for (const [bytes, more] of [
    [0, 0],
    [64, 1],
    [PAGE - 64, 0],
    [64 * PAGE + 64, 65],
    [PAGE, 1],
  ]) {
    const before = pages();
    expect(arena.take(bytes)).toBe(used);
    used += bytes;
    expect(pages()).toBe(before + more);
    write(used - 4);
    expect(new DataView(sharedMemory().buffer).getUint32(used - 4, true)).toBe(7);
  }
  expect(() => sharedMemory().grow(MOST - pages() + 1)).toThrow(RangeError);
});

it('functions work on any memory that is shared, of a page too, and on no larger one than they were made for', () => {
  const module = new WebAssembly.Module(moduleBytes([writer()], 200));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 200, shared: true });
  instantiate(module, memory).write(PAGE - 4);
  expect(new DataView(memory.buffer).getUint32(PAGE - 4, true)).toBe(7);
  const larger = new WebAssembly.Memory({ initial: 1, maximum: 201, shared: true });
  expect(() => instantiate(module, larger)).toThrow(/memory import/);
});
