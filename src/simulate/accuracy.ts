import type { Format } from '../formats/format.js';
import type { CodeArray, Gemm } from '../datapaths/kernel/index.js';
import { execute } from '../networks/execute.js';
import { lower } from '../networks/lower.js';
import type { Arithmetic, MatmulJob, Network } from '../networks/network.js';
import type { FloatTensor } from '../networks/tensor.js';
import { classesOf, type Dataset, imagesOf } from '../training/data/dataset.js';
import { checkFits } from '../training/data/fits.js';
import type { Target } from '../targets/target.js';
import { goldenArithmetic, type LayerSums, targetArithmetic, unitsOf } from './arithmetic.js';
import type { BlockOperands } from './blockOperands.js';
import { ErrorMeter, type ErrorReport } from './errors.js';
import { powerAbove } from './magnitude.js';
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

/** Outputs [images, classes] of one network on one target, and of the same network with exact sums. */
export interface Accuracy {
  images: number;
  outputs: Float32Array;
  exactOutputs: Float32Array;
  /** Share of images whose largest output is the label's, 0..1. */
  accuracy: number;
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

  constructor(sums: LayerSums, route: string) {
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
  data: Dataset,
  progress?: (images: number) => void,
): Accuracy {
  checkFits(network, data);
  const units = unitsOf(target);
  const meters = new Map<string, LayerMeter>();
  const outputs: Float32Array[] = [];
  const exactOutputs: Float32Array[] = [];
  let right = 0;
  const batch = batchOf(network);
  for (let first = 0; first < data.count; first += batch) {
    const images = imagesOf(data, first, batch);
    const golden: Golden[] = [];
    const exactOutput = outputOf(
      network,
      images,
      goldenArithmetic(units, (sums) => golden.push(compareSingle(meters, sums, routeOf(units.gemmFor(sums.job))))),
    );
    const output = entirePass(network, images, units, golden, meters) ?? exactOutput;
    exactOutputs.push(exactOutput.data);
    outputs.push(output.data);
    classesOf(output).forEach((found, i) => {
      if (found === data.labels[first + i]) right++;
    });
    progress?.(Math.min(first + batch, data.count));
  }
  return {
    images: data.count,
    outputs: joined(outputs),
    exactOutputs: joined(exactOutputs),
    accuracy: right / data.count,
    layers: [...meters].map(([layer, meter]) => reportOf(layer, meter)),
  };
}

/** A multiple of four, which kernels take rows by, where there are that many. */
function batchOf(network: Network): number {
  const largest = Math.max(...lower(network).map(({ m, n, groups }) => m * n * groups));
  const fitting = Math.max(1, Math.floor(SUMS / largest));
  return fitting < 4 ? fitting : fitting - (fitting % 4);
}

function routeOf({ route, why }: Gemm): string {
  return `${route}: ${why}`;
}

function compareSingle(meters: Map<string, LayerMeter>, sums: LayerSums, route: string): Golden {
  const { job, a, b, exact } = sums;
  let meter = meters.get(job.layer);
  if (meter === undefined) meters.set(job.layer, (meter = new LayerMeter(sums, route)));
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
  images: FloatTensor,
  units: ReturnType<typeof unitsOf>,
  golden: readonly Golden[],
  meters: ReadonlyMap<string, LayerMeter>,
): FloatTensor | undefined {
  let next = 0;
  const meet = (job: MatmulJob, sums: Float64Array) => {
    const meter = meters.get(job.layer) as LayerMeter;
    meter.entire.add(golden[next++].exact, sums, job.n, meter.rows);
    meter.rows += job.m;
  };
  if (golden.every(({ differs }) => !differs)) {
    for (const { job, sums } of golden) meet(job, sums);
    return undefined;
  }
  const recall = ({ a, b }: BlockOperands) =>
    b === golden[next].b && sameCodes(a, golden[next].a) ? golden[next].sums : undefined;
  return outputOf(network, images, targetArithmetic(units, { recall, watch: meet }));
}

/** Up to the first layer whose sums differ from exact ones, a layer reads what it has read before. */
function sameCodes(x: CodeArray, y: CodeArray): boolean {
  const [own, other] = [x, y].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return Buffer.compare(own, other) === 0;
}

function outputOf(network: Network, images: FloatTensor, arithmetic: Arithmetic): FloatTensor {
  const output = execute(network, images, arithmetic);
  if (output.kind !== 'float') throw new RangeError(`network ${network.name} ends in codes: add a dequantize layer`);
  return output;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function reportOf(layer: string, meter: LayerMeter): LayerErrors {
  const { unit, route, swamped, overflowed, worst } = meter;
  const sufficient = sufficientFor(meter.format, meter.magnitude / 2);
  const errors = { single: meter.single.report(), entire: meter.entire.report() };
  const counts = { swamped, overflowed, sufficient };
  return { layer, unit, route, ...errors, ...counts, ...(worst && { worst }) };
}
