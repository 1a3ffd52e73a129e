// Output-stationary array of ROWS x COLS PEs, cycle for cycle the clocked model's. Row r is fed r clocks after row 0 and
// column c c clocks after column 0: by whoever drives it, or with SKEW by registers here. Each code has a valid bit; the
// first and last word of a tile are marked beside a. `drain` shifts a column's finished sums down; `result` is the lowest.
module lastbit_mesh_os #(
  parameter ROWS = 4,
  parameter COLS = 4,
  parameter LANES = 1,
  parameter WA = 8,
  parameter WB = 8,
  parameter WS = 32,
  parameter WT = WS,                                 // width of a finished sum: the chunks' outer register
  parameter CHUNK = 0,                               // firings in a chunk; 0 where sums are not cut
  parameter SKEW = 0,
  parameter RANDOM = 0,                              // random bits of a rounding; the PE at row r and column c has its own
  parameter DRAWS = 1,                               // LFSR, which starts each sum at LFSR_SEED + r * COLS + c
  parameter LFSR_WIDTH = 16,
  parameter [31:0] LFSR_TAPS = 32'hd008,
  parameter [31:0] LFSR_SEED = 1
) (
  input  wire clk,
  input  wire reset,
  input  wire [ROWS*LANES*WA-1:0] a,
  input  wire [ROWS*LANES-1:0] a_valid,
  input  wire [ROWS-1:0] a_first,
  input  wire [ROWS-1:0] a_last,
  input  wire [COLS*LANES*WB-1:0] b,
  input  wire [COLS*LANES-1:0] b_valid,
  input  wire [COLS-1:0] drain,
  output wire [COLS*WT-1:0] result
);
  localparam AL = LANES * (WA + 1) + 2;              // a as it enters: {last, first, valid, codes}
  localparam AW = AL + 1;                            // and inside: {last, restart, first, valid, codes}
  localparam BW = LANES * (WB + 1);
  wire [ROWS*AL-1:0] a_words, a_skewed;
  wire [COLS*(BW+1)-1:0] b_words, b_skewed;
  genvar r, c;
  generate
    for (r = 0; r < ROWS; r = r + 1) begin : g_enter_a
      assign a_words[r*AL +: AL] = {a_last[r], a_first[r], a_valid[r*LANES +: LANES], a[r*LANES*WA +: LANES*WA]};
      wire [AL-1:0] word = a_skewed[r*AL +: AL];
      wire [AW-1:0] entering;
      if (CHUNK == 0) begin : g_whole
        assign entering = {word[AL-1], 1'b0, word[AL-2:0]};
      end else begin : g_chunks
        reg [31:0] count;                            // words of the chunk so far
        wire valid = |word[LANES*WA +: LANES];
        wire restart = count == CHUNK;
        always @(posedge clk) if (valid) count <= word[AL-2] | restart ? 1 : count + 1;
        assign entering = {word[AL-1], valid & restart & ~word[AL-2], word[AL-2:0]};
      end
    end
    for (c = 0; c < COLS; c = c + 1) begin : g_enter_b
      assign b_words[c*(BW+1) +: BW+1] = {drain[c], b_valid[c*LANES +: LANES], b[c*LANES*WB +: LANES*WB]};
      wire [BW:0] entering = b_skewed[c*(BW+1) +: BW+1];
      // Row r hands on the r sums from above it. Then it is empty, and keeps the next tile's sum, which may be there while
      // the rows below still shift.
      wire shifts = entering[BW];
      reg [31:0] shifted;
      always @(posedge clk) shifted <= shifts & shifted != ROWS - 1 ? shifted + 1 : 0;
      assign result[c*WT +: WT] = g_row[ROWS-1].g_col[c].leaving;
    end
    if (SKEW) begin : g_skew
      lastbit_skew #(.N(ROWS), .W(AL)) skew_a (.clk(clk), .reset(reset), .d(a_words), .q(a_skewed));
      lastbit_skew #(.N(COLS), .W(BW+1)) skew_b (.clk(clk), .reset(reset), .d(b_words), .q(b_skewed));
    end else begin : g_direct
      assign a_skewed = a_words;
      assign b_skewed = b_words;
    end
    for (r = 0; r < ROWS; r = r + 1) begin : g_row
      for (c = 0; c < COLS; c = c + 1) begin : g_col
        wire [AW-1:0] a_in, a_out;
        wire [BW-1:0] b_in, b_out;
        wire [WT-1:0] above, leaving;
        wire drain_in;
        if (c == 0) begin : g_left
          assign a_in = g_enter_a[r].entering;
        end else begin : g_inside
          assign a_in = g_row[r].g_col[c-1].a_out;
        end
        if (r == 0) begin : g_top
          assign b_in = g_enter_b[c].entering[BW-1:0];
          assign above = {WT{1'b0}};
          assign drain_in = 1'b0;
        end else begin : g_below
          assign b_in = g_row[r-1].g_col[c].b_out;
          assign above = g_row[r-1].g_col[c].leaving;
          assign drain_in = g_enter_b[c].shifts & g_enter_b[c].shifted < r;
        end
        lastbit_pe_os #(.LANES(LANES), .WA(WA), .WB(WB), .WS(WS), .WT(WT), .CHUNKED(CHUNK != 0), .RANDOM(RANDOM),
          .DRAWS(DRAWS), .LFSR_WIDTH(LFSR_WIDTH), .LFSR_TAPS(LFSR_TAPS), .SEED(RANDOM == 0 ? 0 : LFSR_SEED + r * COLS + c)) pe
          (.clk(clk), .reset(reset), .a_in(a_in), .b_in(b_in), .drain(drain_in), .above(above),
           .a(a_out), .b(b_out), .leaving(leaving));
      end
    end
  endgenerate
endmodule
