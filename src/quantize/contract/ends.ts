import { encodeAll, orderTable } from '../../networks/codes.js';
import { keepsCodes } from '../../networks/facts.js';
import { formatNamed } from '../../formats/catalog.js';
import { saturating } from '../../networks/build/builder.js';
import { isMacLayer, type Layer, type Network } from '../../networks/network.js';
import { perTensor } from '../../networks/quantization.js';
import { oneZeroPoint, type Quantization } from '../../networks/tensor.js';
import type { ProductFactor, CodeProduct } from './factors.js';

/** Where codes go from layer to layer: which layers they pass through as they are, and where they end. */

const ANY = perTensor(saturating(formatNamed('int8')), 1);

/** Lower and upper bound of what a layer lets through as it is, 0 and Infinity of a relu; undefined where it is no such layer. */
export function boundsOf(layer: Layer): readonly [low: number, high: number] | undefined {
  if (layer.op === 'relu') return [0, Infinity];
  if (layer.op !== 'general' || layer.function !== 'Clip' || layer.operands[0] !== 0) return undefined;
  const [low, high] = [1, 2].map((place) => layer.operands[place]);
  if (typeof low === 'number' || typeof high === 'number') return undefined;
  return [low?.data[0] ?? -Infinity, high?.data[0] ?? Infinity];
}

/** Whether codes end where bounds do, so that their saturation has bounded them; of each bound. */
export function saturatesAt(
  q: Quantization,
  bounds: readonly [low: number, high: number],
): readonly [boolean, boolean] {
  const order = orderTable(q.fit.format);
  const scaled = Float32Array.from(bounds, (bound) => bound / q.scale[0]);
  const ranks = Array.from(encodeAll(scaled, q.fit, oneZeroPoint(q)), (code) => order[code]);
  const highest = order.reduce((most, rank) => Math.max(most, rank), 0);
  return [ranks[0] === 0, ranks[1] === highest];
}

/** The tensor that codes of `name` become by layers that alone read them and keep them or bound them. */
export function endOf(network: Network, name: string): string {
  let end = name;
  for (;;) {
    const readers = network.layers.filter(({ inputs }) => inputs.includes(end));
    const [only] = readers;
    if (network.outputs.includes(end) || readers.length !== 1) return end;
    if (boundsOf(only) === undefined && !keepsCodes(only, ANY)) return end;
    [end] = only.outputs;
  }
}

/** Tensors in which codes of a product end that no product reads, with the layer whose scheme they get. */
export function heldTensors(
  network: Network,
  products: ReadonlyMap<CodeProduct, readonly ProductFactor[]>,
): Map<string, string> {
  const read = new Set([...products.values()].flatMap((factors) => factors.map(({ tensor }) => tensor)));
  const ends = network.layers
    .filter(isMacLayer)
    .map(({ name }): [string, string] => [endOf(network, name), name])
    .filter(([end]) => !read.has(end));
  return new Map(ends);
}
