// Weight-stationary array of ROWS x COLS PEs (input-stationary with HOLDS_A), cycle for cycle the clocked model's. Row r is
// fed r clocks after row 0 and column c c clocks after column 0: by whoever drives it, or with SKEW by registers here. Each
// moving code has a valid bit; a tile's first word is marked. `load` shifts a column's held words down a row; with
// `load_first`, a tile's first, row 0 alone takes one. `top` enters with the first row's words: +0, or sums that go on.
// `result` is the sum below each column, with a memory for it below that (lastbit_accumulator.sv).
module lastbit_mesh_ws #(
  parameter ROWS = 4,
  parameter COLS = 4,
  parameter LANES = 1,
  parameter WM = 8,                                  // widths of the moving and of the held operand
  parameter WH = 8,
  parameter WS = 32,
  parameter WT = WS,                                 // width of a sum in the memory
  parameter HOLDS_A = 0,
  parameter DOUBLE_BUFFER = 0,
  parameter SKEW = 0,
  parameter STEPS = 16,                              // of the memory
  parameter FOLDS = 1,
  parameter DEPTH = 16,
  parameter REINJECT = 0,
  parameter DW = DEPTH > 1 ? $clog2(DEPTH) : 1
) (
  input  wire clk,
  input  wire reset,
  input  wire [ROWS*LANES*WM-1:0] moving,
  input  wire [ROWS*LANES-1:0] moving_valid,
  input  wire [ROWS-1:0] moving_first,
  input  wire [COLS*LANES*WH-1:0] held,
  input  wire [COLS-1:0] load,
  input  wire [COLS-1:0] load_first,
  input  wire [COLS*WS-1:0] top,
  output wire [COLS*WS-1:0] result,
  input  wire [DW-1:0] read_address,
  output wire [COLS*WT-1:0] read_sum
);
  localparam MW = LANES * (WM + 1) + 1;
  localparam HW = LANES * WH + WS + 2;
  wire [ROWS*MW-1:0] rows, rows_skewed;
  wire [COLS*HW-1:0] columns, columns_skewed;
  genvar r, c;
  generate
    for (r = 0; r < ROWS; r = r + 1) begin : g_enter
      assign rows[r*MW +: MW] = {moving_first[r], moving_valid[r*LANES +: LANES], moving[r*LANES*WM +: LANES*WM]};
    end
    for (c = 0; c < COLS; c = c + 1) begin : g_column
      assign columns[c*HW +: HW] = {load[c], load_first[c], top[c*WS +: WS], held[c*LANES*WH +: LANES*WH]};
      wire loads, starts;
      wire [WS-1:0] above;
      wire [LANES*WH-1:0] word;
      assign {loads, starts, above, word} = columns_skewed[c*HW +: HW];

      // A word of row 0 is a sum below ROWS clocks later.
      reg [ROWS-1:0] passing;
      wire [MW-1:0] entering = g_row[0].g_col[c].moving_in;
      wire [ROWS:0] passed = {passing, |entering[LANES*WM +: LANES]};
      always @(posedge clk) passing <= reset ? {ROWS{1'b0}} : passed[ROWS-1:0];
      assign result[c*WS +: WS] = g_row[ROWS-1].g_col[c].sum_out;
      lastbit_accumulator #(.WS(WS), .WT(WT), .STEPS(STEPS), .FOLDS(FOLDS), .DEPTH(DEPTH), .REINJECT(REINJECT)) accumulator
        (.clk(clk), .reset(reset), .valid(passed[ROWS]), .sum(result[c*WS +: WS]), .read_address(read_address),
         .read_sum(read_sum[c*WT +: WT]));
    end
    if (SKEW) begin : g_skew
      lastbit_skew #(.N(ROWS), .W(MW)) skew_rows (.clk(clk), .reset(reset), .d(rows), .q(rows_skewed));
      lastbit_skew #(.N(COLS), .W(HW)) skew_columns (.clk(clk), .reset(reset), .d(columns), .q(columns_skewed));
    end else begin : g_direct
      assign rows_skewed = rows;
      assign columns_skewed = columns;
    end
    for (r = 0; r < ROWS; r = r + 1) begin : g_row
      for (c = 0; c < COLS; c = c + 1) begin : g_col
        wire [MW-1:0] moving_in, moving_out;
        wire [LANES*WH-1:0] held_in, held_out;
        wire [WS-1:0] sum_in, sum_out;
        wire shifts, shifted;
        if (c == 0) begin : g_left
          assign moving_in = rows_skewed[r*MW +: MW];
        end else begin : g_inside
          assign moving_in = g_row[r].g_col[c-1].moving_out;
        end
        if (r == 0) begin : g_top
          assign held_in = g_column[c].word;
          assign sum_in = g_column[c].above;
          assign shifts = g_column[c].loads;
        end else begin : g_below
          assign held_in = g_row[r-1].g_col[c].held_out;
          assign sum_in = g_row[r-1].g_col[c].sum_out;
          assign shifts = g_column[c].loads & ~g_column[c].starts & g_row[r-1].g_col[c].shifted;
        end
        lastbit_pe_ws #(.LANES(LANES), .WM(WM), .WH(WH), .WS(WS), .HOLDS_A(HOLDS_A), .DOUBLE_BUFFER(DOUBLE_BUFFER)) pe
          (.clk(clk), .reset(reset), .moving_in(moving_in), .loads(g_column[c].loads), .shifts(shifts), .held_in(held_in),
           .sum_in(sum_in), .moving(moving_out), .held_out(held_out), .shifted(shifted), .sum(sum_out));
      end
    end
  endgenerate
endmodule
