// N words side by side, of which word i comes out i clocks later: how operands enter a systolic array.
module lastbit_skew #(
  parameter N = 4,
  parameter W = 8
) (
  input  wire clk,
  input  wire reset,
  input  wire [N*W-1:0] d,
  output wire [N*W-1:0] q
);
  genvar i, j;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_word
      wire [W-1:0] stage [0:i];
      assign stage[0] = d[i*W +: W];
      assign q[i*W +: W] = stage[i];
      for (j = 0; j < i; j = j + 1) begin : g_stage
        reg [W-1:0] held;
        always @(posedge clk) held <= reset ? {W{1'b0}} : stage[j];
        assign stage[j+1] = held;
      end
    end
  endgenerate
endmodule
