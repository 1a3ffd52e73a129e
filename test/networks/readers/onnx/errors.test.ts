import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../../../src/networks/readers/onnx/read.js';
import { encodeModel, type ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';
import { writeOnnx } from '../../../../src/networks/readers/onnx/write.js';
import { fitTo } from '../../../../src/formats/codec.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import type { Layer } from '../../../../src/networks/network.js';
import { elementType } from '../../../../src/networks/readers/onnx/element.js';
import { bytesOf, type Graph, modelOf, op, tensor } from './graphs.js';
import { integers, network, quantization } from './samples.js';

const conv: Graph = {
  input: ['N', 1, 4, 4],
  nodes: [op('Conv', 'x w', 'y')],
  initializers: [tensor('w', 'FLOAT', [1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9])],
};

function reading(graph: Partial<Graph>): () => unknown {
  return () => readOnnx(bytesOf({ ...conv, ...graph }), 'net.onnx');
}

function withWeights(parts: ProtoInit<'TensorProto'>): () => unknown {
  return reading({ initializers: [{ name: 'w', dataType: 1, dims: [1n, 1n, 3n, 3n], ...parts }] });
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

describe('errors name the file, the thing, what was found and what would do', () => {
  it('every file that is cut short', () => {
    const bytes = writeOnnx(integers[0]);
    for (let length = 0; length < bytes.length; length += 7) {
      const read = () => readOnnx(bytes.subarray(0, length), 'cut.onnx');
      // A cut between two fields is a file again: what can be lost so is the metadata, which stands behind the graph.
      if (length > bytes.length - 60 && succeeds(read)) expect(read().layers).toEqual(integers[0].layers);
      else expect(read, `${length} of ${bytes.length}`).toThrow(/^cut\.onnx: not an ONNX [^\n]*cut short[^\n]*$/);
    }
  });

  it('a file that is something else', () => {
    const text = new TextEncoder().encode('# A text, and a long one, that has nothing to do with networks\n'.repeat(9));
    expect(() => readOnnx(text, 'notes.md')).toThrow(/^notes\.md: not an ONNX file, or cut short/);
    expect(() => readOnnx(new Uint8Array(0), 'empty.onnx')).toThrow(
      'empty.onnx: not an ONNX model, or cut short: it has no graph',
    );
  });

  it('operators, with the node, the domain and what there is', () => {
    expect(reading({ nodes: [op('TfIdfVectorizer', 'x', 'y')] })).toThrow(
      'net.onnx: node y (TfIdfVectorizer): operator TfIdfVectorizer of domain ai.onnx is not supported; "lastbit list operators" names those that are',
    );
    expect(reading({ nodes: [op('Gelyu', 'x', 'y', {}, 'com.microsoft')] })).toThrow(
      /com\.microsoft\.Gelyu.*domain com\.microsoft/,
    );
    expect(reading({ nodes: [op('Clip', 'x', 'y', { min: { f: -1 }, max: { f: Number.NaN } })], opset: 10 })).toThrow(
      'node y (Clip): has a bound that is no number',
    );
    expect(reading({ nodes: [op('QLinearAdder', 'x s z x s z s z', 'y', {}, 'com.microsoft')] })).toThrow(
      'operator QLinearAdder of domain com.microsoft is not supported',
    );
    expect(reading({ nodes: [op('MatMul', 'x w', 'y')] })).toThrow(
      'multiplies 1x1x4x4 by 1x1x3x3: 4 and 3 must be one length',
    );
    expect(reading({ nodes: [op('Conv', 'x v', 'y')] })).toThrow(
      'net.onnx: node y (Conv): reads v, which nothing before it writes',
    );
    expect(reading({ nodes: [op('Conv', 'x w', 'y', { group: 2 })] })).toThrow(
      'has weights for 1 x 2 groups of channels, but its input has 1',
    );
    expect(
      reading({ nodes: [op('Pad', 'x', 'y', { pads: [0, 0, 1, 1, 0, 0, 1, 1], mode: 'around' })], opset: 10 }),
    ).toThrow('has mode = around: it is one of ');
  });

  it('stored tensors', () => {
    const floats = [1, 2, 3, Number.NaN, 5, 6, 7, 8, 9];
    expect(withWeights({ floatData: floats })).toThrow(
      'tensor w holds NaN at index 3 of 9: weights must be finite numbers',
    );
    expect(withWeights({ floatData: [1, 2] })).toThrow(
      'net.onnx: tensor w (FLOAT, shape 1x1x3x3) needs 9 elements, found 2',
    );
    expect(withWeights({ rawData: new Uint8Array(35) })).toThrow('needs 9 elements, found 35 bytes');
    const external = { dataLocation: 1, externalData: [{ key: 'location', value: 'weights.bin' }] };
    expect(withWeights(external)).toThrow(
      "net.onnx: tensor w is kept in weights.bin: what is beside a model is found by the model's path alone",
    );
    expect(withWeights({ dataType: 14 })).toThrow('tensor w has element type 14');
    expect(withWeights({ dataType: 17, rawData: new Uint8Array(9).fill(0x7f) })).toThrow(
      'tensor w holds NaN at index 0 of 9',
    );
  });

  it('tensors that nodes make are named by what the node writes', () => {
    const value = { t: { name: '', type: elementType('FLOAT'), shape: [2], data: Float32Array.of(1, 9) } };
    const target = op('Constant', '', 'k', { value });
    expect(reading({ nodes: [target, op('Reshape', 'x k', 'y')] })).toThrow(
      'node y (Reshape): reads k, which holds FLOAT, as a shape or axes: INT64 is supported',
    );
    const made = op('ConstantOfShape', 'n', 'k');
    for (const shape of [[-1], [-1, 3], [2, -1], [-2, -3]]) {
      const nodes = [made, op('Reshape', 'x k', 'y')];
      expect(reading({ nodes, initializers: [tensor('n', 'INT64', [shape.length], shape)] })).toThrow(
        `makes shape ${shape.join('x')}: up to `,
      );
    }
    const initializers = [tensor('n', 'INT64', [1], [2])];
    expect(reading({ nodes: [made, op('Reshape', 'x k', 'y')], initializers })).toThrow('reads k, which holds FLOAT');
    const cast = op('Cast', 'n', 'k', { to: 6 });
    expect(reading({ nodes: [cast, op('Reshape', 'x k', 'y')], initializers })).toThrow('reads k, which holds INT32');
    const zero = tensor('zero', 'INT64', [], [0]);
    expect(
      reading({
        nodes: [op('Gather', 'n zero', 'k'), op('Reshape', 'x k', 'y')],
        initializers: [...initializers, zero],
      }),
    ).toThrow('reads k of shape scalar: a vector, as a shape is, is supported');
  });

  it('opsets, names, and the outputs of training', () => {
    expect(reading({ opset: 6 })).toThrow('net.onnx: asks for opset 6: 7 to 26 are supported');
    expect(reading({ opset: 99 })).toThrow('asks for opset 99');
    expect(reading({ nodes: [op('Conv', 'x w', 'x')] })).toThrow('node x (Conv): writes x, which is there already');
    // A variance of nothing and nothing added: its root divides.
    const flat = op('BatchNormalization', 'x g g g none', 'y', { epsilon: { f: 0 } });
    const gains = [tensor('g', 'FLOAT', [1], [1]), tensor('none', 'FLOAT', [1], [0])];
    expect(reading({ nodes: [flat], initializers: gains })).toThrow('has the variance 0 at channel 0 and epsilon 0');
    // A gain that takes a weight beyond float32, at the first channel or at another.
    const large = [tensor('large', 'FLOAT', [2, 1, 1, 1], [3e38, 1]), tensor('one', 'FLOAT', [2], [1, 1])];
    const conv = op('Conv', 'x large', 'c');
    for (const [gain, channel] of [
      [[9, 1], 0],
      [[1, 3e38], 1],
    ] as const) {
      const nodes = [conv, op('BatchNormalization', 'c gain one one one', 'y')];
      const weights = channel === 0 ? large : [tensor('large', 'FLOAT', [2, 1, 1, 1], [1, 9]), large[1]];
      expect(reading({ nodes, initializers: [...weights, tensor('gain', 'FLOAT', [2], [...gain])] })).toThrow(
        new RegExp(`makes a weight .* at channel ${channel}: it must be a finite float32`),
      );
    }
    const norm = op('BatchNormalization', 'x g g g g', 'y');
    norm.output?.push('mean', 'variance');
    expect(reading({ opset: 9, nodes: [norm], initializers: [tensor('g', 'FLOAT', [1], [1])] })).toThrow(
      'writes statistics beside its result, as in training',
    );
  });

  it('inputs and outputs', () => {
    expect(reading({ input: ['N', 1, 'h', 'w'] })).toThrow(
      'input x has shape Nx1xhxw: lengths are wanted but for the batch; give them with --shape x=1x3x224x224',
    );
    const model = modelOf(conv);
    const input = [{ name: 'x', type: { tensorType: { elemType: 8 } } }];
    expect(() => readOnnx(encodeModel({ ...model, graph: { ...model.graph, input } }), 'half.onnx')).toThrow(
      'half.onnx: input x has type 8: real numbers of 16 to 64 bits and integers are supported',
    );
  });

  it('quantization', () => {
    const quantize = (scale: number, again: number): Partial<Graph> => ({
      nodes: [op('QuantizeLinear', 'x s', 'q'), op('DequantizeLinear', 'q t', 'y')],
      initializers: [tensor('s', 'FLOAT', [], [scale]), tensor('t', 'FLOAT', [], [again])],
    });
    expect(reading(quantize(0, 0))).toThrow('node q (QuantizeLinear): has the scale 0 in s: scales must be positive');
    expect(reading(quantize(1, 2))).toThrow('reads q with scale 2, zero point 0, but it was written with 1, 0');
    for (const [scale, found] of [
      [-2, 'has the scale -2 in s'],
      [Number.NaN, 'tensor s holds NaN'],
      [Number.POSITIVE_INFINITY, 'tensor s holds Infinity'],
    ] as const)
      expect(reading(quantize(scale, 1))).toThrow(found);
    const dequantized = (parts: Graph['initializers']): Partial<Graph> => ({
      input: ['N', 3],
      nodes: [op('DequantizeLinear', 'w s z', 'r', { axis: 0 }), op('Gemm', 'x r', 'y', { transB: 1 })],
      initializers: [tensor('w', 'INT8', [2, 3], [1, 2, 3, 4, 5, 6]), ...parts],
    });
    const scales = (length: number) =>
      tensor(
        's',
        'FLOAT',
        [length],
        Array.from({ length }, () => 0.5),
      );
    const zeros = (length: number, type = 'INT8') => tensor('z', type, [length], new Array(length).fill(0));
    expect(reading(dequantized([scales(2), zeros(2)]))).not.toThrow();
    expect(reading(dequantized([scales(3), zeros(3)]))).toThrow('has 3 scales in s for axis 0 of 2x3');
    expect(reading(dequantized([scales(2), zeros(3)]))).toThrow('has 3 zero points in z and 2 scales');
    expect(reading(dequantized([scales(2), zeros(2, 'UINT8')]))).toThrow('reads INT8 with a zero point of UINT8');
    const codes = {
      nodes: [op('QuantizeLinear', 'x s', 'q'), op('Conv', 'q w', 'y')],
      initializers: [...conv.initializers, tensor('s', 'FLOAT', [], [1])],
    };
    expect(reading(codes)).toThrow('node y (Conv): reads the codes q as numbers: DequantizeLinear is missing between');
  });
});

describe('what ONNX cannot say is refused when it is written', () => {
  const writing =
    (...layers: Layer[]) =>
    () =>
      writeOnnx(network('n', [4], layers));
  const quantize = (format: string, parts: object = {}): Layer => ({
    op: 'quantize',
    name: 'q',
    inputs: ['image'],
    outputs: ['q'],
    quantization: { ...quantization(format, 1), ...parts },
  });

  it('names the layer and the reason', () => {
    const wrapping = { fit: fitTo(formatNamed('int8'), { overflow: 'wrap' }) };
    expect(writing(quantize('int8', wrapping))).toThrow('QuantizeLinear to INT8 rounds half to even, saturates');
    // Codes of few bits are written as bytes.
    for (const bits of [3, 5, 7])
      for (const options of [{ overflow: 'wrap' }, { overflow: 'saturate', rounding: 'rtz' }] as const) {
        const narrow = { fit: fitTo(formatNamed(`int${bits}`), options), zeroPoint: 1 };
        expect(writing(quantize(`int${bits}`, narrow))).toThrow(
          'QuantizeLinear to INT8 rounds half to even, saturates',
        );
      }
    // ONNX saturates infinities too, and without saturation overflows to infinity.
    for (const overflow of ['saturate-propagate', 'nan'] as const)
      expect(writing(quantize('e5m2', { fit: fitTo(formatNamed('e5m2'), { overflow }) }))).toThrow(
        'QuantizeLinear to FLOAT8E5M2 rounds half to even, saturates',
      );
    // Each of the three alone.
    for (const options of [{ rounding: 'rtz' }, { subnormals: 'flush' }] as const)
      expect(
        writing(quantize('e5m2', { fit: fitTo(formatNamed('e5m2'), { overflow: 'saturate', ...options }) })),
      ).toThrow('QuantizeLinear to FLOAT8E5M2 rounds half to even, saturates and keeps subnormals');
    expect(writing(quantize('dlfloat16'))).toThrow('ONNX has no type for dlfloat16');
    expect(writing(quantize('radix4', { zeroPoint: 2 }))).toThrow('layer q has the zero point 2');
    expect(writing(quantize('int8'), { op: 'softmax', name: 's', inputs: ['q'], outputs: ['s'] })).toThrow(
      'layer s (softmax) reads the codes q',
    );
    expect(writing({ op: 'relu', name: 'r', inputs: ['nothing'], outputs: ['r'] })).toThrow(
      'layer r reads nothing, which no layer before it writes',
    );
  });
});
