import { type Port, wordBits } from '../words/port.js';

export interface Bench {
  /** The unit under test: a module with `clk`, the inputs and `result`. */
  module: string;
  title: string;
  inputs: readonly Port[];
  result: Port;
  rows: number;
  /** Of the memory files, and the system task that reads them. */
  extension: string;
  readTask: '$readmemh' | '$readmemb';
}

function range(port: Port): string {
  return `[${wordBits(port) - 1}:0]`;
}

/**
 * A self-checking testbench in plain SystemVerilog, for Icarus 11 and Verilator 5. It drives one row a clock with
 * non-blocking assignments and compares LATENCY edges later; `+corrupt` flips a bit of one expected word, and must FAIL.
 * A failure ends with `$fatal`, so that the simulation's own exit code says so too.
 */
export function testbench(bench: Bench): string {
  const { module, title, inputs, result, rows, extension, readTask } = bench;
  const names = inputs.map(({ name }) => name);
  const memories = [...inputs, result];
  const file = (port: Port) => `${port === result ? 'expected' : port.name}.${extension}`;
  const memory = (port: Port) => `${port === result ? 'expected' : port.name}_rows`;
  return `// ${title}
// Self-checking: prints PASS, or FAIL with address, expected and got and a nonzero exit code. The unit under test is
//   module ${module} (${['input clk', ...inputs.map((port) => `input ${range(port)} ${port.name}`), `output ${range(result)} result`].join(', ')});
// LATENCY is the number of clock edges from operands to result; 0 is a combinational unit.
//   $ iverilog -g2012 -s tb -Ptb.LATENCY=0 -o tb.vvp tb.sv ${module}.sv && vvp tb.vvp
//   $ verilator --binary --timing --top-module tb -GLATENCY=0 tb.sv ${module}.sv && obj_dir/Vtb
// Both take +corrupt, which flips one expected bit: a bench that still passes then checks nothing.
\`timescale 1ns/1ps
module tb;
  parameter LATENCY = 0;
  localparam ROWS = ${rows};
  localparam SHOWN = 20;

${memories.map((port) => `  logic ${range(port)} ${memory(port)} [0:ROWS-1];`).join('\n')}
  logic clk;
${inputs.map((port) => `  logic ${range(port)} ${port.name};`).join('\n')}
  wire ${range(result)} result;

  ${module} unit (.clk(clk), ${names.map((name) => `.${name}(${name})`).join(', ')}, .result(result));

  integer cycle;
  integer address;
  integer failures;
  integer handle;

  initial begin
    clk = 1'b0;
    cycle = 0;
    failures = 0;
${memories.map(readMemory).join('\n')}
    if ($test$plusargs("corrupt")) expected_rows[ROWS/2] = expected_rows[ROWS/2] ^ 1;
  end

  always #5 clk = ~clk;

  always @(posedge clk) begin
    if (cycle > LATENCY) begin
      address = cycle - LATENCY - 1;
      if (result !== expected_rows[address]) begin
        failures = failures + 1;
        if (failures <= SHOWN)
          $display("FAIL address %0d: ${names.map((name) => `${name}=%h`).join(' ')} expected=%h got=%h", address, ${[...names.map((name) => `${name}_rows[address]`), 'expected_rows[address]', 'result'].join(', ')});
      end
      if (address == ROWS - 1) begin
        if (failures == 0) begin
          $display("PASS %0d rows", ROWS);
          $finish;
        end else begin
          $display("FAIL %0d of %0d rows", failures, ROWS);
          $fatal(1, "the unit under test is not the model");
        end
      end
    end
    if (cycle < ROWS) begin
${names.map((name) => `      ${name} <= ${name}_rows[cycle];`).join('\n')}
    end
    cycle = cycle + 1;
  end
endmodule
`;

  /** A file that is missing would read as zeros in a two-state simulator: it is looked for first. */
  function readMemory(port: Port): string {
    return `    handle = $fopen("${file(port)}", "r");
    if (handle == 0) begin $display("FAIL no file ${file(port)}"); $fatal(1, "no file"); end
    $fclose(handle);
    ${readTask}("${file(port)}", ${memory(port)});`;
  }
}
