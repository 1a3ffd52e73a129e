import { codeArray } from '../../../datapaths/kernel/index.js';
import { type Activation, sameMeaning } from '../../build/builder.js';
import type { Attributes } from '../../functions/attributes.js';
import { movesAlong, type TensorFunction } from '../../functions/function.js';
import { codeTensor, dequantize, quantize } from '../../quantization.js';
import type { CodeTensor, Quantization, Tensor } from '../../tensor.js';
import { codesOf } from './constant.js';
import type { Value } from './reader.js';

/** Functions that only take elements along read codes as such, where all that they take along are codes of one meaning. */

type Given = Value | Tensor | undefined;
type Codes = Activation & { quantization: Quantization };

/**
 * The operands of such a function with stored ones as codes of the quantization that computed ones have; undefined where
 * the function has to take real numbers or integers.
 * @param real a stored operand as the tensor that it is
 */
export function asCodes(
  record: TensorFunction,
  attributes: Attributes,
  given: readonly Given[],
  real: (value: Exclude<Given, Activation | undefined>) => Tensor,
): readonly Given[] | undefined {
  if (!movesAlong(record, attributes)) return undefined;
  const along = record.along === 'all' ? given.map((_, i) => i) : [...(record.along ?? [0])];
  const first = along.map((i) => given[i]).find(isCodes);
  if (first === undefined) return undefined;
  const all = [...given];
  for (const i of along) {
    const code =
      i < given.length || i === record.filler ? codeOf(given[i], first, i === record.filler, real) : given[i];
    if (code === undefined && (given[i] !== undefined || i === record.filler)) return undefined;
    all[i] = code;
  }
  return Array.from(all);
}

function isCodes(value: Given): value is Codes {
  return value?.kind === 'activation' && value.as !== 'real' && value.as !== 'integers';
}

function codeOf(
  value: Given,
  like: Codes,
  fills: boolean,
  real: (value: Exclude<Given, Activation | undefined>) => Tensor,
): Given {
  const { quantization: q } = like;
  const raw = like.as === 'codes';
  if (value === undefined) return fills ? zero(q, raw) : undefined;
  if (value.kind === 'activation') {
    const same = isCodes(value) && (value.as === 'codes') === raw && sameMeaning(value.quantization, q);
    return same && sameMeaning(q, value.quantization) ? value : undefined;
  }
  if (!raw) return exactly(real(value), q);
  if (value.kind !== 'stored' || value.constant.type.format !== q.fit.format.name) return undefined;
  return codeTensor(value.constant.shape, codesOf(value.constant), q);
}

/** The integer 0 of codes that the file holds as such; else the code of 0. */
function zero(q: Quantization, raw: boolean): CodeTensor | undefined {
  if (raw) return codeTensor([], codeArray(q.fit.format, 1), q);
  return exactly({ kind: 'float', shape: [], data: new Float32Array(1) }, q);
}

/** Real numbers as codes that stand for no others; undefined where there are none. */
function exactly(reals: Tensor, q: Quantization): CodeTensor | undefined {
  if (reals.kind !== 'float' || q.scale.length !== 1) return undefined;
  const codes = quantize(reals, q);
  const { data } = dequantize(codes);
  return data.every((value, i) => value === reals.data[i]) ? codes : undefined;
}
