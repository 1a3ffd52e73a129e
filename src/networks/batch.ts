import { factsOf, inputsOf, ofBatch } from './facts.js';
import { functionNamed } from './functions/index.js';
import type { Layer, Network } from './network.js';
import { operandFacts } from './operators/general.js';
import type { TensorFacts } from './tensor.js';

/**
 * The batch is free where every tensor grows with it and no layer looks across it; then shapes say 1. A file that sets a
 * batch of several has set it.
 */
export function withBatch(network: Network): Network {
  if (network.inputs.some(({ shape }) => shape[0] !== 1)) return network;
  // Each image takes a branch of its own.
  if (network.layers.some(({ op }) => op === 'choose')) return network;
  const free: Network = { ...network, batch: 'free' };
  try {
    const [one, three] = [1, 3].map((batch) => factsOf(ofBatch(free, batch)));
    const grows = [...one].every(([name, { shape }]) => {
      const other = three.get(name)?.shape ?? [];
      return shape[0] === 1 && other[0] === 3 && shape.slice(1).join() === other.slice(1).join();
    });
    return grows && !network.layers.some((layer) => looksAcross(layer, one)) ? free : network;
  } catch {
    // A layer that cannot take another batch says so: it has set its own.
    return network;
  }
}

function looksAcross(layer: Layer, facts: ReadonlyMap<string, TensorFacts>): boolean {
  if (layer.op !== 'general') return false;
  const operands = operandFacts(layer, inputsOf(layer, facts));
  return functionNamed(layer.function).acrossBatch?.(operands, layer.attributes) === true;
}
