import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetlistDelays } from '../../src/gates/delays.js';
import type { Expression } from '../../src/gates/liberty/expression.js';
import { type Netlist, ONE, ZERO } from '../../src/gates/netlist.js';
import { program } from '../programs.js';
import { readerOf, verilog } from './verilog.js';

/**
 * Toggles of each net with the delays of its cells, as Icarus counts them: of the clock its own.
 * @param bits of all input ports but the clock, in the order of the ports, cycle by cycle; the first settles and does not count
 */
export function togglesInIcarus(
  netlist: Netlist,
  delays: NetlistDelays,
  bits: readonly (readonly number[])[],
): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-gates-'));
  try {
    writeFileSync(join(folder, 'tb.v'), benchOf(netlist, delays, bits));
    for (const [command, ...args] of [
      ['iverilog', '-g2012', '-o', 'tb.vvp', 'tb.v'],
      ['vvp', '-n', 'tb.vvp'],
    ]) {
      const { status, stderr } = program(command, args, { cwd: folder, timeout: 600_000 });
      if (status !== 0 || stderr !== '') throw new Error(`${command}: ${stderr}`);
    }
    return readFileSync(join(folder, 'toggles.txt'), 'utf8').trim().split('\n').map(Number);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Each gate is a function without delay and a continuous assignment with one, whose two delays are variables that the pins
 * set when they change: Icarus itself cancels pulses as IEEE 1364-2005, 6.1.3 says. Its paths of specify blocks do not: an
 * output there takes at each scheduled time what its input is by then, so that of a pulse, a pause and an edge the edge comes
 * out at the pulse's time. One unit of delay is two of the bench's: nets change at even times, and functions follow at odd
 * ones, so that what changes at one time is seen together, in whatever order Icarus goes.
 */
function benchOf(
  { nets, ports, gates, registers, clock }: Netlist,
  delays: NetlistDelays,
  bits: readonly (readonly number[])[],
): string {
  const each = (text: (net: number) => string) => Array.from({ length: nets }, (_, net) => text(net)).join('\n');
  const lines: string[] = [];
  /** When the last edge on each net is past. */
  const late = new Array<number>(nets).fill(0);
  const inputs = [...ports].flatMap(([name, { direction, bits }]) =>
    direction === 'input' && name !== clock ? bits : [],
  );
  const later = (net: number, delay: readonly number[]) => (late[net] = Math.max(late[net], ...delay));
  inputs.forEach((net, i) => {
    const [rise, fall] = delays.inputs[i];
    lines.push(`  assign #(${2 * rise}, ${2 * fall}) n${net} = in[${i}];`);
    later(net, [rise, fall]);
  });
  registers.forEach((register, r) => {
    const { next, names } = register.cell.register as { next: Expression; names: [string, string] };
    lines.push(`  reg r${r} = 0; always @(posedge clk) r${r} <= ${verilog(next, readerOf(register))};`);
    register.outputs.forEach((net, pin) => {
      if (net === undefined) return;
      const [rise, fall] = delays.registers[r].slice(2 * pin);
      const value = verilog(register.cell.outputs[pin].value, (name) => (name === names[0] ? `r${r}` : `(~r${r})`));
      lines.push(`  assign #(${2 * rise}, ${2 * fall}) n${net} = ${value};`);
      later(net, [rise, fall]);
    });
  });
  gates.forEach((gate, g) =>
    gate.outputs.forEach((net, pin) => {
      if (net === undefined) return;
      const width = gate.inputs.length;
      lines.push(`  integer u${net} = 1, d${net} = 1; time t${net} = -1;`);
      lines.push(`  wire #1 f${net} = ${verilog(gate.cell.outputs[pin].value, readerOf(gate))};`);
      lines.push(`  assign #(u${net}, d${net}) n${net} = f${net};`);
      gate.inputs.forEach((from, input) => {
        const [rise, fall] = delays.gates[g].slice(2 * (pin * width + input), 2 * (pin * width + input) + 2);
        if (rise === 0) return;
        const [up, down] = [2 * rise - 1, 2 * fall - 1];
        lines.push(
          `  always @(n${from}) begin if ($time != t${net} || ${up} < u${net}) u${net} = ${up};` +
            ` if ($time != t${net} || ${down} < d${net}) d${net} = ${down}; t${net} = $time; end`,
        );
        later(net, [late[from] + Math.max(rise, fall)]);
      });
    }),
  );
  const half = 2 * Math.max(...late) + 10;
  const clk = clock === undefined ? undefined : ports.get(clock)?.bits[0];
  const table = bits.map((row, t) => `    rows[${t}] = ${row.length}'b${[...row].reverse().join('')};`);
  return `module tb;
${each((net) => `  wire n${net}; integer c${net} = 0; always @(n${net}) if (on) c${net} = c${net} + 1;`)}
  reg on = 0;
  reg [${inputs.length - 1}:0] in = 0;
  reg [${inputs.length - 1}:0] rows [0:${bits.length - 1}];
  integer t, file;
  reg clk = 0;
  assign n${ZERO} = 1'b0;
  assign n${ONE} = 1'b1;
${clk === undefined ? '' : `  assign n${clk} = clk;`}
${lines.join('\n')}
  initial begin
${table.join('\n')}
    in = rows[0];
    #${2 * half} on = 1;
    for (t = 1; t < ${bits.length}; t = t + 1) begin
      clk = 1;
      in = rows[t];
      #${half} clk = 0;
      #${half};
    end
    file = $fopen("toggles.txt", "w");
${each((net) => `    $fdisplay(file, "%0d", c${net});`)}
    $fclose(file);
    $finish;
  end
endmodule
`;
}
