import { describe, expect, it } from 'vitest';
import { fitTo } from '../../src/formats/codec.js';
import { formatNamed } from '../../src/formats/catalog.js';
import { exactArithmetic, float32Arithmetic } from '../../src/networks/arithmetic.js';
import { execute, executeLayer } from '../../src/networks/execute.js';
import { foldBatchNorm } from '../../src/networks/fold.js';
import { lower, macsOf } from '../../src/networks/lower.js';
import type { ConvLayer, DenseLayer, Network } from '../../src/networks/network.js';
import { codeTensor, dequantize, perTensor, quantize } from '../../src/networks/quantization.js';
import { type FloatTensor, floatTensor, type Quantization, sizeOf } from '../../src/networks/tensor.js';
import { lenet } from '../../src/training/networks/architectures.js';
import { randomFrom } from '../../src/random/random.js';

const int8 = fitTo(formatNamed('int8'), { overflow: 'saturate' });
const signed = (codes: ArrayLike<number>) => Array.from(new Int8Array(Uint8Array.from(codes).buffer));

function conv(parts: Partial<ConvLayer> & Pick<ConvLayer, 'weight'>): ConvLayer {
  return {
    op: 'conv',
    name: 'conv',
    inputs: ['x'],
    outputs: ['conv'],
    result: { kind: 'float' },
    stride: [1, 1],
    pad: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
    ...parts,
  };
}

/** The definition of a convolution, element by element. */
function convolved(x: FloatTensor, layer: ConvLayer): { shape: number[]; data: number[] } {
  const [images, channels, height, width] = x.shape;
  const [filters, depth, r, s] = layer.weight.shape;
  const { stride, pad, dilation, groups } = layer;
  const p = Math.floor((height + pad[0] + pad[2] - dilation[0] * (r - 1) - 1) / stride[0]) + 1;
  const q = Math.floor((width + pad[1] + pad[3] - dilation[1] * (s - 1) - 1) / stride[1]) + 1;
  const data: number[] = [];
  for (let n = 0; n < images; n++)
    for (let f = 0; f < filters; f++)
      for (let y = 0; y < p; y++)
        for (let z = 0; z < q; z++) {
          let total = 0;
          for (let c = 0; c < depth; c++)
            for (let i = 0; i < r; i++)
              for (let j = 0; j < s; j++) {
                const row = y * stride[0] + i * dilation[0] - pad[0];
                const col = z * stride[1] + j * dilation[1] - pad[1];
                if (row < 0 || row >= height || col < 0 || col >= width) continue;
                const channel = Math.floor(f / (filters / groups)) * depth + c;
                total +=
                  x.data[((n * channels + channel) * height + row) * width + col] *
                  layer.weight.data[((f * depth + c) * r + i) * s + j];
              }
          data.push(total + (layer.bias?.[f] ?? 0));
        }
  return { shape: [images, filters, p, q], data };
}

function integers(shape: number[], seed: number): FloatTensor {
  const random = randomFrom(seed);
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => random.below(17) - 8),
  );
}

describe('convolution', () => {
  it.each([
    [{}],
    [{ pad: [1, 2, 0, 1] as const }],
    [{ stride: [2, 3] as const, pad: [2, 2, 2, 2] as const }],
    [{ dilation: [2, 1] as const, pad: [1, 0, 2, 0] as const }],
  ])('is the sum over the window, by its definition: %o', (parts) => {
    const x = integers([2, 3, 7, 8], 1);
    const layer = conv({ weight: integers([4, 3, 3, 2], 2), bias: Float32Array.of(1, -2, 3, 0), ...parts });
    const y = executeLayer(layer, [x], float32Arithmetic)[0];
    const expected = convolved(x, layer);
    expect(y.shape).toEqual(expected.shape);
    expect(Array.from(y.data)).toEqual(expected.data);
  });

  it('takes channels in groups, down to one channel each (depthwise)', () => {
    for (const groups of [2, 4]) {
      const x = integers([2, 4, 5, 5], 3);
      const layer = conv({ weight: integers([8, 4 / groups, 3, 3], 4), groups, pad: [1, 1, 1, 1] });
      expect(Array.from(executeLayer(layer, [x], float32Arithmetic)[0].data)).toEqual(convolved(x, layer).data);
    }
  });

  it('on codes equals the convolution of the real numbers that they stand for, zero points and padding included', () => {
    const q: Quantization = { ...perTensor(int8, 1, 3) };
    const w: Quantization = { ...perTensor(int8, 1, -2) };
    const [x, weight] = [integers([2, 2, 5, 6], 5), integers([3, 2, 3, 3], 6)];
    const layer = conv({ weight: quantize(weight, w), pad: [1, 1, 2, 0], result: { kind: 'dequantize' } });
    const y = executeLayer(layer, [quantize(x, q)], exactArithmetic)[0];
    expect(Array.from(y.data)).toEqual(convolved(x, { ...layer, weight }).data);
  });

  it('says which layer needs a quantize layer', () => {
    const layer = conv({ weight: quantize(integers([1, 1, 1, 1], 1), perTensor(int8, 1)) });
    expect(() => executeLayer(layer, [integers([1, 1, 2, 2], 1)], exactArithmetic)[0]).toThrow(
      /^layer conv: the input is float/,
    );
  });
});

describe('requantization by the ONNX convention', () => {
  /** One input code at a time against weight 1: the sum is the code. */
  function requantized(codes: number[], sIn: number, sOut: number, zeroPoint: number, bias = 0): number[] {
    const layer: DenseLayer = {
      op: 'dense',
      name: 'd',
      inputs: ['x'],
      outputs: ['d'],
      weight: codeTensor([1, 1], Uint8Array.of(1), perTensor(int8, 1)),
      bias: Int32Array.of(bias),
      result: { kind: 'requantize', output: perTensor(int8, sOut, zeroPoint), convention: 'onnx' },
    };
    const input = codeTensor([codes.length, 1], Uint8Array.from(codes), perTensor(int8, sIn));
    return signed(executeLayer(layer, [input], exactArithmetic)[0].data);
  }

  it('rounds half to even before the zero point is added, and saturates', () => {
    // Multiplier 0.5: 1 -> 0.5 -> 0, 3 -> 1.5 -> 2, 5 -> 2.5 -> 2, -1 -> -0.5 -> 0, -3 -> -1.5 -> -2; plus 1.
    expect(requantized([1, 3, 5, -1, -3, 127, -128], 0.5, 1, 1)).toEqual([1, 3, 3, 1, -1, 65, -63]);
    expect(requantized([127, -128], 4, 1, -128)).toEqual([127, -128]);
    expect(requantized([100, 0], 1, 1, 100, 50)).toEqual([127, 127]);
  });

  it('multiplies by the float32 of s_in s_w / s_out, not by the real quotient', () => {
    // float32(0.1) / float32(0.3) rounds to 0.33333334: times 1.5e7 + bias pattern the product is a float32 too.
    const multiplier = Math.fround(Math.fround(0.1) / Math.fround(0.3));
    for (const bias of [10, 100, 190, 377]) {
      const product = Math.fround(Math.fround(bias) * multiplier);
      const low = Math.floor(product);
      const even = product - low === 0.5 ? low + (low % 2) : Math.round(product);
      expect(requantized([0], 0.1, 0.3, 0, bias)).toEqual([Math.min(even, 127)]);
    }
  });
});

describe('layers beside the array', () => {
  it('pools codes by value: int8 -1 (0xff) is below 1, e5m2 by magnitude and sign', () => {
    const pool = {
      op: 'maxPool',
      name: 'p',
      inputs: ['x'],
      outputs: ['p'],
      kernel: [2, 2],
      stride: [2, 2],
      pad: [0, 0, 0, 0],
    } as const;
    const x = quantize(floatTensor([1, 1, 2, 4], Float32Array.of(-1, 1, -3, -2, 0, -5, -128, -7)), perTensor(int8, 1));
    expect(signed(executeLayer(pool, [x], exactArithmetic)[0].data as Uint8Array)).toEqual([1, -2]);
    const e5m2 = perTensor(fitTo(formatNamed('e5m2'), { overflow: 'saturate' }), 1);
    const y = quantize(floatTensor([1, 1, 2, 2], Float32Array.of(-4, -0.5, -1, -0.25)), e5m2);
    expect(Array.from(dequantize(executeLayer(pool, [y], exactArithmetic)[0]).data)).toEqual([-0.25]);
  });

  it('lets no padding win a pool, and refuses a window of padding', () => {
    const pool = {
      op: 'maxPool',
      name: 'p',
      inputs: ['x'],
      outputs: ['p'],
      kernel: [2, 2],
      stride: [1, 1],
      pad: [1, 1, 0, 0],
    } as const;
    const x = floatTensor([1, 1, 1, 2], Float32Array.of(-3, -2));
    expect(Array.from(executeLayer(pool, [x], exactArithmetic)[0].data)).toEqual([-3, -2]);
    expect(() => executeLayer({ ...pool, pad: [2, 2, 0, 0] }, [x], exactArithmetic)[0]).toThrow(/padding alone/);
  });

  it('averages over the image only', () => {
    const pool = {
      op: 'averagePool',
      name: 'p',
      inputs: ['x'],
      outputs: ['p'],
      kernel: [2, 2],
      stride: [1, 1],
      pad: [0, 1, 0, 0],
    } as const;
    const x = floatTensor([1, 1, 2, 2], Float32Array.of(1, 2, 3, 6));
    expect(Array.from(executeLayer(pool, [x], exactArithmetic)[0].data)).toEqual([2, 3]);
  });

  it('clamps codes at the zero point in relu', () => {
    const x = quantize(floatTensor([1, 4], Float32Array.of(-2, -0.5, 0, 2)), perTensor(int8, 0.5, -10));
    const y = executeLayer({ op: 'relu', name: 'r', inputs: ['x'], outputs: ['r'] }, [x], exactArithmetic)[0];
    expect(signed(y.data as Uint8Array)).toEqual([-10, -10, -10, -6]);
  });

  it('has sign(0) = +1, and softmax sums to one', () => {
    const x = floatTensor([1, 4], Float32Array.of(-2, -0, 0, 2));
    expect(
      Array.from(executeLayer({ op: 'sign', name: 's', inputs: ['x'], outputs: ['s'] }, [x], exactArithmetic)[0].data),
    ).toEqual([-1, 1, 1, 1]);
    const y = executeLayer(
      { op: 'softmax', name: 's', inputs: ['x'], outputs: ['s'] },
      [floatTensor([1, 2], Float32Array.of(0, Math.log(3)))],
      exactArithmetic,
    )[0];
    expect(y.data[0]).toBeCloseTo(0.25, 6);
    expect(y.data[1]).toBeCloseTo(0.75, 6);
  });

  it('names the layer that works on real numbers and was given codes', () => {
    const x = quantize(floatTensor([1, 2]), perTensor(int8, 1));
    expect(
      () => executeLayer({ op: 'softmax', name: 'top', inputs: ['x'], outputs: ['top'] }, [x], exactArithmetic)[0],
    ).toThrow('layer top (softmax) reads codes of int8: dequantize before it');
  });
});

describe('networks', () => {
  it('frees nothing that is still read: a residual sum', () => {
    const network: Network = {
      name: 'r',
      inputs: [{ name: 'x', shape: [1, 2] }],
      batch: 'free',
      outputs: ['sum'],
      metadata: {},
      layers: [
        { op: 'relu', name: 'a', inputs: ['x'], outputs: ['a'] },
        { op: 'relu', name: 'b', inputs: ['a'], outputs: ['b'] },
        { op: 'add', name: 'sum', inputs: ['b', 'x'], outputs: ['sum'] },
      ],
    };
    expect(Array.from(execute(network, floatTensor([1, 2], Float32Array.of(-1, 2)), float32Arithmetic).data)).toEqual([
      -1, 4,
    ]);
    expect(() => execute(network, floatTensor([1, 3]), float32Arithmetic)).toThrow(
      'network r reads 2, the images are 3',
    );
  });

  it('lowers the LeNet to the products that its shapes give', () => {
    // 28x28 outputs of 16 5x5 filters; 10x10 outputs of 16 5x5x16 filters; 400 -> 120 -> 10.
    const jobs = lower(lenet(1), 3).map(({ layer, m, n, k }) => [layer, m, n, k]);
    expect(jobs).toEqual([
      ['conv1', 3 * 784, 16, 25],
      ['conv2', 3 * 100, 16, 400],
      ['dense1', 3, 120, 400],
      ['dense2', 3, 10, 120],
    ]);
    expect(macsOf(lenet(1))).toBe(784 * 16 * 25 + 100 * 16 * 400 + 48000 + 1200);
  });

  it('folds a batch-norm into float weights, and into the scales and signs of codes', () => {
    const [w, x] = [integers([2, 1, 2, 2], 8), integers([1, 1, 3, 3], 9)];
    const norm = {
      op: 'batchNorm',
      name: 'n',
      inputs: ['conv'],
      outputs: ['n'],
      scale: Float32Array.of(2, -0.5),
      shift: Float32Array.of(1, -3),
    } as const;
    const floatConv = conv({ weight: w, bias: Float32Array.of(4, -2) });
    const codes = conv({
      ...floatConv,
      inputs: ['q'],
      weight: quantize(w, perTensor(int8, 1)),
      result: { kind: 'dequantize' },
    });
    const network: Network = {
      name: 'f',
      inputs: [{ name: 'x', shape: [1, 1, 3, 3] }],
      batch: 'free',
      outputs: ['n'],
      metadata: {},
      layers: [floatConv, norm],
    };
    const onCodes: Network = {
      ...network,
      layers: [
        { op: 'quantize', name: 'q', inputs: ['x'], outputs: ['q'], quantization: perTensor(int8, 1) },
        codes,
        norm,
      ],
    };
    const plain = convolved(x, floatConv).data.map((y, i) => (i < 4 ? y * 2 + 1 : y * -0.5 - 3));
    for (const each of [network, onCodes]) {
      const folded = foldBatchNorm(each);
      expect(folded.layers.map((layer) => layer.op)).not.toContain('batchNorm');
      expect(folded.outputs).toEqual(['conv']);
      expect(Array.from(execute(folded, x, exactArithmetic).data)).toEqual(plain);
    }
  });
});
