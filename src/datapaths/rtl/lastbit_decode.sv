// Code -> exact value ("raw"), for any format.
//
// A raw is {nan, inf, sign, exponent[EW], significand[SW]} and means (-1)^sign * significand * 2^exponent; the exponent
// is two's complement, the significand need not be normalised, and zero keeps its sign.
//
// FORMAT is a word of fields, which all modules share:
//   [7:0]   mantissa bits (integers: width)        [55:52] exponent field 0: 0 subnormal 1 normal 2 zero only 3 none
//   [15:8]  exponent bits                          [59:56] specials: 0 none 1 ieee 2 fn 3 fnuz 4 merged
//   [31:16] bias, signed                           [60]    signed     [61] radix 4
//   [39:32] power of two on every value, signed    [67:64] rounding: 0 rne 1 rna 2 rnz 3 rtz 4 rup 5 rdn 6 rto 7 stochastic
//   [47:40] padding: low bits that read zero       [71:68] overflow: 0 ieee 1 infinity 2 saturate 3 nan 4 wrap 5 saturate-propagate
//   [51:48] 0 integer 1 float 2 binary 3 ternary   [72]    flush subnormals [73] tiny before rounding [87:80] random bits
module lastbit_decode #(
  parameter [95:0] FORMAT = 96'd0,
  parameter WIDTH = 8,
  parameter EW = 8,
  parameter SW = 8
) (
  input  wire [WIDTH-1:0] code,
  output wire [EW+SW+2:0] raw
);
  localparam integer M = FORMAT[7:0];
  localparam integer E = FORMAT[15:8];
  localparam integer BIAS = $signed(FORMAT[31:16]);
  localparam integer SHIFT = $signed(FORMAT[39:32]);
  localparam integer PADDING = FORMAT[47:40];
  localparam integer KIND = FORMAT[51:48];
  localparam integer LOWEST = FORMAT[55:52];
  localparam integer SPECIALS = FORMAT[59:56];
  localparam SIGNED = FORMAT[60];
  localparam integer RADIX_LOG = FORMAT[61] ? 2 : 1;
  localparam FLUSH = FORMAT[72];

  wire nan, inf, sign;
  wire signed [EW-1:0] exponent;
  wire [SW-1:0] significand;
  assign raw = {nan, inf, sign, exponent, significand};

  generate
    if (KIND == 0) begin : g_int
      wire [WIDTH-1:0] magnitude = sign ? -code : code;
      assign nan = 1'b0;
      assign inf = 1'b0;
      assign sign = SIGNED & code[WIDTH-1];
      assign exponent = SHIFT;
      assign significand = magnitude;
    end else if (KIND == 2) begin : g_binary
      assign nan = 1'b0;
      assign inf = 1'b0;
      assign sign = ~code[0];
      assign exponent = 0;
      assign significand = 1;
    end else if (KIND == 3) begin : g_ternary
      assign nan = code == 2'b10;
      assign inf = 1'b0;
      assign sign = code == 2'b11;
      assign exponent = 0;
      assign significand = code[0];
    end else begin : g_float
      localparam [E+M-1:0] ALL = {(E+M){1'b1}};
      localparam [E+M-1:0] HIDDEN = 1 << M;
      localparam [E+M-1:0] TOP = SPECIALS == 1 ? ALL - (HIDDEN - 1) : ALL;
      wire [E+M-1:0] index = code >> PADDING;
      wire signed [E+1:0] field = {2'b00, index[E+M-1:M]};
      wire [E+M-1:0] fraction = index & (HIDDEN - 1);
      wire negative = SIGNED & code[WIDTH-1];
      wire lowest = field == 0;
      wire zero = LOWEST == 1 ? index == 0 : (LOWEST == 2 || FLUSH) && LOWEST != 3 && lowest;
      wire hidden = ~zero & ~(LOWEST == 0 && lowest);
      wire signed [E+1:0] binade = LOWEST == 0 && lowest ? 1 : field;
      assign nan = SPECIALS == 1 ? index > TOP
                 : SPECIALS == 3 ? negative && index == 0
                 : SPECIALS != 0 && index == ALL;
      assign inf = SPECIALS == 1 && index == TOP;
      assign sign = negative & ~(SPECIALS == 3 && index == 0);
      assign exponent = binade * RADIX_LOG - (BIAS * RADIX_LOG + M - SHIFT);
      assign significand = nan | inf | zero ? 0 : fraction | (hidden ? HIDDEN : 0);
    end
  endgenerate
endmodule
