import type { QuantizeLayer } from '../network.js';
import { codeArray } from '../../datapaths/kernel/index.js';
import { widthOf } from '../../formats/format.js';
import { codesStep } from '../lanes.js';
import { codeTensor, quantize as codesOf } from '../quantization.js';
import type { CodeTensor, FloatTensor, IntegerTensor, Tensor } from '../tensor.js';
import { always, oneEach, type Operator } from './operator.js';

/** Real numbers to codes; integers are codes already, and are given their meaning. */
export const quantize: Operator<QuantizeLayer> = {
  reads: 1,
  facts: ({ quantization }, [{ shape }]) => [{ shape, quantization }],
  any: (layer, [x]) => [x.kind === 'integers' ? meant(x, layer) : codesOf(reals(layer, x), layer.quantization)],
  elementwise: always,
  lanes: ({ quantization }) => codesStep(quantization, quantization.scale[0]),
  operations: oneEach,
};

function reals({ name }: QuantizeLayer, x: Tensor): FloatTensor {
  if (x.kind === 'float') return x;
  const format = x.kind === 'codes' ? x.quantization.fit.format.name : x.type;
  throw new Error(`layer ${name} (quantize) reads codes of ${format}: dequantize before it`);
}

function meant({ shape, data }: IntegerTensor, { quantization: q }: QuantizeLayer): CodeTensor {
  const codes = codeArray(q.fit.format, data.length);
  const mask = 2 ** widthOf(q.fit.format);
  for (let i = 0; i < data.length; i++) codes[i] = data[i] < 0 ? data[i] + mask : data[i];
  return codeTensor(shape, codes, q);
}
