import { factsOf, inputsOf, ofBatch } from './facts.js';
import type { Network, Op } from './network.js';
import { operatorOf } from './operators/index.js';
import type { ArrayProducts } from './products/product.js';

/** The matrix products of a layer: what the array has to do, without running it. */
export interface LoweredJob extends ArrayProducts {
  layer: string;
  op: Op;
}

/**
 * The products, layer by layer; operators without any run beside the array.
 * @param batch so many images at once, where the network's batch is free
 */
export function lower(network: Network, batch?: number): LoweredJob[] {
  const facts = factsOf(batch === undefined ? network : ofBatch(network, batch));
  return network.layers.flatMap((layer) => {
    const products = operatorOf(layer).products?.(layer, inputsOf(layer, facts));
    return products === undefined ? [] : [{ layer: layer.name, op: layer.op, ...products }];
  });
}

/** Multiply-accumulates of one image; of two branches those of the one that has more. */
export function macsOf(network: Network): number {
  const macs = ({ m, n, k, groups }: LoweredJob) => m * n * k * groups;
  return heaviest(network, lower(network), macs).reduce((total, job) => total + macs(job), 0);
}

/**
 * What an image costs at most: what always runs, and of two branches the heavier one.
 * @param works products, or what is known of them, by the names of their layers
 */
export function heaviest<T extends { layer: string }>(
  network: Network,
  works: readonly T[],
  weigh: (work: T) => number,
): readonly T[] {
  const conditions = new Map(network.layers.map(({ name, when = [] }) => [name, when]));
  const within = (some: readonly T[], depth: number): readonly T[] => {
    const at = ({ layer }: T) => conditions.get(layer)?.[depth];
    const tensors = new Set(some.flatMap((work) => at(work)?.tensor ?? []));
    const branches = [...tensors].flatMap((tensor) => {
      const [yes, no] = [true, false].map((is) => {
        const branch = some.filter((work) => at(work)?.tensor === tensor && at(work)?.is === is);
        return within(branch, depth + 1);
      });
      const weight = (branch: readonly T[]) => branch.reduce((sum, work) => sum + weigh(work), 0);
      return weight(no) > weight(yes) ? no : yes;
    });
    const counted = new Set([...some.filter((work) => at(work) === undefined), ...branches]);
    return some.filter((work) => counted.has(work));
  };
  return within(works, 0);
}

/** Elementary operations of one image beside the array, by layer; a product's own are `macsOf`. */
export function operationsOf(network: Network): Map<string, number> {
  const facts = factsOf(network);
  const counted = network.layers.flatMap((layer): [string, number][] => {
    const [operator, inputs] = [operatorOf(layer), inputsOf(layer, facts)];
    if (operator.products?.(layer, inputs) !== undefined) return [];
    // How long the tensors of such a layer are, the data of an image say.
    const isOpen = inputs.some(({ open }) => open !== undefined);
    return [[layer.name, isOpen ? 0 : (operator.operations?.(layer, inputs) ?? 0)]];
  });
  return new Map(counted);
}
