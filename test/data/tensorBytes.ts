/** Bytes of a TensorProto, laid out by hand from onnx.proto: dims = 1, data_type = 2, name = 8, raw_data = 9. */
export function tensorBytes(
  dims: readonly number[],
  dataType: number,
  raw: Uint8Array | Float32Array | Float64Array | BigInt64Array | Int16Array | Uint16Array,
  name = '',
): Uint8Array {
  const bytes = new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
  const counted = (tag: number, content: Uint8Array) => [tag, ...varint(content.length), ...content];
  return Uint8Array.from([
    ...dims.flatMap((length) => [0x08, ...varint(length)]),
    0x10,
    ...varint(dataType),
    ...(name === '' ? [] : counted(0x42, new TextEncoder().encode(name))),
    ...counted(0x4a, bytes),
  ]);
}

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
