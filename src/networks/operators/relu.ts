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

/** The word of -infinity: those above are NaN. */
const LOWEST = 0xff800000;

/** On words, because a branch on the sign is guessed wrong every other time: -0 and NaN stay as they are. */
export function positive(x: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  const from = new Int32Array(x.data.buffer, x.data.byteOffset, x.data.length);
  const to = new Int32Array(output.data.buffer);
  for (let i = 0; i < from.length; i++) {
    const word = from[i];
    to[i] = word & ~(word >> 31);
    if (word >>> 0 > LOWEST || word >>> 0 === 0x80000000) to[i] = word;
  }
  return output;
}

function positiveCodes(x: CodeTensor): Operand {
  const ranks = orderTable(x.quantization.fit.format);
  const zero = zeroCode(x.quantization);
  return { ...x, data: x.data.map((code) => (ranks[code] < ranks[zero] ? zero : code)) as CodeTensor['data'] };
}
