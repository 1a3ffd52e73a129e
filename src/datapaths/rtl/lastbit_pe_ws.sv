// Weight- or input-stationary PE: one operand is held, the other moves right, sums move down. The MAC is `mac_unit`, a
// module made for the datapath; HOLDS_A says which operand stays.
module lastbit_pe_ws #(
  parameter LANES = 1,
  parameter WM = 8,                                  // widths of the moving and of the held operand
  parameter WH = 8,
  parameter WS = 32,
  parameter HOLDS_A = 0,
  parameter DOUBLE_BUFFER = 0,
  parameter MW = LANES * (WM + 1) + 1                // the moving operand with its control: {first, valid, codes}
) (
  input  wire clk,
  input  wire reset,
  input  wire [MW-1:0] moving_in,
  input  wire loads,                                 // the column's held words move down
  input  wire shifts,                                // and this row takes the one above
  input  wire [LANES*WH-1:0] held_in,
  input  wire [WS-1:0] sum_in,
  output reg  [MW-1:0] moving,
  output wire [LANES*WH-1:0] held_out,
  output reg  shifted,                               // the row below shifts with the next word
  output reg  [WS-1:0] sum
);
  wire first;
  wire [LANES-1:0] live;
  wire [LANES*WM-1:0] codes;
  assign {first, live, codes} = moving_in;

  wire [LANES*WH-1:0] used;
  generate
    if (DOUBLE_BUFFER) begin : g_two
      // The first word of a tile switches in what was loaded while the tile before streamed.
      reg [LANES*WH-1:0] held, loaded;
      always @(posedge clk) begin
        if (shifts) loaded <= held_in;
        if (first) held <= loaded;
      end
      assign held_out = loaded;
      assign used = first ? loaded : held;
    end else begin : g_one
      reg [LANES*WH-1:0] held;
      always @(posedge clk) if (shifts) held <= held_in;
      assign held_out = held;
      assign used = held;
    end
  endgenerate

  wire [WS-1:0] next;
  generate
    if (HOLDS_A) begin : g_holds_a
      mac_unit mac (.a(used), .b(codes), .live(live), .c(sum_in), .random(1'b0), .sum(next), .flags());
    end else begin : g_holds_b
      mac_unit mac (.a(codes), .b(used), .live(live), .c(sum_in), .random(1'b0), .sum(next), .flags());
    end
  endgenerate
  always @(posedge clk) begin
    moving <= reset ? {MW{1'b0}} : moving_in;
    if (reset) shifted <= 1'b0;
    else if (loads) shifted <= shifts;
    sum <= reset ? {WS{1'b0}} : |live ? next : sum_in;
  end
endmodule
