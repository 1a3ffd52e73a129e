// Multiply-accumulate, any formats: c + a[0]*b[0], rounded, + a[1]*b[1], rounded, ... with a rounding after each addition.
module lastbit_mac #(
  parameter LANES = 1,
  parameter [95:0] A = 96'd0,                          // formats and fits: lastbit_decode.sv
  parameter [95:0] B = 96'd0,
  parameter [95:0] PRODUCT = 96'd0,
  parameter ROUNDED = 0,                             // products are rounded to PRODUCT first
  parameter [95:0] C = 96'd0,                          // format of the running sum
  parameter [95:0] SUM = 96'd0,                        // fit of the new sum
  parameter WA = 8,                                  // widths of codes
  parameter WB = 8,
  parameter WP = 8,
  parameter WS = 16,
  parameter SA = 8,                                  // widths of significands
  parameter SB = 8,
  parameter SP = 16,
  parameter SC = 16,
  parameter EW = 8,                                  // width of exponents
  parameter LOW = 0,                                 // an integer sum's window: lastbit_add_round.sv
  parameter WW = 32,
  parameter RW = 1                                   // random bits of one rounding
) (
  input  wire [LANES*WA-1:0] a,
  input  wire [LANES*WB-1:0] b,
  input  wire [LANES-1:0] live,                      // a lane that is not gives +0
  input  wire [WS-1:0] c,
  input  wire [LANES*RW-1:0] random,
  output wire [WS-1:0] sum,
  output wire [1:0] flags                            // {overflow, inexact} of any rounding
);
  wire [WS-1:0] sums [0:LANES];
  wire [1:0] raised [0:LANES];
  assign sums[0] = c;
  assign raised[0] = 2'b00;
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire [EW+SP+2:0] product;
      wire [EW+SC+2:0] running;
      wire [1:0] product_flags, sum_flags;
      lastbit_lane #(.A(A), .B(B), .PRODUCT(PRODUCT), .ROUNDED(ROUNDED), .WA(WA), .WB(WB), .WP(WP), .SA(SA), .SB(SB),
        .SP(SP), .EW(EW)) lane
        (.a(a[i*WA +: WA]), .b(b[i*WB +: WB]), .live(live[i]), .a_raw(), .b_raw(), .product(product), .flags(product_flags));
      lastbit_decode #(.FORMAT(C), .WIDTH(WS), .EW(EW), .SW(SC)) decode (.code(sums[i]), .raw(running));
      lastbit_add_round #(.FIT(SUM), .WIDTH(WS), .EW(EW), .SX(SC), .SY(SP), .LOW(LOW), .WW(WW), .RW(RW)) add
        (.x(running), .y(product), .random(random[i*RW +: RW]), .code(sums[i+1]), .flags(sum_flags));
      assign raised[i+1] = raised[i] | product_flags | sum_flags;
    end
  endgenerate
  assign sum = sums[LANES];
  assign flags = raised[LANES];
endmodule
