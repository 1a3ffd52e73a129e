// One alignment: N terms are cut to F bits below the largest exponent (the last term to LAST_F) and added exactly.
module lastbit_align #(
  parameter N = 4,
  parameter EW = 8,
  parameter SW = 8,
  parameter F = 8,
  parameter LAST_F = F,
  parameter TRUNCATE = 0,                            // lastbit_cut.sv
  parameter FLOORED = 0,                             // the largest exponent is at least FLOOR
  parameter FLOOR = 0,
  parameter OW = 16                                  // width of the sum's magnitude
) (
  input  wire [N*(EW+SW+3)-1:0] terms,
  input  wire [N*EW-1:0] exponents,
  input  wire [N-1:0] counted,                       // whether a term takes part in the maximum
  output wire present,                               // any does
  output reg signed [EW-1:0] maximum,
  output wire [EW+OW+2:0] total,
  output wire cut
);
  localparam WIDEST = F > LAST_F ? F : LAST_F;
  localparam RW = EW + SW + 3;
  localparam signed [EW-1:0] LEAST = FLOOR;
  localparam signed [EW-1:0] NONE = {1'b1, {(EW-1){1'b0}}};

  // Two trees whose leaves are the terms: of 2i+1 and 2i+2 the maximum, and the sum, is at i.
  wire signed [EW-1:0] largest [0:2*N-2];
  wire [OW:0] sums [0:2*N-2];
  wire [N-1:0] cuts;
  genvar i;
  assign present = |counted;
  wire signed [EW-1:0] top = largest[0];
  // A block, not an assignment: simulators that follow events hand the maximum on once for all terms that change together.
  always @* maximum = FLOORED != 0 && top < LEAST ? LEAST : top;
  generate
    for (i = 0; i < N - 1; i = i + 1) begin : g_node
      assign largest[i] = largest[2*i+1] > largest[2*i+2] ? largest[2*i+1] : largest[2*i+2];
      assign sums[i] = sums[2*i+1] + sums[2*i+2];
    end
    for (i = 0; i < N; i = i + 1) begin : g_term
      localparam OWN = i == N - 1 ? LAST_F : F;
      wire signed [OW:0] count;
      wire lost;
      lastbit_cut #(.EW(EW), .SW(SW), .F(OWN), .TRUNCATE(TRUNCATE), .CW(OW+1)) cutter
        (.raw(terms[i*RW +: RW]), .maximum(maximum), .count(count), .cut(lost));
      assign cuts[i] = counted[i] & lost;
      wire signed [OW:0] placed = counted[i] ? count <<< (WIDEST - OWN) : 0;
      assign sums[N-1+i] = placed;
      assign largest[N-1+i] = counted[i] ? exponents[i*EW +: EW] : NONE;
    end
  endgenerate
  wire [OW:0] sum = sums[0];
  wire [OW-1:0] magnitude = sum[OW] ? -sum : sum;
  wire signed [EW-1:0] exponent = maximum - WIDEST;
  assign total = present ? {2'b00, sum[OW], exponent, magnitude} : 0;
  assign cut = |cuts;
endmodule
