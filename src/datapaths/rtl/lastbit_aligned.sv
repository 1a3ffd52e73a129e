// Aligned dot product, the adder of tensor cores: every term is cut to F bits below the largest exponent, the cut terms are
// added exactly, and one rounding ends. The running sum joins the alignment (SUM_INSIDE) or is added afterwards.
// EVEN_ODD and TWO_STAGE: lastbit_stages.sv.
module lastbit_aligned #(
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
  parameter [95:0] SEEN_A = A,                       // formats whose exponents the alignment sees
  parameter [95:0] SEEN_B = B,
  parameter F = 24,
  parameter SUM_F = F,
  parameter TRUNCATE = 0,                            // lastbit_cut.sv
  parameter NORMALIZED = 0,                          // a product aligns by its own leading bit, not by ea + eb
  parameter SUM_INSIDE = 1,
  parameter ZEROS = 0,                               // zero terms take part in the maximum
  parameter FLOORED = 0,                             // the largest exponent is at least FLOOR
  parameter FLOOR = 0,
  parameter LIMITED = 0,                             // a product of 2^LIMIT and above counts as infinite
  parameter LIMIT = 0,
  parameter EVEN_ODD = 0,
  parameter TWO_STAGE = 0,
  parameter STAGE_F = F,
  parameter STAGE_SUM_F = SUM_F,
  parameter STAGE_TRUNCATE = 1,
  parameter DROPS = 0,
  parameter DROP = 0,
  parameter OW = 40,                                 // width of the exact sum
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
  // Terms: the products, and the running sum last; all with significands of one width.
  localparam N = LANES + 1;
  localparam SW = SP > SC ? SP : SC;
  localparam TW = EW + SW + 3;
  wire [N*TW-1:0] terms;
  wire [N*EW-1:0] exponents;
  wire [N-1:0] counted, nans, infs, signs;
  wire [LANES*2-1:0] raised;
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire [EW+SA+2:0] a_raw;
      wire [EW+SB+2:0] b_raw;
      wire [EW+SP+2:0] product;
      wire [SW-1:0] significand = product[SP-1:0];
      wire signed [EW-1:0] top, a_exponent, b_exponent;
      lastbit_lane #(.A(A), .B(B), .PRODUCT(PRODUCT), .ROUNDED(ROUNDED), .WA(WA), .WB(WB), .WP(WP), .SA(SA), .SB(SB),
        .SP(SP), .EW(EW)) lane (.a(a[i*WA +: WA]), .b(b[i*WB +: WB]), .live(live[i]), .a_raw(a_raw), .b_raw(b_raw),
        .product(product), .flags(raised[i*2 +: 2]));
      lastbit_alignment #(.FORMAT(SEEN_A), .OWN(SEEN_A == A), .EW(EW), .SW(SA)) align_a (.raw(a_raw), .exponent(a_exponent));
      lastbit_alignment #(.FORMAT(SEEN_B), .OWN(SEEN_B == B), .EW(EW), .SW(SB)) align_b (.raw(b_raw), .exponent(b_exponent));
      lastbit_alignment #(.NORMALIZED(1), .EW(EW), .SW(SP)) leading (.raw(product), .exponent(top));
      wire zero = ~|product[SP-1:0];
      wire infinite = LIMITED != 0 & ~zero & top >= LIMIT;
      assign terms[i*TW +: TW] = {product[SP +: EW+3], significand};
      assign exponents[i*EW +: EW] = NORMALIZED ? top : a_exponent + b_exponent;
      assign counted[i] = ~zero | (ZEROS != 0 & NORMALIZED == 0 & live[i]);
      assign nans[i] = product[EW+SP+2];
      assign infs[i] = product[EW+SP+1] | infinite;
      assign signs[i] = product[EW+SP];
    end
  endgenerate

  wire [EW+SC+2:0] running;
  wire [SW-1:0] running_significand = running[SC-1:0];
  lastbit_decode #(.FORMAT(C), .WIDTH(WS), .EW(EW), .SW(SC)) decode (.code(c), .raw(running));
  lastbit_alignment #(.FORMAT(C), .EW(EW), .SW(SC)) align_c (.raw(running), .exponent(exponents[LANES*EW +: EW]));
  assign terms[LANES*TW +: TW] = {running[SC +: EW+3], running_significand};
  assign counted[LANES] = SUM_INSIDE != 0 & (|running[SC-1:0] | ZEROS != 0);
  assign {nans[LANES], infs[LANES], signs[LANES]} = SUM_INSIDE ? running[EW+SC+2 -: 3] : 3'b000;

  // Infinities and NaNs follow the exact rules.
  wire nan = |nans | (|(infs & signs) & |(infs & ~signs));
  wire inf = ~nan & |infs;
  wire [EW+OW+2:0] aligned;
  wire lost;
  wire [EW+OW+2:0] total = nan | inf ? {nan, inf, inf & |(infs & signs), {(EW+OW){1'b0}}} : aligned;
  generate
    if (EVEN_ODD || TWO_STAGE) begin : g_stages
      lastbit_stages #(.LANES(LANES), .EW(EW), .SW(SW), .F(F), .TRUNCATE(TRUNCATE), .FLOORED(FLOORED), .FLOOR(FLOOR),
        .SUM_INSIDE(SUM_INSIDE), .EVEN_ODD(EVEN_ODD), .STAGE_F(STAGE_F), .STAGE_SUM_F(STAGE_SUM_F),
        .STAGE_TRUNCATE(STAGE_TRUNCATE), .DROPS(DROPS), .DROP(DROP), .OW(OW)) stages
        (.terms(terms), .exponents(exponents), .counted(counted), .total(aligned), .cut(lost));
    end else begin : g_one
      lastbit_align #(.N(N), .EW(EW), .SW(SW), .F(F), .LAST_F(SUM_INSIDE ? SUM_F : F), .TRUNCATE(TRUNCATE),
        .FLOORED(FLOORED), .FLOOR(FLOOR), .OW(OW)) align
        (.terms(terms), .exponents(exponents), .counted(counted), .present(), .maximum(), .total(aligned), .cut(lost));
    end
  endgenerate

  wire [WS-1:0] rounded;
  wire [1:0] early, late;
  lastbit_round #(.FIT(SUM), .WIDTH(WS), .EW(EW), .SW(OW), .RW(RW)) round
    (.raw(total), .random(random), .code(rounded), .flags(early));
  generate
    if (SUM_INSIDE) begin : g_inside
      assign sum = rounded;
      assign late = 2'b00;
    end else begin : g_after
      wire [EW+SC+2:0] products;
      lastbit_decode #(.FORMAT(C & ~(96'd1 << 72)), .WIDTH(WS), .EW(EW), .SW(SC)) decode_rounded (.code(rounded), .raw(products));
      lastbit_add_round #(.FIT(SUM), .WIDTH(WS), .EW(EW), .SX(SC), .SY(SC), .LOW(LOW), .WW(WW)) add
        (.x(running), .y(products), .random(1'b0), .code(sum), .flags(late));
    end
  endgenerate

  reg [1:0] all;
  integer n;
  always @* begin
    all = early | late | {1'b0, lost & ~nan & ~inf};
    for (n = 0; n < LANES; n = n + 1) all = all | raised[n*2 +: 2];
  end
  assign flags = all;
endmodule
