import { codeArray } from '../datapaths/kernel/index.js';
import { orderTable } from './codes.js';
import { exp } from './elementary.js';
import type { BatchNormLayer, Layer, PoolLayer } from './network.js';
import { shapeAfter } from './onnx/shapes.js';
import { codeTensor, zeroCode } from './quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, sizeOf, type Tensor } from './tensor.js';

/** The layers beside the MAC array. Those that only move or compare elements run on codes as they are. */

/** The elements under a window: for every output element in order, `visit` gets each input element's place. */
export function overWindows(
  layer: PoolLayer,
  shape: readonly number[],
  visit: (at: number, from: number) => void,
): void {
  const [, height, width] = shape.slice(1);
  const [, p, q] = shapeAfter(layer, shape.slice(1));
  const { kernel, stride, pad } = layer;
  let at = 0;
  for (let plane = 0; plane < shape[0] * shape[1]; plane++)
    for (let y = 0; y < p; y++)
      for (let x = 0; x < q; x++, at++)
        for (let i = 0; i < kernel[0]; i++)
          for (let j = 0; j < kernel[1]; j++) {
            const row = y * stride[0] + i - pad[0];
            const col = x * stride[1] + j - pad[1];
            if (row >= 0 && row < height && col >= 0 && col < width) visit(at, (plane * height + row) * width + col);
          }
}

/** Places of the largest elements, the first of equals; padding never wins. `rank` orders what lies at two places. */
export function maxPlaces(
  layer: PoolLayer,
  shape: readonly number[],
  above: (a: number, b: number) => boolean,
): Int32Array {
  const places = new Int32Array(sizeOf([shape[0], ...shapeAfter(layer, shape.slice(1))])).fill(-1);
  overWindows(layer, shape, (at, from) => {
    if (places[at] < 0 || above(from, places[at])) places[at] = from;
  });
  return places;
}

/** @throws Error where a window covers padding alone */
export function maxPool(layer: PoolLayer, x: Tensor): Tensor {
  const shape = [x.shape[0], ...shapeAfter(layer, x.shape.slice(1))];
  const { data } = x;
  const ranks = x.kind === 'codes' ? orderTable(x.quantization.fit.format) : undefined;
  const above =
    ranks === undefined
      ? (a: number, b: number) => data[a] > data[b] || data[a] !== data[a]
      : (a: number, b: number) => ranks[data[a]] > ranks[data[b]];
  const places = maxPlaces(layer, x.shape, above);
  if (places.includes(-1)) throw new Error(`layer ${layer.name}: a window of maxPool lies in the padding alone`);
  if (x.kind === 'float')
    return floatTensor(
      shape,
      Float32Array.from(places, (from) => x.data[from]),
    );
  const codes = codeArray(x.quantization.fit.format, places.length);
  for (let i = 0; i < places.length; i++) codes[i] = x.data[places[i]];
  return codeTensor(shape, codes, x.quantization);
}

/** Mean over the elements that lie in the image (ONNX's count_include_pad = 0), in float32. */
export function averagePool(layer: PoolLayer, x: FloatTensor): FloatTensor {
  const output = floatTensor([x.shape[0], ...shapeAfter(layer, x.shape.slice(1))]);
  const counts = new Uint32Array(output.data.length);
  overWindows(layer, x.shape, (at, from) => {
    output.data[at] += x.data[from];
    counts[at]++;
  });
  for (let i = 0; i < counts.length; i++) output.data[i] /= counts[i];
  return output;
}

/** max(x, 0); codes below the one that stands for zero become that one. */
export function relu(x: Tensor): Tensor {
  if (x.kind === 'float')
    return floatTensor(
      x.shape,
      x.data.map((value) => (value < 0 ? 0 : value)),
    );
  const ranks = orderTable(x.quantization.fit.format);
  const zero = zeroCode(x.quantization);
  return { ...x, data: x.data.map((code) => (ranks[code] < ranks[zero] ? zero : code)) as CodeTensor['data'] };
}

/** Numbers along channels: shape [n, c, ...]. */
export function batchNorm(layer: BatchNormLayer, x: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  const run = sizeOf(x.shape.slice(2));
  const channels = x.shape[1];
  for (let i = 0; i < x.data.length; i++) {
    const c = Math.floor(i / run) % channels;
    output.data[i] = Math.fround(x.data[i] * layer.scale[c]) + layer.shift[c];
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

export function sign(x: FloatTensor): FloatTensor {
  return floatTensor(
    x.shape,
    x.data.map((value) => (value >= 0 ? 1 : -1)),
  );
}

export function add(x: FloatTensor, y: FloatTensor): FloatTensor {
  return floatTensor(
    x.shape,
    x.data.map((value, i) => value + y.data[i]),
  );
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
