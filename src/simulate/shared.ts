import { isMacLayer, type Layer, type Network } from '../networks/network.js';
import type { Operand } from '../networks/tensor.js';

/** The same network with its weights in memory that threads share, so that each gets the network without a copy of them. */
export function sharedNetwork(network: Network): Network {
  return { ...network, layers: network.layers.map(sharedLayer) };
}

function sharedLayer(layer: Layer): Layer {
  return isMacLayer(layer) ? { ...layer, weight: sharedOperand(layer.weight) } : layer;
}

function sharedOperand(operand: Operand): Operand {
  return operand.kind === 'float'
    ? { ...operand, data: shared(operand.data) }
    : { ...operand, data: shared(operand.data) };
}

function shared<T extends Operand['data']>(data: T): T {
  if (data.buffer instanceof SharedArrayBuffer) return data;
  const make = data.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new make(new SharedArrayBuffer(data.byteLength));
  copy.set(data);
  return copy;
}
