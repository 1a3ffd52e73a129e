// Output-stationary PE with registers between multiplier and adder: operands go on to the neighbours as in lastbit_pe_os.sv,
// products and their control come to the sum STAGES clocks later. The multiplier is `mac_multiply` and the adder `mac_unit`,
// which takes products for a, and ones for b: modules made for the datapath.
module lastbit_pe_os_staged #(
  parameter STAGES = 1,
  parameter LANES = 1,
  parameter WA = 8,
  parameter WB = 8,
  parameter WP = 16,                                 // width of a product between multiplier and adder
  parameter WS = 32,
  parameter WT = WS,
  parameter CHUNKED = 0,
  parameter AW = LANES * (WA + 1) + 3,               // a with its control: {last, restart, first, valid, codes}
  parameter BW = LANES * (WB + 1)                    // b with its control: {valid, codes}
) (
  input  wire clk,
  input  wire reset,
  input  wire [AW-1:0] a_in,
  input  wire [BW-1:0] b_in,
  input  wire drain,
  input  wire [WT-1:0] above,
  output reg  [AW-1:0] a,
  output reg  [BW-1:0] b,
  output wire [WT-1:0] leaving
);
  wire [2:0] marks;                                  // {last, restart, first}
  wire [LANES-1:0] a_valid, b_valid;
  wire [LANES*WA-1:0] a_codes;
  wire [LANES*WB-1:0] b_codes;
  assign {marks, a_valid, a_codes} = a_in;
  assign {b_valid, b_codes} = b_in;
  wire [LANES-1:0] live = a_valid & b_valid;
  wire [LANES*WP-1:0] product;
  mac_multiply multiply (.a(a_codes), .b(b_codes), .live(live), .product(product));

  wire [LANES+2:0] control [0:STAGES];
  wire [LANES*WP-1:0] products [0:STAGES];
  assign control[0] = {marks, live};
  assign products[0] = product;
  genvar i;
  generate
    for (i = 0; i < STAGES; i = i + 1) begin : g_stage
      reg [LANES+2:0] control_kept;
      reg [LANES*WP-1:0] products_kept;
      always @(posedge clk) begin
        control_kept <= reset ? {(LANES+3){1'b0}} : control[i];
        products_kept <= products[i];
      end
      assign control[i+1] = control_kept;
      assign products[i+1] = products_kept;
    end
  endgenerate
  always @(posedge clk) begin
    a <= reset ? {AW{1'b0}} : a_in;
    b <= reset ? {BW{1'b0}} : b_in;
  end

  lastbit_pe_os #(.LANES(LANES), .WA(WP), .WB(1), .WS(WS), .WT(WT), .CHUNKED(CHUNKED)) sums
    (.clk(clk), .reset(reset), .a_in({control[STAGES], products[STAGES]}), .b_in({(2*LANES){1'b1}}), .drain(drain),
     .above(above), .a(), .b(), .leaving(leaving));
endmodule
