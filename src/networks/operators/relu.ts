import { f32x4, splat32, v128 } from '../../wasm/vector.js';
import { orderTable } from '../codes.js';
import { laneFunction } from '../lanes.js';
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

/** Of what is below 0 no bit is left: -0 and NaN, which are not, stay as they are. */
const withoutNegative = laneFunction(1, (x) => v128.andnot(x, f32x4.lt(x, splat32(0))));

export function positive(x: FloatTensor): FloatTensor {
  const output = floatTensor(x.shape);
  withoutNegative([x.data], output.data);
  return output;
}

function positiveCodes(x: CodeTensor): Operand {
  const ranks = orderTable(x.quantization.fit.format);
  const zero = zeroCode(x.quantization);
  return { ...x, data: x.data.map((code) => (ranks[code] < ranks[zero] ? zero : code)) as CodeTensor['data'] };
}
