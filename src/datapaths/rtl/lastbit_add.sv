// Sum of two raws (lastbit_decode.sv) for one rounding to a float: exact, or cut far below the result's last place with
// the lowest bit set where anything was cut ("sticky"), which rounds as the exact sum does. With P the precision of the
// rounding and R its random bits, GUARD must be at least 2 and P + max(R, 1) + 2 - max(SX, SY).
module lastbit_add #(
  parameter EW = 8,
  parameter SX = 8,
  parameter SY = 8,
  parameter GUARD = 3,
  parameter DOWN = 0,                                // the rounding is toward -infinity: x - x is -0
  parameter W = SX > SY ? SX : SY,
  parameter SO = W + GUARD + 2
) (
  input  wire [EW+SX+2:0] x,
  input  wire [EW+SY+2:0] y,
  output wire [EW+SO+2:0] total
);
  localparam CW = EW + 2;
  localparam AW = W + GUARD + 1;
  wire x_nan, x_inf, x_sign, y_nan, y_inf, y_sign;
  wire signed [EW-1:0] x_exponent, y_exponent;
  wire [SX-1:0] x_significand;
  wire [SY-1:0] y_significand;
  assign {x_nan, x_inf, x_sign, x_exponent, x_significand} = x;
  assign {y_nan, y_inf, y_sign, y_exponent, y_significand} = y;

  // Both with their leading bit on top; `top` is its exponent.
  wire [SX-1:0] x_shifted;
  wire [SY-1:0] y_shifted;
  wire [$clog2(SX+1):0] x_count;
  wire [$clog2(SY+1):0] y_count;
  lastbit_normalize #(.W(SX)) normalize_x (.value(x_significand), .shifted(x_shifted), .count(x_count));
  lastbit_normalize #(.W(SY)) normalize_y (.value(y_significand), .shifted(y_shifted), .count(y_count));
  wire signed [CW-1:0] x_top = x_exponent + (SX - 1) - $signed({1'b0, x_count});
  wire signed [CW-1:0] y_top = y_exponent + (SY - 1) - $signed({1'b0, y_count});
  wire [AW-1:0] x_wide = {x_shifted, {(AW-SX){1'b0}}};
  wire [AW-1:0] y_wide = {y_shifted, {(AW-SY){1'b0}}};

  wire swap = ~x_shifted[SX-1] | (y_shifted[SY-1] & (y_top > x_top));
  wire signed [CW-1:0] top = swap ? y_top : x_top;
  wire [CW-1:0] distance = swap ? y_top - x_top : x_top - y_top;
  wire [AW-1:0] greater = swap ? y_wide : x_wide;
  wire [AW-1:0] lesser = swap ? x_wide : y_wide;
  wire [AW-1:0] aligned = lesser >> distance;
  wire sticky = |(lesser & ~({AW{1'b1}} << distance));

  wire subtract = x_sign ^ y_sign;
  wire [AW:0] term = {1'b0, aligned[AW-1:1], aligned[0] | sticky};
  wire [AW:0] difference = {1'b0, greater} - term;
  wire reversed = subtract & difference[AW];         // only where both tops are equal, and then nothing was cut
  wire [AW:0] magnitude = ~subtract ? {1'b0, greater} + term : reversed ? -difference : difference;
  wire zero = ~|magnitude;

  wire nan = x_nan | y_nan | (x_inf & y_inf & subtract);
  wire inf = ~nan & (x_inf | y_inf);
  wire zero_sign = (x_sign & y_sign) | (DOWN != 0 & (x_sign | y_sign));
  wire sign = nan ? 1'b0 : inf ? (x_inf ? x_sign : y_sign) : zero ? zero_sign : (swap ? y_sign : x_sign) ^ reversed;
  wire signed [EW-1:0] exponent = top - (AW - 1);
  assign total = {nan, inf, sign, exponent, magnitude};
endmodule
