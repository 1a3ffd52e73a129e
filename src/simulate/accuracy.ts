import type { Format } from '../formats/format.js';
import type { CodeArray, Gemm } from '../datapaths/kernel/index.js';
import { executeAll } from '../networks/execute.js';
import { factsOf } from '../networks/facts.js';
import { lower } from '../networks/lower.js';
import type { Arithmetic, MatmulJob, Network } from '../networks/network.js';
import { dequantize } from '../networks/quantization.js';
import type { Tensor } from '../networks/tensor.js';
import type { Target } from '../targets/target.js';
import { type CountedSums, goldenArithmetic, type LayerSums, targetArithmetic, unitsOf } from './arithmetic.js';
import type { BlockOperands } from './blockOperands.js';
import { ErrorMeter, type ErrorReport } from './errors.js';
import { powerAbove } from './magnitude.js';
import type { OutputRows } from './measures.js';
import type { RunData } from './runData.js';
import { operandsOf, type Sufficient, sufficientFor, type WorstOperands } from './worst.js';

/** Sums of the largest layer that go through the network together: as many as the second-level cache holds. */
const SUMS = 2 ** 17;

/** What a layer's arithmetic did over all images. */
export interface LayerErrors {
  layer: string;
  /** Name of the datapath that ran it. */
  unit: string;
  /** The way its kernel computes, and why (for --verbose). */
  route: string;
  /** The layer fed golden input: exact sums of the layers before. */
  single: ErrorReport;
  /** The layer fed what the layers before really gave: errors accumulated through the network. */
  entire: ErrorReport;
  /** On golden input: additions of something nonzero that changed nothing, and roundings that overflowed. */
  swamped: number;
  overflowed: number;
  /** What a register must hold so that no order of additions overflows it. */
  sufficient: Sufficient;
  /** The sum with the largest error on golden input, with its operands as `eval` reads them. */
  worst?: WorstOperands;
}

/** Real outputs, and codes as reals, of one network on one target, and of the same network with exact sums. */
export interface Accuracy {
  images: number;
  outputs: readonly OutputRows[];
  exactOutputs: readonly OutputRows[];
  layers: LayerErrors[];
}

class LayerMeter {
  readonly single: ErrorMeter;
  readonly entire: ErrorMeter;
  readonly unit: string;
  readonly route: string;
  swamped = 0;
  overflowed = 0;
  rows = 0;
  /** Largest sum of magnitudes of one output's products. */
  magnitude = 0;
  worst: WorstOperands | undefined;
  readonly format: Format;

  constructor(sums: Pick<LayerSums, 'format' | 'unit'>, route: string) {
    this.format = sums.format;
    this.single = new ErrorMeter(sums.format);
    this.entire = new ErrorMeter(sums.format, this.single);
    this.unit = sums.unit.name;
    this.route = route;
  }
}

/** Sums of golden input of one batch, in the order in which the network asks for products. */
type Golden = Pick<LayerSums, 'job' | 'a' | 'b' | 'exact' | 'sums'> & { differs: boolean };

/**
 * Runs a quantized network on a target bit for bit, and beside it with exact sums.
 * @param progress called after every batch with the number of images that are done
 */
export function judgeAccuracy(
  network: Network,
  target: Target,
  data: RunData,
  progress?: (images: number) => void,
): Accuracy {
  const units = unitsOf(target);
  const isExact = lower(network).every((job) => units.exact(job));
  const meters = new Map<string, LayerMeter>();
  const outputs: OutputRows[][] = [];
  const exactOutputs: OutputRows[][] = [];
  const batch = network.batch === 'free' ? batchOf(network) : data.batch;
  for (let first = 0; first < data.count; first += batch) {
    const count = Math.min(batch, data.count - first);
    const images = data.inputs(first, count);
    const golden: Golden[] = [];
    const route = ({ job }: Pick<LayerSums, 'job'>) => routeOf(units.gemmFor(job));
    const compare = (sums: LayerSums) => {
      const compared = compareSingle(meters, sums, route(sums));
      // Where no sum can differ there is nothing to go back to.
      if (isExact) meterOf(meters, sums, '').rows += sums.job.m;
      else golden.push(compared);
    };
    const counted = (sums: CountedSums) => countSingle(meters, sums, route(sums));
    const known = (layer: string) => meters.get(layer)?.magnitude ?? 0;
    const arithmetic = goldenArithmetic(units, compare, isExact ? counted : undefined, known);
    const exactOutput = rowsOf(network, images, count, arithmetic);
    exactOutputs.push(exactOutput);
    const entire = isExact ? undefined : entirePass(network, images, count, units, golden, meters);
    outputs.push(entire ?? exactOutput);
    progress?.(first + count);
  }
  return {
    images: data.count,
    outputs: joinedRows(outputs),
    exactOutputs: joinedRows(exactOutputs),
    layers: [...meters].map(([layer, meter]) => reportOf(layer, meter)),
  };
}

/** A multiple of four, which kernels take rows by, where there are that many. */
function batchOf(network: Network): number {
  const largest = Math.max(1, ...lower(network).map(({ m, n, groups }) => m * n * groups));
  const fitting = Math.max(1, Math.floor(SUMS / largest));
  return fitting < 4 ? fitting : fitting - (fitting % 4);
}

function routeOf({ route, why }: Gemm): string {
  return `${route}: ${why}`;
}

function meterOf(meters: Map<string, LayerMeter>, sums: CountedSums | LayerSums, route: string): LayerMeter {
  let meter = meters.get(sums.job.layer);
  if (meter === undefined) meters.set(sums.job.layer, (meter = new LayerMeter(sums, route)));
  return meter;
}

function countSingle(meters: Map<string, LayerMeter>, sums: CountedSums, route: string): void {
  const meter = meterOf(meters, sums, route);
  const { m, n } = sums.job;
  meter.single.count(m * n, sums.largest);
  meter.magnitude = powerAbove(sums, meter.magnitude);
  meter.rows += m;
}

function compareSingle(meters: Map<string, LayerMeter>, sums: LayerSums, route: string): Golden {
  const { job, a, b, exact } = sums;
  const meter = meterOf(meters, sums, route);
  const before = meter.single.differing;
  const worst = meter.single.add(exact, sums.sums, job.n, meter.rows);
  if (worst !== undefined) meter.worst = operandsOf(sums, worst, meter.rows);
  meter.magnitude = powerAbove(sums, meter.magnitude);
  meter.swamped += sums.swamped;
  meter.overflowed += sums.overflowed;
  return { job, a, b, exact, sums: sums.sums, differs: meter.single.differing > before };
}

/**
 * The pass with the target's own sums. When no layer's sums differ from the exact ones on golden input, every layer's
 * input is golden, and there is nothing to run again: undefined.
 */
function entirePass(
  network: Network,
  images: ReadonlyMap<string, Tensor>,
  count: number,
  units: ReturnType<typeof unitsOf>,
  golden: readonly Golden[],
  meters: ReadonlyMap<string, LayerMeter>,
): OutputRows[] | undefined {
  let next = 0;
  const meet = (job: MatmulJob, sums: Float64Array) => {
    // Where errors have turned a condition, another branch runs, which has nothing to be compared with.
    const at = golden.findIndex((own, i) => i >= next && own.job.layer === job.layer);
    if (at < 0) return;
    next = at + 1;
    const meter = meters.get(job.layer) as LayerMeter;
    meter.entire.add(golden[at].exact, sums, job.n, meter.rows);
    meter.rows += job.m;
  };
  if (golden.every(({ differs }) => !differs)) {
    for (const { job, sums } of golden) meet(job, sums);
    return undefined;
  }
  const recall = ({ a, b }: BlockOperands) => {
    const known = golden.at(next);
    return known !== undefined && b === known.b && sameCodes(a, known.a) ? known.sums : undefined;
  };
  return rowsOf(network, images, count, targetArithmetic(units, { recall, watch: meet }));
}

/** Up to the first layer whose sums differ from exact ones, a layer reads what it has read before. */
function sameCodes(x: CodeArray, y: CodeArray): boolean {
  const [own, other] = [x, y].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return Buffer.compare(own, other) === 0;
}

/** What a network gives for so many images, a row each; integers, which have no error, are left out. */
export function rowsOf(
  network: Network,
  images: ReadonlyMap<string, Tensor>,
  count: number,
  arithmetic: Arithmetic,
): OutputRows[] {
  const open = openOutputsOf(network);
  return [...executeAll(network, images, arithmetic)]
    .filter(([, tensor]) => tensor.kind !== 'integers')
    .map(([name, tensor]) => {
      const { data, shape } = dequantize(tensor);
      if (open.has(name)) return { name, rows: 1, width: data.length, data, shapes: [shape.join('x')] };
      // Where the first axis is no batch, all of it belongs to the images together.
      const rows = data.length % count === 0 ? count : 1;
      return { name, rows, width: data.length / rows, data };
    });
}

const opened = new WeakMap<Network, ReadonlySet<string>>();

/** Outputs whose shapes the data of an image decide. */
function openOutputsOf(network: Network): ReadonlySet<string> {
  let open = opened.get(network);
  if (open === undefined) {
    const facts = factsOf(network);
    open = new Set(network.outputs.filter((name) => facts.get(name)?.open !== undefined));
    opened.set(network, open);
  }
  return open;
}

/** Rows of batches one after another. */
export function joinedRows(batches: readonly (readonly OutputRows[])[]): OutputRows[] {
  return (batches[0] ?? []).map(({ name, width, shapes }, i) => {
    const parts = batches.map((outputs) => outputs[i]);
    const data = new Float32Array(parts.reduce((length, part) => length + part.data.length, 0));
    let at = 0;
    for (const part of parts) {
      data.set(part.data, at);
      at += part.data.length;
    }
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return { name, rows, width, data, ...(shapes && { shapes: parts.flatMap((part) => part.shapes ?? []) }) };
  });
}

function reportOf(layer: string, meter: LayerMeter): LayerErrors {
  const { unit, route, swamped, overflowed, worst } = meter;
  const sufficient = sufficientFor(meter.format, meter.magnitude / 2);
  const errors = { single: meter.single.report(), entire: meter.entire.report() };
  const counts = { swamped, overflowed, sufficient };
  return { layer, unit, route, ...errors, ...counts, ...(worst && { worst }) };
}
