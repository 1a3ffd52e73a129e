// A raw (lastbit_decode.sv) cut to F bits below 2^maximum: a signed count of 2^(maximum - F). Its exponent must not exceed
// the maximum. TRUNCATE: 0 toward zero, 1 toward -infinity, 2 to nearest even.
module lastbit_cut #(
  parameter EW = 8,
  parameter SW = 8,
  parameter F = 8,
  parameter TRUNCATE = 0,
  parameter CW = 16
) (
  input  wire [EW+SW+2:0] raw,
  input  wire signed [EW-1:0] maximum,
  output wire signed [CW-1:0] count,
  output wire cut
);
  wire sign = raw[EW+SW];
  wire signed [EW-1:0] exponent = raw[SW +: EW];
  wire [EW:0] distance = maximum - exponent;
  wire [SW+F:0] wide = {raw[SW-1:0], {(F+1){1'b0}}};
  wire [SW+F:0] shifted = wide >> distance;
  wire half = shifted[0];
  wire rest = |(wide & ~({(SW+F+1){1'b1}} << distance));
  wire up = TRUNCATE == 1 ? sign & (half | rest) : TRUNCATE == 2 ? half & (rest | shifted[1]) : 1'b0;
  wire [CW-1:0] magnitude = {{CW{1'b0}}, shifted[SW+F:1]} + up;
  assign count = sign ? -magnitude : magnitude;
  assign cut = half | rest;
endmodule
