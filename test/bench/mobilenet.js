// MobileNetV1 (Howard et al., arXiv:1704.04861, table 1) with random weights, quantized to int8 with a scale for each filter, as the
// ONNX file that the project writes. `node test/bench/mobilenet.js 224 > mobilenet.onnx` gives the file.
import { formatNamed } from '../../dist/formats/catalog.js';
import { fitTo } from '../../dist/formats/codec.js';
import { networkBytes } from '../../dist/networks/readers/index.js';
import { codeTensor, perTensor } from '../../dist/networks/quantization.js';
import { sizeOf } from '../../dist/networks/tensor.js';
import { randomFrom } from '../../dist/random/random.js';

/** Filters and stride of each pair of a depthwise and a pointwise convolution. */
const PAIRS = [
  ...[[64, 1], [128, 2], [128, 1], [256, 2], [256, 1], [512, 2]],
  ...Array.from({ length: 5 }, () => [512, 1]),
  ...[[1024, 2], [1024, 1]],
];

const INT8 = fitTo(formatNamed('int8'), { rounding: 'rne', overflow: 'saturate' });
/** What a code of an activation stands for: a real number around 0, or one that a ReLU has cut. */
const SIGNED = perTensor(INT8, 0.025);
const POSITIVE = perTensor(INT8, 0.0125, -128);

/**
 * The network as a record, with images [N, 3, size, size] as its input x.
 * @param {number} size a multiple of 32
 * @param {{ classes?: number, width?: number }} options width: filters of the first convolution
 */
export function mobilenet(size, { classes = 1000, width = 32 } = {}) {
  const random = randomFrom(52);
  const layers = [];
  const push = (layer) => layers.push({ ...layer, inputs: [layers.at(-1)?.name ?? 'x'], outputs: [layer.name] });

  /** Weights and biases that keep the deviation of what they multiply, a filter's scale drawn around that. */
  const weights = (shape, input) => {
    const deviation = Math.sqrt(2 / sizeOf(shape.slice(1))) / 74;
    const scale = Float32Array.from({ length: shape[0] }, () => deviation * random.between(0.8, 1.2));
    const codes = Uint8Array.from({ length: sizeOf(shape) }, () => random.below(255) - 127);
    return {
      weight: codeTensor(shape, codes, { fit: INT8, scale, axis: 0, zeroPoint: 0 }),
      bias: Int32Array.from(scale, (each) => (0.2 * random.normal()) / (each * input.scale[0])),
    };
  };
  const conv = (name, shape, stride, groups, input) => {
    const side = (shape[2] - 1) / 2;
    push({
      ...{ op: 'conv', name, groups, stride: [stride, stride], pad: [side, side, side, side], dilation: [1, 1] },
      ...weights(shape, input),
      result: { kind: 'requantize', output: POSITIVE, convention: 'onnx' },
    });
  };

  push({ op: 'quantize', name: 'codes', quantization: SIGNED });
  conv('conv', [width, 3, 3, 3], 2, 1, SIGNED);
  let channels = width;
  PAIRS.forEach(([filters, stride], i) => {
    const own = (filters * width) / 32;
    conv(`depthwise${i + 1}`, [channels, 1, 3, 3], stride, channels, POSITIVE);
    conv(`pointwise${i + 1}`, [own, channels, 1, 1], 1, 1, POSITIVE);
    channels = own;
  });
  push({ op: 'dequantize', name: 'last' });
  push({ op: 'averagePool', name: 'mean', kernel: [size / 32, size / 32], stride: [1, 1], pad: [0, 0, 0, 0] });
  push({ op: 'flatten', name: 'features' });
  push({ op: 'quantize', name: 'features/codes', quantization: POSITIVE });
  push({ op: 'dense', name: 'y', ...weights([classes, channels], POSITIVE), result: { kind: 'dequantize' } });
  const dense = layers.at(-1);
  dense.bias = Float32Array.from(dense.bias, (bias, f) => bias * dense.weight.quantization.scale[f] * POSITIVE.scale[0]);
  const input = { name: 'x', shape: [1, 3, size, size] };
  return { name: `mobilenet-${size}`, inputs: [input], outputs: ['y'], batch: 'free', layers, metadata: {} };
}

/** The same as an ONNX file; undefined where its float network is asked for, of which there is none. */
export const mobilenetFile = (size, { quantized = true } = {}) => (quantized ? networkBytes(mobilenet(size), 'mobilenet.onnx') : undefined);

if (process.argv[1] === new URL(import.meta.url).pathname) process.stdout.write(await mobilenetFile(Number(process.argv[2] ?? 224)));
