import { planeSum, windowSum } from '../functions/runtimeSums.js';
import type { AveragePoolLayer } from '../network.js';
import { pooledShape, slidingOf } from '../products/windows.js';
import { type FloatTensor, floatTensor, sizeOf } from '../tensor.js';
import type { Operator } from './operator.js';

export const averagePool: Operator<AveragePoolLayer> = {
  reads: 1,
  facts: (layer, [{ shape }]) => [{ shape: pooledShape(layer, shape) }],
  reals: (layer, [x]) => [means(layer, x)],
  operations: (layer, [{ shape }]) => sizeOf(pooledShape(layer, shape)) * sizeOf(layer.kernel),
  homogeneous: true,
};

/** Mean over the elements that lie in the image (ONNX's count_include_pad = 0), in float32. */
export function means(layer: AveragePoolLayer, x: FloatTensor): FloatTensor {
  const { planes, size, outputs, taps, places, shape } = slidingOf(layer, x.shape);
  const output = floatTensor(shape);
  if (layer.sums !== undefined) return runtimeMeans(layer, x, output);
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

/** The same in the order of a runtime. */
function runtimeMeans(layer: AveragePoolLayer, x: FloatTensor, output: FloatTensor): FloatTensor {
  const { size, outputs, taps, places } = slidingOf(layer, x.shape);
  for (let at = 0; at < output.data.length; at++) {
    const first = (at % outputs) * taps;
    const base = Math.floor(at / outputs) * size;
    let count = 0;
    for (let t = first; t < first + taps; t++) if (places[t] >= 0) count++;
    const sum =
      layer.sums === 'plane'
        ? planeSum(x.data, base, size)
        : windowSum(x.data, base, places, first, first + taps, layer.kernel[1]);
    output.data[at] = sum / count;
  }
  return output;
}
