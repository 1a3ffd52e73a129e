// Integer sum -> narrow integer: bias, scale, zero point, clamp. KIND 0 shifts right; 1 is gemmlowp's double rounding
// (TFLite's default), 2 TFLite's single rounding, both by Q31 * 2^(SHIFT - 31).
module lastbit_requantize #(
  parameter WX = 32,
  parameter WY = 8,
  parameter SIGNED_X = 1,
  parameter KIND = 0,
  parameter SHIFT = 0,
  parameter ROUNDING = 0,                            // of KIND 0: 0 half-even 1 half-away 2 half-up 3 floor
  parameter STICKY = 128,                            // bits below the guard bit that are looked at (NVDLA: 15)
  parameter [31:0] Q31 = 0,
  parameter signed [63:0] BIAS = 0,
  parameter signed [63:0] ZERO_POINT = 0,
  parameter signed [63:0] MIN = -128,
  parameter signed [63:0] MAX = 127
) (
  input  wire [WX-1:0] x,
  output wire [WY-1:0] y
);
  localparam W = 104;
  localparam signed [W-1:0] ONE = 1;
  wire signed [W-1:0] value = $signed({SIGNED_X != 0 & x[WX-1], x}) + BIAS;

  // value / 2^shift: rounding 0..3 as above, of which the lowest `unseen` bits are not looked at.
  function signed [W-1:0] shifted;
    input signed [W-1:0] number;
    input integer shift;
    input integer rounding;
    input integer unseen;
    reg signed [W-1:0] floor, rest, half;
    reg up;
    begin
      if (shift == 0) shifted = number;
      else begin
        floor = number >>> shift;
        rest = ((number - (floor <<< shift)) >>> unseen) <<< unseen;
        half = ONE <<< (shift - 1);
        up = rounding != 3 && (rest > half || (rest == half && (rounding == 2 || (rounding == 0 && floor[0]) || (rounding == 1 && number >= 0))));
        shifted = up ? floor + 1 : floor;
      end
    end
  endfunction

  wire signed [W-1:0] scaled;
  generate
    if (KIND == 0) begin : g_shift
      localparam UNSEEN = SHIFT - 1 > STICKY ? SHIFT - 1 - STICKY : 0;
      assign scaled = shifted(value, SHIFT, ROUNDING, UNSEEN);
    end else if (KIND == 1) begin : g_double
      // ARM's VQRDMULH, with C's division toward zero, and a rounding shift after it.
      wire signed [W-1:0] left = value <<< (SHIFT > 0 ? SHIFT : 0);
      wire signed [31:0] word = left[31:0];
      wire signed [W-1:0] product = word * $signed({1'b0, Q31});
      wire signed [W-1:0] nudged = product + (product < 0 ? ONE - (ONE <<< 30) : ONE <<< 30);
      wire signed [W-1:0] high = nudged < 0 ? -(-nudged >>> 31) : nudged >>> 31;
      assign scaled = shifted(high, SHIFT < 0 ? -SHIFT : 0, 1, 0);
    end else begin : g_single
      localparam signed [W-1:0] TOP = (ONE <<< 31) - 1;
      wire signed [W-1:0] product = value * $signed({1'b0, Q31});
      wire signed [W-1:0] rounded = shifted(product, 31 - SHIFT, 2, 0);
      assign scaled = rounded > TOP ? TOP : rounded < -TOP - 1 ? -TOP - 1 : rounded;
    end
  endgenerate
  wire signed [W-1:0] moved = scaled + ZERO_POINT;
  wire signed [W-1:0] clamped = moved < MIN ? MIN : moved > MAX ? MAX : moved;
  assign y = clamped[WY-1:0];
endmodule
