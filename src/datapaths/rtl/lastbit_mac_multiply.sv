// Products of all lanes as raws (lastbit_decode.sv), exact or rounded to PRODUCT: the multipliers of lastbit_mac.sv.
module lastbit_mac_multiply #(
  parameter LANES = 1,
  parameter [95:0] A = 96'd0,
  parameter [95:0] B = 96'd0,
  parameter [95:0] PRODUCT = 96'd0,
  parameter ROUNDED = 0,
  parameter WA = 8,
  parameter WB = 8,
  parameter WP = 8,
  parameter SA = 8,
  parameter SB = 8,
  parameter SP = 16,
  parameter EW = 8
) (
  input  wire [LANES*WA-1:0] a,
  input  wire [LANES*WB-1:0] b,
  input  wire [LANES-1:0] live,                      // a lane that is not gives +0
  output wire [LANES*(EW+SP+3)-1:0] product
);
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      lastbit_lane #(.A(A), .B(B), .PRODUCT(PRODUCT), .ROUNDED(ROUNDED), .WA(WA), .WB(WB), .WP(WP), .SA(SA), .SB(SB),
        .SP(SP), .EW(EW)) lane
        (.a(a[i*WA +: WA]), .b(b[i*WB +: WB]), .live(live[i]), .a_raw(), .b_raw(),
         .product(product[i*(EW+SP+3) +: EW+SP+3]), .flags());
    end
  endgenerate
endmodule
