// Binary dot product: code 1 is +1 and code 0 is -1, so a product is an XNOR and their sum 2 * ones - LANES. The running
// sum is added exactly, and wraps or saturates.
module lastbit_xnor_popcount #(
  parameter LANES = 64,
  parameter WS = 16,
  parameter SATURATE = 0
) (
  input  wire [LANES-1:0] a,
  input  wire [LANES-1:0] b,
  input  wire [LANES-1:0] live,                      // a lane that is not gives 0
  input  wire [WS-1:0] c,
  output wire [WS-1:0] sum,
  output wire [1:0] flags                            // {overflow, inexact}
);
  localparam CW = $clog2(LANES+1);
  localparam WW = (WS > CW ? WS : CW) + 3;
  localparam signed [WW-1:0] ONE = 1;
  localparam signed [WW-1:0] MAX = (ONE << (WS - 1)) - 1;
  localparam signed [WW-1:0] MIN = -(ONE << (WS - 1));
  wire [LANES-1:0] equal = ~(a ^ b) & live;
  reg [CW-1:0] ones, count;
  integer n;
  always @* begin
    ones = 0;
    count = 0;
    for (n = 0; n < LANES; n = n + 1) begin
      ones = ones + equal[n];
      count = count + live[n];
    end
  end
  wire signed [WW-1:0] running = {{(WW-WS){c[WS-1]}}, c};
  wire signed [WW-1:0] total = running + $signed({2'b00, ones, 1'b0}) - $signed({2'b00, count});
  wire above = total > MAX;
  wire under = total < MIN;
  wire signed [WW-1:0] limited = above ? MAX : under ? MIN : total;
  assign sum = SATURATE ? limited[WS-1:0] : total[WS-1:0];
  assign flags = {2{above | under}};
endmodule
