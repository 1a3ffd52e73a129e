// Raw -> float code: the one rounding, with overflow and subnormal policy. FIT as FORMAT in lastbit_decode.sv.
module lastbit_round_float #(
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
  localparam integer M = FIT[7:0];
  localparam integer E = FIT[15:8];
  localparam integer BIAS = $signed(FIT[31:16]);
  localparam integer SHIFT = $signed(FIT[39:32]);
  localparam integer PADDING = FIT[47:40];
  localparam integer LOWEST = FIT[55:52];
  localparam integer SPECIALS = FIT[59:56];
  localparam integer ROUNDING = FIT[67:64];
  localparam integer OVERFLOW = FIT[71:68];
  localparam FLUSH = FIT[72] && LOWEST != 1;
  localparam BEFORE = FIT[73];
  localparam integer R = FIT[87:80];
  localparam integer P = M + 1;
  localparam XW = SW > P + R + 2 ? SW : P + R + 2;
  localparam CW = EW + 3;
  localparam IW = CW + M + 1;
  localparam [IW-1:0] HIDDEN = 1 << M;
  localparam [IW-1:0] ALL = (1 << (E + M)) - 1;
  localparam [IW-1:0] MAX = SPECIALS == 1 ? ALL - HIDDEN : SPECIALS == 2 || SPECIALS == 4 ? ALL - 1 : ALL;
  localparam signed [CW-1:0] FIRST = LOWEST == 1 ? 0 : 1;

  wire nan, inf, sign;
  wire signed [EW-1:0] exponent;
  wire [SW-1:0] significand;
  assign {nan, inf, sign, exponent, significand} = raw;

  // The leading bit on top; `binade` is the exponent field that a normal number of its magnitude has.
  wire [SW-1:0] normal;
  wire [$clog2(SW+1):0] count;
  lastbit_normalize #(.W(SW)) normalize (.value(significand), .shifted(normal), .count(count));
  wire signed [CW-1:0] binade = exponent + (SW - 1 + BIAS - SHIFT) - $signed({1'b0, count});
  wire zero = ~normal[SW-1];
  wire [XW-1:0] wide = {normal, {(XW-SW+1){1'b0}}} >> 1;

  // Below the first binade digits drop out on the right.
  wire under = binade < FIRST;
  wire [CW-1:0] deficit = under ? FIRST - binade : 0;
  wire [XW-1:0] shifted = wide >> deficit;
  wire lost = |(wide & ~({XW{1'b1}} << deficit));
  wire [P-1:0] kept = shifted[XW-1 -: P];
  wire [XW-P-1:0] below = shifted[XW-P-1:0];
  wire half = below[XW-P-1];
  wire rest = |below[XW-P-2:0] | lost;
  wire [RW-1:0] fraction = below >> (XW - P - R);
  wire signed [CW-1:0] field = under ? FIRST : binade;
  wire signed [CW-1:0] base = field - 1;
  wire [IW-1:0] index = ({{(M+1){base[CW-1]}}, base} << M) + kept;
  wire up;
  lastbit_round_up #(.ROUNDING(ROUNDING), .R(R), .RW(RW)) round
    (.sign(sign), .odd(index[0]), .half(half), .rest(rest), .fraction(fraction), .random(random), .up(up));

  // Rounded once more with no lower limit on the exponent: what is tiny after rounding.
  wire [P-1:0] full = wide[XW-1 -: P];
  wire full_half = wide[XW-P-1];
  wire full_rest = |wide[XW-P-2:0];
  wire [RW-1:0] full_fraction = wide[XW-P-1:0] >> (XW - P - R);
  wire full_up;
  lastbit_round_up #(.ROUNDING(ROUNDING), .R(R), .RW(RW)) round_full
    (.sign(sign), .odd(full[0]), .half(full_half), .rest(full_rest), .fraction(full_fraction), .random(random), .up(full_up));
  wire carries = &full & full_up & ~BEFORE;
  wire tiny = ~zero & (binade < 0 | (binade == 0 & ~carries));
  wire flushed = FLUSH & tiny;

  // Where the smallest number is normal, all between it and zero rounds to one of the two.
  wire gap, gap_above, gap_tie, gap_up;
  localparam [IW-1:0] SMALLEST = LOWEST == 2 ? HIDDEN : 1;
  generate
    if (LOWEST == 0) begin : g_subnormal
      assign {gap, gap_above, gap_tie} = 3'b000;
    end else if (LOWEST == 2 || M == 0) begin : g_power_of_two
      wire exact = full == HIDDEN & ~full_half & ~full_rest;
      assign gap = binade < 1;
      assign gap_tie = binade == 0 & exact;
      assign gap_above = binade == 0 & ~exact;
    end else begin : g_odd
      wire exact = ~full_half & ~full_rest;
      assign gap = binade < 0 | (binade == 0 & full == HIDDEN);
      assign gap_tie = binade == -1 & full == HIDDEN + 1 & exact;
      assign gap_above = binade == 0 | (binade == -1 & (full > HIDDEN + 1 | (full == HIDDEN + 1 & ~exact)));
    end
  endgenerate
  lastbit_round_up #(.ROUNDING(ROUNDING), .R(0), .RW(RW)) round_gap
    (.sign(sign), .odd(1'b0), .half(gap_above | gap_tie), .rest(~gap_tie), .fraction({RW{1'b0}}), .random(random), .up(gap_up));

  wire [IW-1:0] rounded = zero | flushed ? 0 : gap ? (gap_up ? SMALLEST : 0) : index + up;
  wire signed [IW-1:0] over = MAX - rounded;
  wire overflowed = ~nan & ~inf & over < 0;
  wire to_infinity = ROUNDING == 3 || ROUNDING == 6 ? 1'b0 : ROUNDING == 4 ? ~sign : ROUNDING == 5 ? sign : 1'b1;
  // Finite overflow asks the rounding, an infinite value does not.
  wire stops = OVERFLOW == 2 | OVERFLOW == 5 | SPECIALS == 0 | (OVERFLOW == 0 & ~to_infinity);
  wire clamps = OVERFLOW == 2 | SPECIALS == 0 | (OVERFLOW == 5 & SPECIALS != 1);
  wire as_largest = (overflowed & stops) | (inf & clamps);
  wire as_infinity = SPECIALS == 1 & ((inf & ~clamps) | (overflowed & ~stops & OVERFLOW != 3));
  wire as_nan = nan | ((overflowed | inf) & ~as_largest & ~as_infinity);

  localparam [IW-1:0] NAN_INDEX = SPECIALS == 0 ? MAX : SPECIALS == 1 ? MAX + 1 + (HIDDEN >> 1) : SPECIALS == 3 ? 0 : MAX + 1;
  wire [IW-1:0] chosen = as_nan ? NAN_INDEX : as_infinity ? MAX + 1 : as_largest ? MAX : rounded;
  wire chosen_sign = as_nan ? SPECIALS == 3 | (SPECIALS != 0 & sign) : sign & ~(SPECIALS == 3 & ~|chosen);
  wire [E+M:0] word = {chosen_sign, {(E+M){1'b0}}} | (chosen & ALL);
  assign code = {{WIDTH{1'b0}}, word} << PADDING;
  wire inexact = ~zero & (flushed | gap | half | rest);
  assign flags = {overflowed, overflowed | (~nan & ~inf & inexact)};
endmodule
