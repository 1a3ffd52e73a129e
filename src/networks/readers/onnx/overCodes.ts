import { type Activation, called, push } from '../../build/builder.js';
import { findFunction } from '../../functions/index.js';
import type { GeneralLayer } from '../../network.js';
import type { CodeTensor, IntegerTensor, Quantization, Tensor } from '../../tensor.js';
import { attributesOf } from './general.js';
import type { NodeReader } from './node.js';
import type { Reader, Value } from './reader.js';
import { tensorOf } from './storedTensor.js';

/** A function from codes to codes, in one step by ONNX Runtime's arithmetic of single nodes. @param output of its result */
export function codesOfFunction(
  reader: Reader,
  node: NodeReader,
  name: string,
  given: readonly (Value | CodeTensor | IntegerTensor)[],
  output: Quantization,
): Activation {
  const record = findFunction(name);
  if (record === undefined) throw new Error(`is a ${name} of codes, which is not supported`);
  const { attributes, added } = attributesOf(record, node);
  const reads: Activation[] = [];
  const operands = given.map((each): number | Tensor => {
    if (each.kind !== 'activation') return each.kind === 'codes' || each.kind === 'integers' ? each : tensorOf(each);
    const at = reads.findIndex((read) => read.name === each.name);
    return at >= 0 ? at : reads.push(each) - 1;
  });
  const all: GeneralLayer['operands'] = [...operands, ...added.values()];
  const layer: GeneralLayer = {
    ...{ op: 'general', ...called(node.output), inputs: reads.map((read) => read.name), function: name },
    ...{ operands: all, attributes, output, rule: 'ort-node' },
  };
  return push(reader, layer, reads, { as: 'codes' });
}
