import { create, createFileRegistry, type DescMessage, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

/**
 * The messages of an ONNX file as data: field name -> [number, type]. Numbers and types are those of the ONNX IR
 * specification (https://onnx.ai/onnx/repo-docs/IR.html, IR version 13). What a network does not need (training,
 * sharding, sparse tensors) is left out: protobuf keeps unknown fields. Enums are plain integers, the same on the wire.
 */
const MESSAGES = {
  ModelProto: {
    irVersion: [1, 'int64'],
    opsetImport: [8, 'OperatorSetIdProto[]'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    domain: [4, 'string'],
    modelVersion: [5, 'int64'],
    docString: [6, 'string'],
    graph: [7, 'GraphProto'],
    metadataProps: [14, 'StringStringEntryProto[]'],
    functions: [25, 'FunctionProto[]'],
  },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
  GraphProto: {
    node: [1, 'NodeProto[]'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto[]'],
    docString: [10, 'string'],
    input: [11, 'ValueInfoProto[]'],
    output: [12, 'ValueInfoProto[]'],
    valueInfo: [13, 'ValueInfoProto[]'],
  },
  FunctionProto: {
    name: [1, 'string'],
    input: [4, 'string[]'],
    output: [5, 'string[]'],
    attribute: [6, 'string[]'],
    node: [7, 'NodeProto[]'],
    docString: [8, 'string'],
    opsetImport: [9, 'OperatorSetIdProto[]'],
    domain: [10, 'string'],
    attributeProto: [11, 'AttributeProto[]'],
    overload: [13, 'string'],
  },
  NodeProto: {
    input: [1, 'string[]'],
    output: [2, 'string[]'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'AttributeProto[]'],
    docString: [6, 'string'],
    domain: [7, 'string'],
    overload: [8, 'string'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'TensorProto'],
    g: [6, 'GraphProto'],
    floats: [7, 'float[]'],
    ints: [8, 'int64[]'],
    strings: [9, 'bytes[]'],
    graphs: [11, 'GraphProto[]'],
    type: [20, 'int32'],
    refAttrName: [21, 'string'],
  },
  TensorProto: {
    dims: [1, 'int64[]'],
    dataType: [2, 'int32'],
    floatData: [4, 'float[]'],
    int32Data: [5, 'int32[]'],
    int64Data: [7, 'int64[]'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, 'double[]'],
    uint64Data: [11, 'uint64[]'],
    externalData: [13, 'StringStringEntryProto[]'],
    dataLocation: [14, 'int32'],
  },
  ValueInfoProto: { name: [1, 'string'], type: [2, 'TypeProto'] },
  TypeProto: { tensorType: [1, 'TensorTypeProto'], optionalType: [9, 'OptionalTypeProto'] },
  OptionalTypeProto: { elemType: [1, 'TypeProto'] },
  TensorTypeProto: { elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'DimensionProto[]'] },
  DimensionProto: { dimValue: [1, 'int64'], dimParam: [2, 'string'] },
} as const;

type MessageName = keyof typeof MESSAGES;
interface Scalars {
  int32: number;
  int64: bigint;
  uint64: bigint;
  float: number;
  double: number;
  string: string;
  bytes: Uint8Array;
}
type Typed<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? Proto<T> | undefined : never;
type Fields<N extends MessageName> = (typeof MESSAGES)[N];
type TypeName<N extends MessageName, F extends keyof Fields<N>> = Fields<N>[F] extends readonly [number, infer T]
  ? T
  : never;

/** A message as it is read: an absent scalar is its zero, an absent message undefined. */
export type Proto<N extends MessageName> = {
  [F in keyof Fields<N>]: TypeName<N, F> extends `${infer E}[]` ? NonNullable<Typed<E>>[] : Typed<TypeName<N, F>>;
};
/** A message to be written: what is left out is absent. */
export type ProtoInit<N extends MessageName> = {
  [F in keyof Fields<N>]?: TypeName<N, F> extends `${infer E}[]` ? Init<E>[] : Init<TypeName<N, F>>;
};
type Init<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? ProtoInit<T> : never;

const SCALAR_TYPES: Record<keyof Scalars, FieldDescriptorProto_Type> = {
  int32: FieldDescriptorProto_Type.INT32,
  int64: FieldDescriptorProto_Type.INT64,
  uint64: FieldDescriptorProto_Type.UINT64,
  float: FieldDescriptorProto_Type.FLOAT,
  double: FieldDescriptorProto_Type.DOUBLE,
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
};

function fieldOf(jsonName: string, [number, typed]: readonly [number, string]): FieldDescriptorProto {
  const repeated = typed.endsWith('[]');
  const name = repeated ? typed.slice(0, -2) : typed;
  const scalar = SCALAR_TYPES[name as keyof Scalars];
  return create(FieldDescriptorProtoSchema, {
    name: jsonName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    jsonName,
    number,
    label: repeated ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    type: scalar ?? FieldDescriptorProto_Type.MESSAGE,
    typeName: scalar === undefined ? `.onnx.${name}` : undefined,
  });
}

function messageOf(name: string, fields: Record<string, readonly [number, string]>): DescriptorProto {
  return create(DescriptorProtoSchema, {
    name,
    field: Object.entries(fields).map(([key, field]) => fieldOf(key, field)),
  });
}

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: 'onnx.proto',
    package: 'onnx',
    syntax: 'proto2', // with presence: an attribute i = 0 must be written
    messageType: Object.entries(MESSAGES).map(([name, fields]) => messageOf(name, fields)),
  }),
  () => undefined,
);

const modelSchema: DescMessage = registry.getMessage('onnx.ModelProto') as DescMessage;

const attributeSchema: DescMessage = registry.getMessage('onnx.AttributeProto') as DescMessage;

/** @throws Error with protobuf's reason where the bytes are no well-formed ModelProto */
export function decodeModel(bytes: Uint8Array): Proto<'ModelProto'> {
  return fromBinary(modelSchema, bytes) as Message as unknown as Proto<'ModelProto'>;
}

/** A message with some fields changed; what it leaves out is read as before, which a spread would lose. */
export function changed<M extends object>(message: M, fields: Partial<M>): M {
  return Object.assign(Object.create(Object.getPrototypeOf(message) as object) as M, message, fields);
}

/** An attribute that holds an integer. */
export function madeAttribute(name: string, i: number): Proto<'AttributeProto'> {
  const fields: ProtoInit<'AttributeProto'> = { name, i: BigInt(i), type: ATTRIBUTE_TYPES.i };
  const made: unknown = create(attributeSchema, fields as never);
  return made as Proto<'AttributeProto'>;
}

/** Fields in the order of their numbers, so the same model gives the same bytes. */
export function encodeModel(model: ProtoInit<'ModelProto'>): Uint8Array {
  return toBinary(modelSchema, create(modelSchema, model as never));
}

/** AttributeProto.type by the field that is in use. */
export const ATTRIBUTE_TYPES = { f: 1, i: 2, s: 3, t: 4, g: 5, floats: 6, ints: 7, strings: 8 } as const;
