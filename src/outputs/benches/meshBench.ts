import { DATAFLOWS, type MacArray } from '../../arrays/dataflow.js';
import type { ArrayJob } from '../../arrays/tiling.js';
import type { MeshPort } from '../../datapaths/rtl/index.js';

/** An array's bench: what is on its ports at every edge lies in files, one a port, and so do the sums. */
export interface MeshBench {
  title: string;
  array: Pick<MacArray, 'rows' | 'cols' | 'dataflow'>;
  job: ArrayJob;
  ports: readonly MeshPort[];
  /** Edges until the product is done. */
  edges: number;
  /** Bits of a sum in the result memory. */
  sumBits: number;
}

/**
 * A self-checking testbench of the module `mesh` in plain SystemVerilog, for Icarus 11 and Verilator 5: every sum that
 * leaves at its edge, and where the array has an accumulator memory every sum in it. `+corrupt` flips a bit of an expected
 * sum, and must FAIL. A failure ends with `$fatal`, so that the simulation's own exit code says so too.
 */
export function meshBench(bench: MeshBench): string {
  const { title, array, ports, edges } = bench;
  const result = ports.find(({ name }) => name === 'result') as MeshPort;
  const memory = ports.find(({ name }) => name === 'read_sum');
  const inputs = ports.filter(({ direction, name }) => direction === 'input' && name !== 'read_address');
  const files = [...inputs, { ...result, name: 'expected' }, { ...result, name: 'expected_valid', bits: array.cols }];
  return `// ${title}
// Self-checking: prints PASS, or FAIL with edge, column, expected and got and a nonzero exit code; +corrupt flips one expected bit and must FAIL.
\`timescale 1ns/1ps
module tb;
  localparam EDGES = ${edges};
  localparam COLS = ${array.cols};
  localparam WIDTH = ${result.bits / array.cols};
  localparam SHOWN = 20;

${files.map(({ name, bits }) => `  logic [${bits - 1}:0] ${name}_rows [0:EDGES-1];`).join('\n')}
  logic clk, reset;
${inputs.map(({ name, bits }) => `  logic [${bits - 1}:0] ${name};`).join('\n')}
${ports
  .filter(({ direction }) => direction === 'output')
  .map(({ name, bits }) => `  wire [${bits - 1}:0] ${name};`)
  .join('\n')}
  integer at, column, failures, sums;
${memory === undefined ? '' : memoryDeclarations(bench)}
  mesh dut (.clk(clk), .reset(reset), ${ports.map(({ name }) => `.${name}(${name})`).join(', ')});

  initial begin
    clk = 1'b0;
    reset = 1'b1;
    at = -2;
    failures = 0;
    sums = 0;
${files.map(({ name }) => `    $readmemh("${name}.memh", ${name}_rows);`).join('\n')}
    if ($test$plusargs("corrupt")) begin
      column = 0;
      while (expected_valid_rows[column] == 0) column = column + 1;
      expected_rows[column] = expected_rows[column] ^ {COLS{{{(WIDTH-1){1'b0}}, 1'b1}}};
    end
${memory === undefined ? '' : `    $readmemh("sums.memh", memory_rows);`}
  end
  always #5 clk = ~clk;

  task report;
    begin
      if (failures == 0) begin
        $display("PASS %0d sums in %0d edges", sums, EDGES);
        $finish;
      end else begin
        $display("FAIL %0d of %0d sums", failures, sums);
        $fatal(1, "the array under test is not the model");
      end
    end
  endtask

  // Word n of a port is on it at edge n; outputs show then what earlier edges made of theirs.
  always @(posedge clk) begin
    if (at >= 0 && at < EDGES)
      for (column = 0; column < COLS; column = column + 1)
        if (expected_valid_rows[at][column]) begin
          sums = sums + 1;
          if (result[column*WIDTH +: WIDTH] !== expected_rows[at][column*WIDTH +: WIDTH]) begin
            failures = failures + 1;
            if (failures <= SHOWN)
              $display("FAIL edge %0d column %0d: expected=%h got=%h", at, column, expected_rows[at][column*WIDTH +: WIDTH],
                result[column*WIDTH +: WIDTH]);
          end
        end
${memory === undefined ? '    if (at == EDGES - 1) report;' : memoryCheck()}
    reset <= at + 1 < 0;
    if (at + 1 >= 0 && at + 1 < EDGES) begin
${inputs.map(({ name }) => `      ${name} <= ${name}_rows[at + 1];`).join('\n')}
    end else begin
${inputs.map(({ name }) => `      ${name} <= 0;`).join('\n')}
    end
    at = at + 1;
  end
endmodule
`;
}

/** Address t * STEPS + s of a column holds step s of the t-th tile of its sums. */
function memoryDeclarations({ array, job, ports, sumBits }: MeshBench): string {
  const { m, n, groups = 1 } = job;
  const address = ports.find(({ name }) => name === 'read_address') as MeshPort;
  const weights = DATAFLOWS[array.dataflow].col === 'n';
  const [across, steps] = weights ? [n, m] : [m, n];
  return `
  // The memory below: column c, address (g * TILES + t) * STEPS + s holds ${weights ? 'row s' : 'column s'} and ${weights ? 'column' : 'row'} t * COLS + c of group g.
  localparam STEPS = ${steps};
  localparam ACROSS = ${across};
  localparam TILES = ${Math.ceil(across / array.cols)};
  localparam GROUPS = ${groups};
  localparam SUM = ${sumBits};
  logic [${address.bits - 1}:0] read_address;
  logic [SUM-1:0] memory_rows [0:GROUPS*ACROSS*STEPS-1];
  integer group, tile, step, place, index;`.concat(`
  function integer index_of(input integer g, input integer p, input integer s);
    index_of = ${weights ? '(g * STEPS + s) * ACROSS + p' : '(g * ACROSS + p) * STEPS + s'};
  endfunction
`);
}

function memoryCheck(): string {
  return `    if (at > EDGES) begin
      step = (at - EDGES - 1) % STEPS;
      tile = (at - EDGES - 1) / STEPS % TILES;
      group = (at - EDGES - 1) / STEPS / TILES;
      for (column = 0; column < COLS; column = column + 1) begin
        place = tile * COLS + column;
        if (place < ACROSS) begin
          index = index_of(group, place, step);
          sums = sums + 1;
          if (read_sum[column*SUM +: SUM] !== memory_rows[index]) begin
            failures = failures + 1;
            if (failures <= SHOWN)
              $display("FAIL sum %0d: expected=%h got=%h", index, memory_rows[index], read_sum[column*SUM +: SUM]);
          end
        end
      end
      if (at == EDGES + GROUPS * TILES * STEPS) report;
    end
    if (at < EDGES) read_address <= 0;
    else read_address <= at - EDGES;`;
}
