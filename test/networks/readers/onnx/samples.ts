import { formatNamed } from '../../../../src/formats/catalog.js';
import { decode, fitTo } from '../../../../src/formats/codec.js';
import { widthOf } from '../../../../src/formats/format.js';
import { levelsOf } from '../../../../src/networks/readers/onnx/functions.js';
import type { ConvLayer, DenseLayer, Layer, MacResult, Network } from '../../../../src/networks/network.js';
import { type CodeTensor, floatTensor, type Quantization, sizeOf } from '../../../../src/networks/tensor.js';

/** Small networks with random weights, one for each way of quantizing. */

/** Uniform in [0, 1), the same sequence for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function reals(draw: () => number, length: number, range = 1): Float32Array {
  return Float32Array.from({ length }, () => (2 * draw() - 1) * range);
}

export function quantization(format: string, scale: number | Float32Array, zeroPoint = 0): Quantization {
  const scales = typeof scale === 'number' ? new Float32Array([scale]) : scale;
  return { fit: fitTo(formatNamed(format), { overflow: 'saturate' }), scale: scales, axis: 0, zeroPoint };
}

function largestOf(format: string): number {
  return levelsOf(formatNamed(format)).at(-1) ?? 1;
}

/** Random codes that stand for finite values; scales for each output channel, or one. */
export function codes(
  draw: () => number,
  format: string,
  shape: readonly number[],
  perChannel = true,
  zeroPoint = 0,
): CodeTensor {
  const f = formatNamed(format);
  const usable = Array.from({ length: 2 ** widthOf(f) }, (_, code) => code).filter(
    (code) => decode(f, code).kind === 'finite',
  );
  const unit = 1 / largestOf(format);
  const scale = Float32Array.from({ length: perChannel ? shape[0] : 1 }, () => (1 + 2 * draw()) * unit);
  const data = Uint8Array.from({ length: sizeOf(shape) }, () => usable[Math.floor(draw() * usable.length)]);
  return { kind: 'codes', shape, data, quantization: quantization(format, scale, zeroPoint) };
}

export function conv(
  name: string,
  input: string,
  weight: ConvLayer['weight'],
  rest: Partial<ConvLayer> = {},
): ConvLayer {
  const result: MacResult = weight.kind === 'float' ? { kind: 'float' } : { kind: 'dequantize' };
  return {
    op: 'conv',
    name,
    inputs: [input],
    outputs: [name],
    weight,
    result,
    stride: [1, 1],
    pad: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
    ...rest,
  };
}

export function dense(
  name: string,
  input: string,
  weight: DenseLayer['weight'],
  rest: Partial<DenseLayer> = {},
): DenseLayer {
  const result: MacResult = weight.kind === 'float' ? { kind: 'float' } : { kind: 'dequantize' };
  return { op: 'dense', name, inputs: [input], outputs: [name], weight, result, ...rest };
}

export function network(name: string, shape: readonly number[], layers: readonly Layer[]): Network {
  const metadata = { recipe: 'by hand', seed: '1' };
  return {
    name,
    inputs: [{ name: 'image', shape: [1, ...shape] }],
    batch: 'free',
    outputs: [layers[layers.length - 1].name],
    layers,
    metadata,
  };
}

const pool = { kernel: [2, 2], stride: [2, 2], pad: [0, 0, 0, 0] } as const;

function floatNetwork(): Network {
  const draw = random(1);
  return network(
    'float',
    [2, 9, 8],
    [
      conv('conv1', 'image', floatTensor([4, 2, 3, 3], reals(draw, 72)), {
        bias: reals(draw, 4),
        pad: [1, 0, 2, 1],
        stride: [2, 1],
      }),
      { op: 'relu', name: 'relu1', inputs: ['conv1'], outputs: ['relu1'] },
      conv('conv2', 'relu1', floatTensor([4, 2, 3, 3], reals(draw, 72)), {
        groups: 2,
        dilation: [1, 2],
        pad: [1, 2, 1, 2],
      }),
      { op: 'add', name: 'sum', inputs: ['conv2', 'relu1'], outputs: ['sum'] },
      {
        op: 'batchNorm',
        name: 'norm',
        inputs: ['sum'],
        outputs: ['norm'],
        scale: reals(draw, 4),
        shift: reals(draw, 4),
      },
      { op: 'maxPool', name: 'pool1', inputs: ['norm'], outputs: ['pool1'], ...pool, pad: [1, 0, 0, 1] },
      { op: 'averagePool', name: 'pool2', inputs: ['pool1'], outputs: ['pool2'], ...pool },
      { op: 'flatten', name: 'flat', inputs: ['pool2'], outputs: ['flat'] },
      dense('fc1', 'flat', floatTensor([6, 8], reals(draw, 48)), { bias: reals(draw, 6) }),
      { op: 'sign', name: 'sign1', inputs: ['fc1'], outputs: ['sign1'] },
      dense('fc2', 'sign1', floatTensor([3, 6], reals(draw, 18))),
      { op: 'softmax', name: 'scores', inputs: ['fc2'], outputs: ['scores'] },
    ],
  );
}

function requantize(format: string, scale: number, zeroPoint = 0): MacResult {
  return { kind: 'requantize', output: quantization(format, scale, zeroPoint), convention: 'onnx' };
}

function biases(draw: () => number, length: number): Int32Array {
  return Int32Array.from({ length }, () => Math.floor((draw() - 0.5) * 2000));
}

/** Integers all the way: asymmetric activations, scales for each channel, all that a window can have. */
function integerNetwork(activations: string, weights: string, zeroPoint: number, seed = 2): Network {
  const draw = random(seed);
  const unit = 1 / largestOf(activations);
  const a = (range: number) => requantize(activations, range * unit, zeroPoint);
  const weight = (shape: number[], perChannel = true) =>
    codes(draw, weights, shape, perChannel, weights === 'uint8' ? 131 : 0);
  return network(
    `${activations} x ${weights} integers`,
    [2, 9, 8],
    [
      {
        op: 'quantize',
        name: 'q',
        inputs: ['image'],
        outputs: ['q'],
        quantization: quantization(activations, 1.5 * unit, zeroPoint),
      },
      conv('conv1', 'q', weight([4, 2, 3, 3]), {
        bias: biases(draw, 4),
        pad: [1, 0, 2, 1],
        stride: [2, 1],
        result: a(5),
      }),
      { op: 'relu', name: 'relu1', inputs: ['conv1'], outputs: ['relu1'] },
      conv('conv2', 'relu1', weight([4, 2, 3, 3], false), {
        groups: 2,
        dilation: [1, 2],
        pad: [1, 2, 1, 2],
        result: a(20),
      }),
      { op: 'maxPool', name: 'pool1', inputs: ['conv2'], outputs: ['pool1'], ...pool },
      { op: 'flatten', name: 'flat', inputs: ['pool1'], outputs: ['flat'] },
      dense('fc1', 'flat', weight([8, 24]), { bias: biases(draw, 8), result: a(60) }),
      dense('fc2', 'fc1', weight([5, 8], false), { result: a(90) }),
      { op: 'dequantize', name: 'scores', inputs: ['fc2'], outputs: ['scores'] },
    ],
  );
}

/** Quantized operands, real results: activations are quantized again before each layer. */
function mixedNetwork(activations: string, weights: string, zeroPoint = 0): Network {
  const draw = random(3);
  const unit = 1 / largestOf(activations);
  const q = (name: string, input: string, range: number): Layer => ({
    op: 'quantize',
    name,
    inputs: [input],
    outputs: [name],
    quantization: quantization(activations, range * unit, zeroPoint),
  });
  return network(
    `${activations} x ${weights}`,
    [1, 8, 8],
    [
      q('q1', 'image', 1),
      conv('conv1', 'q1', codes(draw, weights, [3, 1, 3, 3]), {
        bias: reals(draw, 3),
        stride: [2, 2],
        pad: [1, 1, 1, 1],
      }),
      q('q2', 'conv1', 4),
      { op: 'maxPool', name: 'pool1', inputs: ['q2'], outputs: ['pool1'], ...pool },
      { op: 'flatten', name: 'flat', inputs: ['pool1'], outputs: ['flat'] },
      dense('fc1', 'flat', codes(draw, weights, [7, 12]), { bias: reals(draw, 7, 0.1) }),
      q('q3', 'fc1', 20),
      ...(activations === 'binary' ? [] : [{ op: 'relu', name: 'relu1', inputs: ['q3'], outputs: ['relu1'] } as const]),
      { op: 'dequantize', name: 'back', inputs: [activations === 'binary' ? 'q3' : 'relu1'], outputs: ['back'] },
      q('q4', 'back', 15),
      dense('fc2', 'q4', codes(draw, weights, [3, 7], false), { bias: reals(draw, 3) }),
    ],
  );
}

/** Formats of activations and weights, and the zero point of the activations. */
const MIXED: readonly [string, string, number][] = [
  ['int8', 'int8', 0],
  ['uint8', 'int8', 11],
  ['int4', 'int4', 0],
  ['uint4', 'int4', 3],
  ['int16', 'int8', 0],
  ['e4m3fn', 'e4m3fn', 0],
  ['e5m2', 'e4m3fn', 0],
  ['e4m3fnuz', 'e5m2fnuz', 0],
  ['binary', 'binary', 0],
  ['int8', 'binary', 0],
  ['ternary', 'ternary', 0],
  ['int3', 'int5', 0],
  ['uint3', 'int6', 0],
  ['radix4', 'int4', 0],
  ['int4', 'radix4odd', 0],
  ['e3m2fn', 'e2m3fn', 0],
  ['int2', 'int2', 0],
  ['e2m1fn', 'e2m1fn', 0],
];

export const floats = floatNetwork();
/** Integers from the first layer to the last. */
export const integers = [
  integerNetwork('uint8', 'int8', 128),
  integerNetwork('int8', 'int8', -3),
  integerNetwork('uint8', 'uint8', 0),
  integerNetwork('int4', 'int4', 0),
  integerNetwork('uint6', 'int3', 5),
];
export const mixed = MIXED.map(([activations, weights, zero]) => mixedNetwork(activations, weights, zero));
