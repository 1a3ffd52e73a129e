import { expect, it } from 'vitest';
import { readConstant, valuesOf, writeConstant } from '../../../../src/networks/readers/onnx/constant.js';
import { elementType } from '../../../../src/networks/readers/onnx/element.js';
import { tensor } from './graphs.js';
import type { Proto, ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';

const EMPTY: Proto<'TensorProto'> = {
  dims: [],
  dataType: 0,
  floatData: [],
  int32Data: [],
  int64Data: [],
  name: 't',
  rawData: new Uint8Array(0),
  doubleData: [],
  uint64Data: [],
  externalData: [],
  dataLocation: 0,
};

function valuesIn(parts: ProtoInit<'TensorProto'>): number[] {
  return [...valuesOf(readConstant({ ...EMPTY, ...parts } as Proto<'TensorProto'>))];
}

/** Examples of the specification's packing: the first element in the lowest bits. */
it.each([
  ['INT4', [1, -2, 3], [0xe1, 0x03]],
  ['UINT4', [1, 14, 3], [0xe1, 0x03]],
  ['INT2', [1, -2, -1, 0, 1], [0b00111001, 0b01]],
  ['UINT2', [1, 2, 3, 0, 1], [0b00111001, 0b01]],
  ['FLOAT4E2M1', [0.5, -6, 1], [0xf1, 0x02]],
  ['INT8', [1, -2], [0x01, 0xfe]],
  ['INT16', [1, -2], [0x01, 0x00, 0xfe, 0xff]],
  ['INT32', [-2], [0xfe, 0xff, 0xff, 0xff]],
  ['INT64', [-2], [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['FLOAT', [1.5], [0x00, 0x00, 0xc0, 0x3f]],
  ['DOUBLE', [1.5], [0, 0, 0, 0, 0, 0, 0xf8, 0x3f]],
  ['FLOAT16', [1.5], [0x00, 0x3e]],
  ['BFLOAT16', [1.5], [0xc0, 0x3f]],
  ['FLOAT8E4M3FN', [1.5, -448], [0x3c, 0xfe]],
  ['FLOAT8E5M2', [1.5], [0x3e]],
  ['FLOAT8E8M0', [2], [0x80]],
])('%s %j is %j in raw_data', (type, values, bytes) => {
  const written = tensor('t', type, [values.length], values);
  expect([...(written.rawData ?? [])]).toEqual(bytes);
  expect(valuesIn(written)).toEqual(values);
  const constant = readConstant({ ...EMPTY, ...written } as Proto<'TensorProto'>);
  expect(writeConstant(constant)).toEqual(written);
});

it.each<[string, number[], ProtoInit<'TensorProto'>]>([
  ['INT4', [1, -2, 3], { int32Data: [0xe1, 0x03] }],
  ['INT2', [1, -2, -1, 0, 1], { int32Data: [0b00111001, 0b01] }],
  ['INT8', [1, -2], { int32Data: [1, -2] }],
  ['UINT16', [1, 65535], { int32Data: [1, 65535] }],
  ['INT32', [1, -2], { int32Data: [1, -2] }],
  ['FLOAT16', [1.5], { int32Data: [0x3e00] }],
  ['FLOAT8E4M3FN', [1.5, -448], { int32Data: [0x3c, 0xfe] }],
  ['UINT32', [4294967295], { uint64Data: [4294967295n] }],
  ['INT64', [-2], { int64Data: [-2n] }],
  ['DOUBLE', [1.5], { doubleData: [1.5] }],
  ['FLOAT', [1.5], { floatData: [1.5] }],
])('%s %j in its typed field', (type, values, parts) => {
  const dims = [BigInt(values.length)];
  expect(valuesIn({ ...parts, dims, dataType: elementType(type).number })).toEqual(values);
});

it('integers beyond 2^53 are refused', () => {
  const parts = { dims: [1n], dataType: 7, int64Data: [2n ** 60n] };
  expect(() => valuesIn(parts)).toThrow('the integer 1152921504606846976 is beyond 2^53');
});
