// One multiplier: two codes -> the raw of their product (lastbit_decode.sv), exact or rounded to PRODUCT first. A lane that
// is not live gives +0.
module lastbit_lane #(
  parameter [95:0] A = 96'd0,
  parameter [95:0] B = 96'd0,
  parameter [95:0] PRODUCT = 96'd0,
  parameter ROUNDED = 0,
  parameter WA = 8,
  parameter WB = 8,
  parameter WP = 8,
  parameter SA = 8,
  parameter SB = 8,
  parameter SP = 16,
  parameter EW = 8
) (
  input  wire [WA-1:0] a,
  input  wire [WB-1:0] b,
  input  wire live,
  output wire [EW+SA+2:0] a_raw,
  output wire [EW+SB+2:0] b_raw,
  output wire [EW+SP+2:0] product,
  output wire [1:0] flags                            // {overflow, inexact}
);
  wire [EW+SA+SB+2:0] exact;
  wire [EW+SP+2:0] given;
  wire [1:0] raised;
  lastbit_decode #(.FORMAT(A), .WIDTH(WA), .EW(EW), .SW(SA)) decode_a (.code(a), .raw(a_raw));
  lastbit_decode #(.FORMAT(B), .WIDTH(WB), .EW(EW), .SW(SB)) decode_b (.code(b), .raw(b_raw));
  lastbit_multiply #(.EW(EW), .SX(SA), .SY(SB), .WHOLE(A[51:48] != 1 && B[51:48] != 1)) multiply (.x(a_raw), .y(b_raw), .product(exact));
  generate
    if (ROUNDED) begin : g_rounded
      wire [WP-1:0] code;
      lastbit_round #(.FIT(PRODUCT), .WIDTH(WP), .EW(EW), .SW(SA+SB)) round
        (.raw(exact), .random(1'b0), .code(code), .flags(raised));
      lastbit_decode #(.FORMAT(PRODUCT), .WIDTH(WP), .EW(EW), .SW(SP)) decode (.code(code), .raw(given));
    end else begin : g_exact
      assign given = exact;
      assign raised = 2'b00;
    end
  endgenerate
  assign product = live ? given : 0;
  assign flags = live ? raised : 2'b00;
endmodule
