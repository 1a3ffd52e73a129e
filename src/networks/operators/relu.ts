import { orderTable } from '../codes.js';
import type { ReluLayer } from '../network.js';
import { zeroCode } from '../quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, type Operand } from '../tensor.js';
import { likeInput, oneEach, type Operator } from './operator.js';

/** max(x, 0); codes below the one that stands for zero become that one. */
export const relu: Operator<ReluLayer> = {
  reads: 1,
  facts: likeInput,
  reals: (_, [x]) => [positive(x)],
  codes: (_, [x]) => [x.kind === 'codes' ? positiveCodes(x) : positive(x)],
  operations: oneEach,
  homogeneous: true,
};

export function positive(x: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  for (let i = 0; i < x.data.length; i++) output.data[i] = x.data[i] < 0 ? 0 : x.data[i];
  return output;
}

function positiveCodes(x: CodeTensor): Operand {
  const ranks = orderTable(x.quantization.fit.format);
  const zero = zeroCode(x.quantization);
  return { ...x, data: x.data.map((code) => (ranks[code] < ranks[zero] ? zero : code)) as CodeTensor['data'] };
}
