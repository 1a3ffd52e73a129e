// Shifts left until the top bit is set, and counts. Zero gives zero and a count of no meaning.
module lastbit_normalize #(
  parameter W = 8
) (
  input  wire [W-1:0] value,
  output wire [W-1:0] shifted,
  output wire [$clog2(W+1):0] count
);
  localparam LEVELS = $clog2(W);
  wire [W-1:0] stage [0:LEVELS];
  wire [LEVELS:0] moved;
  assign stage[LEVELS] = value;
  assign moved[LEVELS] = 1'b0;
  genvar level;
  generate
    for (level = LEVELS - 1; level >= 0; level = level - 1) begin : g_level
      localparam STEP = 1 << level;
      wire [W-1:0] from = stage[level+1];
      assign moved[level] = ~|from[W-1 -: STEP];
      assign stage[level] = moved[level] ? from << STEP : from;
    end
  endgenerate
  assign shifted = stage[0];
  assign count = moved;
endmodule
