import { formatNamed } from '../../formats/catalog.js';
import { fitTo } from '../../formats/codec.js';
import { dequantize, quantize } from '../../networks/quantization.js';
import { floatTensor } from '../../networks/tensor.js';
import { quantizationOf, type Calibrator } from './scheme.js';

/** Numbers on a grid that a method has chosen. */
export interface QuantizedValues {
  /** One for each channel. */
  scales: number[];
  zeroPoints: number[];
  /** Integers as numbers, codes of other formats as their bits. */
  codes: number[];
  /** scale * (value(code) - zero point), in float32. */
  reals: Float32Array;
}

/**
 * Some numbers by one method, as plain arrays: what a recipe does to a tensor.
 * @param values channel after channel
 * @param format by name, as `int8`, `uint4`, `e4m3fn`
 * @param calibrate finds scale and zero point: `minMax`, `maximum()`, `omse()`, `clippedBy(aciq('laplace'), minMax)`, ...
 * @throws RangeError when the channels do not divide the values, or there is no such format
 */
export function quantizeValues(
  values: ArrayLike<number>,
  format: string,
  calibrate: Calibrator,
  channels = 1,
): QuantizedValues {
  if (!Number.isInteger(values.length / channels))
    throw new RangeError(`quantizeValues: ${values.length} values are not ${channels} channels of one length`);
  const fit = fitTo(formatNamed(format), { overflow: 'saturate' });
  const x = floatTensor([channels, values.length / channels], Float32Array.from(values));
  const quantization = quantizationOf(x, { fit, calibrate, per: 'channel' });
  const { zeroPoint, scale } = quantization;
  const coded = quantize(x, quantization);
  const signed = fit.format.kind === 'int' && fit.format.signed ? 2 ** (fit.format.bits - 1) : Infinity;
  return {
    scales: [...scale],
    zeroPoints: typeof zeroPoint === 'number' ? Array.from(scale, () => zeroPoint) : [...zeroPoint],
    codes: Array.from(coded.data, (code) => (code >= signed ? code - 2 * signed : code)),
    reals: dequantize(coded).data,
  };
}
