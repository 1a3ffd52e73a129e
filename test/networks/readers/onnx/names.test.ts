import { expect, it } from 'vitest';
import { isMacLayer } from '../../../../src/networks/network.js';
import { decodeModel, encodeModel, type Proto } from '../../../../src/networks/readers/onnx/proto.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { productCases } from './quantizedCases.js';

it.each(['ort', 'ort-unfused', 'onnx'] as const)(
  'a product is known by its own node, whatever takes it along: %s',
  (rules) => {
    const told = productCases().map(({ bytes }) => {
      const model = decodeModel(bytes);
      const graph = model.graph as Proto<'GraphProto'>;
      const node = graph.node.map((each, i) => ({ ...each, name: `${each.opType}_${i}` }));
      const products = node.map(({ name }) => name).filter((name) => /^(Conv|Gemm|MatMul)_/.test(name));
      const { layers } = readOnnx(encodeModel({ ...model, graph: { ...graph, node } }), 'net.onnx', { rules });
      return { products, layers: layers.filter(isMacLayer).map(({ name, node }) => node ?? name) };
    });
    for (const { products, layers } of told) expect(layers).toEqual(products);
    expect(told.length).toBeGreaterThan(20);
  },
);
