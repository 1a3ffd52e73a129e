import { type Fit, fitTo } from '../../formats/codec.js';
import { formatNamed } from '../../formats/catalog.js';
import { int32s } from '../../networks/integers.js';
import type { CodeTensor, FloatTensor, Quantization } from '../../networks/tensor.js';

/** Scale and zero point of one grid. */
export interface Grid {
  scale: number;
  zeroPoint: number;
}

/** Chooses the grid for some values, which are not changed. A scale is positive, whatever the values. */
export type Calibrator = (values: Float32Array, fit: Fit) => Grid;

/** How one operand of a product is quantized: the format and the method that finds the grid. */
export interface Scheme {
  fit: Fit;
  calibrate: Calibrator;
  /** One grid for each output channel, or one for the whole tensor. */
  per: 'channel' | 'tensor';
  /** How weights become codes, where that is more than the nearest codes of the grid. @param scale in place of its own */
  codes?(x: FloatTensor, scale?: Float32Array): CodeTensor;
}

/** A scheme by the format's name; values beyond the grid saturate, nearest even within it. */
export function scheme(format: string, calibrate: Calibrator, per: Scheme['per'] = 'tensor'): Scheme {
  return { fit: fitTo(formatNamed(format), { overflow: 'saturate' }), calibrate, per };
}

/** The quantization of a tensor by a scheme; channels are its first axis. */
export function quantizationOf(x: FloatTensor, { fit, calibrate, per }: Scheme): Quantization {
  const channels = per === 'channel' ? x.shape[0] : 1;
  const size = x.data.length / channels;
  const grids = Array.from({ length: channels }, (_, c) => calibrate(x.data.subarray(c * size, (c + 1) * size), fit));
  const [first] = grids;
  const alike = grids.every(({ zeroPoint }) => zeroPoint === first.zeroPoint);
  const zeroPoints = int32s(
    grids.map((grid) => grid.zeroPoint),
    'the zero point',
  );
  return { fit, scale: scalesOf(grids), axis: 0, zeroPoint: alike ? first.zeroPoint : zeroPoints };
}

/** What is too small for float32 gets its smallest number. @throws RangeError naming the channel whose scale is not positive and finite */
function scalesOf(grids: readonly Grid[]): Float32Array {
  const scale = Float32Array.from(grids, (grid) => Math.fround(grid.scale) || 2 ** -149);
  const bad = scale.findIndex((value) => !(value > 0 && value < Infinity));
  if (bad < 0) return scale;
  throw new RangeError(`the scale of channel ${bad} is ${grids[bad].scale}: it must be a positive float32`);
}
