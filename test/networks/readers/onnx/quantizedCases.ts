import { encodeModel, type ProtoInit } from '../../../../src/networks/readers/onnx/proto.js';
import { elementType } from '../../../../src/networks/readers/onnx/element.js';
import { op, tensor } from './graphs.js';
import { random } from './samples.js';

/** A graph of quantized operators, and what it reads. */
export interface QuantizedCase {
  name: string;
  bytes: Uint8Array;
  inputs: readonly { name: string; type: 'FLOAT' | 'UINT8' | 'INT8'; shape: readonly number[]; data: number[] }[];
  /** Names of the functions and operators that it becomes, with their rules. */
  layers: string;
}

type Type = 'UINT8' | 'INT8';
/** Scale and zero point, counted from the lowest code. */
export type Meaning = readonly [number, number];

const lowest = (type: Type) => (type === 'INT8' ? -128 : 0);

export function meaning(name: string, type: Type, [scale, zero]: Meaning): ProtoInit<'TensorProto'>[] {
  return [tensor(`s${name}`, 'FLOAT', [], [scale]), tensor(`z${name}`, type, [], [lowest(type) + zero])];
}

interface Spec {
  nodes: ProtoInit<'NodeProto'>[];
  initializers: ProtoInit<'TensorProto'>[];
  inputs: QuantizedCase['inputs'];
  output: string;
}

export function model({ nodes, initializers, inputs, output }: Spec, opset = 21): Uint8Array {
  const dims = (shape: readonly number[]) => ({ dim: shape.map((length) => ({ dimValue: BigInt(length) })) });
  return encodeModel({
    irVersion: 10n,
    opsetImport: [
      { domain: '', version: BigInt(opset) },
      { domain: 'com.microsoft', version: 1n },
    ],
    graph: {
      name: 'graph',
      node: nodes,
      initializer: initializers,
      input: inputs.map(({ name, type, shape }) => ({
        name,
        type: { tensorType: { elemType: elementType(type).number, shape: dims(shape) } },
      })),
      output: [{ name: output, type: { tensorType: { elemType: 1 } } }],
    },
  });
}

export const quantized = (x: string, by: string, to: string) => [
  op('QuantizeLinear', `${x} s${by} z${by}`, to),
  op('DequantizeLinear', `${to} s${by} z${by}`, `${to}/real`),
];

/** Real numbers of codes, as DequantizeLinear gives them, so that QuantizeLinear gives these codes again. */
const realsOf = (codes: readonly number[], type: Type, [scale, zero]: Meaning) =>
  codes.map((code) => Math.fround((code - lowest(type) - zero) * Math.fround(scale)));

/** Pairs of codes: every one, or so many drawn with those at both ends. */
export function pairsOf(type: Type, count: number | 'all'): readonly [number[], number[]] {
  const least = lowest(type);
  if (count === 'all') {
    const all = Array.from({ length: 65536 }, (_, i) => i);
    return [all.map((i) => least + (i >> 8)), all.map((i) => least + (i & 255))];
  }
  const draw = random(17);
  const ends = [0, 1, 127, 128, 254, 255];
  const list = ends.flatMap((a) => ends.map((b) => [a, b]));
  while (list.length < count) list.push([Math.floor(draw() * 256), Math.floor(draw() * 256)]);
  return [list.map(([a]) => least + a), list.map(([, b]) => least + b)];
}

const SCALES: readonly (readonly [Meaning, Meaning, Meaning])[] = [
  [
    [0.05, 138],
    [0.05, 131],
    [0.1, 135],
  ],
  [
    [0.031, 123],
    [0.0123, 148],
    [0.04, 119],
  ],
  [
    [0.02, 128],
    [0.007, 128],
    [0.011, 128],
  ],
  [
    [0.0078125, 0],
    [0.0078125, 255],
    [0.015625, 64],
  ],
];

/** Add and Mul of two tensors, between QuantizeLinear and DequantizeLinear and as operators of ONNX Runtime. */
export function pairCases(count: number | 'all'): QuantizedCase[] {
  return (['UINT8', 'INT8'] as const).flatMap((type) =>
    SCALES.flatMap(([a, b, c], i) =>
      (['Add', 'Mul'] as const).flatMap((kind) => {
        const [left, right] = pairsOf(type, count);
        const shape = [1, left.length];
        const initializers = [...meaning('a', type, a), ...meaning('b', type, b), ...meaning('c', type, c)];
        const inputs = [
          { name: 'x', type: 'FLOAT' as const, shape, data: realsOf(left, type, a) },
          { name: 'y', type: 'FLOAT' as const, shape, data: realsOf(right, type, b) },
        ];
        const before = [...quantized('x', 'a', 'p'), ...quantized('y', 'b', 'q')];
        const dequantized = op('DequantizeLinear', 'r sc zc', 'out');
        const graph = [...before, op(kind, 'p/real q/real', 't'), op('QuantizeLinear', 't sc zc', 'r'), dequantized];
        const own = op(`QLinear${kind}`, 'p sa za q sb zb sc zc', 'r', {}, 'com.microsoft');
        const node = [before[0], before[2], own, dequantized];
        const spec = { initializers, inputs, output: 'out' };
        return [
          {
            ...{ name: `${type} ${kind} between QuantizeLinear, scales ${i}`, inputs },
            bytes: model({ ...spec, nodes: graph }),
            layers: `quantize quantize ${kind}:ort dequantize`,
          },
          {
            ...{ name: `${type} QLinear${kind}, scales ${i}`, inputs },
            bytes: model({ ...spec, nodes: node }),
            layers: `quantize quantize ${kind}:ort-node dequantize`,
          },
        ];
      }),
    ),
  );
}

const draws = (seed: number, length: number, low: number, high: number) => {
  const draw = random(seed);
  return Array.from({ length }, () => low + Math.floor(draw() * (high - low + 1)));
};

/** Products with every kind of bias, and a ReLU that codes make redundant or not. */
export function productCases(): QuantizedCase[] {
  const biases = ['none', 'int32', 'real'] as const;
  return (['UINT8', 'INT8'] as const).flatMap((type) =>
    (['Conv', 'Gemm', 'MatMul'] as const).flatMap((kind) =>
      biases
        .filter((bias) => kind !== 'MatMul' || bias === 'none')
        .flatMap((bias) =>
          ['', 'Relu'].map((after): QuantizedCase => {
            const conv = kind === 'Conv';
            const shape = conv ? [2, 3, 8, 8] : [40, 27];
            const weights = conv ? [8, 3, 3, 3] : kind === 'Gemm' ? [8, 27] : [27, 8];
            const scales = Float32Array.from(conv ? [0.005, 0.004, 0.006, 0.003, 0.002, 0.007, 0.001, 0.009] : [0.005]);
            const of = [0.021, 100] as const;
            const sums = Float32Array.from(scales, (scale) => Math.fround(Math.fround(of[0]) * scale));
            const perChannel = { axis: 0 };
            const stored = (name: string, type: string, values: ArrayLike<number>) =>
              tensor(name, type, values.length === 1 ? [] : [values.length], values);
            const initializers = [
              ...[...meaning('a', type, of), ...meaning('c', type, [0.0317, 0])],
              tensor('w', 'INT8', weights, draws(5, 216, -127, 127)),
              stored('sw', 'FLOAT', scales),
              stored('zw', 'INT8', new Float64Array(scales.length)),
              tensor('b', 'INT32', [8], draws(6, 8, -900, 900)),
              tensor('sb', 'FLOAT', sums.length === 1 ? [] : [8], sums),
              tensor(
                'br',
                'FLOAT',
                [8],
                draws(7, 8, -100, 100).map((value) => value / 512),
              ),
            ];
            const bd = bias === 'int32' ? 'bd' : 'br';
            const nodes = [
              ...quantized('x', 'a', 'p'),
              op('DequantizeLinear', 'w sw zw', 'wd', perChannel),
              ...(bias === 'int32' ? [op('DequantizeLinear', 'b sb', 'bd', perChannel)] : []),
              op(kind, `p/real wd${bias === 'none' ? '' : ` ${bd}`}`, 't', {
                ...(kind === 'Gemm' && { transB: 1 }),
                ...(conv && { pads: [1, 1, 1, 1], strides: [1, 2] }),
              }),
              ...(after === '' ? [] : [op('Relu', 't', 'u')]),
              op('QuantizeLinear', `${after === '' ? 't' : 'u'} sc zc`, 'r'),
              op('DequantizeLinear', 'r sc zc', 'out'),
            ];
            const length = shape.reduce((product, axis) => product * axis, 1);
            const draw = random(8);
            const data = Array.from({ length }, () => Math.fround((draw() - 0.5) * 5));
            const inputs = [{ name: 'x', type: 'FLOAT' as const, shape, data }];
            return {
              ...{ name: `${type} ${kind}, bias ${bias}${after && `, ${after}`}`, inputs },
              bytes: model({ nodes, initializers, inputs, output: 'out' }),
              layers: `quantize ${conv ? 'conv' : 'dense'}:ort dequantize`,
            };
          }),
        ),
    ),
  );
}

/** Functions of one tensor, and those that join. */
export function functionCases(): QuantizedCase[] {
  return (['UINT8', 'INT8'] as const).flatMap((type) =>
    (['Sigmoid', 'LeakyRelu', 'Concat'] as const).map((kind): QuantizedCase => {
      const [a, b]: readonly Meaning[] = [
        [0.05, 120],
        [0.031, 133],
      ];
      const c: Meaning = kind === 'Sigmoid' ? [1 / 256, 0] : [0.07, 97];
      const all = Array.from({ length: 256 }, (_, i) => i + lowest(type));
      const shape = [1, 256];
      const inputs = [
        { name: 'x', type: 'FLOAT' as const, shape, data: realsOf(all, type, a) },
        ...(kind === 'Concat' ? [{ name: 'y', type: 'FLOAT' as const, shape, data: realsOf(all, type, b) }] : []),
      ];
      const nodes = [
        ...quantized('x', 'a', 'p'),
        ...(kind === 'Concat' ? quantized('y', 'b', 'q') : []),
        op(kind, kind === 'Concat' ? 'p/real q/real' : 'p/real', 't', kind === 'Concat' ? { axis: 1 } : {}),
        op('QuantizeLinear', 't sc zc', 'r'),
        op('DequantizeLinear', 'r sc zc', 'out'),
      ];
      const initializers = [...meaning('a', type, a), ...meaning('b', type, b), ...meaning('c', type, c)];
      return {
        ...{ name: `${type} ${kind}`, inputs, bytes: model({ nodes, initializers, inputs, output: 'out' }) },
        layers: `${kind === 'Concat' ? 'quantize quantize' : 'quantize'} ${kind}:ort dequantize`,
      };
    }),
  );
}

/** Lines of codes of several lengths, as softmax has its rows, and the scale that a quantizer gives a result of 0 to 1. */
export function softmaxCases(): QuantizedCase[] {
  return (['UINT8', 'INT8'] as const).flatMap((type) =>
    [1 / 255, 1 / 256, 0.0035].map((scale): QuantizedCase => {
      const [a, c]: readonly Meaning[] = [
        [0.0123, 120],
        [scale, 0],
      ];
      const draw = random(41);
      const shape = [64, 11];
      const codes = Array.from({ length: 704 }, () => Math.floor(draw() * 256) + lowest(type));
      const inputs = [{ name: 'x', type: 'FLOAT' as const, shape, data: realsOf(codes, type, a) }];
      const nodes = [
        ...quantized('x', 'a', 'p'),
        op('Softmax', 'p/real', 't', { axis: 1 }),
        op('QuantizeLinear', 't sc zc', 'r'),
        op('DequantizeLinear', 'r sc zc', 'out'),
      ];
      const initializers = [...meaning('a', type, a), ...meaning('c', type, c)];
      return {
        ...{
          name: `${type} Softmax to ${scale}`,
          inputs,
          bytes: model({ nodes, initializers, inputs, output: 'out' }),
        },
        layers: 'quantize Softmax:ort dequantize',
      };
    }),
  );
}

/** Means of multiples of a scale, which often lie halfway between two: every bit is of one order of additions. */
export function meanCases(): QuantizedCase[] {
  const means = [
    ['GlobalAveragePool', [1, 40, 2, 2], {}, 'averagePool'],
    ['GlobalAveragePool', [2, 20, 7, 7], {}, 'averagePool'],
    ['GlobalAveragePool', [1, 10, 30], {}, 'GlobalAveragePool'],
    ['GlobalAveragePool', [1, 10, 3, 4, 3], {}, 'GlobalAveragePool'],
    ['AveragePool', [1, 9, 8, 8], { kernel_shape: [2, 2], strides: [2, 2] }, 'averagePool'],
    ['AveragePool', [1, 9, 8, 8], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, 'averagePool'],
    ['AveragePool', [1, 9, 8, 8], { kernel_shape: [3, 2], pads: [1, 0, 1, 1], count_include_pad: 1 }, 'AveragePool'],
    ['AveragePool', [1, 9, 5, 6], { kernel_shape: [5, 6] }, 'averagePool'],
    ['AveragePool', [1, 9, 31], { kernel_shape: [4], strides: [2] }, 'AveragePool'],
    ['AveragePool', [1, 3, 5, 6, 7], { kernel_shape: [2, 3, 2] }, 'AveragePool'],
    ['ReduceMean', [1, 20, 7, 7], { axes: [2, 3] }, 'ReduceMean'],
    ['ReduceMean', [1, 20, 3, 3], { axes: [2, 3] }, 'ReduceMean'],
    ['ReduceMean', [1, 50, 10], { axes: [2] }, 'ReduceMean'],
    ['ReduceMean', [1, 7, 7, 20], { axes: [1, 2] }, 'ReduceMean'],
    ['ReduceSum', [1, 20, 33], { axes: [2] }, 'ReduceSum'],
  ] as const;
  return [13, 21].flatMap((opset) =>
    means.map(([name, shape, { ...attributes }, layer], i): QuantizedCase => {
      const draw = random(50 + i);
      const data = Array.from({ length: shape.reduce<number>((a, b) => a * b, 1) }, () =>
        Math.fround(Math.floor(draw() * 256 - 7) * Math.fround(0.0235678)),
      );
      const inputs = [{ name: 'x', type: 'FLOAT' as const, shape, data }];
      const { axes, ...rest } = attributes as { axes?: readonly number[] };
      const attribute = axes !== undefined && opset === 13 && name === 'ReduceMean';
      const stored = axes === undefined || attribute ? [] : [tensor('axes', 'INT64', [axes.length], axes)];
      const nodes = [op(name, stored.length === 0 ? 'x' : 'x axes', 'out', attribute ? attributes : rest)];
      return {
        name: `${name}-${opset} of ${shape.join('x')} ${JSON.stringify(attributes)}`,
        ...{
          inputs,
          bytes: model({ nodes, initializers: stored, inputs, output: 'out' }, opset),
          layers: `${layer}:ort`,
        },
      };
    }),
  );
}

/** Biases whose scale is another than that of the sums. */
export function biasCases(): QuantizedCase[] {
  const cases = [
    ['Conv', 1.0149, 'quantize conv:ort dequantize'],
    ['Conv', 0.9851, 'quantize conv:ort dequantize'],
    ['Conv', 1.0151, 'quantize conv:ort quantize dequantize'],
    ['Gemm', 2, 'quantize dense:ort dequantize'],
  ] as const;
  return cases.map(([kind, factor, layers]): QuantizedCase => {
    const draw = random(77);
    const [shape, weight] =
      kind === 'Conv'
        ? [
            [1, 2, 5, 5],
            [3, 2, 3, 3],
          ]
        : [
            [4, 18],
            [3, 18],
          ];
    const count = (lengths: readonly number[]) => lengths.reduce((a, b) => a * b, 1);
    const [a, c]: readonly Meaning[] = [
      [0.02, 120],
      [0.11, 97],
    ];
    const codes = Array.from({ length: count(shape) }, () => Math.floor(draw() * 256));
    const inputs = [{ name: 'x', type: 'FLOAT' as const, shape, data: realsOf(codes, 'UINT8', a) }];
    const initializers = [
      ...[...meaning('a', 'UINT8', a), ...meaning('c', 'UINT8', c), ...meaning('w', 'INT8', [0.01, 128])],
      tensor(
        'w',
        'INT8',
        weight,
        Array.from({ length: count(weight) }, () => Math.floor(draw() * 200) - 100),
      ),
      ...[tensor('b', 'INT32', [3], [4000, -3000, 77]), tensor('sb', 'FLOAT', [], [0.0002 * factor])],
    ];
    const nodes = [
      ...[...quantized('x', 'a', 'p'), op('DequantizeLinear', 'w sw zw', 'wd'), op('DequantizeLinear', 'b sb', 'bd')],
      op(kind, 'p/real wd bd', 't', kind === 'Gemm' ? { transB: 1 } : {}),
      ...[op('QuantizeLinear', 't sc zc', 'r'), op('DequantizeLinear', 'r sc zc', 'out')],
    ];
    const name = `${kind}, bias of ${factor} times the scale`;
    return { name, layers, inputs, bytes: model({ nodes, initializers, inputs, output: 'out' }) };
  });
}
