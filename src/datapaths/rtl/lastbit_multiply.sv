// Exact product of two raws (lastbit_decode.sv): NaN operands and 0 * Inf give the positive NaN. Of WHOLE numbers, which
// are two's complement, the product has no -0.
module lastbit_multiply #(
  parameter EW = 8,
  parameter SX = 4,
  parameter SY = 4,
  parameter WHOLE = 0
) (
  input  wire [EW+SX+2:0] x,
  input  wire [EW+SY+2:0] y,
  output wire [EW+SX+SY+2:0] product
);
  wire x_nan, x_inf, x_sign, y_nan, y_inf, y_sign;
  wire signed [EW-1:0] x_exponent, y_exponent;
  wire [SX-1:0] x_significand;
  wire [SY-1:0] y_significand;
  assign {x_nan, x_inf, x_sign, x_exponent, x_significand} = x;
  assign {y_nan, y_inf, y_sign, y_exponent, y_significand} = y;

  wire x_zero = ~x_nan & ~x_inf & ~|x_significand;
  wire y_zero = ~y_nan & ~y_inf & ~|y_significand;
  wire nan = x_nan | y_nan | (x_inf & y_zero) | (y_inf & x_zero);
  wire inf = ~nan & (x_inf | y_inf);
  wire sign = ~nan & (x_sign ^ y_sign) & ~(WHOLE != 0 && (x_zero || y_zero));
  wire signed [EW-1:0] exponent = x_exponent + y_exponent;
  wire [SX+SY-1:0] significand = x_significand * y_significand;
  assign product = {nan, inf, sign, exponent, significand};
endmodule
