// fit(x + y) of two codes: a finished sum meets an outer register (an accumulator memory, the next chunk).
module lastbit_join #(
  parameter [95:0] X = 96'd0,
  parameter [95:0] Y = 96'd0,
  parameter [95:0] FIT = 96'd0,
  parameter WX = 16,
  parameter WY = 16,
  parameter WIDTH = 16,
  parameter SX = 16,
  parameter SY = 16,
  parameter EW = 8,
  parameter LOW = 0,
  parameter WW = 32,
  parameter RW = 1
) (
  input  wire [WX-1:0] x,
  input  wire [WY-1:0] y,
  input  wire [RW-1:0] random,
  output wire [WIDTH-1:0] total,
  output wire [1:0] flags                            // {overflow, inexact}
);
  wire [EW+SX+2:0] x_raw;
  wire [EW+SY+2:0] y_raw;
  lastbit_decode #(.FORMAT(X), .WIDTH(WX), .EW(EW), .SW(SX)) decode_x (.code(x), .raw(x_raw));
  lastbit_decode #(.FORMAT(Y), .WIDTH(WY), .EW(EW), .SW(SY)) decode_y (.code(y), .raw(y_raw));
  lastbit_add_round #(.FIT(FIT), .WIDTH(WIDTH), .EW(EW), .SX(SX), .SY(SY), .LOW(LOW), .WW(WW), .RW(RW)) add
    (.x(x_raw), .y(y_raw), .random(random), .code(total), .flags(flags));
endmodule
