// Alignment in stages: the products' sum is cut again, to STAGE_F bits, and meets the running sum, cut to STAGE_SUM_F, at
// the larger of their exponents. With EVEN_ODD even and odd lanes are aligned and summed apart, and joined first.
module lastbit_stages #(
  parameter LANES = 4,
  parameter EW = 8,
  parameter SW = 8,
  parameter F = 8,
  parameter TRUNCATE = 0,                            // lastbit_cut.sv
  parameter FLOORED = 0,
  parameter FLOOR = 0,
  parameter SUM_INSIDE = 1,
  parameter EVEN_ODD = 0,
  parameter STAGE_F = F,
  parameter STAGE_SUM_F = F,
  parameter STAGE_TRUNCATE = 1,
  parameter DROPS = 0,                               // the running sum is dropped where it lies more than DROP lower
  parameter DROP = 0,
  parameter OW = 40,
  parameter TW = EW + SW + 3
) (
  input  wire [(LANES+1)*TW-1:0] terms,              // the running sum last
  input  wire [(LANES+1)*EW-1:0] exponents,
  input  wire [LANES:0] counted,
  output wire [EW+OW+2:0] total,
  output wire cut
);
  localparam signed [EW-1:0] LEAST = FLOOR;
  wire first_present, first_cut;
  wire signed [EW-1:0] first_maximum;
  wire [EW+OW+2:0] first;
  generate
    if (EVEN_ODD == 0) begin : g_together
      lastbit_align #(.N(LANES), .EW(EW), .SW(SW), .F(F), .TRUNCATE(TRUNCATE), .FLOORED(FLOORED), .FLOOR(FLOOR), .OW(OW)) align
        (.terms(terms[LANES*TW-1:0]), .exponents(exponents[LANES*EW-1:0]), .counted(counted[LANES-1:0]),
         .present(first_present), .maximum(first_maximum), .total(first), .cut(first_cut));
    end else begin : g_apart
      wire [LANES-1:0] even = {(LANES+1)/2{2'b01}};
      wire [1:0] present, cuts;
      wire signed [EW-1:0] even_maximum, odd_maximum;
      wire [EW+OW+2:0] even_sum, odd_sum;
      lastbit_align #(.N(LANES), .EW(EW), .SW(SW), .F(F), .TRUNCATE(TRUNCATE), .FLOORED(FLOORED), .FLOOR(FLOOR), .OW(OW)) align_even
        (.terms(terms[LANES*TW-1:0]), .exponents(exponents[LANES*EW-1:0]), .counted(counted[LANES-1:0] & even),
         .present(present[0]), .maximum(even_maximum), .total(even_sum), .cut(cuts[0]));
      lastbit_align #(.N(LANES), .EW(EW), .SW(SW), .F(F), .TRUNCATE(TRUNCATE), .FLOORED(FLOORED), .FLOOR(FLOOR), .OW(OW)) align_odd
        (.terms(terms[LANES*TW-1:0]), .exponents(exponents[LANES*EW-1:0]), .counted(counted[LANES-1:0] & ~even),
         .present(present[1]), .maximum(odd_maximum), .total(odd_sum), .cut(cuts[1]));
      wire both_cut;
      lastbit_align #(.N(2), .EW(EW), .SW(OW), .F(F), .TRUNCATE(STAGE_TRUNCATE), .FLOORED(0), .OW(OW)) join_halves
        (.terms({odd_sum, even_sum}), .exponents({odd_maximum, even_maximum}), .counted(present),
         .present(first_present), .maximum(first_maximum), .total(first), .cut(both_cut));
      assign first_cut = |cuts | both_cut;
    end
  endgenerate

  generate
    if (SUM_INSIDE == 0) begin : g_alone
      assign total = first;
      assign cut = first_cut;
    end else begin : g_joined
      wire [TW-1:0] running = terms[LANES*TW +: TW];
      localparam SS = OW > SW ? OW : SW;
      wire [SS-1:0] significand = running[SW-1:0];
      wire [SS-1:0] first_significand = first[OW-1:0];
      wire signed [EW-1:0] given = exponents[LANES*EW +: EW];
      wire signed [EW-1:0] own = FLOORED != 0 && given < LEAST ? LEAST : given;
      wire [EW:0] below = first_maximum - own;
      wire dropped = DROPS != 0 & first_present & first_maximum > own & below > DROP;
      wire present = counted[LANES];
      wire second_cut;
      // A dropped sum lies lower, so that it does not set the maximum anyway.
      lastbit_align #(.N(2), .EW(EW), .SW(SS), .F(STAGE_F), .LAST_F(STAGE_SUM_F), .TRUNCATE(STAGE_TRUNCATE), .OW(OW)) align
        (.terms({running[SW +: EW+3], significand, first[OW +: EW+3], first_significand}), .exponents({own, first_maximum}),
         .counted({present & ~dropped, first_present}), .present(), .maximum(), .total(total), .cut(second_cut));
      assign cut = first_cut | second_cut | (present & dropped & |running[SW-1:0]);
    end
  endgenerate
endmodule
