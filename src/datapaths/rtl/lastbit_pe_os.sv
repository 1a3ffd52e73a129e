// Output-stationary PE: a moves right, b moves down, the sum stays until its tile is done and then leaves downwards.
// The MAC is `mac_unit` and, for chunks, `mac_join`: modules made for the datapath. The code of +0 is zero.
module lastbit_pe_os #(
  parameter LANES = 1,
  parameter WA = 8,
  parameter WB = 8,
  parameter WS = 32,
  parameter WT = WS,                                 // width of a finished sum: the chunks' outer register
  parameter CHUNKED = 0,
  parameter RANDOM = 0,                              // random bits of a rounding; lastbit_lfsr.sv
  parameter DRAWS = 1,
  parameter LFSR_WIDTH = 16,
  parameter [31:0] LFSR_TAPS = 32'hd008,
  parameter [31:0] SEED = 1,
  parameter AW = LANES * (WA + 1) + 3,               // a with its control: {last, restart, first, valid, codes}
  parameter BW = LANES * (WB + 1)                    // b with its control: {valid, codes}
) (
  input  wire clk,
  input  wire reset,
  input  wire [AW-1:0] a_in,
  input  wire [BW-1:0] b_in,
  input  wire drain,                                 // finished sums move down a row
  input  wire [WT-1:0] above,
  output reg  [AW-1:0] a,
  output reg  [BW-1:0] b,
  output wire [WT-1:0] leaving                       // the finished sum, or one that comes down
);
  wire last, restart, first;
  wire [LANES-1:0] a_valid, b_valid;
  wire [LANES*WA-1:0] a_codes;
  wire [LANES*WB-1:0] b_codes;
  assign {last, restart, first, a_valid, a_codes} = a_in;
  assign {b_valid, b_codes} = b_in;
  wire [LANES-1:0] live = a_valid & b_valid;
  wire fire = |live;

  reg [WS-1:0] sum;
  reg [WT-1:0] drained;
  reg done;
  wire [WS-1:0] running = first | restart ? {WS{1'b0}} : sum;
  wire [WS-1:0] next;
  wire [(RANDOM == 0 ? 1 : DRAWS * RANDOM)-1:0] random;
  mac_unit mac (.a(a_codes), .b(b_codes), .live(live), .c(running), .random(random), .sum(next), .flags());
  generate
    if (RANDOM == 0) begin : g_fixed
      assign random = 1'b0;
    end else begin : g_stochastic
      lastbit_lfsr #(.WIDTH(LFSR_WIDTH), .TAPS(LFSR_TAPS), .SEED(SEED), .BITS(RANDOM), .DRAWS(DRAWS)) lfsr
        (.clk(clk), .restart(first), .step(fire), .random(random));
    end
  endgenerate
  always @(posedge clk) begin
    a <= reset ? {AW{1'b0}} : a_in;
    b <= reset ? {BW{1'b0}} : b_in;
    if (fire) sum <= next;
    done <= ~reset & fire & last;
  end

  // The sum of the tile: the register, or one clock later the chunks before it and it.
  wire ready;
  wire [WT-1:0] total;
  generate
    if (CHUNKED) begin : g_chunked
      reg [WT-1:0] outer, settled;
      reg settling;
      wire [WT-1:0] joined;
      mac_join join_sum (.x(outer), .y(sum), .total(joined));
      always @(posedge clk) begin
        if (fire & (first | restart)) outer <= first ? {WT{1'b0}} : joined;
        settled <= joined;
        settling <= ~reset & done;
      end
      assign ready = settling;
      assign total = settled;
    end else begin : g_plain
      assign ready = done;
      assign total = sum;
    end
  endgenerate
  assign leaving = ready ? total : drained;
  always @(posedge clk) drained <= drain ? above : leaving;
endmodule
