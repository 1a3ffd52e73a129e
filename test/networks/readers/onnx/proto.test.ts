import { expect, it } from 'vitest';
import { elementType, elementTypeOf, irVersionOf } from '../../../../src/networks/readers/onnx/element.js';
import { ATTRIBUTE_TYPES, decodeModel, encodeModel } from '../../../../src/networks/readers/onnx/proto.js';

/** Fields of onnx.proto (IR version 13) as it has them: type, name, number. A message is reached by the path before it. */
const MESSAGES: readonly [path: string, fields: string][] = [
  [
    '',
    'int64 ir_version 1, string producer_name 2, string producer_version 3, string domain 4, int64 model_version 5, ' +
      'string doc_string 6, message graph 7, messages opset_import 8, messages metadata_props 14, messages functions 25',
  ],
  ['opset_import 8', 'string domain 1, int64 version 2'],
  ['metadata_props 14', 'string key 1, string value 2'],
  [
    'graph 7',
    'messages node 1, string name 2, messages initializer 5, string doc_string 10, messages input 11, ' +
      'messages output 12, messages value_info 13',
  ],
  [
    'functions 25',
    'string name 1, strings input 4, strings output 5, strings attribute 6, messages node 7, string doc_string 8, ' +
      'messages opset_import 9, string domain 10, messages attribute_proto 11, string overload 13',
  ],
  [
    'graph 7 > node 1',
    'strings input 1, strings output 2, string name 3, string op_type 4, messages attribute 5, string doc_string 6, ' +
      'string domain 7, string overload 8',
  ],
  [
    'graph 7 > node 1 > attribute 5',
    'string name 1, float f 2, int64 i 3, bytes s 4, message t 5, message g 6, floats floats 7, int64s ints 8, ' +
      'bytess strings 9, messages graphs 11, int32 type 20, string ref_attr_name 21',
  ],
  [
    'graph 7 > initializer 5',
    'int64s dims 1, int32 data_type 2, floats float_data 4, int32s int32_data 5, int64s int64_data 7, string name 8, ' +
      'bytes raw_data 9, doubles double_data 10, int64s uint64_data 11, messages external_data 13, int32 data_location 14',
  ],
  ['graph 7 > input 11', 'string name 1, message type 2'],
  ['graph 7 > input 11 > type 2', 'message tensor_type 1, message optional_type 9'],
  ['graph 7 > input 11 > type 2 > optional_type 9', 'message elem_type 1'],
  ['graph 7 > input 11 > type 2 > tensor_type 1', 'int32 elem_type 1, message shape 2'],
  ['graph 7 > input 11 > type 2 > tensor_type 1 > shape 2', 'messages dim 1'],
  ['graph 7 > input 11 > type 2 > tensor_type 1 > shape 2 > dim 1', 'int64 dim_value 1, string dim_param 2'],
];

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
const bytesOf = (number: number, content: readonly number[]) => [...varint(number * 8 + 2), content.length, ...content];

/** A field on the wire with a value of its type, and that value as it is read. */
function sampleOf(type: string, number: number): { bytes: number[]; value: unknown } {
  switch (type) {
    case 'int32':
      return { bytes: [...varint(number * 8), 5], value: 5 };
    case 'int64':
      return { bytes: [...varint(number * 8), 5], value: 5n };
    case 'string':
      return { bytes: bytesOf(number, [0x61, 0x62]), value: 'ab' };
    case 'bytes':
      return { bytes: bytesOf(number, [7, 8]), value: Uint8Array.of(7, 8) };
    case 'float':
      return { bytes: [...varint(number * 8 + 5), 0, 0, 0xc0, 0x3f], value: 1.5 };
    case 'double':
      return { bytes: [...varint(number * 8 + 1), 0, 0, 0, 0, 0, 0, 0xf8, 0x3f], value: 1.5 };
    default:
      return { bytes: bytesOf(number, []), value: undefined };
  }
}

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

it.each(MESSAGES)('fields of the message at "%s" have their numbers and types', (path, fields) => {
  const steps = path === '' ? [] : path.split(' > ').map((step) => step.split(' ') as [string, string]);
  for (const field of fields.split(', ')) {
    const [type, name, number] = field.split(' ');
    const repeated = type.endsWith('s') && type !== 'bytes';
    const sample = sampleOf(repeated ? type.slice(0, -1) : type, Number(number));
    const bytes = steps.reduceRight<number[]>((content, [, step]) => bytesOf(Number(step), content), sample.bytes);
    const model: unknown = decodeModel(Uint8Array.from(bytes));
    const found = steps.reduce<unknown>((each, [step]) => {
      const value = (each as Record<string, unknown>)[camel(step)];
      return Array.isArray(value) ? value[0] : value;
    }, model);
    const value = (found as Record<string, unknown>)[camel(name)];
    const label = `${path} ${field}`;
    if (type.startsWith('message'))
      expect(repeated ? (value as unknown[]).length : typeof value, label).toBe(repeated ? 1 : 'object');
    else expect(value, label).toEqual(repeated ? [sample.value] : sample.value);
    expect(Array.from(encodeModel(model as never)), label).toEqual(bytes);
  }
});

it('numbers of attribute types and of element types are those of onnx.proto', () => {
  expect(ATTRIBUTE_TYPES).toEqual({ f: 1, i: 2, s: 3, t: 4, g: 5, floats: 6, ints: 7, strings: 8 });
  // AttributeProto and TensorProto.DataType from 1 on; strings and complex numbers hold no network.
  const names =
    'FLOAT UINT8 INT8 UINT16 INT16 INT32 INT64 - BOOL FLOAT16 DOUBLE UINT32 UINT64 - - BFLOAT16 FLOAT8E4M3FN FLOAT8E4M3FNUZ FLOAT8E5M2 FLOAT8E5M2FNUZ UINT4 INT4 FLOAT4E2M1 FLOAT8E8M0 UINT2 INT2';
  names.split(' ').forEach((name, i) => expect(elementTypeOf(i + 1)?.name ?? '-').toBe(name));
  expect([elementTypeOf(0), elementTypeOf(27)]).toEqual([undefined, undefined]);
  // The first opset whose QuantizeLinear gives it.
  const since = {
    UINT8: 10,
    INT8: 10,
    FLOAT8E4M3FN: 19,
    FLOAT8E5M2FNUZ: 19,
    INT16: 21,
    UINT4: 21,
    FLOAT4E2M1: 23,
    INT2: 25,
  };
  for (const [name, opset] of Object.entries(since)) expect(elementType(name).quantizeSince, name).toBe(opset);
  for (const name of ['FLOAT', 'DOUBLE', 'INT32', 'BOOL', 'FLOAT8E8M0'])
    expect(elementType(name).quantizeSince).toBe(undefined);
});

it('IR versions are those that came with an opset, by onnx/docs/Versioning.md, and 8 at least', () => {
  const versions = Array.from({ length: 16 }, (_, i) => irVersionOf(11 + i));
  expect(versions).toEqual([8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13]);
});
