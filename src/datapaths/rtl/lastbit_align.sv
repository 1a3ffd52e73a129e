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
  output wire signed [EW-1:0] maximum,
  output wire [EW+OW+2:0] total,
  output wire cut
);
  localparam WIDEST = F > LAST_F ? F : LAST_F;
  localparam RW = EW + SW + 3;
  localparam signed [EW-1:0] LEAST = FLOOR;

  reg signed [EW-1:0] largest;
  integer n;
  always @* begin
    largest = {1'b1, {(EW-1){1'b0}}};
    for (n = 0; n < N; n = n + 1)
      if (counted[n] && $signed(exponents[n*EW +: EW]) > largest) largest = exponents[n*EW +: EW];
    if (FLOORED != 0 && largest < LEAST) largest = LEAST;
  end
  assign present = |counted;
  assign maximum = largest;

  wire [OW:0] sums [0:N];
  wire [N-1:0] cuts;
  assign sums[0] = 0;
  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_term
      localparam OWN = i == N - 1 ? LAST_F : F;
      wire signed [OW:0] count;
      wire lost;
      lastbit_cut #(.EW(EW), .SW(SW), .F(OWN), .TRUNCATE(TRUNCATE), .CW(OW+1)) cutter
        (.raw(terms[i*RW +: RW]), .maximum(maximum), .count(count), .cut(lost));
      assign cuts[i] = counted[i] & lost;
      wire signed [OW:0] placed = counted[i] ? count <<< (WIDEST - OWN) : 0;
      assign sums[i+1] = sums[i] + placed;
    end
  endgenerate
  wire [OW:0] sum = sums[N];
  wire [OW-1:0] magnitude = sum[OW] ? -sum : sum;
  wire signed [EW-1:0] exponent = maximum - WIDEST;
  assign total = present ? {2'b00, sum[OW], exponent, magnitude} : 0;
  assign cut = |cuts;
endmodule
