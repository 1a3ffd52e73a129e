// Fused dot product: all products are added exactly, in a window of PWW bits from 2^PLOW on. The running sum is a term of
// the one rounding (SUM_INSIDE), or is added afterwards by a rounding of its own.
module lastbit_fused #(
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
  parameter SUM_INSIDE = 1,
  parameter PLOW = 0,
  parameter PWW = 32,
  parameter LOW = 0,                                 // an integer sum's window: lastbit_add_round.sv
  parameter WW = 32,
  parameter RW = 1                                   // random bits of a rounding
) (
  input  wire [LANES*WA-1:0] a,
  input  wire [LANES*WB-1:0] b,
  input  wire [LANES-1:0] live,                      // a lane that is not gives +0
  input  wire [WS-1:0] c,
  input  wire [RW-1:0] random,
  output wire [WS-1:0] sum,
  output wire [1:0] flags                            // {overflow, inexact} of any rounding
);
  localparam DOWN = SUM[67:64] == 5;
  wire [LANES*(EW+SP+3)-1:0] products;
  wire [LANES*2-1:0] raised;
  wire [EW+PWW+2:0] total;
  wire [EW+SC+2:0] running;
  wire [1:0] early, late;
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      lastbit_lane #(.A(A), .B(B), .PRODUCT(PRODUCT), .ROUNDED(ROUNDED), .WA(WA), .WB(WB), .WP(WP), .SA(SA), .SB(SB),
        .SP(SP), .EW(EW)) lane
        (.a(a[i*WA +: WA]), .b(b[i*WB +: WB]), .live(live[i]), .a_raw(), .b_raw(),
         .product(products[i*(EW+SP+3) +: EW+SP+3]), .flags(raised[i*2 +: 2]));
    end
  endgenerate
  lastbit_exact_sum #(.N(LANES), .EW(EW), .SW(SP), .LOW(PLOW), .WW(PWW), .DOWN(DOWN)) add_products
    (.terms(products), .total(total));
  lastbit_decode #(.FORMAT(C), .WIDTH(WS), .EW(EW), .SW(SC)) decode (.code(c), .raw(running));
  generate
    if (SUM_INSIDE) begin : g_inside
      assign early = 2'b00;
      lastbit_add_round #(.FIT(SUM), .WIDTH(WS), .EW(EW), .SX(SC), .SY(PWW), .LOW(LOW), .WW(WW), .RW(RW)) add
        (.x(running), .y(total), .random(random), .code(sum), .flags(late));
    end else begin : g_after
      wire [WS-1:0] code;
      wire [EW+SC+2:0] rounded;
      lastbit_round #(.FIT(SUM), .WIDTH(WS), .EW(EW), .SW(PWW)) round
        (.raw(total), .random(1'b0), .code(code), .flags(early));
      lastbit_decode #(.FORMAT(C & ~(96'd1 << 72)), .WIDTH(WS), .EW(EW), .SW(SC)) decode_rounded (.code(code), .raw(rounded));
      lastbit_add_round #(.FIT(SUM), .WIDTH(WS), .EW(EW), .SX(SC), .SY(SC), .LOW(LOW), .WW(WW)) add
        (.x(running), .y(rounded), .random(1'b0), .code(sum), .flags(late));
    end
  endgenerate

  reg [1:0] all;
  integer n;
  always @* begin
    all = early | late;
    for (n = 0; n < LANES; n = n + 1) all = all | raised[n*2 +: 2];
  end
  assign flags = all;
endmodule
