// Whether a magnitude goes to its upper neighbour. ROUNDING as in lastbit_decode.sv.
module lastbit_round_up #(
  parameter ROUNDING = 0,
  parameter R = 0,                                   // random bits
  parameter RW = 1
) (
  input  wire sign,
  input  wire odd,                                   // the lower neighbour's code is odd
  input  wire half,                                  // the first bit below it
  input  wire rest,                                  // anything below that
  input  wire [RW-1:0] fraction,                     // the first R bits below it
  input  wire [RW-1:0] random,
  output wire up
);
  wire [RW:0] drawn = {1'b0, fraction} + {1'b0, random};
  assign up = ROUNDING == 0 ? half & (rest | odd)
            : ROUNDING == 1 ? half
            : ROUNDING == 2 ? half & rest
            : ROUNDING == 3 ? 1'b0
            : ROUNDING == 4 ? (half | rest) & ~sign
            : ROUNDING == 5 ? (half | rest) & sign
            : ROUNDING == 6 ? (half | rest) & ~odd
            : drawn[RW];
endmodule
