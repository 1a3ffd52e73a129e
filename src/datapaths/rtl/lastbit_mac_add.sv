// c + product[0], rounded, + product[1], rounded, ...: the adders of lastbit_mac.sv, without random bits.
module lastbit_mac_add #(
  parameter LANES = 1,
  parameter [95:0] C = 96'd0,                          // formats and fits: lastbit_decode.sv
  parameter [95:0] SUM = 96'd0,
  parameter WS = 16,
  parameter SP = 16,                                 // widths of significands
  parameter SC = 16,
  parameter EW = 8,
  parameter LOW = 0,                                 // an integer sum's window: lastbit_add_round.sv
  parameter WW = 32
) (
  input  wire [LANES*(EW+SP+3)-1:0] product,
  input  wire [WS-1:0] c,
  output wire [WS-1:0] sum,
  output wire [1:0] flags                            // {overflow, inexact} of any addition
);
  wire [WS-1:0] sums [0:LANES];
  wire [1:0] raised [0:LANES];
  assign sums[0] = c;
  assign raised[0] = 2'b00;
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire [EW+SC+2:0] running;
      wire [1:0] own;
      lastbit_decode #(.FORMAT(C), .WIDTH(WS), .EW(EW), .SW(SC)) decode (.code(sums[i]), .raw(running));
      lastbit_add_round #(.FIT(SUM), .WIDTH(WS), .EW(EW), .SX(SC), .SY(SP), .LOW(LOW), .WW(WW), .RW(1)) add
        (.x(running), .y(product[i*(EW+SP+3) +: EW+SP+3]), .random(1'b0), .code(sums[i+1]), .flags(own));
      assign raised[i+1] = raised[i] | own;
    end
  endgenerate
  assign sum = sums[LANES];
  assign flags = raised[LANES];
endmodule
