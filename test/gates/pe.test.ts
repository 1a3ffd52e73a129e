import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { timingOf, turnsOf } from '../../src/arrays/schedule.js';
import { datapathNamed } from '../../src/datapaths/catalog.js';
import type { Datapath } from '../../src/datapaths/datapath.js';
import { SEQUENTIAL } from '../../src/datapaths/order.js';
import { emitPe } from '../../src/datapaths/rtl/index.js';
import { stochastic } from '../../src/formats/rounding.js';
import { outputFeed } from '../../src/gates/outputFeed.js';
import { type Netlist, ONE, readNetlist, ZERO } from '../../src/gates/netlist.js';
import { CASES, simulatorOf } from '../../src/gates/simulator.js';
import { mapUnit } from '../../src/outputs/benches/mapUnit.js';
import { characterise } from '../../src/outputs/benches/characterise.js';
import { randomFrom } from '../../src/random/random.js';
import { program, THOROUGH } from '../programs.js';
import { INSTALLED } from '../rtl/bench.js';
import { madeUp, OUTPUTS } from './cells.js';
import { readerOf, verilog } from './verilog.js';

const library = madeUp();
const CHUNKED: Datapath = { ...datapathNamed('int4'), name: 'int4-chunked', order: { kind: 'chunked', length: 8 } };
const LANES: Datapath = {
  ...datapathNamed('int4'),
  name: 'int4-lanes',
  lanes: 3,
  combine: { kind: 'fused', sumInside: true },
};
const fp8 = datapathNamed('fp8-fp16');
const ROUNDED: Datapath = { ...fp8, name: 'fp8-rounded', lanes: 2, product: fp8.sum };
const UNITS = [datapathNamed('int4'), datapathNamed('fp8-fp16'), CHUNKED, LANES];

describe.skipIf(!INSTALLED.yosys)('a PE as gates', () => {
  it.each(UNITS.map((unit) => [unit.name, unit] as const))(
    '%s: every sum is the reference, and less moves where less changes',
    async (_name, unit) => {
      const { report } = await characterise(unit, OUTPUTS, library, 5);
      const { operands, cells, registers, maxMhz, periodNs, path } = report;
      for (const { sums } of operands) expect(sums).toEqual({ right: sums.all, all: sums.all });
      expect(operands[0].sums.all).toBeGreaterThan(50);
      expect(cells).toBeGreaterThan(registers);
      expect(maxMhz * periodNs).toBeCloseTo(1000, 6);
      expect(path.length).toBeGreaterThan(3);
      const energy = Object.fromEntries(operands.map(({ operands: kind, fjPerMac }) => [kind, fjPerMac]));
      for (const kind of Object.keys(energy))
        if (kind !== 'uniform codes') expect(energy[kind]).toBeLessThan(energy['uniform codes']);
      // The clock goes on whatever the operands are.
      expect(new Set(operands.map(({ clockFj }) => clockFj)).size).toBe(1);
      for (const { fjPerMac, logicFj, registersFj, clockFj } of operands)
        expect(fjPerMac).toBeCloseTo(logicFj + registersFj + clockFj, 9);
      for (const { glitches } of operands) expect(glitches.factor).toBeGreaterThan(1.1);
    },
    120_000,
  );

  it.each([
    ['int4', 1, datapathNamed('int4')],
    ['fp8-fp16', 1, datapathNamed('fp8-fp16')],
    [CHUNKED.name, 2, CHUNKED],
    [ROUNDED.name, 2, ROUNDED],
  ] as const)(
    '%s with %d registers behind the multiplier: every sum is the reference, when the schedule has it',
    async (_name, multiplyStages, unit) => {
      const array = { ...OUTPUTS, multiplyStages };
      const { report, rtl } = await characterise(unit, array, library, 5);
      for (const { sums } of report.operands) expect(sums).toEqual({ right: sums.all, all: sums.all });
      expect(rtl.map(({ name }) => name)).toContain('lastbit_pe_os_staged.sv');
      const { gates } = await mapUnit(unit, OUTPUTS, library);
      // Words of products, and their marks, once for each stage.
      expect(report.registers).toBeGreaterThanOrEqual(gates.registers + multiplyStages * 8);
      expect(report.periodNs).toBeLessThan(gates.period * 1e9);
      // A tile of one PE: its sum leaves in the cycle that the feed looks at it in.
      const tile = {
        index: 0,
        group: 0,
        row: 0,
        rows: 1,
        col: 0,
        cols: 1,
        height: 1,
        width: 1,
        steps: 5,
        continues: false,
      };
      const [{ slot }] = turnsOf([tile], timingOf(array, unit.order));
      const codes = new Array<number>(5 * unit.lanes * CASES).fill(0);
      const feed = outputFeed(unit, unit.order, { tiles: 1, k: 5 * unit.lanes, a: codes, b: codes }, multiplyStages);
      expect([...feed.sums.expected()][0].cycle).toBe(slot.drain - slot.stream);
    },
    120_000,
  );

  // To build the bench takes the second simulator half a minute: .ci/run has both.
  it.skipIf(!INSTALLED.icarus).each(THOROUGH && INSTALLED.verilator ? ['icarus', 'verilator'] : ['icarus'])(
    'every net toggles as often as in %s',
    async (other) => {
      const { netlist } = await characterise(datapathNamed('int4'), OUTPUTS, library, 1);
      const gates = readNetlist(netlist, 'pe.json', library);
      const folder = mkdtempSync(join(tmpdir(), 'lastbit-gates-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const cycles = 200;
      const random = randomFrom(3);
      const simulator = simulatorOf(gates);
      // In one case only; the others stay 0, and count nothing after the first cycle.
      const bits = Array.from({ length: cycles }, () =>
        simulator.inputs.map((name) => (name === 'reset[0]' ? 0 : random.below(2))),
      );
      const words = Uint8Array.from(bits.flat().flatMap((bit) => [bit, ...new Array<number>(15).fill(0)]));
      const width = simulator.inputs.length * 16;
      const [first, rest] = [words.subarray(0, width), words.subarray(width)];
      simulator.run(first, 1);
      simulator.forget();
      simulator.run(rest, cycles - 1);
      writeFileSync(join(folder, 'tb.v'), benchOf(gates, simulator.inputs, bits));
      const [build, run] =
        other === 'icarus'
          ? [
              ['iverilog', '-g2012', '-o', 'tb.vvp', 'tb.v'],
              ['vvp', '-n', 'tb.vvp'],
            ]
          : [['verilator', '--binary', '-Wno-fatal', '--top-module', 'tb', 'tb.v'], [join(folder, 'obj_dir', 'Vtb')]];
      for (const [command, ...words] of [build, run])
        expect(program(command, words, { cwd: folder }), command).toMatchObject({ status: 0 });
      const counted = readFileSync(join(folder, 'toggles.txt'), 'utf8').trim().split('\n').map(Number);
      expect(counted).toHaveLength(gates.nets);
      const own = [...simulator.activity().toggles];
      const clock = gates.ports.get(gates.clock as string)?.bits[0] as number;
      own[clock] = counted[clock];
      expect(own).toEqual(counted);
      expect(own.filter((count) => count > 0).length).toBeGreaterThan(300);
    },
    120_000,
  );
});

/**
 * The netlist as assignments and registers, with a bench that looks at all nets once a cycle, when they have settled, and
 * counts those that have changed since the cycle before.
 */
function benchOf(
  { nets, ports, gates, registers, clock }: Netlist,
  inputs: readonly string[],
  bits: readonly number[][],
): string {
  const netOf = (name: string) => {
    const [, port, bit] = /^(.*)\[(\d+)\]$/.exec(name) ?? [];
    return ports.get(port)?.bits[Number(bit)] as number;
  };
  const clk = ports.get(clock as string)?.bits[0] as number;
  const logic = gates.flatMap((gate) =>
    gate.outputs.map((net, pin) => `  assign n${net} = ${verilog(gate.cell.outputs[pin].value, readerOf(gate))};`),
  );
  const states = registers.map((register, r) => {
    const next = verilog(register.cell.register!.next, readerOf(register));
    return `  reg r${r} = 0; assign n${register.outputs[0]} = r${r}; always @(posedge clk) r${r} <= ${next};`;
  });
  const driven = inputs.map((name, i) => `  assign n${netOf(name)} = in[${i}];`);
  const table = bits.map((row, t) => `    rows[${t}] = ${row.length}'b${[...row].reverse().join('')};`);
  const each = (text: (net: number) => string) => Array.from({ length: nets }, (_, net) => text(net)).join('\n');
  return `module tb;
${each((net) => `  wire n${net}; reg l${net} = 0; integer c${net} = 0;`)}
  reg [${inputs.length - 1}:0] in = 0;
  reg [${inputs.length - 1}:0] rows [0:${bits.length - 1}];
  integer t, file;
  reg clk = 0;
  assign n${ZERO} = 1'b0;
  assign n${ONE} = 1'b1;
  assign n${clk} = clk;
${[...driven, ...logic, ...states].join('\n')}
  task look(input count);
    begin
${each((net) => `      if (count & (n${net} !== l${net})) c${net} = c${net} + 1; l${net} = n${net};`)}
    end
  endtask
  initial begin
${table.join('\n')}
    in = rows[0];
    #10 look(1'b0);
    for (t = 1; t < ${bits.length}; t = t + 1) begin
      clk = 1;
      #1 in = rows[t];
      #9 clk = 0;
      #1 look(1'b1);
    end
    file = $fopen("toggles.txt", "w");
${each((net) => `    $fdisplay(file, "%0d", c${net});`)}
    $fclose(file);
    $finish;
  end
endmodule
`;
}

describe('a PE with registers behind its multiplier', () => {
  const refused =
    (name: string, own: Partial<Datapath> = {}) =>
    () =>
      emitPe({ ...datapathNamed(name), ...own }, SEQUENTIAL, 1);

  it('is of a unit that is a multiplier and an adder', () => {
    expect(refused('xnor')).toThrow(
      'rtl: datapath xnor cannot be cut between multiplier and adder: its unit is xnor_popcount; integer and float MACs that add products one by one can',
    );
    expect(refused('radix4')).toThrow(/its unit is radix4_mac;/);
    expect(refused('fp8-fp16', { combine: { kind: 'fused', sumInside: true } })).toThrow(/its unit is fused;/);
    expect(refused('fp8-fp16', { sum: { ...fp8.sum, rounding: stochastic(4) } })).toThrow(
      /its unit is mac, which rounds stochastically;/,
    );
  });

  it('without any it is the PE that there was', () => {
    expect(emitPe(fp8, SEQUENTIAL, 0)).toEqual(emitPe(fp8, SEQUENTIAL));
  });
});
