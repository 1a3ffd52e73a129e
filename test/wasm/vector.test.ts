import { describe, expect, it } from 'vitest';
import { type Code, FunctionBuilder } from '../../src/wasm/assembler.js';
import { Arena, kernelOf, sharedMemory } from '../../src/wasm/memory.js';
import { f32x4, f64x2, i16x8, i32x4, i64x2, i8x16, splat16, splat32, splat64, v128 } from '../../src/wasm/vector.js';
import { operands, TABLES, viewsOf, type Word } from './instructions.js';

/**
 * Every instruction against its definition on numbers (WebAssembly 2.0, 4.3): an opcode that is another one's gives other
 * lanes somewhere. Operands are random bits and the landmarks of every lane type, all against each other.
 */
const INSTRUCTIONS: Readonly<Record<string, object>> = { v128, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 };

/** A NaN's bits are not said by the specification; any NaN will do where one is due. */
function sameBits(name: string, found: Word, wanted: Word): boolean {
  if (!/^f(32|64)/.test(name)) return found.u64.every((bits, i) => bits === wanted.u64[i]);
  const lane = name.startsWith('f32') ? 'f32' : 'f64';
  return [...found[lane]].every((value, i) => Object.is(value, wanted[lane][i]));
}

describe.each(Object.entries(TABLES))('%s', (name, instructions) => {
  const memory = [
    'load',
    'load8x8S',
    'load8x8U',
    'load8Splat',
    'load16Splat',
    'load32Splat',
    'load64Splat',
    'store',
    'store64Lane',
  ];

  it('has a definition here for each instruction', () => {
    const known = new Set(Object.keys(instructions).map((key) => key.split(' ')[0]));
    const own = Object.keys(INSTRUCTIONS[name]);
    expect(own.filter((key) => !known.has(key))).toEqual(name === 'v128' ? memory : []);
  });

  it.each(Object.entries(instructions))('%s', (_instruction, [code, definition]) => {
    const f = new FunctionBuilder('f', 3);
    const [x, y, out] = f.parameters;
    f.emit(v128.store(out.get, typeof code === 'function' ? code(v128.load(x.get), v128.load(y.get)) : code));
    const { f: run } = kernelOf([f]);
    const all = operands();
    const at = new Arena().take(48);
    const bytes = new Uint8Array(sharedMemory().buffer);
    for (const a of all)
      for (const b of all) {
        bytes.set(a.u8, at);
        bytes.set(b.u8, at + 16);
        run(at, at + 16, at + 32);
        const [found, wanted] = [viewsOf(bytes.slice(at + 32, at + 48)), viewsOf(new Uint8Array(16))];
        definition(a, b, wanted);
        // A comparison that names differences costs too much where there are none.
        if (!sameBits(name, found, wanted))
          expect([...found.u8], `${a.u8.join(' ')} and ${b.u8.join(' ')}`).toEqual([...wanted.u8]);
      }
  });
});

/** Runs code that leaves a word, with the address of 64 known bytes; the word's bytes. */
function loaded(code: (address: Code) => Code): { found: Uint8Array; bytes: Uint8Array } {
  const f = new FunctionBuilder('f', 2);
  const [from, to] = f.parameters;
  f.emit(v128.store(to.get, code(from.get), 16));
  const at = new Arena().take(128);
  const memory = new Uint8Array(sharedMemory().buffer);
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + 101) & 255);
  memory.set(bytes, at);
  kernelOf([f]).f(at, at + 64);
  return { found: memory.slice(at + 80, at + 96), bytes };
}

it.each([0, 3, 17])('words come from memory whole, widened or repeated, %i bytes on', (offset) => {
  const repeated = (size: number) => (bytes: Uint8Array) =>
    Array.from({ length: 16 }, (_, i) => bytes[offset + (i % size)]);
  const widened = (extend: (byte: number) => number) => (bytes: Uint8Array) =>
    Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? bytes[offset + i / 2] : extend(bytes[offset + (i - 1) / 2])));
  const cases: [(address: Code, offset?: number) => Code, (bytes: Uint8Array) => number[]][] = [
    [v128.load, (bytes) => [...bytes.slice(offset, offset + 16)]],
    [v128.load8x8U, widened(() => 0)],
    [v128.load8x8S, widened((byte) => (byte > 127 ? 255 : 0))],
    [v128.load8Splat, repeated(1)],
    [v128.load16Splat, repeated(2)],
    [v128.load32Splat, repeated(4)],
    [v128.load64Splat, repeated(8)],
  ];
  for (const [load, wanted] of cases) {
    const { found, bytes } = loaded((address) => load(address, offset));
    expect([...found]).toEqual(wanted(bytes));
  }
});

it.each([0, 1])('lane %i of 64 bits goes to memory alone', (lane) => {
  const f = new FunctionBuilder('f', 2);
  const [from, to] = f.parameters;
  f.emit(v128.store64Lane(to.get, v128.load(from.get), lane));
  const at = new Arena().take(64);
  const memory = new Uint8Array(sharedMemory().buffer);
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => (i * 29 + 7) & 255);
  memory.set(bytes, at);
  kernelOf([f]).f(at, at + 16);
  const written = bytes.slice(8 * lane, 8 * lane + 8);
  expect([...memory.slice(at + 16, at + 32)]).toEqual([...written, ...bytes.slice(24)]);
});

it('constants are the same bits in every lane', () => {
  const bytesOf = (code: Code) => [...loaded(() => code).found];
  expect(bytesOf(splat16(0xa1b2))).toEqual(Array.from({ length: 16 }, (_, i) => [0xb2, 0xa1][i % 2]));
  expect(bytesOf(splat32(0xa1b2c3d4))).toEqual(Array.from({ length: 16 }, (_, i) => [0xd4, 0xc3, 0xb2, 0xa1][i % 4]));
  expect(bytesOf(splat64(-2n))).toEqual(Array.from({ length: 16 }, (_, i) => (i % 8 === 0 ? 0xfe : 0xff)));
});
