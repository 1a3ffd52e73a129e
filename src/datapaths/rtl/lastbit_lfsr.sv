// Random bits of stochastic rounding: a Fibonacci LFSR that shifts DRAWS * BITS times a step. The first draw lies lowest; in
// a draw the bit shifted in first is the highest. TAPS has a one at each tap, tap 1 lowest. `restart` begins at the seed.
module lastbit_lfsr #(
  parameter WIDTH = 16,
  parameter [31:0] TAPS = 32'hd008,
  parameter [31:0] SEED = 1,
  parameter BITS = 8,
  parameter DRAWS = 1
) (
  input  wire clk,
  input  wire restart,
  input  wire step,
  output wire [DRAWS*BITS-1:0] random
);
  localparam [WIDTH-1:0] MASK = TAPS;
  localparam [WIDTH-1:0] START = SEED;
  localparam [WIDTH-1:0] FIRST = START == 0 ? 1 : START;
  reg [WIDTH-1:0] state;
  wire [WIDTH-1:0] shifted [0:DRAWS*BITS];
  assign shifted[0] = restart ? FIRST : state;
  genvar i;
  generate
    for (i = 0; i < DRAWS * BITS; i = i + 1) begin : g_shift
      wire [WIDTH-1:0] from = shifted[i];
      wire entering = ^(from & MASK);
      assign shifted[i+1] = {from[WIDTH-2:0], entering};
      assign random[(i / BITS) * BITS + BITS - 1 - i % BITS] = entering;
    end
  endgenerate
  always @(posedge clk) if (step) state <= shifted[DRAWS*BITS];
endmodule
