import { expect, it } from 'vitest';
import { bankKernel, bankMemory, BankRegisters } from '../../../../src/datapaths/kernel/banks/memory.js';
import { FunctionBuilder, i32 } from '../../../../src/wasm/assembler.js';

/** Registers of banks in memory of their own: where they lie, and how those of a group move. */
const PAGE = 65536;
const KINDS = [Int16Array, Int32Array, Float32Array, Float64Array];
const numbered = (length: number) => Array.from({ length }, (_, i) => 100 + i);

it('planes are as long as was asked for, empty, and apart from each other; a bank that is released leaves its place', () => {
  for (let round = 0; round < 2; round++) {
    const bank = new BankRegisters(13, 8, Float32Array);
    expect([bank.stride, bank.live.length, bank.depths.length]).toEqual([16, 16, 16]);
    expect([...bank.live]).toEqual(Array(16).fill(0));
    expect(new BankRegisters(16, 8, Float32Array).stride).toBe(16);
    const planes = [
      bank.live,
      bank.depths,
      bank.plane(5),
      ...KINDS.map((kind) => bank.plane(33, kind)),
      ...[Uint8Array, Uint16Array, Uint32Array].map((kind) => bank.codes(new kind(0), 7)),
      bank.flags(3),
    ];
    expect(planes.slice(2, 7).map((plane) => plane.constructor)).toEqual([Float32Array, ...KINDS]);
    // Whatever was there before, registers begin empty.
    planes.forEach((plane, i) => {
      if (i > 1 && i < 10) expect([...plane]).toEqual(Array(plane.length).fill(0));
      expect(plane.byteOffset % 64).toBe(0);
    });
    planes.forEach((plane, i) => plane.fill(i + 1));
    planes.forEach((plane, i) => expect([...plane]).toEqual(Array(plane.length).fill(i + 1)));
    expect(planes[0].byteOffset).toBe(64);
    bank.release();
  }
});

it('a group takes what the registers so far before it held, in itself or in another', () => {
  const bank = new BankRegisters(8, 8, Float64Array);
  for (const distance of [0, 1, 3]) {
    const [from, to] = [0, 1].map(() => [
      ...KINDS.map((kind) => bank.plane(16, kind)),
      bank.codes(new Uint8Array(0), 16),
    ]);
    const [own, other] = [bank.group(to), bank.group(from)];
    const fill = () => {
      from.forEach((plane) => plane.set(numbered(16)));
      to.forEach((plane) => plane.fill(7));
    };
    fill();
    bank.shift(own, other, distance);
    for (const plane of to)
      expect([...plane]).toEqual([...Array<number>(distance).fill(7), ...numbered(16 - distance)]);
    fill();
    bank.shift(other, other, distance);
    for (const plane of from)
      expect([...plane]).toEqual([...numbered(16).slice(0, distance), ...numbered(16 - distance)]);
  }
  bank.release();
});

it('in each column rows sink to its depth, the first keeps its own', () => {
  const [rows, columns, lanes] = [4, 3, 2];
  const bank = new BankRegisters(rows * columns, 4, Float64Array);
  const depths = [2, 0, 3];
  bank.depths.set(depths);
  const planes = [
    ...KINDS.map((kind) => bank.plane(bank.stride * lanes, kind)),
    bank.codes(new Uint8Array(0), bank.stride * lanes),
  ];
  planes.forEach((plane) => plane.set(numbered(plane.length)));
  bank.sink(bank.group(planes), columns);
  const before = numbered(bank.stride * lanes);
  const wanted = before.map((own, at) => {
    const place = at % bank.stride;
    const row = Math.floor(place / columns);
    return row > 0 && row <= depths[place % columns] ? before[at - columns] : own;
  });
  for (const plane of planes) expect([...plane]).toEqual(wanted);
  bank.release();
});

it('the memory grows by as many pages as registers need, to 2 GiB', () => {
  const pages = () => bankMemory().buffer.byteLength / PAGE;
  expect(pages()).toBe(16);
  const bank = new BankRegisters(1, 64, Int32Array);
  const used = 64 + 128 + 256;
  const full = (16 * PAGE - used) / 4;
  expect(bank.plane(full).byteOffset).toBe(used);
  expect(pages()).toBe(16);
  expect(bank.plane(16).byteOffset).toBe(16 * PAGE);
  expect(pages()).toBe(17);
  const many = bank.plane(66 * (PAGE / 4));
  many[many.length - 1] = 5;
  expect(pages()).toBe(83);
  expect(() => bankMemory().grow(2 ** 31 / PAGE - pages() + 1)).toThrow(RangeError);
  bank.release();
});

it('functions are compiled once for a key', () => {
  let built = 0;
  const build = () => {
    built++;
    const f = new FunctionBuilder('f', 1);
    f.emit(i32.store(f.parameters[0].get, i32.const(3)));
    return [f];
  };
  expect(bankKernel('three', build)).toBe(bankKernel('three', build));
  bankKernel('three', build).f(64);
  expect([built, new DataView(bankMemory().buffer).getInt32(64, true)]).toEqual([1, 3]);
});
