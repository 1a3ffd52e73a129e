import { type BatchNormLayer, type ConvLayer, type DenseLayer, isMacLayer } from '../network.js';
import { type Activation, type Builder, called, ownLayer, push, realFacts, realOf, replaceLayer } from './builder.js';

/** Scales and shifts of channels: in the product before them where it can take them, else a batch-norm. */

/** Adds a number to each channel: the bias of the product before, or the shift of the scale before. */
export function shifted(builder: Builder, name: string, x: Activation, shift: Float32Array): Activation {
  const layer = x.as === 'real' ? ownLayer(builder, x) : undefined;
  if (layer !== undefined && isMacLayer(layer) && layer.bias === undefined && layer.result.kind !== 'requantize')
    return replaceLayer(builder, x, { ...layer, ...called(name), bias: shift });
  if (layer?.op === 'batchNorm' && layer.shift.every((value) => value === 0))
    return replaceLayer(builder, x, { ...layer, ...called(name), shift });
  return affine(builder, name, x, new Float32Array(shift.length).fill(1), shift);
}

/** A layer of its own: x * scale + shift for each channel. */
export function affine(
  builder: Builder,
  name: string,
  x: Activation,
  scale: Float32Array,
  shift: Float32Array,
): Activation {
  const layer: BatchNormLayer = { op: 'batchNorm', ...called(name), inputs: [realOf(builder, x)], scale, shift };
  return push(builder, layer, [realFacts(x)], { column: x.column });
}

/** The same with scales and shifts in float64, put into the weights of a float product before it. */
export function normalized(
  builder: Builder,
  name: string,
  x: Activation,
  scales: Float64Array,
  shifts: Float64Array,
): Activation {
  const layer = x.as === 'real' ? ownLayer(builder, x) : undefined;
  if (layer !== undefined && isMacLayer(layer) && layer.result.kind === 'float' && layer.weight.kind === 'float')
    return replaceLayer(builder, x, { ...scaledProduct(layer, scales, shifts), ...called(name) });
  return affine(builder, name, x, finite(scales, 'scale'), finite(shifts, 'shift'));
}

/** As float32. @throws Error naming the channel whose number float32 cannot hold */
function finite(values: Float64Array, what: string): Float32Array {
  const reals = Float32Array.from(values);
  const bad = reals.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`has the ${what} ${values[bad]} at channel ${bad}: it must be a finite float32`);
  return reals;
}

function scaledProduct<L extends ConvLayer | DenseLayer>(layer: L, scales: Float64Array, shifts: Float64Array): L {
  const each = layer.weight.data.length / scales.length;
  const turned = Float64Array.from(layer.weight.data, (value, i) => value * scales[Math.floor(i / each)]);
  const data = Float32Array.from(turned);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new Error(`makes a weight ${turned[bad]} at channel ${Math.floor(bad / each)}: it must be a finite float32`);
  const bias = finite(
    shifts.map((shift, c) => (layer.bias?.[c] ?? 0) * scales[c] + shift),
    'bias',
  );
  return { ...layer, weight: { kind: 'float', shape: layer.weight.shape, data }, bias };
}
