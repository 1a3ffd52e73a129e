import { formatNamed } from '../../../formats/catalog.js';
import type { Format } from '../../../formats/format.js';

/** An element type of an ONNX tensor: its number in TensorProto.DataType and the format that it holds. */
export interface ElementType {
  name: string;
  number: number;
  bits: number;
  /** Name in the catalogue of formats. */
  format: string;
  /** The first opset whose QuantizeLinear and DequantizeLinear take the type; undefined where none does. */
  quantizeSince?: number;
}

/** TensorProto.DataType of the ONNX specification; 8, 14 and 15 (strings and complex numbers) hold no network. */
const TYPES: readonly ElementType[] = [
  { name: 'FLOAT', number: 1, bits: 32, format: 'fp32' },
  { name: 'UINT8', number: 2, bits: 8, format: 'uint8', quantizeSince: 10 },
  { name: 'INT8', number: 3, bits: 8, format: 'int8', quantizeSince: 10 },
  { name: 'UINT16', number: 4, bits: 16, format: 'uint16', quantizeSince: 21 },
  { name: 'INT16', number: 5, bits: 16, format: 'int16', quantizeSince: 21 },
  { name: 'INT32', number: 6, bits: 32, format: 'int32' },
  { name: 'INT64', number: 7, bits: 64, format: 'int64' },
  { name: 'BOOL', number: 9, bits: 8, format: 'uint8' },
  { name: 'FLOAT16', number: 10, bits: 16, format: 'fp16' },
  { name: 'DOUBLE', number: 11, bits: 64, format: 'fp64' },
  { name: 'UINT32', number: 12, bits: 32, format: 'uint32' },
  { name: 'UINT64', number: 13, bits: 64, format: 'uint64' },
  { name: 'BFLOAT16', number: 16, bits: 16, format: 'bf16' },
  { name: 'FLOAT8E4M3FN', number: 17, bits: 8, format: 'e4m3fn', quantizeSince: 19 },
  { name: 'FLOAT8E4M3FNUZ', number: 18, bits: 8, format: 'e4m3fnuz', quantizeSince: 19 },
  { name: 'FLOAT8E5M2', number: 19, bits: 8, format: 'e5m2', quantizeSince: 19 },
  { name: 'FLOAT8E5M2FNUZ', number: 20, bits: 8, format: 'e5m2fnuz', quantizeSince: 19 },
  { name: 'UINT4', number: 21, bits: 4, format: 'uint4', quantizeSince: 21 },
  { name: 'INT4', number: 22, bits: 4, format: 'int4', quantizeSince: 21 },
  { name: 'FLOAT4E2M1', number: 23, bits: 4, format: 'e2m1fn', quantizeSince: 23 },
  { name: 'FLOAT8E8M0', number: 24, bits: 8, format: 'e8m0fnu' },
  { name: 'UINT2', number: 25, bits: 2, format: 'uint2', quantizeSince: 25 },
  { name: 'INT2', number: 26, bits: 2, format: 'int2', quantizeSince: 25 },
];

const byNumber = new Map(TYPES.map((type) => [type.number, type]));
const byName = new Map(TYPES.map((type) => [type.name, type]));
const quantizable = new Map(TYPES.filter((t) => t.quantizeSince !== undefined).map((t) => [t.format, t]));

/** Undefined where the number names no type that a network can hold. */
export function elementTypeOf(number: number): ElementType | undefined {
  return byNumber.get(number);
}

export function elementType(name: string): ElementType {
  const type = byName.get(name);
  if (type === undefined) throw new RangeError(`ONNX has no element type ${name}`);
  return type;
}

/** The element type that QuantizeLinear can give for a format; undefined where the standard has none. */
export function quantizedTypeOf(format: Format): ElementType | undefined {
  return quantizable.get(format.name);
}

export function formatOf(type: ElementType): Format {
  return formatNamed(type.format);
}

/** The IR version that came with an opset (onnx/onnx docs/Versioning.md); 8 at least, which brought model-local functions. */
export function irVersionOf(opset: number): number {
  const steps = [
    [25, 13],
    [24, 12],
    [23, 11],
    [21, 10],
    [19, 9],
  ] as const;
  return steps.find(([since]) => opset >= since)?.[1] ?? 8;
}
