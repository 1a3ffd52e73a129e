import { fitTo } from '../../formats/codec.js';
import { formatNamed } from '../../formats/catalog.js';
import { valuesOf } from '../../datapaths/kernel/index.js';
import { encodeAll } from '../codes.js';
import type { FloatTensor, RealType } from '../tensor.js';

/** The formats of types narrower than float32; rounding is to nearest even, and overflow to infinity (IEEE 754). */
const NARROW = { float16: 'fp16', bfloat16: 'bf16' } as const;

/** A tensor of a type, each value rounded to it. */
export function roundedTo({ shape, data }: FloatTensor, type: RealType): FloatTensor {
  if (type === 'float32' || type === 'float64')
    return { kind: 'float', shape, data, ...(type === 'float64' && { type }) };
  const format = formatNamed(NARROW[type]);
  const values = valuesOf(format);
  const codes = encodeAll(data, fitTo(format, { overflow: 'ieee' }));
  return { kind: 'float', shape, data: Float32Array.from(codes, (code) => values[code]), type };
}
