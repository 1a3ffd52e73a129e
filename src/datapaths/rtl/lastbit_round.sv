// Raw -> code of any format that a sum can have. FIT as FORMAT in lastbit_decode.sv; flags are {overflow, inexact}.
module lastbit_round #(
  parameter [95:0] FIT = 96'd0,
  parameter WIDTH = 16,
  parameter EW = 8,
  parameter SW = 8,
  parameter RW = 1
) (
  input  wire [EW+SW+2:0] raw,
  input  wire [RW-1:0] random,
  output wire [WIDTH-1:0] code,
  output wire [1:0] flags
);
  generate
    if (FIT[51:48] == 0) begin : g_int
      lastbit_round_int #(.FIT(FIT), .WIDTH(WIDTH), .EW(EW), .SW(SW), .RW(RW)) round
        (.raw(raw), .random(random), .code(code), .flags(flags));
    end else begin : g_float
      lastbit_round_float #(.FIT(FIT), .WIDTH(WIDTH), .EW(EW), .SW(SW), .RW(RW)) round
        (.raw(raw), .random(random), .code(code), .flags(flags));
    end
  endgenerate
endmodule
