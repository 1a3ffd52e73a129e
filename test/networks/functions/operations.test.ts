import { expect, it } from 'vitest';
import { FUNCTIONS } from '../../../src/networks/functions/index.js';
import { lower, operationsOf } from '../../../src/networks/lower.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { bytesOf, op, tensor } from '../readers/onnx/graphs.js';

/**
 * Elementary operations beside the array for an element that a function writes: additions, products, comparisons and
 * divisions are one each, exponentials and what is made of them four. What is not here has one, or none where it moves.
 */
const COUNTS: Readonly<Record<number, string>> = {
  0: 'Range EyeLike OneHot ConstantOfShape Shape Size NonMaxSuppression lastbit.Integers ai.onnx.ml.ZipMap',
  2: 'Clip BatchNormalization LeakyRelu Shrink DFT STFT',
  3: 'Softsign RotaryEmbedding com.microsoft.RotaryEmbedding LpNormalization DynamicQuantizeLinear ai.onnx.ml.Normalizer',
  4: 'Exp Log Erf Tanh Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Sigmoid HardSwish HardSigmoid TopK RNN',
  5: 'Elu Softmax LogSoftmax Hardmax RMSNormalization SimplifiedLayerNormalization',
  6: 'Softplus Selu Swish com.microsoft.QuickGelu MeanVarianceNormalization',
  7: 'Celu Resize Upsample',
  8: 'Pow InstanceNormalization GroupNormalization LayerNormalization Gelu GridSample',
  9: 'com.microsoft.SkipLayerNormalization com.microsoft.SkipSimplifiedLayerNormalization com.microsoft.Gelu com.microsoft.BiasGelu com.microsoft.FastGelu',
  10: 'com.microsoft.EmbedLayerNormalization',
  12: 'Mish LRN GRU',
  16: 'LSTM RoiAlign com.microsoft.DynamicQuantizeLSTM',
};

it('every function has its count', () => {
  const counts = new Map(
    Object.entries(COUNTS).flatMap(([count, names]) => names.split(' ').map((name) => [name, Number(count)] as const)),
  );
  expect([...counts.keys()].filter((name) => !Object.hasOwn(FUNCTIONS, name))).toEqual([]);
  for (const [name, { operations }] of Object.entries(FUNCTIONS))
    expect(operations ?? 1, name).toBe(counts.get(name) ?? 1);
});

/** Layers that read images of six elements, and how many operations each has for one of them. */
it.each<[string, number]>([
  ['Exp', 4 * 6],
  ['Neg', 6],
  ['Transpose', 0],
  ['Identity', 0],
  ['ReduceMax', 1],
  ['Softplus', 6 * 6],
])('%s of six elements: %i operations', (name, count) => {
  const nodes = [
    op('Neg', 'x', 'n'),
    op(name, 'n', 'y', name === 'ReduceMax' ? { keepdims: 0 } : {}),
    op('Exp', 'y', 'z'),
  ];
  const network = readOnnx(bytesOf({ nodes, initializers: [], input: ['N', 6] }), 'net.onnx');
  expect(operationsOf(network).get('y') ?? 0).toBe(count);
});

it('products are none of them', () => {
  const initializers = [tensor('w', 'FLOAT', [2, 3, 4], new Array<number>(24).fill(1))];
  const nodes = [op('MatMul', 'x w', 'y'), op('Neg', 'y', 'z')];
  const network = readOnnx(bytesOf({ nodes, initializers, input: [2, 5, 3] }), 'net.onnx');
  expect(lower(network).map(({ layer, m, n, k, groups }) => [layer, m, n, k, groups])).toEqual([['y', 5, 4, 3, 2]]);
  expect([...operationsOf(network)]).toEqual([['z', 40]]);
});
