import { findBlockFormat } from '../../../formats/block.js';
import type { Activation } from '../../build/builder.js';
import type { Blocks } from '../../network.js';
import { OWN_DOMAIN } from './functions.js';
import { activation, type NodeReader, type Reader, stored } from './reader.js';
import { emit, FLOAT, node, type Sheet, store } from './sheet.js';
import { define } from './writeCodes.js';

/**
 * Products whose operands the array puts in blocks along k. ONNX has blocks of weights only, and those of a convolution's
 * patches can be said of no tensor, so what the Conv or Gemm reads is marked: a function of our own that passes it on and
 * names the format and the operands' scales. Weights lie on their blocks already; another runtime leaves activations real.
 */
const OP_TYPE = 'Blocks';

/** Marks what a product reads, and gives the mark's name. */
export function markBlocks(sheet: Sheet, layer: string, x: string, { format, aScale, bScale }: Blocks): string {
  define(sheet, {
    domain: OWN_DOMAIN,
    opType: OP_TYPE,
    define: (opset) => ({
      domain: OWN_DOMAIN,
      name: OP_TYPE,
      docString: 'y = x, which the product that reads it puts in blocks of a format along k, as it does its weights',
      input: ['x', 'input_scale', 'weight_scale'],
      output: ['y'],
      attribute: ['format'],
      node: [node('Identity', ['x'], 'y')],
      opsetImport: [{ domain: '', version: BigInt(opset) }],
    }),
  });
  const scalar = (part: string, value: number) => store(sheet, `${layer}/${part}`, FLOAT, [], Float32Array.of(value));
  const inputs = [x, scalar('input_scale', aScale), scalar('weight_scale', bScale)];
  return emit(sheet, OP_TYPE, inputs, `${layer}/input`, { format: format.name }, OWN_DOMAIN);
}

/** Undefined where the operator is no mark. @throws Error where it names no block format */
export function readBlocks(reader: Reader, call: NodeReader): Activation | undefined {
  if (call.domain !== OWN_DOMAIN || call.opType !== OP_TYPE) return undefined;
  const name = call.string('format', '');
  const format = findBlockFormat(name);
  if (format === undefined)
    throw new Error(`asks for blocks of "${name}": "lastbit list blocks" names those there are`);
  const [aScale, bScale] = [1, 2].map((index) => {
    const { name: input, data } = stored(reader, call, index);
    if (data.length === 1 && data[0] > 0 && data[0] < Infinity) return data[0];
    throw new Error(`has the scale ${data.join(' ')} in ${input}: it must be one positive number`);
  });
  return { ...activation(reader, call), blocks: { format, aScale, bScale } };
}
