// Integer multiply-accumulate: c + sum of a[i]*b[i], wrapping or saturating. CHAINED saturates after every addition, else
// once after the exact sum.
module lastbit_int_mac #(
  parameter LANES = 1,
  parameter WA = 8,
  parameter WB = 8,
  parameter WS = 32,
  parameter SIGNED_A = 1,
  parameter SIGNED_B = 1,
  parameter SIGNED_SUM = 1,
  parameter SHIFT = 0,                               // fixed point: weight of a product's last place over the sum's
  parameter SATURATE = 0,
  parameter CHAINED = 1,
  parameter WW = WA + WB + SHIFT > WS ? WA + WB + SHIFT + $clog2(LANES+1) + 2 : WS + $clog2(LANES+1) + 2
) (
  input  wire [LANES*WA-1:0] a,
  input  wire [LANES*WB-1:0] b,
  input  wire [LANES-1:0] live,                      // a lane that is not gives 0
  input  wire [WS-1:0] c,
  output wire [WS-1:0] sum,
  output wire [1:0] flags                            // {overflow, inexact} of any addition
);
  localparam signed [WW-1:0] ONE = 1;
  localparam signed [WW-1:0] MAX = (ONE << (SIGNED_SUM ? WS - 1 : WS)) - 1;
  localparam signed [WW-1:0] MIN = SIGNED_SUM ? -(ONE << (WS - 1)) : 0;
  wire signed [WW-1:0] sums [0:LANES];
  wire [LANES-1:0] over;
  assign sums[0] = {{(WW-WS){SIGNED_SUM != 0 & c[WS-1]}}, c};
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire signed [WA:0] x = {SIGNED_A != 0 & a[i*WA+WA-1], a[i*WA +: WA]};
      wire signed [WB:0] y = {SIGNED_B != 0 & b[i*WB+WB-1], b[i*WB +: WB]};
      wire signed [WA+WB+1:0] product = x * y;
      wire signed [WW-1:0] wide = product;
      wire signed [WW-1:0] term = live[i] ? wide <<< SHIFT : 0;
      wire signed [WW-1:0] total = sums[i] + term;
      wire last = CHAINED != 0 || i == LANES - 1;
      wire above = total > MAX;
      wire under = total < MIN;
      wire signed [WW-1:0] wrapped = SIGNED_SUM ? {{(WW-WS){total[WS-1]}}, total[WS-1:0]} : {{(WW-WS){1'b0}}, total[WS-1:0]};
      assign over[i] = last & (above | under);
      assign sums[i+1] = ~last ? total : SATURATE == 0 ? wrapped : above ? MAX : under ? MIN : total;
    end
  endgenerate
  wire signed [WW-1:0] last_sum = sums[LANES];
  assign sum = last_sum[WS-1:0];
  assign flags = {2{|over}};
endmodule
