// Raw -> integer (fixed-point) code: the one rounding, wrapping or saturating. FIT as FORMAT in lastbit_decode.sv.
module lastbit_round_int #(
  parameter [95:0] FIT = 96'd0,
  parameter WIDTH = 16,
  parameter EW = 8,
  parameter SW = 8,
  parameter RW = 1
) (
  input  wire [EW+SW+2:0] raw,
  input  wire [RW-1:0] random,
  output wire [WIDTH-1:0] code,
  output wire [1:0] flags                            // {overflow, inexact}
);
  localparam integer SHIFT = $signed(FIT[39:32]);
  localparam SIGNED = FIT[60];
  localparam integer ROUNDING = FIT[67:64];
  localparam WRAP = FIT[71:68] == 4;
  localparam integer R = FIT[87:80];
  localparam CW = EW + 2;
  localparam KW = SW > WIDTH + 1 ? SW : WIDTH + 1;
  localparam F = R + 2;                              // bits below the last place
  wire nan, inf, sign;
  wire signed [EW-1:0] exponent;
  wire [SW-1:0] significand;
  assign {nan, inf, sign, exponent, significand} = raw;

  wire signed [CW-1:0] left = exponent - SHIFT;
  wire [CW-1:0] right = -left;
  wire [KW+F-1:0] wide = {{KW{1'b0}}, significand, {F{1'b0}}};
  wire [KW+F-1:0] shifted = left < 0 ? wide >> right : wide << left;
  wire lost = left < 0 & |(wide & ~({(KW+F){1'b1}} << right));
  wire beyond = left > 0 & |(wide & ~({(KW+F){1'b1}} >> left));
  wire [KW-1:0] kept = shifted[F +: KW];
  wire half = shifted[F-1];
  wire rest = |shifted[F-2:0] | lost;
  wire [RW-1:0] fraction = shifted[F-1:0] >> (F - R);
  wire up;
  lastbit_round_up #(.ROUNDING(ROUNDING), .R(R), .RW(RW)) round
    (.sign(sign), .odd(kept[0]), .half(half), .rest(rest), .fraction(fraction), .random(random), .up(up));

  localparam [KW:0] UNIT = 1;
  wire [KW:0] limit = SIGNED ? (UNIT << (WIDTH - 1)) - (sign ? 0 : 1) : sign ? 0 : (UNIT << WIDTH) - 1;
  wire [KW:0] rounded = {1'b0, kept} + up;
  wire overflowed = ~nan & ~inf & (beyond | rounded > limit);
  wire [KW:0] magnitude = inf | (overflowed & ~WRAP) ? limit : rounded;
  wire [WIDTH-1:0] low = magnitude[WIDTH-1:0];
  assign code = nan ? 0 : sign ? -low : low;
  assign flags = {overflowed, overflowed | (~nan & ~inf & (half | rest))};
endmodule
