// The exponent that an alignment sees of a decoded operand: that of its exponent field, so a subnormal's is the lowest
// normal one; an integer's is that of its leading bit; a zero's is -126. With NORMALIZED it is that of the leading bit of
// the raw itself. OWN says that the raw was decoded from FORMAT, where a float's field gives the exponent at once.
module lastbit_alignment #(
  parameter [95:0] FORMAT = 96'd0,
  parameter NORMALIZED = 0,
  parameter OWN = 1,
  parameter EW = 8,
  parameter SW = 8
) (
  input  wire [EW+SW+2:0] raw,
  output wire signed [EW-1:0] exponent
);
  localparam integer BIAS = $signed(FORMAT[31:16]);
  localparam integer SHIFT = $signed(FORMAT[39:32]);
  localparam signed [EW-1:0] LOWEST = 1 - BIAS + SHIFT;
  localparam signed [EW-1:0] ZERO = -126;
  wire signed [EW-1:0] own = raw[SW +: EW];
  wire signed [EW-1:0] top;
  generate
    if (NORMALIZED == 0 && OWN != 0 && FORMAT[51:48] == 1) begin : g_field
      assign top = own + $signed({1'b0, FORMAT[7:0]});
    end else begin : g_leading
      wire [SW-1:0] shifted;
      wire [$clog2(SW+1):0] count;
      lastbit_normalize #(.W(SW)) normalize (.value(raw[SW-1:0]), .shifted(shifted), .count(count));
      assign top = own + (SW - 1) - $signed({1'b0, count});
    end
  endgenerate
  wire floored = NORMALIZED == 0 & FORMAT[51:48] == 1 & FORMAT[55:52] == 0 & top < LOWEST;
  assign exponent = ~|raw[SW-1:0] ? ZERO : floored ? LOWEST : top;
endmodule
