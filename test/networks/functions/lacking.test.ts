import { expect, it } from 'vitest';
import { float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { executeAll } from '../../../src/networks/execute.js';
import { FUNCTIONS } from '../../../src/networks/functions/index.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { floatTensor, sizeOf } from '../../../src/networks/tensor.js';
import { bytesOf, op } from '../readers/onnx/graphs.js';

/** Operands left out, doubled, too many, and of the wrong kind. */
const OPERANDS = ['x', '_', 'x x', 'x _ x', 'x x x x x x x x x x'];
const SHAPES = [[2, 2], [1, 2, 4, 4], []];

/** What JavaScript says of a mistake of ours. */
const INTERNAL = /Cannot |undefined|not a function|not iterable|\bNaN\b|not defined|Invalid typed|\n/;

const NAMES = Object.keys(FUNCTIONS).filter((name) => !name.startsWith('lastbit.'));

/** Functions whose shapes are looked at in the run alone, where these operands are wrong for them, or only then decide them. */
const IN_THE_RUN = [
  ...['Clip', 'EyeLike', 'LpNormalization', 'MeanVarianceNormalization', 'Range', 'Resize', 'Trilu', 'Upsample'],
];

it('a function without what it needs is refused in a line, of all but a few before it runs', () => {
  const late = new Set<string>();
  for (const key of NAMES) {
    const at = key.lastIndexOf('.');
    const [domain, type] = [at < 0 ? '' : key.slice(0, at), key.slice(at + 1)];
    for (const operands of OPERANDS)
      for (const shape of SHAPES) {
        const bytes = bytesOf({ nodes: [op(type, operands, 'y', {}, domain)], initializers: [], input: shape });
        const which = `${key} of ${operands}, ${shape.join('x')}`;
        let read = false;
        try {
          const network = readOnnx(bytes, 'net.onnx');
          read = true;
          const x = floatTensor(shape, new Float32Array(sizeOf(shape)).fill(0.5));
          executeAll(network, new Map([['x', x]]), float32Arithmetic);
        } catch (error) {
          const { message } = error as Error;
          expect(message.replaceAll('IsNaN', ''), which).not.toMatch(INTERNAL);
          expect(message.startsWith(read ? `layer y (${key}): ` : `net.onnx: node y (${key}): `), message).toBe(true);
          if (read) late.add(key);
        }
      }
  }
  expect([...late].sort()).toEqual(IN_THE_RUN);
});

/**
 * How many inputs an operator has at most, by the tables of the standard's operators (opset 24) and of ONNX Runtime's
 * ContribOperators.md; any number where it is none. The last two of MultiHeadAttention are not read: decoding alone has them.
 */
const INPUTS: Readonly<Record<string, string>> = {
  1:
    'Exp Log Sqrt Reciprocal Floor Ceil Round Erf Tanh Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Sigmoid ' +
    'Softplus Softsign Mish HardSwish LeakyRelu Elu Celu Selu Swish com.microsoft.QuickGelu HardSigmoid ThresholdedRelu ' +
    'Shrink Abs Neg Sign Relu Not BitwiseNot IsNaN IsInf Gelu com.microsoft.Gelu Cast Softmax LogSoftmax Hardmax ArgMax ' +
    'ArgMin NonZero Shape Size Unique LpNormalization LRN MeanVarianceNormalization Transpose ConstantOfShape Flatten Identity ' +
    'DepthToSpace SpaceToDepth EyeLike MaxPool GlobalMaxPool AveragePool GlobalAveragePool LpPool GlobalLpPool ' +
    'DynamicQuantizeLinear ai.onnx.ml.Binarizer ai.onnx.ml.LinearClassifier ai.onnx.ml.LinearRegressor ' +
    'ai.onnx.ml.Normalizer ai.onnx.ml.Scaler ai.onnx.ml.ZipMap HannWindow HammingWindow BlackmanWindow',
  2:
    'com.microsoft.BiasGelu com.microsoft.FastGelu CastLike Add Sub Mul Div PRelu Mod Pow Equal Greater Less ' +
    'GreaterOrEqual LessOrEqual And Or Xor BitwiseAnd BitwiseOr BitwiseXor BitShift ReduceSum ReduceMean ReduceProd ' +
    'ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp CumSum CumProd TopK ' +
    'RMSNormalization SimplifiedLayerNormalization Reshape Squeeze Unsqueeze MatMul Gather Split Expand Tile CenterCropPad ' +
    'GatherElements GatherND ReverseSequence Compress Trilu Upsample GridSample com.microsoft.FusedMatMul ' +
    'com.microsoft.TransposeMatMul ai.onnx.ml.ArrayFeatureExtractor',
  3:
    'Clip Where OneHot LayerNormalization InstanceNormalization GroupNormalization Gemm Conv ConvTranspose Scatter ' +
    'ScatterElements ScatterND Range RoiAlign Col2Im MaxUnpool DFT',
  4:
    'com.microsoft.SkipSimplifiedLayerNormalization RotaryEmbedding com.microsoft.RotaryEmbedding Pad Resize MatMulInteger ' +
    'ConvInteger com.microsoft.GatherBlockQuantized STFT',
  5: 'com.microsoft.SkipLayerNormalization BatchNormalization Slice NonMaxSuppression com.microsoft.DynamicQuantizeMatMul',
  6: 'RNN GRU com.microsoft.MatMulNBits',
  7: 'Attention com.microsoft.MatMulIntegerToFloat',
  8: 'LSTM com.microsoft.MultiHeadAttention',
  9: 'com.microsoft.EmbedLayerNormalization',
  12: 'com.microsoft.DynamicQuantizeLSTM com.microsoft.GroupQueryAttention',
  none: 'Concat Einsum Max Mean Min Sum ai.onnx.ml.FeatureVectorizer',
};

it('all functions have as many operands as the standard says', () => {
  const own = Object.keys(FUNCTIONS).filter((name) => !name.startsWith('lastbit.'));
  const counts = Object.entries(INPUTS).flatMap(([count, names]) => names.split(' ').map((name) => [name, count]));
  expect(Object.fromEntries(own.map((name) => [name, String(FUNCTIONS[name].operands ?? 'none')]))).toEqual(
    Object.fromEntries(counts),
  );
});

/** Attributes that became inputs, by the standard's changelog: the opset since which they are, and the input's place. */
it('attributes of older files are operands since the opset that made them so', () => {
  const reductions = 'Mean Prod Max Min L1 L2 SumSquare LogSum LogSumExp'
    .split(' ')
    .map((name) => `Reduce${name} axes 18 1`);
  const wanted = [
    ...['Clip min 11 1', 'Clip max 11 2', 'ReduceSum axes 13 1', ...reductions, 'TopK k 10 1', 'Squeeze axes 13 1'],
    ...['Unsqueeze axes 13 1', 'Slice starts 10 1', 'Slice ends 10 2', 'Slice axes 10 3', 'Split split 13 1'],
    ...['Pad pads 11 1', 'Pad value 11 2', 'Upsample scales 9 1', 'DFT axis 20 2'],
  ];
  const found = Object.entries(FUNCTIONS).flatMap(([name, { since = [] }]) =>
    since.map(({ attribute, opset, operand }) => `${name} ${attribute} ${opset} ${operand}`),
  );
  expect(found.sort()).toEqual(wanted.sort());
  const before = Object.entries(FUNCTIONS).flatMap(([name, { before: older = [] }]) =>
    older.map(({ opset, attributes }) => [name, opset, attributes] as const),
  );
  const rows = { axis: 1, 'lastbit.rows': 1 };
  expect(before.sort(([one], [other]) => (one < other ? -1 : 1))).toEqual([
    ['AveragePool', 19, { 'lastbit.rows': 1 }],
    ['DFT', 20, { 'lastbit.axis': 1 }],
    ['Hardmax', 13, rows],
    ['LogSoftmax', 13, rows],
    ['Resize', 11, { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'simple' }],
    ['RoiAlign', 16, { coordinate_transformation_mode: 'output_half_pixel' }],
    ['Softmax', 13, rows],
  ]);
});
