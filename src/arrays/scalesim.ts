import type { DataflowName } from './dataflow.js';
import { addedAgain } from './series.js';
import { exactCount } from './tiling.js';
import type { ConvShape, GemmShape, TopologyLayer } from './topology.js';

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

/**
 * @throws Error naming the layer where it uses what SCALE-Sim does not have
 * @throws RangeError naming the layer and the count that is beyond 2^53 - 1
 */
export function scaleSimCounts(layers: readonly TopologyLayer[], array: ScaleSimArray): ScaleSimCount[] {
  return layers.flatMap((layer) => expand(layer)).map(({ name, m, n, k }) => countOf(name, m, n, k, array));
}

/** More channels than any layer has, each of which is a row of the report. */
const MOST_CHANNELS = 2 ** 20;

interface Gemm {
  name: string;
  m: number;
  n: number;
  k: number;
}

function expand({ name, shape }: TopologyLayer): Gemm[] {
  refuseForeign(name, shape);
  if (shape.kind === 'gemm') return [{ name, m: shape.m, n: shape.n, k: shape.k }];
  const { filterHeight, filterWidth, channels, filters: n } = shape;
  const high = Math.ceil((shape.height - filterHeight + shape.strideHeight) / shape.strideHeight);
  const wide = Math.ceil((shape.width - filterWidth + shape.strideWidth) / shape.strideWidth);
  const window = filterHeight * filterWidth;
  if (!name.includes('DP')) return [{ name, m: high * wide, n, k: window * channels }];
  if (channels > MOST_CHANNELS)
    throw new RangeError(
      `layer ${name}: SCALE-Sim reports each channel of a layer with "DP" in its name, and ${channels} are more than ${MOST_CHANNELS}`,
    );
  return Array.from({ length: channels }, (_, i) => ({ name: `${name}Channel_${i}`, m: high * wide, n, k: window }));
}

function refuseForeign(name: string, shape: ConvShape | GemmShape): void {
  const foreign = Object.entries({
    batch: (shape.batch ?? 1) !== 1,
    ...(shape.kind === 'conv' && {
      padding: shape.padHeight !== 0 || shape.padWidth !== 0,
      groups: shape.groups !== 1,
      'two strides': shape.strideHeight !== shape.strideWidth,
    }),
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
  const pes = rows * cols;
  /** In the order of the folds, columns slowest, so that the last bits are SCALE-Sim's too (under Python before 3.12). */
  const averageOf = (value: (used: number) => number) => foldSum({ alongRows, alongCols, rows, cols }, value) / folds;
  const count: ScaleSimCount = {
    name,
    totalCycles: total,
    overallUtil: (m * n * k * 100) / (total * rows * cols),
    mappingEfficiency: averageOf((used) => used / pes) * 100,
    computeUtil: averageOf((used) => (used * time) / (pes * busy)) * 100,
    sramIfmapReads: m * k * (dataflow === 'is' ? 1 : colFolds),
    sramFilterReads: n * k * (dataflow === 'ws' ? 1 : dataflow === 'os' ? rowFolds : colFolds),
    sramOfmapWrites: dataflow === 'os' ? m * n + folds * (rows + cols) : m * n * rowFolds,
  };
  for (const what of ['totalCycles', 'sramIfmapReads', 'sramFilterReads', 'sramOfmapWrites'] as const)
    exactCount(name, what, count[what]);
  exactCount(name, 'macs', m * n * k);
  return count;
}

/** The sum of a value of each fold, that of its PEs in use, added one after the other in float64. */
function foldSum(
  { alongRows, alongCols, rows, cols }: Record<'alongRows' | 'alongCols' | 'rows' | 'cols', number>,
  value: (used: number) => number,
): number {
  const edge = (along: number, size: number) => along % size || Math.min(size, along);
  const down = (total: number, width: number) => {
    const whole = addedAgain(total, Math.ceil(alongRows / rows) - 1, (sum) => sum + value(rows * width));
    return whole + value(edge(alongRows, rows) * width);
  };
  const whole = addedAgain(0, Math.ceil(alongCols / cols) - 1, (sum) => down(sum, cols));
  return down(whole, edge(alongCols, cols));
}
