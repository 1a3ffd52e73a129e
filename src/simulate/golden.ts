import { orderOf } from '../arrays/dataflow.js';
import type { Datapath } from '../datapaths/datapath.js';
import { type CodeArray, type Gemm, outputFormatOf, type SumArray, sumValues } from '../datapaths/kernel/index.js';
import type { Order } from '../datapaths/order.js';
import { didYouMean } from '../text/nearest.js';
import type { Format } from '../formats/format.js';
import { execute } from '../networks/execute.js';
import { inputOf } from '../networks/facts.js';
import { type LoweredJob, lower } from '../networks/lower.js';
import {
  type Arithmetic,
  type ConvLayer,
  type DenseLayer,
  isMacLayer,
  type MatmulJob,
  type Network,
} from '../networks/network.js';
import type { FloatTensor, Tensor } from '../networks/tensor.js';
import type { Target } from '../targets/target.js';
import { targetArithmetic, unitsOf } from './arithmetic.js';

/** One layer's product on a target, all groups of it: what hardware for it has to give, bit for bit. */
export interface GoldenProduct {
  layer: ConvLayer | DenseLayer;
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
}

/** What one group of a layer gave. */
interface Part {
  gemm: Gemm;
  a: CodeArray;
  b: CodeArray;
  sums: SumArray;
}

/** @throws RangeError naming the layer where the network is not quantized or the target has no unit for it */
export function goldenRun(network: Network, target: Target, image: FloatTensor): GoldenRun {
  const units = unitsOf(target);
  const parts = new Map<string, Part[]>();
  const tensors = new Map<string, Tensor>([[inputOf(network).name, image]]);
  const arithmetic = {
    ...targetArithmetic(units),
    whole: true,
    values: refuseReals,
    // Whoever asks wants the patches that the array reads.
    windows: undefined,
    codes(a: CodeArray, b: CodeArray, job: MatmulJob) {
      const gemm = units.gemmFor(job);
      const { layer, m, n, k } = job;
      const sums = gemm.sums({ m, n, k, a, b });
      parts.set(layer, [...(parts.get(layer) ?? []), { gemm, a, b, sums }]);
      return sumValues(outputFormatOf(gemm.datapath, gemm.order), sums);
    },
  };
  execute(network, image, arithmetic, (name, output) => tensors.set(name, output));
  const jobs = new Map(lower(network).map((job) => [job.layer, job]));
  const products = network.layers.filter(isMacLayer).map((layer): [string, GoldenProduct] => {
    const { name } = layer;
    return [name, productOf(layer, jobs.get(name) as LoweredJob, parts.get(name) as Part[], target)];
  });
  return { tensors, products: new Map(products) };
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

/** @throws RangeError when the network has no such layer on the array, naming those there are */
export function productNamed(run: GoldenRun, network: Network, layer: string): GoldenProduct {
  const found = run.products.get(layer);
  if (found !== undefined) return found;
  const names = [...run.products.keys()];
  throw new RangeError(
    `network ${network.name} has no layer ${layer} that runs on the array; there are ${names.join(', ')}${didYouMean(layer, names)}`,
  );
}

/** Float layers, and those that put their operands in blocks on the way, have no codes to be stored. */
const refuseReals: Arithmetic['values'] = (_a, _b, { layer, blocks }) => {
  throw new RangeError(
    `layer ${layer} multiplies ${blocks === undefined ? 'real numbers' : 'blocks with scales of their own'}; traces and golden vectors are of layers that multiply codes`,
  );
};
