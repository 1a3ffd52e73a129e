import { f32x4, splat32, v128 } from '../../wasm/vector.js';
import { orderTable } from '../codes.js';
import { laneFunction, type LaneStep } from '../lanes.js';
import type { ReluLayer } from '../network.js';
import { zeroCode } from '../quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, type Operand } from '../tensor.js';
import { always, likeInput, oneEach, type Operator } from './operator.js';

/** max(x, 0); codes below the one that stands for zero become that one. */
export const relu: Operator<ReluLayer> = {
  reads: 1,
  facts: likeInput,
  reals: (_, [x]) => [positive(x)],
  codes: (_, [x]) => [x.kind === 'codes' ? positiveCodes(x) : positive(x)],
  elementwise: always,
  lanes: () => reluStep,
  operations: oneEach,
  homogeneous: true,
};

/** Of what is below 0 no bit is left: -0 and NaN, which are not, stay as they are. */
export const reluStep: LaneStep = {
  name: 'relu',
  constants: new Int32Array(0),
  compute: (x) => v128.andnot(x, f32x4.lt(x, splat32(0))),
};

const withoutNegative = laneFunction(1, (x) => reluStep.compute(x, []));

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
