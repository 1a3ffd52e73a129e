// Integer products of all lanes, exact: as many bits as both operands have. A lane that is not live gives 0.
module lastbit_int_multiply #(
  parameter LANES = 1,
  parameter WA = 8,
  parameter WB = 8,
  parameter SIGNED_A = 1,
  parameter SIGNED_B = 1,
  parameter WP = WA + WB
) (
  input  wire [LANES*WA-1:0] a,
  input  wire [LANES*WB-1:0] b,
  input  wire [LANES-1:0] live,
  output wire [LANES*WP-1:0] product
);
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire signed [WA:0] x = {SIGNED_A != 0 & a[i*WA+WA-1], a[i*WA +: WA]};
      wire signed [WB:0] y = {SIGNED_B != 0 & b[i*WB+WB-1], b[i*WB +: WB]};
      wire signed [WA+WB+1:0] whole = x * y;
      assign product[i*WP +: WP] = live[i] ? whole[WP-1:0] : {WP{1'b0}};
    end
  endgenerate
endmodule
