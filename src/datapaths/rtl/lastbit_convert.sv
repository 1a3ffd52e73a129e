// A code rounded from one format to another.
module lastbit_convert #(
  parameter [95:0] X = 96'd0,
  parameter [95:0] FIT = 96'd0,
  parameter WX = 16,
  parameter WIDTH = 16,
  parameter SX = 16,
  parameter EW = 8
) (
  input  wire [WX-1:0] x,
  output wire [WIDTH-1:0] result,
  output wire nan,                                   // x is NaN
  output wire [1:0] flags                            // {overflow, inexact}
);
  wire [EW+SX+2:0] raw;
  assign nan = raw[EW+SX+2];
  lastbit_decode #(.FORMAT(X), .WIDTH(WX), .EW(EW), .SW(SX)) decode (.code(x), .raw(raw));
  lastbit_round #(.FIT(FIT), .WIDTH(WIDTH), .EW(EW), .SW(SX)) round
    (.raw(raw), .random(1'b0), .code(result), .flags(flags));
endmodule
