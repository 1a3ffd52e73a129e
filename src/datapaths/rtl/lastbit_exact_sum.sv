// Exact sum of N raws (lastbit_decode.sv) in a fixed-point window of WW bits whose lowest has the weight 2^LOW. The window
// must hold every term and their sum.
module lastbit_exact_sum #(
  parameter N = 2,
  parameter EW = 8,
  parameter SW = 8,
  parameter LOW = 0,
  parameter WW = 32,
  parameter DOWN = 0                                 // the rounding is toward -infinity: x - x is -0
) (
  input  wire [N*(EW+SW+3)-1:0] terms,
  output wire [EW+WW+2:0] total
);
  localparam RW = EW + SW + 3;
  wire [N-1:0] nans, infs, signs;
  wire [WW-1:0] sums [0:2*N-2];                      // a tree: 2i+1 and 2i+2 are added at i, the terms are the leaves
  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_term
      wire [RW-1:0] term = terms[i*RW +: RW];
      wire signed [EW-1:0] exponent = term[SW +: EW];
      wire [EW:0] distance = exponent - LOW;
      wire [WW-1:0] placed = {{WW{1'b0}}, term[SW-1:0]} << distance;
      assign {nans[i], infs[i], signs[i]} = term[RW-1 -: 3];
      assign sums[N-1+i] = signs[i] ? -placed : placed;
    end
    for (i = 0; i < N - 1; i = i + 1) begin : g_add
      assign sums[i] = sums[2*i+1] + sums[2*i+2];
    end
  endgenerate
  wire [WW-1:0] sum = sums[0];
  wire nan = |nans | (|(infs & signs) & |(infs & ~signs));
  wire inf = ~nan & |infs;
  wire zero_sign = &signs | (DOWN != 0 & |signs);
  wire sign = nan ? 1'b0 : inf ? |(infs & signs) : ~|sum ? zero_sign : sum[WW-1];
  wire signed [EW-1:0] exponent = LOW;
  wire [WW-1:0] magnitude = sum[WW-1] ? -sum : sum;
  assign total = {nan, inf, sign, exponent, magnitude};
endmodule
