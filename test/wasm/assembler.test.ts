import { describe, expect, it } from 'vitest';
import { type Code, FunctionBuilder, i32, i64 } from '../../src/wasm/assembler.js';
import { Arena, kernelOf, sharedMemory } from '../../src/wasm/memory.js';

describe('whole numbers', () => {
  const values = [0, 1, 2, 5, 31, 255, 256, 65535, 0x12345678, 2 ** 31 - 1, -(2 ** 31), -1, -77];
  const small = Object.entries<[(x: Code, y: Code) => Code, (x: number, y: number) => number]>({
    add: [i32.add, (x, y) => x + y],
    sub: [i32.sub, (x, y) => x - y],
    mul: [i32.mul, Math.imul],
    divU: [i32.divU, (x, y) => (y === 0 ? 0 : Math.floor((x >>> 0) / (y >>> 0)))],
    and: [i32.and, (x, y) => x & y],
    or: [i32.or, (x, y) => x | y],
    xor: [i32.xor, (x, y) => x ^ y],
    ltU: [i32.ltU, (x, y) => Number(x >>> 0 < y >>> 0)],
    eqz: [(x) => i32.eqz(x), (x) => Number(x === 0)],
    shl: [i32.shl, (x, y) => x << y],
    shrU: [i32.shrU, (x, y) => x >>> y],
    minU: [i32.minU, (x, y) => Math.min(x >>> 0, y >>> 0)],
  });
  const large = Object.entries<[(x: Code, y: Code) => Code, (x: bigint, y: bigint) => bigint]>({
    add: [i64.add, (x, y) => x + y],
    or: [i64.or, (x, y) => x | y],
    xor: [i64.xor, (x, y) => x ^ y],
    shl: [i64.shl, (x, y) => x << (y & 63n)],
    popcnt: [(x) => i64.popcnt(x), (x) => BigInt(BigInt.asUintN(64, x).toString(2).replaceAll('0', '').length)],
    wrap: [(x) => i64.extend(i64.wrap(x)), (x) => BigInt.asUintN(32, x)],
  });

  it.each(small)('of 32 bits: %s', (name, [code, definition]) => {
    const f = new FunctionBuilder('f', 3);
    const [x, y, out] = f.parameters;
    f.emit(i32.store(out.get, code(x.get, y.get), 4));
    const { f: run } = kernelOf([f]);
    const at = new Arena().take(64);
    const view = new DataView(sharedMemory().buffer);
    for (const a of values)
      for (const b of values) {
        if (name === 'divU' && b === 0) continue;
        run(a, b, at);
        expect(view.getInt32(at + 4, true), `${a} and ${b}`).toBe(definition(a, b) | 0);
      }
  });

  it.each(large)('of 64 bits: %s', (_name, [code, definition]) => {
    const wide = [0n, 1n, -1n, 63n, 64n, 2n ** 32n + 7n, -(2n ** 63n), 0x123456789abcdefn];
    for (const a of wide)
      for (const b of wide) {
        const f = new FunctionBuilder('f', 1);
        f.emit(i64.store(f.parameters[0].get, code(i64.const(a), i64.const(b)), 8));
        const at = new Arena().take(64);
        kernelOf([f]).f(at);
        const found = new DataView(sharedMemory().buffer).getBigInt64(at + 8, true);
        expect(found, `${a} and ${b}`).toBe(BigInt.asIntN(64, definition(a, b)));
      }
  });

  it.each([1, 2, 4, 8])('%i bytes are moved, and no more', (count) => {
    const f = new FunctionBuilder('f', 2);
    const [from, to] = f.parameters;
    f.emit(i32.copy(count, to.get, 5, from.get));
    const at = new Arena().take(128);
    const bytes = new Uint8Array(sharedMemory().buffer);
    for (let i = 0; i < 128; i++) bytes[at + i] = 255 - i;
    kernelOf([f]).f(at + 1, at + 64);
    const wanted = Array.from({ length: 128 }, (_, i) => (i >= 69 && i < 69 + count ? 255 - (i - 68) : 255 - i));
    expect([...bytes.slice(at, at + 128)]).toEqual(wanted);
    // The memory's last ones too: what is read ends with them.
    const end = bytes.length - count;
    bytes.fill(170, end);
    kernelOf([f]).f(end, at);
    expect([...bytes.slice(at + 5, at + 5 + count)]).toEqual(Array<number>(count).fill(170));
  });

  it.each([0, 1, 0x7f, 0x80, 0xff, 0x8000, 0xffff])('narrow words %i are read and written without a sign', (value) => {
    const f = new FunctionBuilder('f', 1);
    const [at] = f.parameters;
    f.emit(i32.store8(at.get, i32.const(value & 0xff), 1));
    f.emit(i32.store(at.get, i32.load8(at.get, 1), 4), i32.store(at.get, i32.load16(at.get, 16), 8));
    f.emit(i32.store(at.get, i32.load(at.get, 16), 12), i64.store(at.get, i64.load(at.get, 16), 24));
    const place = new Arena().take(64);
    const view = new DataView(sharedMemory().buffer);
    view.setUint32(place + 16, value, true);
    view.setUint32(place + 20, 77, true);
    kernelOf([f]).f(place);
    expect([4, 8, 12, 24, 28].map((offset) => view.getUint32(place + offset, true))).toEqual([
      value & 0xff,
      value,
      value,
      value,
      77,
    ]);
  });
});
