import type { AttributeData, AttributeSpec } from '../../functions/attributes.js';
import { functionNamed } from '../../functions/index.js';
import type { GeneralLayer } from '../../network.js';
import type { Tensor } from '../../tensor.js';
import type { Constant } from './constant.js';
import type { ElementType } from './element.js';
import { OWN_DOMAIN } from './functions.js';
import { type AttributeValue, call, need, type Sheet, store, type Written } from './sheet.js';
import { valueOf } from './storedTensor.js';
import { asReals, storeReals } from './writeCodes.js';
import { writeConvOfCodes } from './writeMac.js';

/**
 * Functions are held as the newest opset has them; from this one on all of them are written so, but for those that came or
 * changed later. From 21 on ONNX Runtime 1.30 refuses int8 codes before a Reshape (of its own making, at its default level).
 */
const OPSET = 20;
const SINCE: Readonly<Record<string, number>> = {
  ...{ GroupNormalization: 21 },
  ...{ Attention: 23, RMSNormalization: 23, RotaryEmbedding: 23 },
  ...{ Swish: 24, TensorScatter: 24, CumProd: 26, BitCast: 26 },
};
/** Operators that the standard has given up. */
const GONE = ['Upsample', 'Scatter'];

/**
 * A function of tensors as the node of its name; factors that are codes are dequantized by nodes before it.
 * @returns the type of the codes that it writes; undefined where its facts say what it writes
 * @throws Error where ONNX has no such node
 */
export function writeGeneral(sheet: Sheet, layer: GeneralLayer, sources: readonly Written[]): ElementType | undefined {
  const { name, function: called, outputs, output } = layer;
  const attributes = attributesOf(layer, functionNamed(called).attributes ?? {});
  const codes = called === 'Conv' ? writeConvOfCodes(sheet, layer, sources, attributes) : undefined;
  if (codes !== undefined) return codes;
  const at = called.lastIndexOf('.');
  const [domain, opType] = [called.slice(0, Math.max(at, 0)), called.slice(at + 1)];
  if (domain === OWN_DOMAIN || (domain === '' && GONE.includes(opType)) || output !== undefined)
    throw new Error(
      `layer ${name} (${called}) cannot be written as ONNX: ${output === undefined ? `the standard of today has no ${opType}` : 'its one step from codes to codes is of a runtime'}`,
    );
  const record = functionNamed(called);
  const inputs = layer.operands.map((operand, place) => {
    if (operand === undefined) return '';
    if (typeof operand !== 'number') return storeOperand(sheet, `${name}/operand${place}`, operand);
    const source = sources[operand];
    if (source.quantization === undefined) return source.name;
    if (record.factors?.includes(place) === true) return asReals(sheet, source);
    throw new Error(`layer ${name} (${called}) reads the codes ${source.name}: dequantize first`);
  });
  checkRows(layer, sources);
  while (inputs.at(-1) === '') inputs.pop();
  need(sheet, SINCE[called] ?? OPSET);
  if (domain !== '') sheet.domains.add(domain);
  call(sheet, opType, inputs, outputs, attributes, domain);
  return undefined;
}

/** @throws Error where all axes from one on are taken for one, as until opset 13, and that is not the last */
function checkRows({ name, function: called, attributes }: GeneralLayer, [x]: readonly Written[]): void {
  const { axis, 'lastbit.rows': rows } = attributes;
  if (rows !== 1 || axis === undefined) return;
  const place = (axis as number) < 0 ? (axis as number) + x.shape.length : (axis as number);
  if (x.shape.slice(place + 1).some((length) => length !== 1))
    throw new Error(
      `layer ${name} (${called}) cannot be written as ONNX: it is over all axes from ${place} on, as until opset 13`,
    );
}

function storeOperand(sheet: Sheet, name: string, operand: Tensor): string {
  if (operand.kind === 'codes') return storeReals(sheet, name, operand);
  const { type, shape, data } = constantOf(operand, name);
  return store(sheet, name, type, shape, data);
}

function constantOf(tensor: Tensor, name: string): Constant {
  const value = valueOf(tensor, name);
  if (value.kind === 'stored') return value.constant;
  throw new Error(`${name} holds codes where ONNX has a tensor of numbers`);
}

/** Those that say more than is so without them. */
function attributesOf(
  { name, attributes, operands }: GeneralLayer,
  specs: Readonly<Record<string, AttributeSpec>>,
): Record<string, AttributeValue> {
  const said = Object.entries(attributes).flatMap(([attribute, data]): [string, AttributeValue][] => {
    const spec = specs[attribute];
    if (attribute.startsWith('lastbit.')) return [];
    // How many outputs there are is not said twice.
    if (data === undefined || (spec.orOutputs === true && operands[1] !== undefined)) return [];
    if (spec.orOutputs !== true && JSON.stringify(data) === JSON.stringify(spec.absent)) return [];
    return [[attribute, valueAs(spec, data, `${name}/${attribute}`)]];
  });
  return Object.fromEntries(said);
}

function valueAs({ kind }: AttributeSpec, data: NonNullable<AttributeData>, name: string): AttributeValue {
  if (kind === 'float') return { f: data as number };
  if (kind === 'floats') return { floats: data as readonly number[] };
  if (kind === 'strings') return { strings: (data as string).split(' ').filter((word) => word !== '') };
  if (kind === 'tensor') return { t: constantOf(data as Tensor, name) };
  return data as AttributeValue;
}
