import { elementType, formatOf } from '../../../../src/networks/readers/onnx/element.js';
import { writeConstant } from '../../../../src/networks/readers/onnx/constant.js';
import { encodeModel, type ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';
import { type AttributeValue, node } from '../../../../src/networks/readers/onnx/sheet.js';
import { encodeAll } from '../../../../src/networks/codes.js';
import { fitTo } from '../../../../src/formats/codec.js';
import { sizeOf } from '../../../../src/networks/tensor.js';

/** Graphs as other tools write them, put together by hand. */
export interface Graph {
  nodes: ProtoInit<'NodeProto'>[];
  initializers: ProtoInit<'TensorProto'>[];
  input: readonly (number | string)[];
  opset?: number;
  outputs?: string[];
}

/** op('Conv', 'x w b', 'y', { group: 2 }) */
export function op(
  type: string,
  inputs: string,
  output: string,
  attributes: Record<string, AttributeValue> = {},
  domain = '',
) {
  return node(
    type,
    inputs === '' ? [] : inputs.split(' ').map((name) => (name === '_' ? '' : name)),
    output,
    attributes,
    domain,
  );
}

/** A stored tensor of numbers, encoded to the element type. */
export function tensor(
  name: string,
  type: string,
  shape: readonly number[],
  values: ArrayLike<number>,
): ProtoInit<'TensorProto'> {
  const element = elementType(type);
  if (values.length !== sizeOf(shape)) throw new Error(`${name} needs ${sizeOf(shape)} values, found ${values.length}`);
  const numbers = Float64Array.from(values);
  const data = type === 'FLOAT' ? Float32Array.from(numbers) : element.bits === 64 ? numbers : codesOf(type, numbers);
  return writeConstant({ name, type: element, shape, data });
}

function codesOf(type: string, values: Float64Array) {
  if (type === 'INT32') return Uint32Array.from(values, (value) => value >>> 0);
  return encodeAll(Float32Array.from(values), fitTo(formatOf(elementType(type)), { overflow: 'saturate' }));
}

function dimension(length: number | string): ProtoInit<'DimensionProto'> {
  return typeof length === 'number' ? { dimValue: BigInt(length) } : { dimParam: length };
}

export function modelOf({ nodes, initializers, input, opset = 21, outputs }: Graph): ProtoInit<'ModelProto'> {
  const last = outputs ?? [nodes[nodes.length - 1].output?.[0] ?? ''];
  return {
    irVersion: 10n,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      name: 'graph',
      node: nodes,
      initializer: initializers,
      input: [{ name: 'x', type: { tensorType: { elemType: 1, shape: { dim: input.map(dimension) } } } }],
      output: last.map((name) => ({ name, type: { tensorType: { elemType: 1 } } })),
    },
  };
}

export function bytesOf(graph: Graph): Uint8Array {
  return encodeModel(modelOf(graph));
}
