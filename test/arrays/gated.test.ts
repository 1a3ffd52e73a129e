import { describe, expect, it } from 'vitest';
import { macArray, type MacArray } from '../../src/arrays/dataflow.js';
import { tileEnergies } from '../../src/arrays/gated.js';
import { tileCount } from '../../src/arrays/tiling.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import type { Datapath } from '../../src/datapaths/datapath.js';
import { codeArray, compileGemm } from '../../src/datapaths/kernel/index.js';
import { widthOf } from '../../src/formats/format.js';
import { evaluate } from '../../src/gates/liberty/expression.js';
import type { Netlist } from '../../src/gates/netlist.js';
import { ONE } from '../../src/gates/netlist.js';
import { mapUnit } from '../../src/outputs/benches/mapUnit.js';
import { portStreams } from '../../src/outputs/vectors/streams.js';
import { randomFrom } from '../../src/random/random.js';
import { madeUp } from '../gates/cells.js';
import { INSTALLED } from '../rtl/bench.js';

/**
 * The array as it is drawn: PEs that are netlists, each beside its neighbours, an edge after the other, with what golden
 * vectors say is on the array's ports. No tile, no schedule, no time of its own is known here.
 */
class Mesh {
  readonly toggles: Float64Array;
  private readonly netlist: Netlist;
  private readonly values: Uint8Array[];
  private states: Uint8Array[];

  constructor(netlist: Netlist, array: MacArray) {
    this.netlist = netlist;
    this.toggles = new Float64Array(netlist.nets);
    const pes = Array.from({ length: array.rows * array.cols });
    this.values = pes.map(() => new Uint8Array(netlist.nets));
    this.states = pes.map(() => new Uint8Array(netlist.registers.length));
    for (const own of this.values) own[ONE] = 1;
  }

  bits(pe: number, port: string): number[] {
    return this.netlist.ports.get(port)?.bits.map((net) => this.values[pe][net]) as number[];
  }

  /** A cycle, of which the ports say what each PE gets: registers have changed at the edge before it. */
  cycle(portsOf: (pe: number) => Record<string, number[]>, counted = true): void {
    const { nets, gates, registers, ports } = this.netlist;
    const before = this.values.map((own) => Uint8Array.from(own));
    this.values.forEach((own, pe) =>
      registers.forEach(({ outputs: [net] }, r) => net !== undefined && (own[net] = this.states[pe][r])),
    );
    // A PE's inputs are what its neighbours above and to the left give in this cycle.
    this.values.forEach((own, pe) => {
      const inputs = portsOf(pe);
      const read =
        ({ cell, inputs: pins }: (typeof gates)[number]) =>
        (name: string) =>
          own[pins[cell.inputs.findIndex((pin) => pin.name === name)]] === 1;
      for (const [name, { direction, bits }] of ports)
        if (direction === 'input' && name !== 'clk') bits.forEach((net, i) => (own[net] = inputs[name]?.[i] ?? 0));
      for (const gate of gates)
        gate.outputs.forEach(
          (net, pin) => net !== undefined && (own[net] = Number(evaluate(gate.cell.outputs[pin].value, read(gate)))),
        );
      this.states[pe] = Uint8Array.from(registers, (register) => Number(read(register)('D')));
      if (counted) for (let net = 0; net < nets; net++) this.toggles[net] += Number(own[net] !== before[pe][net]);
    });
  }
}

const LANES: Datapath = {
  ...datapathNamed('int4'),
  name: 'int4-lanes',
  lanes: 3,
  combine: { kind: 'fused', sumInside: true },
};
const CHUNKED: Datapath = { ...datapathNamed('int4'), name: 'int4-chunked', order: { kind: 'chunked', length: 4 } };

describe.skipIf(!INSTALLED.yosys)('an array of gates', () => {
  it.each([
    ['tiles that do not fill it', datapathNamed('int4'), { rows: 3, cols: 4 }, { m: 5, n: 6, k: 7, groups: 2 }],
    ['one short tile', datapathNamed('int4'), { rows: 4, cols: 2 }, { m: 3, n: 2, k: 1, groups: 1 }],
    ['two buffers', datapathNamed('int4'), { rows: 3, cols: 3, doubleBuffer: true }, { m: 7, n: 7, k: 2, groups: 1 }],
    ['lanes', LANES, { rows: 2, cols: 3 }, { m: 4, n: 4, k: 8, groups: 1 }],
    ['chunks', CHUNKED, { rows: 3, cols: 2 }, { m: 4, n: 3, k: 10, groups: 1 }],
    [
      'more PEs than a vector has bits',
      datapathNamed('int4'),
      { rows: 12, cols: 13 },
      { m: 14, n: 15, k: 5, groups: 1 },
    ],
    [
      'more columns than a number has bits',
      datapathNamed('int4'),
      { rows: 2, cols: 35 },
      { m: 3, n: 36, k: 4, groups: 1 },
    ],
  ] as const)(
    '%s: every net of every PE toggles as in the mesh',
    async (_title, unit, shape, lengths) => {
      const array = macArray({ dataflow: 'os', ...shape });
      const { order, lanes } = unit;
      const { gates } = await mapUnit(unit, array, madeUp());
      const netlist = gates.netlist as Netlist;
      const random = randomFrom(9);
      const job = { layer: 'drawn', ...lengths };
      const codes = (format: Datapath['a'], length: number) =>
        codeArray(format, length).map(() => random.below(2 ** widthOf(format)));
      const { m, n, k, groups } = job;
      const a = codes(unit.a, groups * m * k);
      const b = codes(unit.b, groups * k * n);
      const gemm = compileGemm(unit, order);
      const parts = Array.from({ length: groups }, (_, g) =>
        gemm.sums({ m, n, k, a: a.slice(g * m * k, (g + 1) * m * k), b: b.slice(g * k * n, (g + 1) * k * n) }),
      );
      const sums = Uint32Array.from(parts.flatMap((part) => [...part].map(Number)));
      const product = { job, a, b };
      const mesh = new Mesh(netlist, array);
      const { streams, run } = portStreams({ product, array, unit, order, sums });
      const place = new Map(streams.map(({ name }, i) => [name, i]));
      const word = (words: bigint[][], port: string, index: number, bits: number, each: number) =>
        Array.from({ length: each }, (_, lane) => words[place.get(port) as number][index * each + lane]).flatMap(
          (code) => Array.from({ length: bits }, (_, bit) => Number((code >> BigInt(bit)) & 1n)),
        );
      const chunk = order.kind === 'chunked' ? order.length / lanes : Infinity;
      const since = new Array<number>(array.rows).fill(0);
      const shifted = new Array<number>(array.cols).fill(0);
      const none: bigint[][] = streams.map((stream) => stream.at(0).map(() => 0n));
      const total = widthOf(unit.sum.format);
      const edge = (words: bigint[][], counted = true) => {
        const { cols } = array;
        // Words of a chunk are counted where a row begins.
        const restarts = since.map((count, row) => {
          const [first] = word(words, 'a_first', row, 1, 1);
          const live = word(words, 'a_valid', row, 1, lanes).includes(1);
          const restart = live && first === 0 && count === chunk;
          if (live) since[row] = first === 1 || restart ? 1 : count + 1;
          return Number(restart);
        });
        mesh.cycle((pe) => {
          const [row, col] = [Math.floor(pe / cols), pe % cols];
          const left = col === 0 ? undefined : mesh.bits(pe - 1, 'a_next');
          const up = row === 0 ? undefined : mesh.bits(pe - cols, 'b_next');
          const [wa, wb] = [widthOf(unit.a), widthOf(unit.b)];
          const at = lanes * wa + lanes;
          return {
            a: left?.slice(0, lanes * wa) ?? word(words, 'a', row, wa, lanes),
            a_valid: left?.slice(lanes * wa, at) ?? word(words, 'a_valid', row, 1, lanes),
            a_first: left?.slice(at, at + 1) ?? word(words, 'a_first', row, 1, 1),
            a_restart: left?.slice(at + 1, at + 2) ?? [restarts[row]],
            a_last: left?.slice(at + 2, at + 3) ?? word(words, 'a_last', row, 1, 1),
            b: up?.slice(0, lanes * wb) ?? word(words, 'b', col, wb, lanes),
            b_valid: up?.slice(lanes * wb) ?? word(words, 'b_valid', col, 1, lanes),
            drain: [shifted[col] < row ? word(words, 'drain', col, 1, 1)[0] : 0],
            above: row === 0 ? new Array<number>(total).fill(0) : mesh.bits(pe - cols, 'leaving'),
          };
        }, counted);
        shifted.forEach((count, col) => {
          const [shifts] = word(words, 'drain', col, 1, 1);
          shifted[col] = shifts === 1 && count + 1 < array.rows ? count + 1 : 0;
        });
      };
      edge(none, false);
      run((words) => edge(words));
      for (let i = 0; i < array.rows + array.cols; i++) edge(none);
      const tiles = Array.from({ length: tileCount(job, array, lanes) }, (_, i) => i);
      for (const seed of [1, 2]) {
        const weights = randomFrom(seed);
        const perToggle = Float64Array.from({ length: netlist.nets }, () => weights.below(1000));
        const weighted = { ...gates, energy: { ...gates.energy, perToggle } };
        const found = tileEnergies(weighted, array, { job, unit, order, a, b, sums }, tiles);
        const wanted = mesh.toggles.reduce((sum, count, net) => sum + count * perToggle[net], 0);
        expect(found.reduce((sum, { logic, registers }) => sum + logic + registers, 0)).toBe(wanted);
        expect(wanted).toBeGreaterThan(1000);
      }
    },
    120_000,
  );
});
