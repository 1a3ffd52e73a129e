import { orderOf } from '../arrays/dataflow.js';
import type { Datapath } from '../datapaths/datapath.js';
import { type CodeArray, type Gemm, outputFormatOf, type SumArray, sumValues } from '../datapaths/kernel/index.js';
import type { Order } from '../datapaths/order.js';
import { didYouMean } from '../text/nearest.js';
import type { Format } from '../formats/format.js';
import { executeAll } from '../networks/execute.js';
import { inputOf } from '../networks/facts.js';
import { type LoweredJob, lower } from '../networks/lower.js';
import {
  type Arithmetic,
  type ConvLayer,
  type DenseLayer,
  type GeneralLayer,
  isMacLayer,
  type MatmulJob,
  type Network,
} from '../networks/network.js';
import type { FloatTensor, Tensor } from '../networks/tensor.js';
import type { Target } from '../targets/target.js';
import { targetArithmetic, unitsOf } from './arithmetic.js';
import { whyBeside } from './placement.js';

/** One layer's product on a target, all groups of it: what hardware for it has to give, bit for bit. */
export interface GoldenProduct {
  /** A function where both of its factors may be computed. */
  layer: ConvLayer | DenseLayer | GeneralLayer;
  job: LoweredJob;
  unit: Datapath;
  /** The order of the additions that the array gives the unit. */
  order: Order;
  sumFormat: Format;
  /** Codes, [groups, m, k] and [groups, k, n]. */
  a: CodeArray;
  b: CodeArray;
  /** Codes, [groups, m, n]; zero points are not yet taken off. */
  sums: SumArray;
}

/** Everything that one image makes of a network on a target. */
export interface GoldenRun {
  /** Every tensor by name, the input's among them. */
  tensors: ReadonlyMap<string, Tensor>;
  products: ReadonlyMap<string, GoldenProduct>;
  /** Why other layers with products have none here, by the layer's name. */
  beside: ReadonlyMap<string, string>;
}

/** What one group of a layer gave. */
interface Part {
  gemm: Gemm;
  a: CodeArray;
  b: CodeArray;
  sums: SumArray;
}

/**
 * Products that the target has no unit for run beside the array, as in any run.
 * @param image for the network's one input, or all that it reads, by name
 * @throws RangeError naming the first layer, where no product runs on the array
 */
export function goldenRun(
  network: Network,
  target: Target,
  image: FloatTensor | ReadonlyMap<string, Tensor>,
): GoldenRun {
  const units = unitsOf(target);
  const parts = new Map<string, Part[]>();
  const beside = new Map<string, string>();
  const inputs = 'kind' in image ? new Map<string, Tensor>([[inputOf(network).name, image]]) : image;
  const tensors = new Map(inputs);
  const usual = targetArithmetic(units);
  const arithmetic: Arithmetic = {
    ...usual,
    whole: true,
    values(a, b, job) {
      beside.set(job.layer, whyReal(job));
      return usual.values(a, b, job);
    },
    // Whoever asks wants the patches that the array reads.
    windows: undefined,
    codes(a: CodeArray, b: CodeArray, job: MatmulJob) {
      if (!units.has(job)) {
        beside.set(job.layer, whyBeside(target, unitJobOf(job)) ?? '');
        return usual.codes(a, b, job);
      }
      const gemm = units.gemmFor(job);
      const { layer, m, n, k } = job;
      const sums = gemm.sums({ m, n, k, a, b });
      parts.set(layer, [...(parts.get(layer) ?? []), { gemm, a, b, sums }]);
      return sumValues(outputFormatOf(gemm.datapath, gemm.order), sums);
    },
  };
  executeAll(network, inputs, arithmetic, (name, output) => tensors.set(name, output));
  const jobs = new Map(lower(network).map((job) => [job.layer, job]));
  const products = network.layers.flatMap((layer): [string, GoldenProduct][] => {
    const [job, own] = [jobs.get(layer.name), parts.get(layer.name)];
    if (job === undefined || own === undefined || !(isMacLayer(layer) || layer.op === 'general')) return [];
    return [[layer.name, productOf(layer, job, own, target)]];
  });
  const [first] = beside.values();
  if (products.length === 0 && first !== undefined) throw new RangeError(first);
  return { tensors, products: new Map(products), beside };
}

function unitJobOf({ layer, a, b }: MatmulJob) {
  return { layer, aFormat: a?.fit.format, bFormat: b?.fit.format };
}

function productOf(
  layer: GoldenProduct['layer'],
  job: LoweredJob,
  groups: readonly Part[],
  { array }: Target,
): GoldenProduct {
  const [{ gemm }] = groups;
  const order = orderOf(array, gemm.datapath);
  return {
    layer,
    job,
    unit: gemm.datapath,
    order,
    sumFormat: outputFormatOf(gemm.datapath, order),
    a: joined(groups.map(({ a }) => a)),
    b: joined(groups.map(({ b }) => b)),
    sums: joined(groups.map(({ sums }) => sums)),
  };
}

function joined<T extends CodeArray | SumArray>(parts: readonly T[]): T {
  if (parts.length === 1) return parts[0];
  const make = parts[0].constructor as new (length: number) => T;
  const all = new make(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    (all as Uint32Array).set(part as Uint32Array, at);
    at += part.length;
  }
  return all;
}

/**
 * @param layer its name, or its node's in the file
 * @throws RangeError when the network has no such layer on the array, naming those there are
 */
export function productNamed(run: GoldenRun, network: Network, layer: string): GoldenProduct {
  const named = network.layers.find(({ name, node }) => name === layer || node === layer)?.name ?? layer;
  const found = run.products.get(named);
  if (found !== undefined) return found;
  const reason = run.beside.get(named);
  if (reason !== undefined) throw new RangeError(reason);
  const nodes = new Map(network.layers.map(({ name, node = name }) => [name, node]));
  const names = [...run.products.keys()].map((name) => nodes.get(name) ?? name);
  throw new RangeError(
    `network ${network.name} has no layer ${layer} that runs on the array; there are ${names.join(', ')}${didYouMean(layer, names)}`,
  );
}

/** Float layers, and those that put their operands in blocks on the way, have no codes to be stored. */
function whyReal({ layer, blocks }: MatmulJob): string {
  return `layer ${layer} multiplies ${blocks === undefined ? 'real numbers' : 'blocks with scales of their own'}; traces and golden vectors are of layers that multiply codes`;
}
