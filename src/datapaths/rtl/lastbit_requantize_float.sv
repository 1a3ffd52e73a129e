// Integer sum -> narrow integer through a float32 multiplier, as ONNX Runtime does: the sum rounded to float32, one float32
// product, rounded to nearest even, zero point, clamp.
module lastbit_requantize_float #(
  parameter WX = 32,
  parameter WY = 8,
  parameter SIGNED_X = 1,
  parameter [31:0] MULTIPLIER = 32'h3f800000,        // float32 code
  parameter [95:0] FP32 = 96'd0,                     // float32 and int64: lastbit_decode.sv
  parameter [95:0] INT64 = 96'd0,
  parameter signed [63:0] BIAS = 0,
  parameter signed [63:0] ZERO_POINT = 0,
  parameter signed [63:0] MIN = -128,
  parameter signed [63:0] MAX = 127
) (
  input  wire [WX-1:0] x,
  output wire [WY-1:0] y
);
  localparam W = 68;
  localparam EW = 12;
  localparam signed [W-1:0] INT32_MAX = 32'h7fffffff;
  wire signed [W-1:0] value = $signed({SIGNED_X != 0 & x[WX-1], x}) + BIAS;
  wire [W-1:0] magnitude = value[W-1] ? -value : value;

  wire [31:0] code, scaled;
  wire [EW+26:0] sum, multiplier, exact_scaled;
  wire [EW+50:0] product;
  wire [63:0] whole;
  lastbit_round #(.FIT(FP32), .WIDTH(32), .EW(EW), .SW(W)) round_sum
    (.raw({2'b00, value[W-1], {EW{1'b0}}, magnitude}), .random(1'b0), .code(code), .flags());
  lastbit_decode #(.FORMAT(FP32), .WIDTH(32), .EW(EW), .SW(24)) decode_sum (.code(code), .raw(sum));
  lastbit_decode #(.FORMAT(FP32), .WIDTH(32), .EW(EW), .SW(24)) decode_multiplier (.code(MULTIPLIER), .raw(multiplier));
  lastbit_multiply #(.EW(EW), .SX(24), .SY(24)) multiply (.x(sum), .y(multiplier), .product(product));
  lastbit_round #(.FIT(FP32), .WIDTH(32), .EW(EW), .SW(48)) round_product
    (.raw(product), .random(1'b0), .code(scaled), .flags());
  lastbit_decode #(.FORMAT(FP32), .WIDTH(32), .EW(EW), .SW(24)) decode_scaled (.code(scaled), .raw(exact_scaled));
  lastbit_round #(.FIT(INT64), .WIDTH(64), .EW(EW), .SW(24)) round_whole
    (.raw(exact_scaled), .random(1'b0), .code(whole), .flags());

  wire infinite = exact_scaled[EW+25];
  wire signed [W-1:0] integral = infinite ? (exact_scaled[EW+24] ? -INT32_MAX - 1 : INT32_MAX) : $signed(whole);
  wire signed [W-1:0] moved = integral + ZERO_POINT;
  wire signed [W-1:0] clamped = moved < MIN ? MIN : moved > MAX ? MAX : moved;
  assign y = clamped[WY-1:0];
endmodule
