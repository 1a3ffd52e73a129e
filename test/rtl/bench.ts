import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled, program } from '../programs.js';
import { type Datapath, totalFitOf } from '../../src/datapaths/datapath.js';
import { resultFormatOf } from '../../src/datapaths/exact.js';
import { reduce } from '../../src/datapaths/reference.js';
import { emitDot, randomBitsOfDot, type RtlFile } from '../../src/datapaths/rtl/index.js';
import { int } from '../../src/formats/catalog.js';
import type { RandomBits } from '../../src/formats/rounding.js';
import { hexWord, type Port, wordBits } from '../../src/outputs/words/port.js';
import type { RowCodes } from '../../src/outputs/vectors/stimulus.js';

/** One emitted dot product with rows of operands; several go into one simulation, as compiling costs more than running. */
export interface Design {
  datapath: Datapath;
  k: number;
  rows: Iterable<RowCodes>;
}

export type Simulator = 'icarus' | 'verilator';

export const INSTALLED: Readonly<Record<Simulator | 'yosys', boolean>> = {
  icarus: isInstalled('iverilog'),
  verilator: isInstalled('verilator'),
  yosys: isInstalled('yosys'),
};

/** The input ports of a design: those of golden vectors, and the random bits where it rounds stochastically. */
export function inputsOf({ datapath, k }: Pick<Design, 'datapath' | 'k'>): Port[] {
  const random = randomBitsOfDot(datapath, k);
  return [
    { name: 'a', format: datapath.a, lanes: k },
    { name: 'b', format: datapath.b, lanes: k },
    { name: 'c', format: totalFitOf(datapath).format, lanes: 1 },
    ...(random > 0 ? [{ name: 'random', format: int(1, false), lanes: random }] : []),
  ];
}

/** Draws bits from a row's own words, the first draw from the lowest bits. */
function drawn(bits: readonly bigint[]): RandomBits {
  let at = 0;
  return (count) => {
    const word = bits.slice(at, at + count).reduceRight((value, bit) => (value << 1n) | bit, 0n);
    at += count;
    return word;
  };
}

function expected(datapath: Datapath, [a, b, [c], random]: RowCodes): bigint {
  const source = random === undefined ? undefined : drawn(random);
  return reduce(datapath, { a, b, c }, datapath.order, source).code;
}

/** A folder with the sources, memories and a bench of several designs. */
export function writeBench(designs: readonly Design[]): { folder: string; counts: number[] } {
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-rtl-'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const counts: number[] = [];
  const parts = designs.map((design, i) => {
    const inputs = inputsOf(design);
    const result: Port = { name: 'result', format: resultFormatOf(design.datapath), lanes: 1 };
    const words: string[][] = [...inputs, result].map(() => []);
    for (const codes of design.rows) {
      inputs.forEach((port, p) => words[p].push(hexWord(port, codes[p])));
      words[inputs.length].push(hexWord(result, [expected(design.datapath, codes)]));
    }
    [...inputs, result].forEach(({ name }, p) => write(`${name}${i}.memh`, `${words[p].join('\n')}\n`));
    counts.push(words[0].length);
    const datapath = { ...design.datapath, name: `${design.datapath.name}_${i}` };
    for (const file of emitDot(datapath, design.k, `dut${i}`)) write(file.name, file.text);
    return benchPart(i, design.datapath.name, inputs, result, words[0].length);
  });
  write('tb.sv', benchText(parts, Math.max(...counts)));
  return { folder, counts };
}

/** With `+corrupt` the last of so many rows is made wrong, and the bench stops there. */
const CORRUPTED_ROWS = 10;

interface Part {
  declarations: string;
  load: string;
  drive: string;
}

function benchPart(i: number, name: string, inputs: readonly Port[], result: Port, rows: number): Part {
  const ports = [...inputs, result];
  const shown = ports.map((port) => `${port.name}=%h`).join(' ');
  return {
    declarations: `${ports.map((port) => `  logic [${wordBits(port) - 1}:0] ${port.name}${i}_rows [0:${rows - 1}];`).join('\n')}
${inputs.map((port) => `  logic [${wordBits(port) - 1}:0] ${port.name}${i};`).join('\n')}
  wire [${wordBits(result) - 1}:0] result${i};
  integer failures${i};
  dut${i} unit${i} (.clk(clk), ${inputs.map((port) => `.${port.name}(${port.name}${i})`).join(', ')}, .result(result${i}));`,
    load: `${ports.map((port) => `    $readmemh("${port.name}${i}.memh", ${port.name}${i}_rows);`).join('\n')}
    failures${i} = 0;
    if (corrupted) result${i}_rows[${Math.min(rows, CORRUPTED_ROWS) - 1}] = result${i}_rows[${Math.min(rows, CORRUPTED_ROWS) - 1}] ^ 1;`,
    drive: `    if (cycle > 0 && cycle <= ${rows}) begin
      if (result${i} !== result${i}_rows[cycle-1]) begin
        failures${i} = failures${i} + 1;
        if (failures${i} <= 5) $display("${name} row %0d: ${shown} got=%h", cycle - 1, ${ports.map((port) => `${port.name}${i}_rows[cycle-1]`).join(', ')}, result${i});
      end
      if (cycle == ${rows} || (corrupted && cycle == ${CORRUPTED_ROWS})) $display("%s ${name} %0d of ${rows}", failures${i} == 0 ? "PASS" : "FAIL", ${rows} - failures${i});
    end
    if (cycle < ${rows}) begin
${inputs.map((port) => `      ${port.name}${i} <= ${port.name}${i}_rows[cycle];`).join('\n')}
    end`,
  };
}

function benchText(parts: readonly Part[], last: number): string {
  return `\`timescale 1ns/1ps
module tb;
  logic clk;
  integer cycle;
  logic corrupted;
${parts.map((part) => part.declarations).join('\n')}
  initial begin
    clk = 1'b0;
    cycle = 0;
    corrupted = $test$plusargs("corrupt") != 0;
${parts.map((part) => part.load).join('\n')}
  end
  always #5 clk = ~clk;
  always @(posedge clk) begin
${parts.map((part) => part.drive).join('\n')}
    if (cycle == ${last} || (corrupted && cycle == ${CORRUPTED_ROWS})) $finish;
    cycle = cycle + 1;
  end
endmodule
`;
}

/** @param fails the command has to end with an error */
function run(folder: string, command: string, args: readonly string[], fails = false): string {
  const result = program(command, args, { cwd: folder, timeout: 600_000 });
  if (fails === (result.status === 0)) throw new Error(`${command} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout + result.stderr;
}

const READING = '--timing -Wno-fatal -Wno-lint -Wno-style -Wno-TIMESCALEMOD --top-module tb';

/** Reads and elaborates `tb` of a folder in Verilator, which is quick where building is not. @returns what it complains of */
export function read(folder: string): string {
  return run(folder, 'sh', ['-c', `verilator --lint-only ${READING} *.sv`]);
}

/**
 * Compiles `tb` of a folder; the result runs with plusargs and gives what it printed.
 * @param fatal the bench ends with an error where it fails, so with `+corrupt` it has to
 */
export function compile(simulator: Simulator, folder: string, fatal = false): (plusargs?: readonly string[]) => string {
  const fails = (plusargs: readonly string[]) => fatal && plusargs.includes('+corrupt');
  if (simulator === 'icarus') {
    const complaints = run(folder, 'sh', ['-c', 'iverilog -g2012 -s tb -o tb.vvp *.sv']);
    if (complaints !== '') throw new Error(`iverilog: ${complaints}`);
    return (plusargs = []) => run(folder, 'vvp', ['-n', 'tb.vvp', ...plusargs], fails(plusargs));
  }
  run(folder, 'sh', ['-c', `verilator --binary -O3 -j 2 -CFLAGS -O0 ${READING} *.sv`]);
  return (plusargs = []) => run(folder, 'obj_dir/Vtb', plusargs, fails(plusargs));
}

export function discard(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export type { RtlFile };
