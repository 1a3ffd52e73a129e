import { op, tensor } from '../../readers/onnx/graphs.js';
import { bytes, f, type FunctionCase, positives, scalar } from '../standard.js';

/** Operators of com.microsoft from codes to codes, between QuantizeLinear and DequantizeLinear. */

const PLANES = [1, 2, 4, 6];

/** Two tensors of codes of a type, `q` and `r`, made from what is read; the result's meaning is `t` and `o`. */
function codesOf(type: 'UINT8' | 'INT8') {
  const zero = (name: string, value: number) => scalar(name, type, value - (type === 'INT8' ? 128 : 0));
  return {
    before: [op('QuantizeLinear', 'x s z', 'q'), op('QuantizeLinear', 'x u v', 'r')],
    after: [op('DequantizeLinear', 'y t o', 'out')],
    stored: [
      ...[scalar('s', 'FLOAT', 0.02), zero('z', 117), scalar('u', 'FLOAT', 0.013), zero('v', 140)],
      ...[scalar('t', 'FLOAT', 0.017), zero('o', 101)],
    ],
  };
}

const named = (name: string) => `com.microsoft.${name}`;

export const CODES_CASES: readonly FunctionCase[] = (['UINT8', 'INT8'] as const).flatMap((type): FunctionCase[] => {
  const { before, after, stored } = codesOf(type);
  const common = { before, after, initializers: stored };
  return [
    {
      ...{ ...common, node: [named('QLinearConcat'), 't o q s z r u v'], input: [2, 3], attributes: { axis: 1 } },
      values: { axis: [0, -1, 2] },
    },
    { ...common, node: [named('QLinearAdd'), 'q s z r u v t o'], input: [3, 5] },
    { ...common, node: [named('QLinearMul'), 'q s z r u v t o'], input: [3, 5] },
    {
      ...{ ...common, node: [named('QLinearAdd'), 'q s z w u v t o'], input: [3, 5] },
      initializers: [...stored, bytes('w', type, 3, 1)],
    },
    {
      ...{ ...common, node: [named('QLinearGlobalAveragePool'), 'q s z t o'], input: PLANES },
      values: { channels_last: [0, 1] },
    },
    {
      ...{ ...common, node: [named('QLinearAveragePool'), 'q s z t o'], input: PLANES },
      attributes: { kernel_shape: [3, 2], pads: [1, 0, 1, 1] },
      values: { count_include_pad: [1], strides: [[2, 3]], ceil_mode: [1], channels_last: [1] },
    },
    { ...common, node: [named('QLinearSigmoid'), 'q s z t o'], input: [3, 5] },
    { ...common, node: [named('QLinearLeakyRelu'), 'q s z t o'], input: [3, 5], values: { alpha: [f(0.5)] } },
    // Its exponentials come from a table: now and then the code is the next one, 0.017 of a largest share of 0.6.
    {
      ...{
        ...common,
        near: 0.03,
        unchanged: true,
        node: [named('QLinearSoftmax'), 'q s z t o'],
        input: [2, 3, 4],
        attributes: { opset: 13, axis: -1 },
      },
      values: { axis: [1], opset: [11] },
    },
    {
      ...{ ...common, node: [named('QLinearWhere'), 'which q s z r u v t o'], input: [3, 4] },
      initializers: [...stored, tensor('which', 'BOOL', [3, 1], [1, 0, 1])],
    },
    {
      ...{ ...common, node: [named('QGemm'), 'q s z w sw zw b t o'], input: [3, 4] },
      initializers: [
        ...[...stored, bytes('w', 'INT8', 4, 4), positives('sw', 4), tensor('zw', 'INT8', [4], [0, 0, 0, 0])],
        tensor('b', 'INT32', [4], [70, -300, 0, 9]),
      ],
      values: { transB: [1], alpha: [f(1), f(2)], transA: [0, 1] },
    },
    {
      ...{ ...common, node: [named('QGemm'), 'q s z w sw zw _ t o'], input: [3, 4] },
      initializers: [...stored, bytes('w', 'INT8', 4, 2), scalar('sw', 'FLOAT', 0.01), scalar('zw', 'INT8', 0)],
    },
    {
      ...{ ...common, node: ['QLinearMatMul', 'q s z w sw zw t o'], input: [2, 3, 4] },
      initializers: [...stored, bytes('w', type, 4, 2), scalar('sw', 'FLOAT', 0.01), scalar('zw', type, 5)],
    },
  ];
});
