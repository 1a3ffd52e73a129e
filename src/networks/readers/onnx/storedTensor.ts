import { codeArray, encoderOf } from '../../../datapaths/kernel/index.js';
import { fitTo } from '../../../formats/codec.js';
import type { Activation } from '../../build/builder.js';
import { codeTensor, dequantize } from '../../quantization.js';
import { floatTensor, type IntegerType, integerTensor, sizeOf, type Tensor, type TensorFacts } from '../../tensor.js';
import { type Constant, valuesOf } from './constant.js';
import { type ElementType, elementType, formatOf } from './element.js';
import type { Value } from './reader.js';

/** Tensors of a file as tensors of a network, and back. */

const REALS: Readonly<Record<string, 'float16' | 'bfloat16' | 'float64'>> = {
  FLOAT16: 'float16',
  BFLOAT16: 'bfloat16',
  DOUBLE: 'float64',
};

/** The type of a tensor by the file's name of it; undefined for the small floats, which are codes. */
export function typeOf({ name, format }: ElementType): TensorFacts['type'] | 'float32' {
  if (name === 'FLOAT') return 'float32';
  if (Object.hasOwn(REALS, name)) return REALS[name];
  if (name === 'BOOL') return 'bool';
  return name.includes('INT') ? (format as IntegerType) : undefined;
}

/** A value that is there before the run, as a tensor. @throws Error where it is of small floats without a scale */
export function tensorOf(value: Exclude<Value, Activation> | Tensor): Tensor {
  if (value.kind === 'weights') return dequantize(value.tensor);
  if (value.kind !== 'stored') return value;
  const { name, type: element, shape } = value.constant;
  const type = typeOf(element);
  if (type === undefined) {
    const fit = fitTo(formatOf(element), { overflow: 'ieee' });
    const quantization = { fit, scale: Float32Array.of(1), axis: 0, zeroPoint: 0 };
    return codeTensor(shape, value.constant.data as Uint8Array, quantization);
  }
  const values = valuesOf(value.constant);
  if (type === 'float32') return floatTensor(shape, Float32Array.from(values));
  if (type.includes('float')) return { ...floatTensor(shape, Float32Array.from(values)), type: type as 'float16' };
  if (values.length !== sizeOf(shape)) throw new Error(`reads ${name}, which holds ${values.length} numbers`);
  return integerTensor(shape, type as IntegerType, values);
}

export const ELEMENTS: Readonly<Record<string, string>> = {
  float32: 'FLOAT',
  float16: 'FLOAT16',
  bfloat16: 'BFLOAT16',
  float64: 'DOUBLE',
};

/** A tensor that is there before the run, as a stored one under a name. */
export function valueOf(tensor: Tensor, name: string): Value {
  if (tensor.kind === 'codes') return { kind: 'weights', tensor };
  const { shape, data } = tensor;
  const type = elementType(ELEMENTS[tensor.type ?? 'float32'] ?? (tensor.type ?? '').toUpperCase());
  return { kind: 'stored', constant: { name, type, shape, data: storedData(data, type) } };
}

function storedData(data: Float32Array | Float64Array, type: ElementType): Constant['data'] {
  if (type.name === 'FLOAT') return Float32Array.from(data);
  if (type.bits === 64) return Float64Array.from(data);
  const format = formatOf(type);
  const codes = codeArray(format, data.length);
  if (format.kind === 'int') {
    const mask = 2 ** type.bits;
    for (let i = 0; i < data.length; i++) codes[i] = ((data[i] % mask) + mask) % mask;
    return codes;
  }
  const encode = encoderOf(fitTo(format, { overflow: 'ieee' }));
  for (let i = 0; i < data.length; i++) codes[i] = encode(data[i]);
  return codes;
}
