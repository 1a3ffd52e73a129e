import type { DataflowName } from './dataflow.js';
import type { ConvShape, TopologyLayer } from './topology.js';

/**
 * SCALE-Sim v3's count of a layer, quirks included, as its COMPUTE_REPORT and DETAILED_ACCESS_REPORT have it with
 * `InterfaceBandwidth: CALC` (no stalls). Written from its behaviour, and checked against its own runs. Its quirks:
 *
 * - total cycles are the index of the last cycle, one less than their number; nothing overlaps between folds, every fold
 *   takes the whole array, and draining an output-stationary fold is not charged;
 * - conv outputs are ceil((H - F + S) / S) high, which is one too many unless the stride divides H - F; no padding;
 * - a layer with "DP" in its name is one layer of one channel for each of its channels, with all filters;
 * - output-stationary writes count each fold's rows plus columns once more; partial sums are written and never read.
 */
export interface ScaleSimCount {
  name: string;
  totalCycles: number;
  /** Percent. */
  overallUtil: number;
  mappingEfficiency: number;
  computeUtil: number;
  sramIfmapReads: number;
  sramFilterReads: number;
  sramOfmapWrites: number;
}

export interface ScaleSimArray {
  rows: number;
  cols: number;
  dataflow: DataflowName;
}

/** @throws Error naming the layer where it uses what SCALE-Sim does not have */
export function scaleSimCounts(layers: readonly TopologyLayer[], array: ScaleSimArray): ScaleSimCount[] {
  return layers.flatMap((layer) => expand(layer)).map(({ name, m, n, k }) => countOf(name, m, n, k, array));
}

interface Gemm {
  name: string;
  m: number;
  n: number;
  k: number;
}

function expand({ name, shape }: TopologyLayer): Gemm[] {
  if (shape.kind === 'gemm') return [{ name, m: shape.m, n: shape.n, k: shape.k }];
  refuseForeign(name, shape);
  const { filterHeight, filterWidth, channels, filters: n } = shape;
  const high = Math.ceil((shape.height - filterHeight + shape.strideHeight) / shape.strideHeight);
  const wide = Math.ceil((shape.width - filterWidth + shape.strideWidth) / shape.strideWidth);
  const window = filterHeight * filterWidth;
  if (!name.includes('DP')) return [{ name, m: high * wide, n, k: window * channels }];
  return Array.from({ length: channels }, (_, i) => ({ name: `${name}Channel_${i}`, m: high * wide, n, k: window }));
}

function refuseForeign(name: string, shape: ConvShape): void {
  const foreign = Object.entries({
    padding: shape.padHeight !== 0 || shape.padWidth !== 0,
    groups: shape.groups !== 1,
    'a batch': shape.batch !== 1,
    'two strides': shape.strideHeight !== shape.strideWidth,
  }).find(([, used]) => used);
  if (foreign !== undefined)
    throw new Error(`layer ${name}: SCALE-Sim has no ${foreign[0]}; count it without its compatibility mode`);
}

function countOf(
  name: string,
  m: number,
  n: number,
  k: number,
  { rows, cols, dataflow }: ScaleSimArray,
): ScaleSimCount {
  const [alongRows, alongCols, time] = { os: [m, n, k], ws: [k, n, m], is: [k, m, n] }[dataflow];
  const rowFolds = Math.ceil(alongRows / rows);
  const colFolds = Math.ceil(alongCols / cols);
  const folds = rowFolds * colFolds;
  const perFold = time + (dataflow === 'os' ? 1 : 2) * rows + cols - 2;
  const total = folds * perFold - 1;
  // Its busy share takes the columns once more than a stationary fold has cycles.
  const busy = dataflow === 'os' ? perFold : perFold + cols - 1;
  const used = usedPes(alongRows, alongCols, rows, cols);
  return {
    name,
    totalCycles: total,
    overallUtil: (m * n * k * 100) / (total * rows * cols),
    mappingEfficiency: averageOf(used.map((pes) => pes / (rows * cols))) * 100,
    computeUtil: averageOf(used.map((pes) => (pes * time) / (rows * cols * busy))) * 100,
    sramIfmapReads: m * k * (dataflow === 'is' ? 1 : colFolds),
    sramFilterReads: n * k * (dataflow === 'ws' ? 1 : dataflow === 'os' ? rowFolds : colFolds),
    sramOfmapWrites: dataflow === 'os' ? m * n + folds * (rows + cols) : m * n * rowFolds,
  };
}

/** PEs in use in each fold, columns slowest. */
function usedPes(alongRows: number, alongCols: number, rows: number, cols: number): number[] {
  const used: number[] = [];
  for (let col = 0; col < alongCols; col += cols)
    for (let row = 0; row < alongRows; row += rows)
      used.push(Math.min(rows, alongRows - row) * Math.min(cols, alongCols - col));
  return used;
}

/** In the order of the folds, so that the last bits are SCALE-Sim's too (under Python before 3.12). */
function averageOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
