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

/** Multiply-accumulates of one image. */
export function macsOf(network: Network): number {
  return lower(network).reduce((total, { m, n, k, groups }) => total + m * n * k * groups, 0);
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
