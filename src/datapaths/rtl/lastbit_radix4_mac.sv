// Radix-4 float (sign, exponent k) times integer, into a fixed-point sum: 4^(k-1) shifts the integer and k = 0 is zero, so
// the multiplier is a shifter. Wraps or saturates after every addition.
module lastbit_radix4_mac #(
  parameter LANES = 1,
  parameter WA = 4,                                  // sign and k
  parameter WB = 4,
  parameter WS = 24,
  parameter SIGNED_B = 1,
  parameter SIGNED_SUM = 1,
  parameter SHIFT = 0,                               // weight of the product of k = 1 and b = 1 over the sum's last place
  parameter SATURATE = 1
) (
  input  wire [LANES*WA-1:0] a,
  input  wire [LANES*WB-1:0] b,
  input  wire [LANES-1:0] live,                      // a lane that is not gives 0
  input  wire [WS-1:0] c,
  output wire [WS-1:0] sum,
  output wire [1:0] flags                            // {overflow, inexact} of any addition
);
  localparam PW = WB + 2 * ((1 << (WA - 1)) - 2) + SHIFT + 2;
  localparam WW = (PW > WS ? PW : WS) + 2;
  localparam signed [WW-1:0] ONE = 1;
  localparam signed [WW-1:0] MAX = (ONE << (SIGNED_SUM ? WS - 1 : WS)) - 1;
  localparam signed [WW-1:0] MIN = SIGNED_SUM ? -(ONE << (WS - 1)) : 0;
  wire [WS-1:0] sums [0:LANES];
  wire [LANES-1:0] over;
  assign sums[0] = c;
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire [WA-2:0] k = a[i*WA +: WA-1];
      wire signed [WW-1:0] wide = $signed({SIGNED_B != 0 & b[i*WB+WB-1], b[i*WB +: WB]});
      wire signed [WW-1:0] shifted = wide <<< {k - 1'b1, 1'b0};
      wire signed [WW-1:0] term = ~|k | ~live[i] ? 0 : shifted <<< SHIFT;
      wire [WS-1:0] earlier = sums[i];
      wire signed [WW-1:0] running = $signed({SIGNED_SUM != 0 & earlier[WS-1], earlier});
      wire signed [WW-1:0] total = a[i*WA+WA-1] ? running - term : running + term;
      wire above = total > MAX;
      wire under = total < MIN;
      assign over[i] = above | under;
      assign sums[i+1] = SATURATE == 0 ? total[WS-1:0] : above ? MAX[WS-1:0] : under ? MIN[WS-1:0] : total[WS-1:0];
    end
  endgenerate
  assign sum = sums[LANES];
  assign flags = {2{|over}};
endmodule
