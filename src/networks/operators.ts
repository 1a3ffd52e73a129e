import { codeArray } from '../datapaths/kernel/index.js';
import { orderTable } from './codes.js';
import { exp } from './elementary.js';
import type { BatchNormLayer, Layer, PoolLayer } from './network.js';
import { shapeAfter } from './onnx/shapes.js';
import { largestUnder, type Windows } from './pool.js';
import { codeTensor, zeroCode } from './quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, sizeOf, type Tensor } from './tensor.js';

/** The layers beside the MAC array. Those that only move or compare elements run on codes as they are. */

/** What lies under each window of a plane of height x width: places [outputs, taps], -1 in the padding. */
function windowsOf(
  { kernel, stride, pad }: PoolLayer,
  [height, width]: readonly number[],
  [p, q]: readonly number[],
): Int32Array {
  const places = new Int32Array(p * q * kernel[0] * kernel[1]);
  let at = 0;
  for (let y = 0; y < p; y++)
    for (let x = 0; x < q; x++)
      for (let i = 0; i < kernel[0]; i++)
        for (let j = 0; j < kernel[1]; j++) {
          const row = y * stride[0] + i - pad[0];
          const col = x * stride[1] + j - pad[1];
          places[at++] = row >= 0 && row < height && col >= 0 && col < width ? row * width + col : -1;
        }
  return places;
}

/** The planes of a pool's input and the windows that slide over each. */
interface Sliding extends Windows {
  planes: number;
  /** Of the output, with the batch. */
  shape: readonly number[];
}

function slidingOf(layer: PoolLayer, shape: readonly number[]): Sliding {
  const after = shapeAfter(layer, shape.slice(1));
  const windows = windowsOf(layer, shape.slice(2), after.slice(1));
  const taps = layer.kernel[0] * layer.kernel[1];
  const outputs = windows.length / taps;
  return {
    planes: shape[0] * shape[1],
    size: sizeOf(shape.slice(2)),
    outputs,
    taps,
    places: windows,
    shape: [shape[0], ...after],
  };
}

/**
 * For every output of a max pool, the place of the largest element under its window, the first of equals; NaN is largest.
 * @throws Error where a window covers padding alone
 */
export function maxPlaces(layer: PoolLayer, x: Float32Array, shape: readonly number[]): Int32Array {
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
function filledWindows(layer: PoolLayer, shape: readonly number[]): Sliding {
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

/** Of codes, the largest value by the order of the format. */
export function maxPool(layer: PoolLayer, x: Tensor): Tensor {
  const windows = filledWindows(layer, x.shape);
  if (x.kind === 'float') return floatTensor(windows.shape, largestUnder(windows, x.data));
  const { quantization, data } = x;
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

/** Mean over the elements that lie in the image (ONNX's count_include_pad = 0), in float32. */
export function averagePool(layer: PoolLayer, x: FloatTensor): FloatTensor {
  const { planes, size, outputs, taps, places, shape } = slidingOf(layer, x.shape);
  const output = floatTensor(shape);
  for (let plane = 0, at = 0; plane < planes; plane++)
    for (let o = 0; o < outputs; o++, at++) {
      let [total, count] = [0, 0];
      for (let t = o * taps; t < (o + 1) * taps; t++) {
        if (places[t] < 0) continue;
        total = Math.fround(total + x.data[plane * size + places[t]]);
        count++;
      }
      output.data[at] = total / count;
    }
  return output;
}

/** max(x, 0); codes below the one that stands for zero become that one. */
export function relu(x: Tensor): Tensor {
  if (x.kind === 'float') {
    const output = floatTensor(x.shape);
    for (let i = 0; i < x.data.length; i++) output.data[i] = x.data[i] < 0 ? 0 : x.data[i];
    return output;
  }
  const ranks = orderTable(x.quantization.fit.format);
  const zero = zeroCode(x.quantization);
  return { ...x, data: x.data.map((code) => (ranks[code] < ranks[zero] ? zero : code)) as CodeTensor['data'] };
}

/** Numbers along channels: shape [n, c, ...]. */
export function batchNorm(layer: BatchNormLayer, x: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  const run = sizeOf(x.shape.slice(2));
  for (let plane = 0, i = 0; plane < x.shape[0] * x.shape[1]; plane++) {
    const c = plane % x.shape[1];
    for (let end = i + run; i < end; i++) output.data[i] = Math.fround(x.data[i] * layer.scale[c]) + layer.shift[c];
  }
  return output;
}

/** Over the last axis. */
export function softmax(x: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  const width = x.shape[x.shape.length - 1];
  for (let first = 0; first < x.data.length; first += width) {
    const row = x.data.subarray(first, first + width);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const powers = Float64Array.from(row, (value) => exp(value - most));
    const total = powers.reduce((a, b) => a + b, 0);
    output.data.set(
      powers.map((power) => power / total),
      first,
    );
  }
  return output;
}

/** 1 or -1; of a zero `ofZero`. */
export function sign(x: FloatTensor, { ofZero = 1 }: { ofZero?: number } = {}): FloatTensor {
  const output = floatTensor(x.shape);
  for (let i = 0; i < x.data.length; i++) {
    const value = x.data[i];
    output.data[i] = value > 0 ? 1 : value === 0 ? ofZero : -1;
  }
  return output;
}

export function add(x: FloatTensor, y: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  for (let i = 0; i < x.data.length; i++) output.data[i] = x.data[i] + y.data[i];
  return output;
}

export function flatten(x: Tensor): Tensor {
  return { ...x, shape: [x.shape[0], sizeOf(x.shape.slice(1))] };
}

/** @throws Error naming the layer, where it reads codes and works on real numbers only */
export function realInput(layer: Layer, x: Tensor): FloatTensor {
  if (x.kind === 'float') return x;
  throw new Error(
    `layer ${layer.name} (${layer.op}) reads codes of ${x.quantization.fit.format.name}: dequantize before it`,
  );
}
