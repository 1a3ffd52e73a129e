import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../src/formats/catalog.js';
import { decode, fitTo } from '../../src/formats/codec.js';
import { toNumber } from '../../src/formats/raw.js';
import { float32Arithmetic } from '../../src/networks/arithmetic.js';
import { executeLayer } from '../../src/networks/execute.js';
import { factsAfter } from '../../src/networks/facts.js';
import type { Layer, Op } from '../../src/networks/network.js';
import { OPERATORS, operatorOf } from '../../src/networks/operators/index.js';
import { perTensor } from '../../src/networks/quantization.js';
import { type CodeTensor, type FloatTensor, floatTensor, sizeOf, type TensorFacts } from '../../src/networks/tensor.js';
import { randomFrom } from '../../src/random/random.js';

/**
 * Each operator beside the array by its definition, written again for one element, on every kind of float32: zeros of both
 * signs, subnormals, infinities, NaN. What is rounded is rounded in float32 where the definition says so.
 */
const EDGES = [
  0,
  -0,
  1,
  -1,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  Infinity,
  -Infinity,
  Number.NaN,
];
const SHAPE = [2, 3, 5, 6];
const draw = randomFrom(71);

/** Numbers of both signs with edges among them. */
function sample(shape: readonly number[], edges = EDGES): FloatTensor {
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () =>
      draw.below(4) === 0 && edges.length > 0 ? edges[draw.below(edges.length)] : draw.normal(),
    ),
  );
}

const f = Math.fround;
const base = (op: Op) => ({ op, name: op, inputs: ['x'], outputs: [op] }) as const;
const run = (layer: Layer, ...inputs: FloatTensor[]) =>
  executeLayer(layer, inputs, float32Arithmetic)[0] as FloatTensor;

type Window = { kernel: [number, number]; stride: [number, number]; pad: [number, number, number, number] };
const WINDOWS: readonly Window[] = [
  { kernel: [1, 1], stride: [1, 1], pad: [0, 0, 0, 0] },
  { kernel: [2, 3], stride: [2, 1], pad: [0, 0, 0, 0] },
  { kernel: [3, 2], stride: [1, 2], pad: [2, 0, 1, 1] },
  { kernel: [5, 6], stride: [1, 1], pad: [0, 0, 0, 0] },
  { kernel: [2, 2], stride: [3, 3], pad: [1, 1, 0, 0] },
  { kernel: [3, 3], stride: [2, 2], pad: [1, 2, 2, 0] },
];

/** What lies under each window of each plane, in the order of the output, without the padding. */
function under(
  { kernel, stride, pad }: Window,
  { shape, data }: { shape: readonly number[]; data: ArrayLike<number> },
) {
  const [images, channels, height, width] = shape;
  const p = Math.floor((height + pad[0] + pad[2] - kernel[0]) / stride[0]) + 1;
  const q = Math.floor((width + pad[1] + pad[3] - kernel[1]) / stride[1]) + 1;
  const found: number[][] = [];
  for (let plane = 0; plane < images * channels; plane++)
    for (let y = 0; y < p; y++)
      for (let x = 0; x < q; x++) {
        const seen: number[] = [];
        for (let row = y * stride[0] - pad[0]; row < y * stride[0] - pad[0] + kernel[0]; row++)
          for (let col = x * stride[1] - pad[1]; col < x * stride[1] - pad[1] + kernel[1]; col++)
            if (row >= 0 && row < height && col >= 0 && col < width)
              seen.push(data[(plane * height + row) * width + col]);
        found.push(seen);
      }
  return { shape: [images, channels, p, q], found };
}

/** The first of the largest; a NaN is largest. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => (Number.isNaN(most) || value <= most ? most : value));
}

const ONE: Partial<Record<Op, (x: number, channel: number) => number>> = {
  relu: (x) => (x < 0 ? 0 : x),
  sign: (x) => (x >= 0 ? 1 : -1),
  batchNorm: (x, c) => f(f(x * SCALE[c]) + SHIFT[c]),
  dequantize: (x) => x,
  flatten: (x) => x,
};
const SCALE = Float32Array.of(1.1, -0.3, 0);
const SHIFT = Float32Array.of(0.1, -0, 7);

describe('one element at a time', () => {
  it.each(Object.entries(ONE))('%s', (op, one) => {
    const x = sample(SHAPE);
    const layer = { ...base(op as Op), scale: SCALE, shift: SHIFT } as Layer;
    const y = run(layer, x);
    expect(y.shape).toEqual(op === 'flatten' ? [2, 90] : SHAPE);
    expect(Array.from(y.data)).toEqual(Array.from(x.data, (value, i) => one(value, Math.floor(i / 30) % 3)));
  });

  it('sign with a rule for zeros, as in ONNX', () => {
    const x = floatTensor([1, EDGES.length], Float32Array.from(EDGES));
    const y = run({ ...base('sign'), op: 'sign', ofZero: 0 }, x);
    expect(Array.from(y.data, (value) => value + 0)).toEqual(EDGES.map((value) => Math.sign(value) + 0));
  });

  it('add', () => {
    const [x, y] = [sample(SHAPE), sample(SHAPE)];
    expect(Array.from(run(base('add') as Layer, x, y).data)).toEqual(
      Array.from(x.data, (value, i) => f(value + y.data[i])),
    );
    expect(() => run(base('add') as Layer, x, sample([2, 3, 5, 5]))).toThrow(
      'layer add adds shapes 2x3x5x6 and 2x3x5x5: they must be the same',
    );
  });

  it('softmax: e^x over the sum, of the largest taken off', () => {
    const x = sample([7, 9], [0, -0, 20, -40, 2 ** -149]);
    const expected = Array.from({ length: 7 }, (_, row) => {
      const own = Array.from(x.data.subarray(row * 9, (row + 1) * 9), (value) => Math.exp(value));
      return own.map((value) => value / own.reduce((a, b) => a + b));
    }).flat();
    const found = run(base('softmax') as Layer, x);
    expect(found.shape).toEqual([7, 9]);
    found.data.forEach((value, i) => expect(Math.abs(value / expected[i] - 1)).toBeLessThan(2 ** -22));
  });
});

describe.each(WINDOWS)('windows %o', (window) => {
  it('maxPool: the first of the largest, a NaN before all', () => {
    const x = sample(SHAPE);
    const { shape, found } = under(window, x);
    const y = run({ ...base('maxPool'), op: 'maxPool', ...window }, x);
    expect(y.shape).toEqual(shape);
    expect(Array.from(y.data)).toEqual(found.map(largest));
  });

  it('averagePool: float32 sums over what lies in the image, divided by its number', () => {
    const x = sample(SHAPE, [0, -0, 2 ** -149]);
    const { shape, found } = under(window, x);
    const y = run({ ...base('averagePool'), op: 'averagePool', ...window }, x);
    expect(y.shape).toEqual(shape);
    expect(Array.from(y.data)).toEqual(
      found.map((values) => f(values.reduce((sum, value) => f(sum + value), 0) / values.length)),
    );
  });

  it.each(['int8', 'uint4', 'e5m2', 'e4m3fnuz', 'ternary'])('maxPool of codes of %s: as of their values', (name) => {
    const format = formatNamed(name);
    const usable = Array.from({ length: 256 }, (_, code) => code).filter(
      (code) => code < 2 ** widthOf(name) && Number.isFinite(valueOf(name, code)),
    );
    const data = Uint8Array.from({ length: sizeOf(SHAPE) }, () => usable[draw.below(usable.length)]);
    const x: CodeTensor = {
      kind: 'codes',
      shape: SHAPE,
      data,
      quantization: perTensor(fitTo(format, { overflow: 'saturate' }), 0.5),
    };
    const values = Float64Array.from(data, (code) => valueOf(name, code));
    const { found } = under(window, { shape: SHAPE, data: values });
    const y = executeLayer({ ...base('maxPool'), op: 'maxPool', ...window }, [x], float32Arithmetic)[0] as CodeTensor;
    // -0 is below +0 among codes: Math.max says so too.
    expect(Array.from(y.data, (code) => valueOf(name, code))).toEqual(found.map((values_) => Math.max(...values_)));
    expect(y.quantization).toBe(x.quantization);
  });
});

function widthOf(name: string): number {
  return { int8: 8, uint4: 4, e5m2: 8, e4m3fnuz: 8, ternary: 2 }[name] ?? 0;
}

function valueOf(name: string, code: number): number {
  return toNumber(decode(formatNamed(name), code));
}

it('a window of maxPool over padding alone is refused', () => {
  const layer: Layer = { ...base('maxPool'), op: 'maxPool', kernel: [2, 2], stride: [2, 2], pad: [2, 0, 0, 0] };
  expect(() => run(layer, sample(SHAPE))).toThrow('layer maxPool: a window of maxPool lies in the padding alone');
});

describe('operations beside the array', () => {
  const facts: TensorFacts[] = [{ shape: [1, 3, 5, 6] }, { shape: [1, 3, 5, 6] }];
  const window: Window = { kernel: [3, 2], stride: [1, 2], pad: [2, 0, 1, 1] };
  /** Of an image of 3 x 5 x 6 = 90 elements; windows of 3 x 2 at 3 x 6 x 3 places. */
  const COUNTS: Record<Op, number | undefined> = {
    ...{ add: 90, batchNorm: 180, choose: undefined, dequantize: 90, quantize: 90, relu: 90, sign: 90 },
    ...{ averagePool: 324, maxPool: 324, flatten: undefined, conv: undefined, dense: undefined },
    softmax: 450,
    // Two functions of its own below: each has its count.
    general: 90,
  };

  it.each(Object.keys(OPERATORS) as Op[])('%s', (op) => {
    const called = { function: 'Add', operands: [0, 1], attributes: {} };
    const layer = { ...base(op), scale: SCALE, shift: SHIFT, ...window, ...called } as Layer;
    expect(operatorOf(layer).operations?.(layer, facts)).toBe(COUNTS[op]);
    if (op === 'averagePool' || op === 'maxPool') expect(factsAfter(layer, facts)[0].shape).toEqual([1, 3, 6, 3]);
  });
});
