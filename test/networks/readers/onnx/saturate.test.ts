import { expect, it } from 'vitest';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { fitTo, type Overflow } from '../../../../src/formats/codec.js';
import type { Layer, Network } from '../../../../src/networks/network.js';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../../../src/networks/readers/onnx/write.js';
import { quantize } from '../../../../src/networks/quantization.js';
import { floatTensor } from '../../../../src/networks/tensor.js';
import { bytesOf, op, tensor } from './graphs.js';

/** The codes that a network gives for infinities, after it was written as ONNX and read back. */
function codesAfter(format: string, overflow: Overflow): number[] {
  const quantization = {
    fit: fitTo(formatNamed(format), { overflow }),
    scale: Float32Array.of(1),
    axis: 0,
    zeroPoint: 0,
  };
  const layers: Layer[] = [
    { op: 'quantize', name: 'q', inputs: ['image'], outputs: ['q'], quantization },
    { op: 'dequantize', name: 'y', inputs: ['q'], outputs: ['y'] },
  ];
  const network: Network = {
    name: 'n',
    inputs: [{ name: 'image', shape: [1, 4] }],
    batch: 'free',
    outputs: ['y'],
    layers,
    metadata: {},
  };
  const read = readOnnx(writeOnnx(network), 'n.onnx').layers.find((layer) => layer.op === 'quantize');
  if (read?.op !== 'quantize') throw new Error('the quantize layer is lost');
  const values = floatTensor([1, 4], Float32Array.of(Infinity, -Infinity, 1e9, -1e9));
  return Array.from(quantize(values, read.quantization).data);
}

/** The tables of ONNX Cast-25, which QuantizeLinear follows: Inf, -Inf, beyond FLT_MAX on both sides. */
it('saturate = 1 takes infinities, saturate = 0 does not', () => {
  expect(codesAfter('e5m2', 'saturate')).toEqual([0x7b, 0xfb, 0x7b, 0xfb]);
  expect(codesAfter('e5m2', 'ieee')).toEqual([0x7c, 0xfc, 0x7c, 0xfc]);
  expect(codesAfter('e4m3fn', 'saturate')).toEqual([0x7e, 0xfe, 0x7e, 0xfe]);
  expect(codesAfter('e4m3fn', 'saturate-propagate')).toEqual([0x7e, 0xfe, 0x7e, 0xfe]);
  expect(codesAfter('e4m3fn', 'ieee')).toEqual([0x7f, 0xff, 0x7f, 0xff]);
  // No type of ONNX: thresholds, of which an infinity passes all or none.
  expect(codesAfter('e3m4', 'saturate')).toEqual([0x6f, 0xef, 0x6f, 0xef]);
});

/** Weights [1, 2] that a Cast makes of two stored numbers, and an identity of other weights to multiply by. */
function weightsOf(type: string, values: readonly number[], to: number, attributes: Record<string, number> = {}) {
  const graph = {
    input: [1, values.length],
    nodes: [
      op('Cast', 'w', 'narrow', { to, ...attributes }),
      op('Cast', 'narrow', 'wide', { to: 1 }),
      op('Gemm', 'x wide', 'y', { transB: 1 }),
    ],
    initializers: [tensor('w', type, [1, values.length], values)],
  };
  const layer = readOnnx(bytesOf(graph), 'g.onnx').layers.find((each) => each.op === 'dense');
  if (layer?.op !== 'dense') throw new Error('the product is lost');
  return Array.from(layer.weight.data);
}

const [INT8, INT32, INT64, E5M2] = [3, 6, 7, 19];

it('Cast: float8 saturates unless told otherwise, an integer drops the higher bits of another', () => {
  expect(weightsOf('FLOAT', [1e6, -1e6, 1], E5M2)).toEqual([57344, -57344, 1]);
  expect(() => weightsOf('FLOAT', [1e6, -1e6, 1], E5M2, { saturate: 0 })).toThrow(/inf|finite/i);
  expect(weightsOf('INT32', [200, -129, 7], INT8)).toEqual([-56, 127, 7]);
  expect(weightsOf('FLOAT', [127.5, -128.9, 7.9], INT8)).toEqual([127, -128, 7]);
  // The standard leaves it undefined; x86-64 cuts to 32 bits, or 64, and drops the higher ones.
  expect(weightsOf('FLOAT', [200, 1, 7.9], INT8)).toEqual([-56, 1, 7]);
  expect(weightsOf('FLOAT', [-Infinity, 3e9, 7.9], INT64)).toEqual([-(2 ** 63), 3e9, 7]);
  expect(weightsOf('INT64', [2 ** 24 + 1, 2 ** 31 + 2, 3], INT32)).toEqual(
    [2 ** 24, -(2 ** 31) + 2, 3].map(Math.fround),
  );
});
