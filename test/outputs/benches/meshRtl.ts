/**
 * Two systolic int8 meshes in SystemVerilog, written by hand from the contract of the ports alone: what the vectors of a
 * tile are tried on. `moving` enters the rows, `above` the columns.
 */
export const OS_MESH = `module mesh #(parameter R = 2, parameter C = 2) (
  input clk,
  input [R*8-1:0] moving, input [R-1:0] moving_valid, input [R-1:0] moving_first, input [R-1:0] moving_last,
  input [C*8-1:0] above, input [C-1:0] above_valid, input [C-1:0] drain,
  output [C*32-1:0] sums
);
  genvar r, c;
  generate for (r = 0; r < R; r = r + 1) begin : row
    for (c = 0; c < C; c = c + 1) begin : col
      reg signed [7:0] a, b; reg av, af, al, bv;
      reg signed [31:0] sum, leaving; reg done;
      wire signed [7:0] ai, bi; wire avi, afi, ali, bvi;
      wire signed [31:0] out = done ? sum : leaving;
      wire signed [31:0] from;
      if (c == 0) begin
        assign ai = moving[r*8 +: 8]; assign avi = moving_valid[r]; assign afi = moving_first[r]; assign ali = moving_last[r];
      end else begin
        assign ai = row[r].col[c-1].a; assign avi = row[r].col[c-1].av;
        assign afi = row[r].col[c-1].af; assign ali = row[r].col[c-1].al;
      end
      if (r == 0) begin
        assign bi = above[c*8 +: 8]; assign bvi = above_valid[c]; assign from = 32'bx;
      end else begin
        assign bi = row[r-1].col[c].b; assign bvi = row[r-1].col[c].bv; assign from = row[r-1].col[c].out;
      end
      always @(posedge clk) begin
        a <= ai; av <= avi; af <= afi; al <= ali; b <= bi; bv <= bvi;
        if (avi & bvi) sum <= (afi ? 32'sd0 : sum) + ai * bi;
        done <= avi & bvi & ali;
        leaving <= drain[c] ? from : out;
      end
    end
  end
  for (c = 0; c < C; c = c + 1) begin : bottom
    assign sums[c*32 +: 32] = row[R-1].col[c].out;
  end endgenerate
endmodule
`;

export const STATIONARY_MESH = `module mesh #(parameter R = 2, parameter C = 2) (
  input clk,
  input [R*8-1:0] moving, input [R-1:0] moving_valid, input [R-1:0] moving_first, input [R-1:0] moving_last,
  input [C*8-1:0] above, input [C-1:0] load, input [C-1:0] load_first,
  output [C*32-1:0] sums
);
  genvar r, c;
  generate for (r = 0; r < R; r = r + 1) begin : row
    for (c = 0; c < C; c = c + 1) begin : col
      reg signed [7:0] a, held, next; reg av, af, loaded; wire shifts;
      reg signed [31:0] sum;
      wire signed [7:0] ai, above_it; wire avi, afi;
      wire signed [31:0] from;
      wire signed [7:0] weight = afi ? next : held;
      if (c == 0) begin
        assign ai = moving[r*8 +: 8]; assign avi = moving_valid[r]; assign afi = moving_first[r];
      end else begin
        assign ai = row[r].col[c-1].a; assign avi = row[r].col[c-1].av; assign afi = row[r].col[c-1].af;
      end
      if (r == 0) begin
        assign above_it = above[c*8 +: 8]; assign from = 32'sd0; assign shifts = load[c];
      end else begin
        assign above_it = row[r-1].col[c].next; assign from = row[r-1].col[c].sum;
        assign shifts = load[c] & ~load_first[c] & row[r-1].col[c].loaded;
      end
      always @(posedge clk) begin
        a <= ai; av <= avi; af <= afi;
        if (afi) held <= next;
        if (shifts) next <= above_it;
        if (load[c]) loaded <= shifts;
        sum <= avi ? from + ai * weight : from;
      end
    end
  end
  for (c = 0; c < C; c = c + 1) begin : bottom
    assign sums[c*32 +: 32] = row[R-1].col[c].sum;
  end endgenerate
endmodule
`;

/** Plays the files of a tile and dumps what is below the mesh at every edge. */
export function bench(dataflow: 'os' | 'ws' | 'is', rows: number, cols: number, edges: number): string {
  const [moving, above] = dataflow === 'is' ? ['b', 'a'] : ['a', 'b'];
  const files = {
    moving: [moving, rows * 8],
    moving_valid: [`${moving}_valid`, rows],
    moving_first: [`${moving}_first`, rows],
    moving_last: [`${moving}_last`, rows],
    above: [above, cols * 8],
    ...(dataflow === 'os' && { above_valid: [`${above}_valid`, cols] }),
    ...(dataflow === 'os'
      ? { drain: ['drain', cols] }
      : { load: [`${above}_load`, cols], load_first: [`${above}_load_first`, cols] }),
  } as Record<string, [string, number]>;
  const ports = Object.entries(files);
  return `module tb;
  reg clk = 0;
  integer edge_number;
${ports.map(([port, [, bits]]) => `  reg [${bits - 1}:0] ${port}; reg [${bits - 1}:0] ${port}_rows [0:${edges - 1}];`).join('\n')}
  wire [${cols * 32 - 1}:0] sums; reg [${cols * 32 - 1}:0] dump [0:${edges - 1}];
  mesh #(.R(${rows}), .C(${cols})) unit (.clk(clk), ${ports.map(([port]) => `.${port}(${port})`).join(', ')}, .sums(sums));
  initial begin
${ports.map(([port, [file]]) => `    $readmemh("${file}.memh", ${port}_rows);`).join('\n')}
    for (edge_number = 0; edge_number < ${edges}; edge_number = edge_number + 1) begin
${ports.map(([port]) => `      ${port} = ${port}_rows[edge_number];`).join('\n')}
      #4 dump[edge_number] = sums;
      #1 clk = 1;
      #5 clk = 0;
    end
    $writememh("dump.memh", dump);
    $finish;
  end
endmodule
`;
}
