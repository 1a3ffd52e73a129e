import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { emitPe, rtlDigest } from '../../src/datapaths/rtl/index.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import { packUnit, unpackUnit } from '../../src/gates/packed.js';
import { STOCK_LIBRARIES, stockFile, stockUnit } from '../../src/gates/stock.js';
import type { GateUnit } from '../../src/gates/unit.js';
import { drawn } from './drawn.js';

const int4 = datapathNamed('int4');
const digest = rtlDigest(emitPe(int4, int4.order));
const file = stockFile(STOCK_LIBRARIES[0], 'int4', digest);
const text = () => gunzipSync(readFileSync(file));

it('a file is unpacked and packed again as it was', () => {
  const unit = unpackUnit(readFileSync(file), file);
  expect(unit).toMatchObject({ unit: 'int4', rtl: digest, registers: unit.netlist.registers.length });
  expect(unit.cells).toBe(unit.netlist.gates.length + unit.netlist.registers.length);
  expect(gunzipSync(packUnit(unit))).toEqual(text());
});

it('nets go by another number, and all else is what it was', () => {
  const netlist = drawn(3, 60, 7);
  const nets = Float64Array.from({ length: netlist.nets }, (_, net) => net + 1);
  const delays = {
    gates: netlist.gates.map(({ inputs, outputs }) => inputs.flatMap((_, i) => outputs.flatMap(() => [10 * i, 500]))),
    registers: netlist.registers.map(() => [7, 9]),
    inputs: Array.from({ length: 6 }, () => [40, 41]),
  };
  const unit: GateUnit = {
    ...{ unit: 'u', technology: { name: 'l', volts: 0.7, celsius: 25 }, rtl: 'r', netlist, delays },
    ...{ energy: { perToggle: nets, perOne: nets.map((net) => -net), clock: 5, leakage: 6 } },
    ...{ cells: 67, registers: 7, area: 8.5, period: 9e-10 },
  };
  const back = unpackUnit(packUnit(unit), 'u');
  const { energy, delays: own, netlist: other, ...rest } = back;
  expect(rest).toEqual({
    unit: 'u',
    technology: unit.technology,
    rtl: 'r',
    cells: 67,
    registers: 7,
    area: 8.5,
    period: 9e-10,
  });
  // What each net was is told by its energy.
  const before = (net: number) => energy.perToggle[net] - 1;
  expect(energy.perOne).toEqual(energy.perToggle.map((joules) => -joules));
  expect(energy).toMatchObject({ clock: 5, leakage: 6 });
  for (const kind of ['gates', 'registers'] as const)
    other[kind].forEach(({ cell, inputs, outputs }, i) => {
      const was = netlist[kind][i];
      expect(cell.name).toBe(was.cell.name);
      expect(inputs.map(before)).toEqual(was.inputs);
      expect(outputs.map((net) => net && before(net))).toEqual(was.outputs);
    });
  for (const [name, { direction, bits }] of netlist.ports)
    expect({ direction, bits: other.ports.get(name)?.bits.map(before) }).toEqual({ direction, bits });
  // Delays are told to some per cent, and none stays none.
  for (const kind of ['gates', 'registers', 'inputs'] as const)
    own[kind].flat().forEach((delay, i) => {
      const was = delays[kind].flat()[i];
      expect(Math.abs(delay - was)).toBeLessThanOrEqual(Math.max(was * 0.02, was === 0 ? 0 : 1));
    });
});

it('a file that is none says so', () => {
  const whole = readFileSync(file);
  expect(() => unpackUnit(whole.subarray(0, 900), 'cut.gates')).toThrow('cut.gates: no gates of a unit, or cut short');
  expect(() => unpackUnit(Buffer.from('none'), 'x.gates')).toThrow('x.gates: no gates of a unit, or cut short');
  const later = gzipSync(text().toString('latin1').replace('lastbit gates 1', 'lastbit gates 9'));
  expect(() => unpackUnit(later, 'y.gates')).toThrow(
    'y.gates: lastbit gates 9, and this version reads lastbit gates 1',
  );
});

it('a file whose bytes are not what its header says is none, whatever of it is wrong', () => {
  const bytes = text();
  const line = bytes.indexOf(10);
  const flipped = Buffer.from(bytes);
  for (let i = line + 1; i < line + 500; i++) flipped[i] ^= 0x80;
  const wrong = [
    'hello',
    'null\n',
    '{"a":1}\n',
    bytes.subarray(0, line - 9),
    bytes.subarray(0, line + 300),
    bytes.subarray(0, -1000),
    Buffer.concat([bytes, Buffer.alloc(4)]),
    bytes.toString('latin1').replace(/"bytes":\d+/, '"bytes":5'),
    flipped,
  ];
  for (const each of wrong) {
    const packed = gzipSync(typeof each === 'string' ? Buffer.from(each, 'latin1') : each);
    expect(() => unpackUnit(packed, 'w.gates')).toThrow(
      /^w\.gates: no gates of a unit, or cut short; install lastbit again$/,
    );
  }
});

it('a unit of that name and other RTL has no file', () => {
  expect(stockUnit(STOCK_LIBRARIES[0], 'int4', digest)?.technology).toEqual({
    ...{ name: 'asap7', volts: 0.7, celsius: 25, source: STOCK_LIBRARIES[0].source },
  });
  expect(stockUnit(STOCK_LIBRARIES[0], 'int4', digest.replace(/^./, 'x'))).toBeUndefined();
  // The file is found by the first digits; the rest has to be the same too.
  expect(stockUnit(STOCK_LIBRARIES[0], 'int4', `${digest.slice(0, -1)}x`)).toBeUndefined();
});
