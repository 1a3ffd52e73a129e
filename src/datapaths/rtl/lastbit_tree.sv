// Products are added pairwise, rounded to NODE at every node, an odd one out going up as it is; then the running sum joins.
module lastbit_tree #(
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
  parameter [95:0] NODE = 96'd0,                     // fit of a node
  parameter WN = 16,
  parameter ST = 16,                                 // significand of what moves up the tree: the wider of SP and NODE's
  parameter LOW = 0,                                 // an integer sum's window: lastbit_add_round.sv
  parameter WW = 32
) (
  input  wire [LANES*WA-1:0] a,
  input  wire [LANES*WB-1:0] b,
  input  wire [LANES-1:0] live,                      // a lane that is not gives +0
  input  wire [WS-1:0] c,
  output wire [WS-1:0] sum,
  output wire [1:0] flags                            // {overflow, inexact} of any rounding
);
  localparam LEVELS = LANES > 1 ? $clog2(LANES) : 0;
  localparam TW = EW + ST + 3;
  wire [(LEVELS+1)*LANES*TW-1:0] tree;
  wire [(LEVELS+1)*LANES*2-1:0] raised;
  genvar i, level;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire [EW+SP+2:0] product;
      wire [ST-1:0] significand = product[SP-1:0];
      lastbit_lane #(.A(A), .B(B), .PRODUCT(PRODUCT), .ROUNDED(ROUNDED), .WA(WA), .WB(WB), .WP(WP), .SA(SA), .SB(SB),
        .SP(SP), .EW(EW)) lane
        (.a(a[i*WA +: WA]), .b(b[i*WB +: WB]), .live(live[i]), .a_raw(), .b_raw(), .product(product), .flags(raised[i*2 +: 2]));
      assign tree[i*TW +: TW] = {product[SP +: EW+3], significand};
    end
    for (level = 1; level <= LEVELS; level = level + 1) begin : g_level
      localparam BELOW = (LANES + (1 << (level - 1)) - 1) >> (level - 1);
      localparam FROM = (level - 1) * LANES;
      for (i = 0; i < LANES; i = i + 1) begin : g_node
        localparam TO = level * LANES + i;
        if (2 * i + 1 < BELOW) begin : g_add
          wire [WN-1:0] code;
          lastbit_add_round #(.FIT(NODE), .WIDTH(WN), .EW(EW), .SX(ST), .SY(ST), .LOW(LOW), .WW(WW)) add
            (.x(tree[(FROM+2*i)*TW +: TW]), .y(tree[(FROM+2*i+1)*TW +: TW]), .random(1'b0), .code(code), .flags(raised[TO*2 +: 2]));
          lastbit_decode #(.FORMAT(NODE & ~(96'd1 << 72)), .WIDTH(WN), .EW(EW), .SW(ST)) decode
            (.code(code), .raw(tree[TO*TW +: TW]));
        end else begin : g_pass
          if (2 * i < BELOW) begin : g_odd
            assign tree[TO*TW +: TW] = tree[(FROM+2*i)*TW +: TW];
          end else begin : g_none
            assign tree[TO*TW +: TW] = 0;
          end
          assign raised[TO*2 +: 2] = 2'b00;
        end
      end
    end
  endgenerate
  wire [EW+SC+2:0] running;
  wire [1:0] sum_flags;
  lastbit_decode #(.FORMAT(C), .WIDTH(WS), .EW(EW), .SW(SC)) decode (.code(c), .raw(running));
  lastbit_add_round #(.FIT(SUM), .WIDTH(WS), .EW(EW), .SX(SC), .SY(ST), .LOW(LOW), .WW(WW)) add
    (.x(running), .y(tree[LEVELS*LANES*TW +: TW]), .random(1'b0), .code(sum), .flags(sum_flags));

  reg [1:0] all;
  integer n;
  always @* begin
    all = sum_flags;
    for (n = 0; n < (LEVELS + 1) * LANES; n = n + 1) all = all | raised[n*2 +: 2];
  end
  assign flags = all;
endmodule
