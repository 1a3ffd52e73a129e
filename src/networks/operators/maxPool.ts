import { codeArray } from '../../datapaths/kernel/index.js';
import { orderTable } from '../codes.js';
import type { MaxPoolLayer } from '../network.js';
import { largestUnder } from '../pool.js';
import { pooledShape, type Sliding, slidingOf } from '../products/windows.js';
import { codeTensor } from '../quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, sizeOf, type Operand } from '../tensor.js';
import type { Operator } from './operator.js';

/** The largest element under each window; NaN is largest. Of codes, the largest value by the order of the format. */
export const maxPool: Operator<MaxPoolLayer> = {
  reads: 1,
  facts: (layer, [{ shape, quantization }]) => [{ shape: pooledShape(layer, shape), quantization }],
  reals: (layer, [x]) => [largestReals(layer, x)],
  codes: (layer, [x]) => [largestOf(layer, x)],
  operations: (layer, [{ shape }]) => sizeOf(pooledShape(layer, shape)) * sizeOf(layer.kernel),
  homogeneous: true,
  chooses: true,
};

export function largestOf(layer: MaxPoolLayer, x: Operand): Operand {
  return x.kind === 'float' ? largestReals(layer, x) : largestCodes(layer, x);
}

function largestReals(layer: MaxPoolLayer, x: FloatTensor): FloatTensor {
  const windows = filledWindows(layer, x.shape);
  return floatTensor(windows.shape, largestUnder(windows, x.data));
}

function largestCodes(layer: MaxPoolLayer, { shape, quantization, data }: CodeTensor): CodeTensor {
  const windows = filledWindows(layer, shape);
  const ranks = orderTable(quantization.fit.format);
  const most = largestUnder(windows, pick(ranks, data, new Float32Array(data.length)));
  const codes = codeArray(quantization.fit.format, most.length);
  return codeTensor(windows.shape, pick(codesByRank(ranks), most, codes), quantization);
}

function codesByRank(ranks: Int32Array): Int32Array {
  const codes = new Int32Array(ranks.length);
  for (let code = 0; code < ranks.length; code++) codes[ranks[code]] = code;
  return codes;
}

/** out[i] = from[places[i]]. */
export function pick<T extends CodeTensor['data'] | Float32Array>(
  from: Float32Array | Int32Array,
  places: CodeTensor['data'] | Int32Array | Float32Array,
  out: T,
): T {
  for (let i = 0; i < places.length; i++) out[i] = from[places[i]];
  return out;
}

/**
 * For every output of a max pool, the place of the largest element under its window, the first of equals; NaN is largest.
 * @throws Error where a window covers padding alone
 */
export function maxPlaces(layer: MaxPoolLayer, x: Float32Array, shape: readonly number[]): Int32Array {
  const { planes, size, outputs, taps, places } = filledWindows(layer, shape);
  const found = new Int32Array(planes * outputs);
  for (let plane = 0, at = 0; plane < planes; plane++)
    for (let o = 0; o < outputs; o++, at++) {
      let best = plane * size + places[o * taps];
      for (let t = o * taps + 1; t < (o + 1) * taps; t++) {
        const from = plane * size + places[t];
        // A comparison with a NaN is false, so this takes one and then keeps it.
        if (x[best] === x[best] && !(x[from] <= x[best])) best = from;
      }
      found[at] = best;
    }
  return found;
}

/** The windows of a max pool: another place of the window stands for those in the padding, which changes no maximum. */
function filledWindows(layer: MaxPoolLayer, shape: readonly number[]): Sliding {
  const sliding = slidingOf(layer, shape);
  const { places, taps } = sliding;
  for (let first = 0; first < places.length; first += taps) {
    const window = places.subarray(first, first + taps);
    const inside = window.find((place) => place >= 0);
    if (inside === undefined) throw new Error(`layer ${layer.name}: a window of maxPool lies in the padding alone`);
    for (let t = 0; t < taps; t++) if (window[t] < 0) window[t] = inside;
  }
  return sliding;
}
