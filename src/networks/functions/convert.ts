import type { IntegerType } from '../tensor.js';
import { bitsOf, isSignedType, wrapped } from './numbers.js';

/**
 * Real numbers to integers of a type, in place, as x86-64 converts (ONNX leaves what does not fit undefined): cut toward
 * zero to 32 bits, or 64 for types above int32, whose lowest value stands for all that does not fit; then higher bits are
 * dropped. To types below 8 bits they are rounded half away from zero first (ONNX Runtime).
 */
export function castInteger(data: Float64Array, type: IntegerType): void {
  const bits = bitsOf(type);
  if (type !== 'bool') cut(data, bits < 8, bits > 32 || (bits === 32 && !isSignedType(type)) ? 64 : 32);
  if (type !== 'uint64') wrapped(data, type);
  else
    for (let i = 0; i < data.length; i++)
      if (data[i] < 0) throw new Error(`casts ${data[i]} to uint64, which cannot hold it`);
}

function cut(data: Float64Array, rounds: boolean, bits: 32 | 64): void {
  const limit = 2 ** (bits - 1);
  for (let i = 0; i < data.length; i++) {
    const x = data[i];
    const whole = rounds ? Math.sign(x) * Math.floor(Math.abs(x) + 0.5) : Math.trunc(x);
    data[i] = whole >= -limit && whole < limit ? whole + 0 : -limit;
  }
}
