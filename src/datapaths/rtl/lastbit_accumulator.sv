// The memory below a column of a weight- or input-stationary array. A tile gives STEPS sums, one a word; of every FOLDS
// tiles the first starts the sums and the others are joined to them (`mac_join`, a module made for the datapath). With
// REINJECT they replace them, as what lies there has been put in at the top of the column.
module lastbit_accumulator #(
  parameter WS = 32,
  parameter WT = WS,
  parameter STEPS = 16,
  parameter FOLDS = 1,
  parameter DEPTH = 16,
  parameter REINJECT = 0,
  parameter DW = DEPTH > 1 ? $clog2(DEPTH) : 1
) (
  input  wire clk,
  input  wire reset,
  input  wire valid,
  input  wire [WS-1:0] sum,
  input  wire [DW-1:0] read_address,
  output wire [WT-1:0] read_sum
);
  reg [WT-1:0] memory [0:DEPTH-1];
  reg [DW-1:0] base, step;
  reg [31:0] fold;
  wire [DW-1:0] address = base + step;
  wire last_step = step == STEPS - 1;
  wire last_fold = fold == FOLDS - 1;
  wire [WT-1:0] earlier = fold == 0 ? {WT{1'b0}} : memory[address];
  wire [WT-1:0] stored;
  generate
    if (REINJECT) begin : g_replace
      assign stored = sum;
    end else begin : g_join
      mac_join join_sum (.x(earlier), .y(sum), .total(stored));
    end
  endgenerate
  always @(posedge clk) begin
    if (valid & ~reset) memory[address] <= stored;
    if (reset) begin
      base <= 0;
      step <= 0;
      fold <= 0;
    end else if (valid) begin
      step <= last_step ? 0 : step + 1'b1;
      if (last_step) fold <= last_fold ? 0 : fold + 1;
      if (last_step & last_fold) base <= base + STEPS;
    end
  end
  assign read_sum = memory[read_address];
endmodule
