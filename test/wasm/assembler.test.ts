import { describe, expect, it } from 'vitest';
import { type Code, FunctionBuilder, i32, i64, signed, unsigned } from '../../src/wasm/assembler.js';
import { Arena, kernelOf, sharedMemory } from '../../src/wasm/memory.js';
import { splat32, v128 } from '../../src/wasm/vector.js';

describe('numbers in LEB128', () => {
  /** Both sides of every power of two, and the powers. */
  const edges = Array.from({ length: 64 }, (_, bits) => [2n ** BigInt(bits) - 1n, 2n ** BigInt(bits)]).flat();
  /** Groups of seven bits of a two's complement of so many groups, lowest first; all but the last say that one follows. */
  const groups = (value: bigint, count: number) =>
    Array.from(
      { length: count },
      (_, i) => Number(BigInt.asUintN(7, value >> BigInt(7 * i))) + (i < count - 1 ? 128 : 0),
    );

  it('without a sign have as many groups of seven bits as the binary digits need', () => {
    for (const value of [0n, 5n, ...edges].filter((each) => each < 2n ** 53n))
      expect(unsigned(Number(value))).toEqual(groups(value, Math.ceil(value.toString(2).length / 7)));
  });

  it('with one have a group more where the sign would not fit', () => {
    for (const value of [0n, ...edges, ...edges.map((each) => -each)]) {
      const digits = (value < 0n ? -value - 1n : value).toString(2).replace(/^0$/, '').length + 1;
      expect(signed(value)).toEqual(groups(value, Math.ceil(digits / 7)));
    }
  });
});

describe('a function', () => {
  const FAR = 100_000;
  /** What a function of two numbers leaves at 64 bytes of memory, far from its start. */
  function left(build: (f: FunctionBuilder, at: Code, x: Code, y: Code) => void, x = 0, y = 0): DataView {
    const f = new FunctionBuilder('f', 3);
    const [at, first, second] = f.parameters.map(({ get }) => get);
    build(f, at, first, second);
    const arena = new Arena();
    arena.take(FAR);
    const place = arena.take(64);
    new Uint8Array(sharedMemory().buffer).fill(0xee, place, place + 64);
    kernelOf([f]).f(place, x, y);
    return new DataView(sharedMemory().buffer.slice(place, place + 64));
  }

  it('has locals of every type, and of any number', () => {
    const words = left((f, at) => {
      const [small, wide, vector] = [f.local('i32'), f.local('i64'), f.local('v128')];
      f.emit(small.set(i32.const(-5)), wide.set(i64.const(-(2n ** 40n))), vector.set(splat32(9)));
      const many = Array.from({ length: 300 }, () => f.local('i32'));
      many.forEach((local, i) => f.emit(local.set(i32.const(i))));
      f.emit(v128.store(at, vector.get), i64.store(at, wide.get, 16), i32.store(at, small.get, 24));
      f.emit(i32.store(at, many.map(({ get }) => get).reduce(i32.add), 28));
      f.emit(i32.store(at, many[299].tee(i32.const(77)), 32), i32.store(at, many[299].get, 36));
      f.emit(i32.store(at, f.keep('i32', many[150].get), 40));
    });
    const all = [0, 12, 24, 28, 32, 36, 40].map((offset) => words.getInt32(offset, true));
    expect(all).toEqual([9, 9, -5, (299 * 300) / 2, 77, 77, 150]);
    expect(words.getBigInt64(16, true)).toBe(-(2n ** 40n));
  });

  it('has constants of 64 bits with and without a sign', () => {
    const all = [2n ** 64n - 1n, 2n ** 63n, 2n ** 63n - 1n, -1n, -(2n ** 63n)];
    const words = left((f, at) => all.forEach((value, i) => f.emit(i64.store(at, i64.const(value), 8 * i))));
    expect(all.map((_, i) => words.getBigUint64(8 * i, true))).toEqual(all.map((value) => BigInt.asUintN(64, value)));
  });

  it('repeats, and chooses', () => {
    for (const times of [1, 2, 200])
      for (const taken of [0, 1, -1]) {
        const words = left(
          (f, at, count, condition) => {
            const [rounds, other] = [f.local('i32'), f.local('i32')];
            const more = () => f.emit(rounds.set(i32.add(rounds.get, i32.const(1))));
            f.repeat(count, more);
            f.when(condition, more);
            f.when(condition, more, () => f.emit(other.set(i32.const(3))));
            f.emit(i32.store(at, rounds.get), i32.store(at, other.get, 4));
          },
          times,
          taken,
        );
        const wanted = taken === 0 ? [times, 3] : [times + 2, 0];
        expect([words.getInt32(0, true), words.getInt32(4, true)]).toEqual(wanted);
      }
  });

  it.each([
    ['store8', 1, i32.store8],
    ['store', 4, i32.store],
  ] as const)('%s writes %i bytes, and no other', (_name, count, store) => {
    for (const offset of [0, 3, 40]) {
      const words = left((f, at, value) => f.emit(store(at, value, offset)), 0x44332211);
      const wanted = Array.from({ length: 64 }, (_, i) =>
        i < offset || i >= offset + count ? 0xee : 0x11 * (i - offset + 1),
      );
      expect(Array.from({ length: 64 }, (_, i) => words.getUint8(i))).toEqual(wanted);
    }
  });

  it('reads and writes at an address itself where nothing is said', () => {
    const words = left((f, at) => {
      f.emit(i64.store(at, i64.const(0x0807060504030201n)), i64.store(i32.add(at, i32.const(8)), i64.load(at)));
      f.emit(i32.store(i32.add(at, i32.const(16)), i32.load(at)), i32.store8(at, i32.const(0x99)));
      f.emit(i32.store(i32.add(at, i32.const(20)), i32.load8(at)), i32.store(at, i32.load16(at), 24));
    });
    expect([8, 12, 16, 20, 24].map((offset) => words.getUint32(offset, true))).toEqual([
      0x04030201, 0x08070605, 0x04030201, 0x99, 0x0299,
    ]);
    expect(words.getUint32(0, true)).toBe(0x04030299);
  });

  it('reaches far from an address', () => {
    const words = left((f, at) => {
      const before = i32.sub(at, i32.const(FAR));
      f.emit(i32.store(before, i32.const(1), FAR), i64.store(before, i64.const(2n), FAR + 8));
      f.emit(i32.store8(before, i32.const(3), FAR + 16), v128.store(before, splat32(4), FAR + 32));
      f.emit(i32.copy(4, before, FAR + 20, at));
    });
    expect([0, 8, 20, 32, 44].map((offset) => words.getInt32(offset, true))).toEqual([1, 2, 1, 4, 4]);
    expect(words.getUint8(16)).toBe(3);
  });
});

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
    clz: [(x) => i32.clz(x), (x) => Math.clz32(x)],
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
