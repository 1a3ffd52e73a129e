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

/**
 * One emitted dot product with rows of operands; several go into one simulation, as compiling costs more than running. They
 * run one after another there: what a simulator works on stays in the processor's cache.
 */
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
  write('tb.sv', benchText(parts));
  return { folder, counts };
}

/** With `+corrupt` the last of so many rows is made wrong, and the bench stops there. */
const CORRUPTED_ROWS = 10;

interface Part {
  declarations: string;
  run: string;
}

function benchPart(i: number, name: string, inputs: readonly Port[], result: Port, rows: number): Part {
  const ports = [...inputs, result];
  const shown = ports.map((port) => `${port.name}=%h`).join(' ');
  const corrupted = Math.min(rows, CORRUPTED_ROWS);
  return {
    declarations: `${ports.map((port) => `  logic [${wordBits(port) - 1}:0] ${port.name}${i}_rows [0:${rows - 1}];`).join('\n')}
${inputs.map((port) => `  logic [${wordBits(port) - 1}:0] ${port.name}${i};`).join('\n')}
  wire [${wordBits(result) - 1}:0] result${i};
  dut${i} unit${i} (.clk(clk), ${inputs.map((port) => `.${port.name}(${port.name}${i})`).join(', ')}, .result(result${i}));`,
    run: `${ports.map((port) => `    $readmemh("${port.name}${i}.memh", ${port.name}${i}_rows);`).join('\n')}
    failures = 0;
    last = corrupted ? ${corrupted} : ${rows};
    if (corrupted) result${i}_rows[${corrupted - 1}] = result${i}_rows[${corrupted - 1}] ^ 1;
    for (row = 0; row < last; row = row + 1) begin
${inputs.map((port) => `      ${port.name}${i} = ${port.name}${i}_rows[row];`).join('\n')}
      #5 clk = 1'b1;
      #5 clk = 1'b0;
      if (result${i} !== result${i}_rows[row]) begin
        failures = failures + 1;
        if (failures <= 5) $display("${name} row %0d: ${shown} got=%h", row, ${ports.map((port) => `${port.name}${i}_rows[row]`).join(', ')}, result${i});
      end
    end
    $display("%s ${name} %0d of ${rows}", failures == 0 ? "PASS" : "FAIL", ${rows} - failures);`,
  };
}

function benchText(parts: readonly Part[]): string {
  return `\`timescale 1ns/1ps
module tb;
  logic clk;
  integer row;
  integer last;
  integer failures;
  logic corrupted;
${parts.map((part) => part.declarations).join('\n')}
  initial begin
    clk = 1'b0;
    corrupted = $test$plusargs("corrupt") != 0;
${parts.map((part) => part.run).join('\n')}
    $finish;
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
