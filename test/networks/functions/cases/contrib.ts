import { op, tensor } from '../../readers/onnx/graphs.js';
import { bytes, f, floats, type FunctionCase, scalar } from '../standard.js';

/** Operators of ONNX Runtime's own domain. */

const NEAR = 2 ** -17;
const int32s = (name: string, shape: readonly number[], ...values: number[]) => tensor(name, 'INT32', shape, values);

const PRODUCTS: readonly FunctionCase[] = [
  ...['FusedMatMul', 'TransposeMatMul'].map(
    (name): FunctionCase => ({
      ...{ node: [`com.microsoft.${name}`, 'x w'], input: [2, 4, 4], initializers: [floats('w', 2, 4, 4)], near: 0 },
      values: { transA: [1], transB: [1], alpha: [f(0.5)] },
    }),
  ),
  {
    ...{ node: ['com.microsoft.FusedMatMul', 'x w'], input: [3, 4], initializers: [floats('w', 2, 5, 4)], near: 0 },
    attributes: { transB: 1, alpha: f(3) },
  },
  ...['Relu', 'Tanh', 'Sigmoid'].map(
    (activation): FunctionCase => ({
      ...{ node: ['com.microsoft.FusedConv', 'x w b'], input: [1, 2, 4, 5], near: NEAR },
      initializers: [floats('w', 3, 2, 3, 2), floats('b', 3)],
      attributes: { activation },
      values: { pads: [[1, 0, 2, 1]], strides: [[2, 1]] },
    }),
  ),
  {
    ...{
      node: ['com.microsoft.FusedConv', 'x w'],
      input: [1, 2, 4, 5],
      initializers: [floats('w', 3, 2, 3, 2)],
      near: 0,
    },
    attributes: { activation: 'LeakyRelu', activation_params: { floats: [0.25] } },
    values: { activation_params: [{ floats: [0.5] }] },
  },
  {
    ...{
      node: ['com.microsoft.FusedConv', 'x w'],
      input: [1, 2, 4, 5],
      initializers: [floats('w', 3, 2, 3, 2)],
      near: 0,
    },
    attributes: { activation: 'Clip', activation_params: { floats: [-1, 2] } },
  },
  {
    ...{ node: ['com.microsoft.FusedGemm', 'x w c'], input: [3, 4], near: 0 },
    initializers: [floats('w', 4, 2), floats('c', 2)],
    attributes: { activation: 'LeakyRelu', activation_alpha: f(0.125) },
    values: { activation: ['Relu'], alpha: [f(2)] },
  },
];

const WEIGHTS = [floats('w', 8, 24), floats('b', 24)];
const MASKS = [
  int32s('m', [2], 2, 3),
  int32s('m', [4], 2, 3, 0, 1),
  int32s('m', [2, 3], 1, 1, 0, 0, 1, 1),
  int32s('m', [2, 3, 3], 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1),
];
const codes = (name: string, ...shape: number[]) => bytes(name, 'INT8', ...shape);

const ATTENTION: readonly FunctionCase[] = [
  {
    ...{
      node: ['com.microsoft.Attention', 'x w b'],
      input: [2, 3, 8],
      initializers: WEIGHTS,
      near: NEAR,
      unchanged: true,
    },
    attributes: { num_heads: 2 },
    values: { unidirectional: [1], scale: [f(0.25)] },
  },
  ...MASKS.map(
    (mask): FunctionCase => ({
      ...{ node: ['com.microsoft.Attention', 'x w b m'], input: [2, 3, 8], initializers: [...WEIGHTS, mask] },
      ...{ near: NEAR, unchanged: true, attributes: { num_heads: 4 } },
      values: { unidirectional: [1], mask_filter_value: [f(-3)] },
    }),
  ),
  {
    ...{ node: ['com.microsoft.Attention', 'x w b  p'], input: [2, 3, 8], gives: ['real', 'real'], near: NEAR },
    ...{ unchanged: true, attributes: { num_heads: 2, unidirectional: 1 } },
    initializers: [...WEIGHTS, floats('p', 2, 2, 2, 2, 4)],
  },
  {
    ...{ node: ['com.microsoft.Attention', 'x w b   a'], input: [2, 3, 8], near: NEAR, unchanged: true },
    ...{ attributes: { num_heads: 2 }, initializers: [...WEIGHTS, floats('a', 1, 2, 3, 3)] },
  },
  {
    ...{ node: ['com.microsoft.Attention', 'x w b'], input: [1, 3, 8], near: NEAR, unchanged: true },
    attributes: { num_heads: 2, qkv_hidden_sizes: [4, 4, 10] },
    initializers: [floats('w', 8, 18), floats('b', 18)],
  },
  ...MASKS.slice(0, 3).map(
    (mask): FunctionCase => ({
      ...{ node: ['com.microsoft.QAttention', 'q w b s ws m z wz'], input: [2, 3, 8], near: NEAR, unchanged: true },
      before: [op('QuantizeLinear', 'x s z', 'q')],
      attributes: { num_heads: 2 },
      values: { unidirectional: [1] },
      initializers: [
        ...[codes('w', 8, 24), floats('b', 24), scalar('s', 'FLOAT', 0.0625), scalar('z', 'UINT8', 117)],
        ...[scalar('ws', 'FLOAT', 0.01), scalar('wz', 'INT8', 0), mask],
      ],
    }),
  ),
  {
    ...{ node: ['com.microsoft.MultiHeadAttention', 'x k v b m'], input: [2, 3, 8], gives: ['real', 'real', 'real'] },
    ...{ near: NEAR, unchanged: true, attributes: { num_heads: 2 }, values: { scale: [f(0.25)] } },
    initializers: [
      floats('k', 2, 5, 8),
      floats('v', 2, 5, 6),
      floats('b', 22),
      int32s('m', [2, 5], 1, 1, 1, 1, 0, 1, 1, 0, 0, 1),
    ],
  },
  {
    ...{
      node: ['com.microsoft.MultiHeadAttention', 'x k v   a pk pv'],
      input: [2, 3, 8],
      gives: ['real', 'real', 'real'],
    },
    ...{ near: NEAR, unchanged: true, attributes: { num_heads: 2 }, values: { unidirectional: [1] } },
    initializers: [
      ...[floats('k', 2, 3, 8), floats('v', 2, 3, 8), floats('a', 1, 2, 3, 5)],
      ...[floats('pk', 2, 2, 2, 4), floats('pv', 2, 2, 2, 4)],
    ],
  },
  {
    ...{ node: ['com.microsoft.MultiHeadAttention', 'x k v b'], input: [1, 3, 8], near: NEAR, unchanged: true },
    attributes: { num_heads: 2 },
    initializers: [floats('k', 1, 2, 5, 4), floats('v', 1, 2, 5, 4), floats('b', 24)],
  },
];

const CACHES = [floats('c', 8, 8), floats('s', 8, 8)];

const GROUPED: readonly FunctionCase[] = [
  {
    ...{
      node: ['com.microsoft.GroupQueryAttention', 'x k v   l t c s'],
      input: [2, 3, 64],
      near: NEAR,
      unchanged: true,
    },
    ...{ gives: ['real', 'real', 'real'], attributes: { num_heads: 4, kv_num_heads: 2, do_rotary: 1 } },
    values: {
      rotary_interleaved: [1],
      local_window_size: [2],
      softcap: [f(0.5)],
      smooth_softmax: [1],
      scale: [f(0.1)],
    },
    initializers: [
      ...[floats('k', 2, 3, 32), floats('v', 2, 3, 32), int32s('l', [2], 1, 2), int32s('t', [], 3), ...CACHES],
    ],
  },
  {
    ...{ node: ['com.microsoft.GroupQueryAttention', 'x   pk pv l t c s'], input: [2, 1, 128], near: NEAR },
    ...{
      unchanged: true,
      gives: ['real', 'real', 'real'],
      attributes: { num_heads: 4, kv_num_heads: 2, do_rotary: 1 },
    },
    initializers: [
      ...[floats('pk', 2, 2, 3, 16), floats('pv', 2, 2, 3, 16), int32s('l', [2], 2, 3), int32s('t', [], 4), ...CACHES],
    ],
  },
];

const TABLES = [floats('p', 6, 4), floats('g', 4), floats('b', 4), int32s('i', [2, 3], 0, 9, 3, 4, 4, 7)];

const EMBEDDINGS: readonly FunctionCase[] = [
  {
    ...{
      node: ['com.microsoft.EmbedLayerNormalization', 'i s x p t g b m'],
      input: [10, 4],
      near: NEAR,
      unchanged: true,
    },
    ...{ gives: ['real', 'integers', 'real'], values: { epsilon: [f(0.5)] } },
    initializers: [
      ...[...TABLES, floats('t', 2, 4), int32s('s', [2, 3], 0, 0, 1, 1, 0, 1), int32s('m', [2, 3], 1, 1, 0, 1, 1, 1)],
    ],
  },
  {
    ...{
      node: ['com.microsoft.EmbedLayerNormalization', 'i  x p  g b  o'],
      input: [10, 4],
      near: NEAR,
      unchanged: true,
    },
    ...{ gives: ['real', 'integers'], initializers: [...TABLES, int32s('o', [2, 3], 1, 2, 3, 0, 5, 4)] },
  },
];

const LSTM: readonly FunctionCase[] = ['forward', 'reverse', 'bidirectional'].map((direction): FunctionCase => {
  const ways = direction === 'bidirectional' ? 2 : 1;
  const scales = (name: string) => tensor(name, 'FLOAT', [ways], new Array<number>(ways).fill(0.01));
  const zeros = (name: string) => tensor(name, 'INT8', [ways], new Array<number>(ways).fill(0));
  return {
    ...{ node: ['com.microsoft.DynamicQuantizeLSTM', 'x w r b     ws wz rs rz'], input: [3, 1, 4], near: 2 ** -8 },
    ...{ unchanged: true, gives: ['real', 'real', 'real'], attributes: { direction, hidden_size: 2 } },
    initializers: [
      ...[codes('w', ways, 4, 8), codes('r', ways, 2, 8), floats('b', ways, 16)],
      ...[scales('ws'), zeros('wz'), scales('rs'), zeros('rz')],
    ],
  };
});

const WIDE = [scalar('s', 'FLOAT', 0.0078125), scalar('z', 'INT16', -9)];

const CODES: readonly FunctionCase[] = [
  {
    ...{ node: ['ConvInteger', 'q w z zw'], input: [1, 2, 9], gives: ['integers'] },
    before: [op('QuantizeLinear', 'x s z', 'q')],
    values: { strides: [[2]], pads: [[1, 2]], dilations: [[2]], auto_pad: ['SAME_UPPER', 'VALID'] },
    initializers: [
      ...[scalar('s', 'FLOAT', 0.0625), scalar('z', 'UINT8', 117)],
      ...[bytes('w', 'UINT8', 4, 2, 3), scalar('zw', 'UINT8', 12)],
    ],
  },
  {
    ...{ node: ['com.microsoft.DequantizeLinear', 'q s z'], input: [2, 5], initializers: WIDE, unchanged: true },
    before: [op('QuantizeLinear', 'x s z', 'q', {}, 'com.microsoft')],
  },
  {
    ...{ node: ['com.microsoft.Pad', 'x p'], input: [2, 3], initializers: [tensor('p', 'INT64', [4], [1, 0, 0, 2])] },
    ...{ unchanged: true, values: { mode: ['edge', 'reflect'] } },
  },
];

const classic = (name: string, inputs: string): Pick<FunctionCase, 'node' | 'input'> => ({
  node: [`ai.onnx.ml.${name}`, inputs],
  input: [3, 4],
});
const reals = (...values: number[]) => ({ floats: values });

/** Operators of ai.onnx.ml. */
const CLASSIC: readonly FunctionCase[] = [
  {
    ...{ ...classic('ArrayFeatureExtractor', 'x i'), initializers: [tensor('i', 'INT64', [3], [2, 0, 2])] },
    unchanged: true,
  },
  { ...classic('Binarizer', 'x'), initializers: [], values: { threshold: [f(0.5), f(-1)] } },
  {
    ...{ ...classic('FeatureVectorizer', 'x w'), initializers: [floats('w', 3, 2)], unchanged: true },
    attributes: { inputdimensions: [4, 2] },
  },
  {
    ...{ ...classic('LinearClassifier', 'x'), initializers: [], gives: ['integers', 'real'], near: NEAR },
    attributes: {
      coefficients: reals(...Array.from({ length: 12 }, (_, i) => Math.sin(i))),
      ...{ intercepts: reals(0.5, -1, 2), classlabels_ints: [7, 3, 9] },
    },
    values: { post_transform: ['SOFTMAX', 'LOGISTIC'], multi_class: [1] },
  },
  {
    ...{ ...classic('LinearRegressor', 'x'), initializers: [], near: NEAR },
    attributes: { coefficients: reals(0.5, -1, 2, 3, 1, 0, -2, 0.25), intercepts: reals(1, -2), targets: 2 },
    values: { post_transform: ['SOFTMAX'] },
  },
  { ...classic('Normalizer', 'x'), initializers: [], near: NEAR, values: { norm: ['MAX', 'L1', 'L2'] } },
  {
    ...{
      ...classic('Scaler', 'x'),
      initializers: [],
      attributes: { offset: reals(1, 2, 3, -4), scale: reals(0.1, 2, 3, 1) },
    },
    values: { offset: [reals(0.5)], scale: [reals(1, 2)] },
  },
];

const whole = (name: string, value: number) => tensor(name, 'INT64', [], [value]);

/** Fourier transforms, and windows over what they are of. */
const SPECTRA: readonly FunctionCase[] = [
  {
    ...{ node: ['DFT', 'x n a'], input: [2, 6, 1], initializers: [whole('n', 6), whole('a', 1)], near: NEAR },
    ...{ unchanged: true, values: { onesided: [1] } },
  },
  {
    ...{ node: ['DFT', 'x _ a'], input: [2, 5, 3, 2], initializers: [whole('a', -2)], near: NEAR, unchanged: true },
    values: { inverse: [1] },
  },
  {
    ...{ node: ['DFT', 'x'], input: [2, 5, 2], initializers: [], near: NEAR, unchanged: true, opset: 17 },
    values: { axis: [1], inverse: [1] },
  },
  {
    ...{ node: ['STFT', 'x s w'], input: [2, 20], initializers: [whole('s', 3), floats('w', 8)], near: NEAR },
    ...{ unchanged: true, values: { onesided: [0] } },
  },
  {
    ...{ node: ['STFT', 'x s _ f'], input: [1, 20, 1], initializers: [whole('s', 4), whole('f', 8)], near: NEAR },
    unchanged: true,
  },
  ...['BlackmanWindow', 'HammingWindow', 'HannWindow'].map(
    (name): FunctionCase => ({
      ...{ node: [name, 'n'], input: [9], initializers: [whole('n', 9)], after: [op('Mul', 'x y', 'z')], near: NEAR },
      ...{ unchanged: true, values: { periodic: [0] } },
    }),
  ),
];

export const CONTRIB_CASES: readonly FunctionCase[] = [
  ...[...PRODUCTS, ...ATTENTION, ...GROUPED, ...EMBEDDINGS, ...LSTM, ...CODES, ...CLASSIC, ...SPECTRA],
];
