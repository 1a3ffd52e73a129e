import { encodeAll } from '../codes.js';
import { fitTo } from '../../formats/codec.js';
import type { Format } from '../../formats/format.js';
import { codeTensor, dequantize } from '../quantization.js';
import { elementTypeOf, formatOf } from '../readers/onnx/element.js';
import {
  type CodeTensor,
  type FloatTensor,
  type IntegerTensor,
  integerTensor,
  type IntegerType,
  type Quantization,
  type RealType,
  type Tensor,
  type TensorFacts,
} from '../tensor.js';
import { int, word } from './attributes.js';
import { castInteger } from './convert.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { factsAt, wrapped } from './numbers.js';
import { roundedTo } from './types.js';

/** Numbers of one type as those of another. */

/** What a Cast makes: reals or integers of a type, or codes of a small float. */
type Target = { type: RealType | IntegerType } | { quantization: Quantization };

const REALS: Readonly<Record<string, RealType>> = {
  fp32: 'float32',
  fp16: 'float16',
  bf16: 'bfloat16',
  fp64: 'float64',
};

/** By the number of a type in the file. @throws Error where there is none such here */
function targetOf(number: number, saturate: number, roundMode: string): Target {
  const element = elementTypeOf(number);
  if (element === undefined) throw new Error(`casts to element type ${number}, which is not supported`);
  if (element.name === 'BOOL') return { type: 'bool' };
  const format = formatOf(element);
  if (format.kind === 'int') return { type: format.name as IntegerType };
  if (Object.hasOwn(REALS, format.name)) return { type: REALS[format.name] };
  return { quantization: meaningOf(format, saturate === 1, roundMode) };
}

const ROUND_MODES = { up: 'rup', down: 'rdn', nearest: 'rne' } as const;

/** A small float without a scale. Only float8 may overflow; the way of rounding is that of powers of two alone. */
function meaningOf(format: Format, saturates: boolean, roundMode: string): Quantization {
  const power = format.name === 'e8m0fnu';
  const overflow = saturates || format.name === 'e2m1fn' ? 'saturate' : 'ieee';
  const rounding = power ? ROUND_MODES[roundMode as keyof typeof ROUND_MODES] : 'rne';
  return { fit: fitTo(format, { overflow, rounding }), scale: Float32Array.of(1), axis: 0, zeroPoint: 0 };
}

/** The target that another tensor's type is. */
function targetLike({ type, quantization }: TensorFacts, saturate: number): Target {
  if (quantization === undefined) return { type: type ?? 'float32' };
  return { quantization: meaningOf(quantization.fit.format, saturate === 1, 'up') };
}

/** What ONNX's own tests have for NaN in e2m1fn, which has none. */
const MINUS_ZERO = 8;

function castTo(given: Tensor, target: Target): Tensor {
  const x = given.kind === 'codes' ? plain(given) : given;
  if ('quantization' in target) {
    const { data, shape } = dequantize(x);
    const codes = encodeAll(data, target.quantization.fit);
    if (target.quantization.fit.format.name === 'e2m1fn')
      for (let i = 0; i < codes.length; i++) if (Number.isNaN(data[i])) codes[i] = MINUS_ZERO;
    return codeTensor(shape, codes, target.quantization);
  }
  const { type } = target;
  if (type.includes('float')) return { ...roundedTo(copied(x), type as RealType), type: type as RealType };
  const integer = type as IntegerType;
  const { shape, data } = x;
  const output = integerTensor(shape, integer, Float64Array.from(data));
  if (x.kind === 'integers') wrapped(output.data, integer);
  else castInteger(output.data, integer);
  return output;
}

/** Codes as the numbers of their format: a scale beside them is not the Cast's. */
function plain({ shape, data, quantization: { fit } }: CodeTensor): FloatTensor {
  return dequantize({
    kind: 'codes',
    shape,
    data,
    quantization: { fit, scale: Float32Array.of(1), axis: 0, zeroPoint: 0 },
  });
}

/** Reals without the type that they had. */
function copied(x: FloatTensor | IntegerTensor): FloatTensor {
  const { shape, data } = dequantize(x);
  return { kind: 'float', shape, data };
}

const factsOf = (x: OperandFacts, target: Target): readonly TensorFacts[] => [{ shape: x.shape, ...target }];

const cast: TensorFunction = {
  operands: 1,
  attributes: { to: int(0), saturate: int(1), round_mode: word('up', ['up', 'down', 'nearest']) },
  takesCodes: true,
  facts: (operands, { to, saturate, round_mode: mode }) =>
    factsOf(factsAt(operands, 0), targetOf(to as number, saturate as number, mode as string)),
  run: ([x], { to, saturate, round_mode: mode }) => [
    castTo(x as Tensor, targetOf(to as number, saturate as number, mode as string)),
  ],
};

const castLike: TensorFunction = {
  operands: 2,
  attributes: { saturate: int(1), round_mode: word('up', ['up', 'down', 'nearest']) },
  takesCodes: true,
  facts: (operands, { saturate }) =>
    factsOf(factsAt(operands, 0), targetLike(factsAt(operands, 1), saturate as number)),
  run: ([x, like], { saturate }) => [castTo(x as Tensor, targetLike(factsOfLike(like as Tensor), saturate as number))],
};

function factsOfLike(like: Tensor): TensorFacts {
  return like.kind === 'codes' ? { shape: [], quantization: like.quantization } : { shape: [], type: like.type };
}

export const CASTS: Readonly<Record<string, TensorFunction>> = { Cast: cast, CastLike: castLike };
