import { codeArray } from '../../../datapaths/kernel/index.js';
import { fitTo } from '../../../formats/codec.js';
import { type Format, isSigned, widthOf } from '../../../formats/format.js';
import { renamed } from '../../build/builder.js';
import { encodeValue } from '../../codes.js';
import { castInteger } from '../../functions/convert.js';
import type { CodeArray, IntegerType } from '../../tensor.js';
import { type Constant, valuesOf } from './constant.js';
import { type ElementType, elementTypeOf, formatOf, quantizedTypeOf } from './element.js';
import { computing, type NodeReader, operand, type Reader, type Value } from './reader.js';

/** What takes codes as the real numbers that a Cast made of them, and gives them back to one. */
const ON_CODES = ['Cast', 'Flatten', 'Max', 'MaxPool', 'Relu'];

/** Of stored tensors, computed here; of codes, where the other type holds them all. */
export function readCast(reader: Reader, node: NodeReader): Value | undefined {
  const x = operand(reader, node, 0);
  if (x.kind === 'activation' && computing(reader, node) === undefined) return undefined;
  const type = elementTypeOf(node.int('to', 0));
  if (type === undefined || type.name === 'FLOAT8E8M0')
    throw new Error(`casts to ${type?.name ?? `element type ${node.int('to', 0)}`}, which is not supported`);
  const saturates = node.flag('saturate', true);
  if (!saturates && !type.name.startsWith('FLOAT8'))
    throw new Error(`has saturate = 0 and casts to ${type.name}: it is about float8 alone`);
  if (node.opset >= 24) node.ignore('round_mode'); // of FLOAT8E8M0 alone
  if (x.kind === 'stored') return { ...x, constant: castStored(x.constant, type, node.output, saturates) };
  const format = x.kind === 'activation' && x.as === 'codes' ? x.quantization?.fit.format : undefined;
  if (x.kind === 'weights' || format === undefined) {
    return type.name === 'FLOAT' ? x : undefined;
  }
  if (quantizedTypeOf(format) === type) return renamed(reader, node.output, x);
  const only = reader.readers.get(node.output) ?? [];
  if (type.name === 'FLOAT' && !only.every((opType) => ON_CODES.includes(opType))) return undefined;
  const holds = type.name === 'FLOAT' || (format.kind === 'int' && fitsIn(format, formatOf(type)));
  return holds ? x : undefined;
}

function fitsIn(narrow: Format, wide: Format): boolean {
  return wide.kind === 'int' && isSigned(narrow) === isSigned(wide) && widthOf(narrow) <= widthOf(wide);
}

/**
 * Integers are cut toward zero. Of another integer, higher bits are dropped, as the standard has it (200 becomes -56 in
 * int8); a float that they cannot hold becomes what x86-64 makes of it, since the standard leaves that undefined.
 */
function castStored(constant: Constant, type: ElementType, name: string, saturates: boolean): Constant {
  const values = valuesOf(constant);
  const { shape } = constant;
  if (type.name === 'FLOAT') return { name, type, shape, data: Float32Array.from(values) };
  if (type.name === 'DOUBLE') return { name, type, shape, data: values };
  if (type.name === 'BOOL') return { name, type, shape, data: Uint8Array.from(values, (value) => Number(value !== 0)) };
  const format = formatOf(type);
  if (format.kind !== 'int') {
    const fit = fitTo(format, { overflow: saturates && type.name.startsWith('FLOAT8') ? 'saturate' : 'ieee' });
    return { name, type, shape, data: into(codeArray(format, values.length), (i) => encodeValue(values[i], fit)) };
  }
  const whole = values.map(Math.trunc);
  if (formatOf(constant.type).kind !== 'int') castInteger(whole, format.name as IntegerType);
  if (format.bits === 64) return { name, type, shape, data: whole.map((value) => value + 0) };
  const mask = format.bits === 32 ? 0xffffffff : 2 ** format.bits - 1;
  return { name, type, shape, data: into(codeArray(format, whole.length), (i) => whole[i] & mask) };
}

function into(codes: CodeArray, codeAt: (index: number) => number): CodeArray {
  for (let i = 0; i < codes.length; i++) codes[i] = codeAt(i);
  return codes;
}
