// fit(x + y): two raws (lastbit_decode.sv) added and rounded once. An integer fit adds exactly, in the window of WW bits
// from 2^LOW on; a float fit needs no more than guard bits and a sticky bit.
module lastbit_add_round #(
  parameter [95:0] FIT = 96'd0,
  parameter WIDTH = 16,
  parameter EW = 8,
  parameter SX = 8,
  parameter SY = 8,
  parameter LOW = 0,
  parameter WW = 32,
  parameter RW = 1
) (
  input  wire [EW+SX+2:0] x,
  input  wire [EW+SY+2:0] y,
  input  wire [RW-1:0] random,
  output wire [WIDTH-1:0] code,
  output wire [1:0] flags                            // {overflow, inexact}
);
  localparam integer M = FIT[7:0];
  localparam integer R = FIT[87:80];
  localparam DOWN = FIT[67:64] == 5;
  localparam SW = SX > SY ? SX : SY;
  localparam NEEDED = M + 3 + (R > 1 ? R : 1) - SW;
  localparam GUARD = NEEDED > 2 ? NEEDED : 2;
  localparam SO = FIT[51:48] == 0 ? WW : SW + GUARD + 2;
  wire [EW+SO+2:0] total;
  generate
    if (FIT[51:48] == 0) begin : g_exact
      wire [SW-1:0] x_significand = x[SX-1:0];
      wire [SW-1:0] y_significand = y[SY-1:0];
      lastbit_exact_sum #(.N(2), .EW(EW), .SW(SW), .LOW(LOW), .WW(WW), .DOWN(DOWN)) sum
        (.terms({x[SX +: EW+3], x_significand, y[SY +: EW+3], y_significand}), .total(total));
    end else begin : g_sticky
      lastbit_add #(.EW(EW), .SX(SX), .SY(SY), .GUARD(GUARD), .DOWN(DOWN)) sum (.x(x), .y(y), .total(total));
    end
  endgenerate
  lastbit_round #(.FIT(FIT), .WIDTH(WIDTH), .EW(EW), .SW(SO), .RW(RW)) round
    (.raw(total), .random(random), .code(code), .flags(flags));
endmodule
