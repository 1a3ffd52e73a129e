import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import { exactArithmetic, float32Arithmetic } from '../../../src/networks/arithmetic.js';
import { executeAll, executeLayer } from '../../../src/networks/execute.js';
import { factsAfter } from '../../../src/networks/facts.js';
import { lower } from '../../../src/networks/lower.js';
import type { Arithmetic, GeneralLayer, MatmulJob } from '../../../src/networks/network.js';
import { FUNCTIONS } from '../../../src/networks/functions/index.js';
import { codeTensor } from '../../../src/networks/quantization.js';
import { readOnnx } from '../../../src/networks/readers/onnx/read.js';
import { writeOnnx } from '../../../src/networks/readers/onnx/write.js';
import {
  type CodeTensor,
  factsOfTensor,
  floatTensor,
  type FloatTensor,
  integerTensor,
  sizeOf,
  type Tensor,
} from '../../../src/networks/tensor.js';
import { bytesOf, op, tensor } from '../readers/onnx/graphs.js';

let state = 1;
/** Whole numbers from -8 to 7, whose sums float32 holds. */
function whole(count: number): Float32Array {
  return Float32Array.from({ length: count }, () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return ((state >> 12) & 15) - 8;
  });
}

const reals = (...shape: number[]) => floatTensor(shape, whole(sizeOf(shape)));

/** Codes of int8 with a meaning. */
function codes(shape: readonly number[], scale: number[], zeroPoint: number | Int32Array, axis = 0): CodeTensor {
  const data = Uint8Array.from(whole(sizeOf(shape)), (value) => value & 0xff);
  const fit = fitTo(formatNamed('int8'), { overflow: 'saturate' });
  return codeTensor(shape, data, { fit, scale: Float32Array.from(scale), axis, zeroPoint });
}

const signed = (code: number) => (code << 24) >> 24;

function layerOf(name: string, operands: readonly (Tensor | undefined)[], attributes = {}): GeneralLayer {
  const absent = Object.entries(FUNCTIONS[name].attributes ?? {}).flatMap(([key, spec]) =>
    spec.absent === undefined ? [] : [[key, spec.absent] as const],
  );
  let input = 0;
  return {
    ...{ op: 'general', name: 'y', outputs: ['y'], function: name },
    inputs: operands.flatMap((each, i) => (each === undefined ? [] : [`x${i}`])),
    operands: operands.map((each) => (each === undefined ? undefined : input++)),
    attributes: { ...Object.fromEntries(absent), ...attributes },
  };
}

function run(name: string, operands: readonly (Tensor | undefined)[], attributes = {}, arithmetic = float32Arithmetic) {
  const layer = layerOf(name, operands, attributes);
  const given = operands.filter((each) => each !== undefined);
  const [result] = executeLayer(layer, given, arithmetic);
  expect(factsAfter(layer, given.map(factsOfTensor))).toEqual([factsOfTensor(result)]);
  return result;
}

/** Every index of a shape, the last axis running fastest. */
function* indices(shape: readonly number[]): Generator<number[]> {
  for (let i = 0; i < sizeOf(shape); i++) {
    let rest = i;
    yield shape.map((_, axis) => {
      const inner = sizeOf(shape.slice(axis + 1));
      const index = Math.floor(rest / inner);
      rest -= index * inner;
      return index;
    });
  }
}

/** The element at an index; undefined outside. */
function at({ shape, data }: Pick<FloatTensor, 'shape' | 'data'>, index: readonly number[]): number | undefined {
  if (index.some((i, axis) => i < 0 || i >= shape[axis])) return undefined;
  return data[index.reduce((place, i, axis) => place * shape[axis] + i, 0)];
}

/** A sum over everything that is not kept, by the definition of Einstein's sums. */
function summed(equation: string, ...operands: FloatTensor[]): FloatTensor {
  const [left, output] = equation.split('->');
  const terms = left.split(',');
  const lengths = new Map(
    terms.flatMap((term, i) => [...term].map((label, axis) => [label, operands[i].shape[axis]] as const)),
  );
  const labels = [...lengths.keys()];
  const result = floatTensor([...output].map((label) => lengths.get(label) as number));
  for (const index of indices([...lengths.values()])) {
    const of = (term: string) => [...term].map((label) => index[labels.indexOf(label)]);
    const product = operands.reduce((all, each, i) => all * (at(each, of(terms[i])) as number), 1);
    const place = of(output).reduce((sum, i, axis) => sum * result.shape[axis] + i, 0);
    result.data[place] += product;
  }
  return result;
}

describe('sums of products', () => {
  it.each([
    [[2, 3], [3, 4], 'ab,bc->ac'],
    [[2, 5, 3], [3, 4], 'dab,bc->dac'],
    [[3], [3, 4], 'b,bc->c'],
    [[2, 3], [3], 'ab,b->a'],
    [[3], [3], 'b,b->'],
    [[2, 5, 2, 3], [2, 5, 3, 4], 'deab,debc->deac'],
    [[5, 2, 3], [2, 5, 3, 4], 'eab,debc->deac'],
    [[2, 3], [5, 3, 4], 'ab,ebc->eac'],
  ])('MatMul of %j and %j, of reals and of integers', (a, b, equation) => {
    const [x, y] = [reals(...a), reals(...b)];
    const wanted = summed(equation, x, y);
    expect(run('MatMul', [x, y])).toEqual(wanted);
    const whole = ({ shape, data }: FloatTensor) => integerTensor(shape, 'int32', Float64Array.from(data));
    expect(run('MatMul', [whole(x), whole(y)])).toEqual(whole(wanted));
  });

  it.each([
    'ab,bc->ac',
    'ab,cb->ca',
    'abc,bd->adc',
    'abc,abd->bcd',
    'aab,b->a',
    'ab,cd->ad',
    'abc->ca',
    'ab,bc,cd->ad',
  ])('Einsum %s', (equation) => {
    const lengths: Record<string, number> = { a: 2, b: 3, c: 4, d: 5 };
    const operands = equation
      .split('->')[0]
      .split(',')
      .map((term) => reals(...[...term].map((label) => lengths[label])));
    expect(run('Einsum', operands, { equation })).toEqual(summed(equation, ...operands));
  });

  it('Einsum with an ellipsis broadcasts what it stands for', () => {
    const [x, y] = [reals(2, 1, 3, 4), reals(5, 4, 3)];
    const result = run('Einsum', [x, y], { equation: '...ij,...jk' });
    expect(result).toEqual(summed('aij,bjk->abik', floatTensor([2, 3, 4], x.data), y));
  });

  it.each([
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ])('Gemm, transA = %d, transB = %d', (transA, transB) => {
    const [a, b, c] = [transA ? reals(3, 2) : reals(2, 3), transB ? reals(4, 3) : reals(3, 4), reals(4)];
    const product = summed(`${transA ? 'ba' : 'ab'},${transB ? 'cb' : 'bc'}->ac`, a, b);
    const wanted = product.data.map((value, i) => 0.5 * value + 2 * c.data[i % 4]);
    expect(run('Gemm', [a, b, c], { alpha: 0.5, beta: 2, transA, transB })).toEqual(floatTensor([2, 4], wanted));
  });

  it('integers wrap in their type', () => {
    const [x, y] = [
      [2 ** 30, 2 ** 30],
      [1, 1],
    ];
    for (const type of ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32'] as const) {
      const bits = Number(type.replace(/\D+/, ''));
      const most = type.startsWith('u') ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
      for (const values of [
        [most, 1],
        [most, most],
        [-1, most, 2],
        [2 ** (bits - 2), 2 ** (bits - 2)],
      ]) {
        const row = integerTensor([1, values.length], type, Float64Array.from(values));
        const ones = integerTensor([values.length, 1], type, new Float64Array(values.length).fill(1));
        const sum = values.reduce((total, value) => total + value, 0);
        // Modulo 2^bits, as the type counts.
        const wrapped = type.startsWith('u') ? BigInt.asUintN(bits, BigInt(sum)) : BigInt.asIntN(bits, BigInt(sum));
        expect(Array.from(run('MatMul', [row, ones]).data), `${type} ${values.join(' ')}`).toEqual([Number(wrapped)]);
      }
    }
    const far = [x, y].map((values, i) =>
      integerTensor(
        [
          [1, 2],
          [2, 1],
        ][i],
        'int64',
        Float64Array.from(values),
      ),
    );
    expect(Array.from(run('MatMul', far).data)).toEqual([2 ** 31]);
  });

  it('says which lengths do not meet', () => {
    expect(() => run('MatMul', [reals(2, 3), reals(4, 2)])).toThrow(
      'layer y (MatMul): multiplies 2x3 by 4x2: 3 and 4 must be one length',
    );
  });
});

/** Exact sums, and the jobs that were asked for. */
function watched(): { arithmetic: Arithmetic; jobs: MatmulJob[] } {
  const jobs: MatmulJob[] = [];
  const codesOf: Arithmetic['codes'] = (a, b, job) => {
    jobs.push(job);
    return exactArithmetic.codes(a, b, job);
  };
  return { arithmetic: { ...exactArithmetic, codes: codesOf }, jobs };
}

it('a transposed convolution is cut down to one element, and not to none', () => {
  const [x, w] = [reals(1, 1, 2, 2), reals(1, 1, 3, 2)];
  // 2 + 3 - 1 rows and 2 + 2 - 1 columns.
  for (const [rows, columns] of indices([6, 5])) {
    const pads = [Math.min(rows, 2), Math.min(columns, 1), rows - Math.min(rows, 2), columns - Math.min(columns, 1)];
    const cut = () => run('ConvTranspose', [x, w], { pads });
    if (rows < 4 && columns < 3) expect(cut().shape).toEqual([1, 1, 4 - rows, 3 - columns]);
    else expect(cut).toThrow(`layer y (ConvTranspose): has pads = ${pads.join(' ')}, which cut all of 4x3`);
  }
});

describe('products of codes', () => {
  it('two computed operands, each with a zero point', () => {
    const [a, b] = [codes([2, 3, 4], [0.3], 3), codes([2, 4, 5], [0.07], -7)];
    const { arithmetic, jobs } = watched();
    const result = run('MatMul', [a, b], {}, arithmetic);
    const wanted = floatTensor([2, 3, 5]);
    const scale = Math.fround(a.quantization.scale[0] * b.quantization.scale[0]);
    [...indices([2, 3, 5])].forEach(([g, i, j], place) => {
      let sum = 0;
      for (let k = 0; k < 4; k++)
        sum += (signed(a.data[(g * 3 + i) * 4 + k]) - 3) * (signed(b.data[(g * 4 + k) * 5 + j]) + 7);
      wanted.data[place] = Math.fround(sum) * scale;
    });
    expect(result).toEqual(wanted);
    expect(jobs.map(({ m, n, k }) => [m, n, k])).toEqual([
      [3, 5, 4],
      [3, 5, 4],
    ]);
  });

  it('a weight scale and zero point for each output, over rows of any rank', () => {
    const a = codes([2, 3, 4], [0.3], 3);
    const b = codes([4, 2], [0.5, 0.2], Int32Array.of(1, -2), 1);
    const { arithmetic, jobs } = watched();
    const wanted = floatTensor([2, 3, 2]);
    [...indices([6, 2])].forEach(([i, j], place) => {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += (signed(a.data[i * 4 + k]) - 3) * (signed(b.data[k * 2 + j]) - [1, -2][j]);
      wanted.data[place] = Math.fround(sum) * Math.fround(a.quantization.scale[0] * b.quantization.scale[j]);
    });
    expect(run('MatMul', [a, b], {}, arithmetic)).toEqual(wanted);
    expect(run('Einsum', [a, b], { equation: 'abc,cd->abd' }, arithmetic)).toEqual(wanted);
    expect(jobs.map(({ m, n, k }) => [m, n, k])).toEqual([
      [6, 2, 4],
      [6, 2, 4],
    ]);
  });

  it('a scale along the summed axis is taken before the product', () => {
    const a = codes([1, 2], [1], 0);
    const b = codes([2, 1], [0.5, 2], 0, 0);
    const { arithmetic, jobs } = watched();
    const wanted = signed(a.data[0]) * signed(b.data[0]) * 0.5 + signed(a.data[1]) * signed(b.data[1]) * 2;
    expect(run('MatMul', [a, b], {}, arithmetic)).toEqual(floatTensor([1, 1], Float32Array.of(wanted)));
    expect(jobs).toEqual([]);
  });

  it('codes at once: the sum times one float32 multiplier, half to even', () => {
    const [a, b] = [codes([3, 4], [0.3], 3), codes([4, 5], [0.07], -7)];
    const output = { ...codes([1], [0.9], 5).quantization };
    const layer = { ...layerOf('MatMul', [a, b]), output };
    const [result] = executeLayer(layer, [a, b], exactArithmetic);
    const multiplier = Math.fround(Math.fround(a.quantization.scale[0] * b.quantization.scale[0]) / output.scale[0]);
    const wanted = [...indices([3, 5])].map(([i, j]) => {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += (signed(a.data[i * 4 + k]) - 3) * (signed(b.data[k * 5 + j]) + 7);
      const scaled = Math.fround(sum * multiplier);
      const floor = Math.floor(scaled);
      const up = scaled - floor > 0.5 || (scaled - floor === 0.5 && floor % 2 !== 0);
      return Math.max(-128, Math.min(127, floor + Number(up) + 5));
    });
    expect([...result.data].map(signed)).toEqual(wanted);
  });
});

/** A convolution by its definition: zeros outside. */
function convolved(
  x: FloatTensor,
  w: FloatTensor,
  output: readonly number[],
  groups: number,
  stride: number[],
  before: number[],
  dilation: number[],
) {
  const result = floatTensor([x.shape[0], w.shape[0], ...output]);
  const each = w.shape[0] / groups;
  [...indices(result.shape)].forEach(([image, filter, ...place], i) => {
    for (const [c, ...tap] of indices(w.shape.slice(1))) {
      const from = place.map((p, axis) => p * stride[axis] + tap[axis] * dilation[axis] - before[axis]);
      const channel = Math.floor(filter / each) * w.shape[1] + c;
      result.data[i] += (at(x, [image, channel, ...from]) ?? 0) * (at(w, [filter, c, ...tap]) as number);
    }
  });
  return result;
}

/** A transposed convolution by its definition: every element of the input adds its window to the output. */
function scattered(
  x: FloatTensor,
  w: FloatTensor,
  output: readonly number[],
  groups: number,
  stride: number[],
  before: number[],
  dilation: number[],
) {
  const filters = w.shape[1] * groups;
  const result = floatTensor([x.shape[0], filters, ...output]);
  for (const [image, channel, ...place] of indices(x.shape))
    for (const [f, ...tap] of indices(w.shape.slice(1))) {
      const to = place.map((p, axis) => p * stride[axis] + tap[axis] * dilation[axis] - before[axis]);
      if (to.some((p, axis) => p < 0 || p >= output[axis])) continue;
      const filter = Math.floor(channel / (x.shape[1] / groups)) * w.shape[1] + f;
      const index = [image, filter, ...to].reduce((sum, i, axis) => sum * result.shape[axis] + i, 0);
      result.data[index] += (at(x, [image, channel, ...place]) as number) * (at(w, [channel, f, ...tap]) as number);
    }
  return result;
}

describe('convolutions', () => {
  it.each([
    { axes: 1, groups: 2, stride: [2], before: [1], after: [0], dilation: [2] },
    { axes: 2, groups: 1, stride: [2, 1], before: [1, 0], after: [0, 2], dilation: [1, 2] },
    { axes: 3, groups: 2, stride: [1, 2, 1], before: [0, 1, 1], after: [1, 0, 1], dilation: [1, 1, 2] },
  ])('Conv and ConvTranspose over $axes axes', ({ axes, groups, stride, before, after, dilation }) => {
    const x = reals(2, 4, ...[5, 6, 4].slice(0, axes));
    const w = reals(6, 4 / groups, ...[2, 3, 2].slice(0, axes));
    const attributes = { group: groups, strides: stride, dilations: dilation, pads: [...before, ...after] };
    const span = (axis: number) => dilation[axis] * (w.shape[axis + 2] - 1) + 1;
    const output = x.shape
      .slice(2)
      .map((length, axis) => Math.floor((length + before[axis] + after[axis] - span(axis)) / stride[axis]) + 1);
    const bias = reals(6);
    const wanted = convolved(x, w, output, groups, stride, before, dilation);
    const pixels = sizeOf(output);
    expect(run('Conv', [x, w], attributes)).toEqual(wanted);
    wanted.data.forEach((value, i) => (wanted.data[i] = value + bias.data[Math.floor(i / pixels) % 6]));
    expect(run('Conv', [x, w, bias], attributes)).toEqual(wanted);

    const turned = reals(4, 3, ...w.shape.slice(2));
    const back = x.shape
      .slice(2)
      .map((length, axis) => stride[axis] * (length - 1) + span(axis) - before[axis] - after[axis]);
    expect(run('ConvTranspose', [x, turned], attributes)).toEqual(
      scattered(x, turned, back, groups, stride, before, dilation),
    );
  });

  it('ConvTranspose of codes puts the code of zero between', () => {
    const x = codes([1, 2, 3], [0.5], 3);
    const w = codes([2, 2, 2], [0.25, 2], Int32Array.of(1, -1), 1);
    const { arithmetic, jobs } = watched();
    const value = (each: CodeTensor, zero: (i: number) => number) =>
      floatTensor(
        each.shape,
        Float32Array.from(each.data, (code, i) => signed(code) - zero(i)),
      );
    const sums = scattered(
      value(x, () => 3),
      value(w, (i) => [1, -1][Math.floor(i / 2) % 2]),
      [6],
      1,
      [2],
      [0],
      [1],
    );
    const wanted = sums.data.map((sum, i) => sum * 0.5 * [0.25, 2][Math.floor(i / 6)]);
    expect(run('ConvTranspose', [x, w], { strides: [2] }, arithmetic)).toEqual(floatTensor([1, 2, 6], wanted));
    expect(jobs.map(({ m, n, k }) => [m, n, k])).toEqual([[6, 2, 4]]);
  });
});

describe('pools', () => {
  const x = reals(2, 3, 7, 6);
  const window = { kernel_shape: [3, 2], strides: [3, 3], pads: [1, 0, 1, 1], dilations: [2, 1] };

  /** What lies under each window, padding left out. */
  function under(output: readonly number[]): number[][] {
    return [...indices([2, 3, ...output])].map(([image, channel, p, q]) =>
      [...indices([3, 2])].flatMap(([i, j]) => at(x, [image, channel, p * 3 + i * 2 - 1, q * 3 + j]) ?? []),
    );
  }

  it.each([
    [0, [2, 2]],
    [1, [3, 2]],
  ])('ceil_mode = %d', (ceil_mode, output) => {
    const shape = [2, 3, ...output];
    const given = { ...window, ceil_mode };
    const found = under(output);
    const last = floatTensor(
      shape,
      Float32Array.from(found, (values) => Math.max(...values)),
    );
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    expect(run('MaxPool', [x], given)).toEqual(last);
    expect(run('AveragePool', [x], given)).toEqual(
      floatTensor(
        shape,
        Float32Array.from(found, (values) => sum(values) / values.length),
      ),
    );
    expect(run('LpPool', [x], { ...given, p: 1 })).toEqual(
      floatTensor(
        shape,
        Float32Array.from(found, (values) => sum(values.map(Math.abs))),
      ),
    );
    expect(run('LpPool', [x], { ...given, p: 2 })).toEqual(
      floatTensor(
        shape,
        Float32Array.from(found, (values) => Math.sqrt(sum(values.map((value) => value ** 2)))),
      ),
    );
  });

  it('count_include_pad counts the padding, and nothing beyond it', () => {
    const line = floatTensor([1, 1, 4], Float32Array.of(2, 4, 6, 8));
    const given = { kernel_shape: [3], strides: [2], pads: [1, 0], ceil_mode: 1, count_include_pad: 1 };
    expect(run('AveragePool', [line], given)).toEqual(floatTensor([1, 1, 2], Float32Array.of(2, 6)));
    const longer = floatTensor([1, 1, 5], Float32Array.of(2, 4, 6, 8, 10));
    expect(run('AveragePool', [longer], { ...given, pads: [0, 1], strides: [3] })).toEqual(
      floatTensor([1, 1, 2], Float32Array.of(4, 6)),
    );
  });

  it('the largest code, and where it lies by rows and by columns', () => {
    const plane = codes([1, 1, 2, 3], [0.5], 4);
    plane.data.set([0x80, 5, 0xff, 127, 3, 127]);
    const layer = { ...layerOf('MaxPool', [plane], { kernel_shape: [2, 2] }), outputs: ['y', 'i'] };
    const places = (values: number[]) => ({
      kind: 'integers',
      type: 'int64',
      shape: [1, 1, 1, 2],
      data: Float64Array.from(values),
    });
    const most = { ...plane, shape: [1, 1, 1, 2], data: Uint8Array.of(127, 127) };
    expect(executeLayer(layer, [plane], float32Arithmetic)).toEqual([most, places([3, 5])]);
    const columns = { ...layer, attributes: { ...layer.attributes, storage_order: 1 } };
    expect(executeLayer(columns, [plane], float32Arithmetic)).toEqual([most, places([1, 5])]);
    expect(run('GlobalMaxPool', [plane])).toEqual({ ...plane, shape: [1, 1, 1, 1], data: Uint8Array.of(127) });
  });
});

const scalar = (name: string, value: number) => tensor(name, 'FLOAT', [], [value]);
const zero = (name: string, value: number) => tensor(name, 'INT8', [], [value]);
/** Nodes that quantize a tensor and dequantize it. */
const qdq = (x: string, y: string) => [
  op('QuantizeLinear', `${x} s z`, `${y}/q`),
  op('DequantizeLinear', `${y}/q s z`, y),
];

describe('files', () => {
  it('a product of two dequantized activations multiplies codes', () => {
    const network = readOnnx(
      bytesOf({
        nodes: [...qdq('x', 'a'), op('Transpose', 'a', 't', { perm: [0, 2, 1] }), op('MatMul', 'a t', 'y')],
        initializers: [scalar('s', 0.5), zero('z', 1)],
        input: ['N', 3, 4],
      }),
      'net.onnx',
    );
    const [{ m, n, k, groups, aFormat, bFormat }] = lower(network);
    expect([m, n, k, groups, aFormat?.name, bFormat?.name]).toEqual([3, 3, 4, 1, 'int8', 'int8']);
    const x = floatTensor([2, 3, 4], whole(24));
    const wanted = summed('abc,adc->abd', x, x);
    expect(executeAll(network, new Map([['x', x]]), exactArithmetic).get('y')).toEqual(wanted);
  });

  it('a convolution over lines is a layer of the array, of codes too', () => {
    const w = whole(2 * 3 * 3);
    const network = readOnnx(
      bytesOf({
        nodes: [
          ...qdq('x', 'a'),
          op('DequantizeLinear', 'w s', 'wr'),
          op('Conv', 'a wr', 'y', { strides: [2], pads: [1, 1], dilations: [1] }),
        ],
        initializers: [scalar('s', 0.5), zero('z', 1), tensor('w', 'INT8', [2, 3, 3], w)],
        input: ['N', 3, 8],
      }),
      'net.onnx',
    );
    expect(network.layers.map(({ op: kind, name }) => `${kind} ${name}`)).toEqual(['quantize a/q', 'conv y']);
    const [{ m, n, k, aFormat, bFormat }] = lower(network);
    expect([m, n, k, aFormat?.name, bFormat?.name]).toEqual([4, 2, 9, 'int8', 'int8']);
    const x = floatTensor([2, 3, 8], whole(48));
    const half = floatTensor(
      [2, 3, 3],
      w.map((value) => value / 2),
    );
    const wanted = convolved(x, half, [4], 1, [2], [1], [1]);
    expect(executeAll(network, new Map([['x', x]]), exactArithmetic).get('y')).toEqual(wanted);
  });
});

describe('lines', () => {
  it.each(['requantized', 'dequantized', 'real'])(
    'a %s convolution over lines comes back from its own file',
    (kind) => {
      const window = { strides: [2], pads: [2, 1], dilations: [2], group: 2 };
      const stored = [
        ...[scalar('s', 0.5), zero('z', 1), tensor('zs', 'INT8', [2], [0, 0])],
        ...[tensor('w', 'INT8', [2, 2, 3], whole(12)), tensor('ws', 'FLOAT', [2], [0.5, 0.25])],
        tensor('f', 'FLOAT', [2, 2, 3], whole(12)),
      ];
      const nodes = {
        requantized: [
          op('QuantizeLinear', 'x s z', 'q'),
          op('QLinearConv', 'q s z w ws zs s z', 'c', window),
          op('DequantizeLinear', 'c s z', 'y'),
        ],
        dequantized: [
          ...qdq('x', 'a'),
          op('DequantizeLinear', 'w ws zs', 'wr', { axis: 0 }),
          op('Conv', 'a wr', 'y', window),
        ],
        real: [op('Conv', 'x f', 'y', window)],
      }[kind];
      const given = { nodes: nodes ?? [], initializers: stored, input: ['N', 4, 9] };
      const network = readOnnx(bytesOf(given), 'net.onnx');
      const again = readOnnx(writeOnnx(network), 'net.onnx');
      const x = new Map([['x', floatTensor([2, 4, 9], whole(72))]]);
      const [found] = executeAll(network, x, exactArithmetic).values();
      expect(found.shape).toEqual([2, 2, 4]);
      expect([...executeAll(again, x, exactArithmetic).values()]).toEqual([found]);
      expect(again.layers.map(({ op: each }) => each)).toEqual(network.layers.map(({ op: each }) => each));
    },
  );
});
