import { describe, expect, it } from 'vitest';
import { exactArithmetic } from '../../../src/networks/arithmetic.js';
import type { Attributes } from '../../../src/networks/functions/attributes.js';
import type { OperandFacts } from '../../../src/networks/functions/function.js';
import { functionNamed } from '../../../src/networks/functions/index.js';
import { factsOfTensor, floatTensor, integerTensor, type Tensor } from '../../../src/networks/tensor.js';
import { random } from '../readers/onnx/samples.js';

const draw = random(21);
const bytes = (shape: readonly number[], type: 'int8' | 'uint8') => {
  const low = type === 'int8' ? -128 : 0;
  const x = integerTensor(shape, type);
  x.data.forEach((_, i) => (x.data[i] = low + Math.floor(draw() * 256)));
  return x;
};
const scalar = (value: number, type: 'int8' | 'uint8') => integerTensor([], type, Float64Array.of(value));
const reals = (shape: readonly number[], range: number) => {
  const x = floatTensor(shape);
  x.data.forEach((_, i) => (x.data[i] = (draw() - 0.5) * range));
  return x;
};

/** Runs it, and sees that the facts told before are those of what it gives. */
function run(name: string, inputs: readonly (Tensor | undefined)[], attributes: Attributes = {}): readonly Tensor[] {
  const record = functionNamed(name);
  const operands = inputs.map((x): OperandFacts | undefined => x && factsOfTensor(x));
  const results = record.run(inputs, attributes, { layer: 'y', arithmetic: exactArithmetic, outputs: 1 });
  expect(record.facts?.(operands, attributes).map(({ shape, type }) => [shape, type])).toEqual(
    results.map((result) => [result.shape, factsOfTensor(result).type]),
  );
  return results;
}

describe('products of plain integers', () => {
  it('MatMulInteger: sums of differences from zero points', () => {
    const [a, b] = [bytes([2, 3, 5], 'uint8'), bytes([2, 5, 4], 'int8')];
    const zb = integerTensor([4], 'int8', Float64Array.of(3, -4, 0, 9));
    const [y] = run('MatMulInteger', [a, b, scalar(117, 'uint8'), zb]);
    const expected = [...y.data.keys()].map((at) => {
      const [g, i, j] = [Math.floor(at / 12), Math.floor(at / 4) % 3, at % 4];
      let sum = 0;
      for (let k = 0; k < 5; k++)
        sum += (a.data[(g * 3 + i) * 5 + k] - 117) * (b.data[(g * 5 + k) * 4 + j] - zb.data[j]);
      return sum;
    });
    expect([...y.data]).toEqual(expected);
    expect(functionNamed('MatMulInteger').products?.([factsOfTensor(a), factsOfTensor(b)], {})).toMatchObject({
      ...{ m: 3, n: 4, k: 5, groups: 2 },
      ...{ aFormat: { name: 'uint8' }, bFormat: { name: 'int8' } },
    });
  });

  it('ConvInteger: padding is the zero point', () => {
    const [x, w] = [bytes([2, 4, 5, 6], 'uint8'), bytes([6, 2, 3, 3], 'uint8')];
    const attributes = { group: 2, pads: [1, 0, 1, 1], strides: [1, 2], auto_pad: 'NOTSET' };
    const [y] = run('ConvInteger', [x, w, scalar(90, 'uint8'), scalar(5, 'uint8')], attributes);
    expect(y.shape).toEqual([2, 6, 5, 3]);
    const expected = [...y.data.keys()].map((at) => {
      const [n, f, p, q] = [Math.floor(at / 90), Math.floor(at / 15) % 6, Math.floor(at / 3) % 5, at % 3];
      let sum = 0;
      for (let c = 0; c < 2; c++)
        for (let r = 0; r < 3; r++)
          for (let s = 0; s < 3; s++) {
            const [row, col] = [p + r - 1, 2 * q + s];
            if (row < 0 || row >= 5 || col >= 6) continue;
            const channel = 2 * Math.floor(f / 3) + c;
            const value = x.data[((n * 4 + channel) * 5 + row) * 6 + col] - 90;
            sum += value * (w.data[((f * 2 + c) * 3 + r) * 3 + s] - 5);
          }
      return sum;
    });
    expect([...y.data]).toEqual(expected);
  });

  it("DynamicQuantizeLinear: the standard's own example, and a tensor of zeros", () => {
    const x = floatTensor([6], Float32Array.of(0, 2, -3, -2.5, 1.34, 0.5));
    const [codes, scale, zero] = run('DynamicQuantizeLinear', [x]);
    expect([...codes.data]).toEqual([153, 255, 0, 26, 221, 179]);
    expect(scale.data[0]).toBe(Math.fround(5 / 255));
    expect(zero.data[0]).toBe(153);
    const flat = run('DynamicQuantizeLinear', [floatTensor([2])]);
    expect(flat.map(({ data }) => [...data])).toEqual([[0, 0], [1], [0]]);
  });

  it('DynamicQuantizeMatMul is DynamicQuantizeLinear and MatMulIntegerToFloat', () => {
    const [x, b, sb, bias] = [reals([3, 8], 4), bytes([8, 5], 'int8'), reals([5], 0.1), reals([5], 1)];
    const [codes, scale, zero] = run('DynamicQuantizeLinear', [x]);
    const zb = scalar(-2, 'int8');
    const [one] = run('com.microsoft.DynamicQuantizeMatMul', [x, b, sb, zb, bias]);
    const [two] = run('com.microsoft.MatMulIntegerToFloat', [codes, b, scale, sb, zero, zb, bias]);
    const [sums] = run('MatMulInteger', [codes, b, zero, zb]);
    const expected = Float32Array.from(sums.data, (sum, i) => {
      const factor = Math.fround(scale.data[0] * sb.data[i % 5]);
      return Math.fround(Math.fround(sum) * factor) + bias.data[i % 5];
    });
    expect(one.data).toEqual(expected);
    expect(two.data).toEqual(expected);
  });
});

describe('weights in blocks', () => {
  it.each([2, 4, 8])('MatMulNBits of %i bits: rows of blocks, the last one short', (bits) => {
    const [n, k, size] = [3, 20, 16];
    const [x, packed, scales] = [reals([2, k], 2), bytes([n, 2, (size * bits) / 8], 'uint8'), reals([n * 2], 0.1)];
    const attributes = { N: n, K: k, bits, block_size: size, accuracy_level: 0 };
    const [y] = run('com.microsoft.MatMulNBits', [x, packed, scales], attributes);
    const weight = (row: number, i: number) => {
      const place = row * 2 * size + i;
      const byte = packed.data[Math.floor((place * bits) / 8)];
      const code = Math.floor(byte / 2 ** ((place * bits) % 8)) % 2 ** bits;
      return Math.fround((code - 2 ** (bits - 1)) * scales.data[row * 2 + Math.floor(i / size)]);
    };
    const expected = Float32Array.from({ length: 2 * n }, (_, at) => {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += x.data[Math.floor(at / n) * k + i] * weight(at % n, i);
      return sum;
    });
    expect(y.data).toEqual(expected);
  });

  it('MatMulNBits at accuracy level 4: activations become int8 in blocks of the weights, the largest of each 127', () => {
    const [n, k, size] = [2, 8, 4];
    const packed = integerTensor(
      [n, 2, 4],
      'uint8',
      Float64Array.from({ length: 16 }, (_, i) => 126 + (i % 5)),
    );
    const scales = floatTensor([4], Float32Array.of(1, 0.5, 0.25, 2));
    // Codes 127 -64 (a tie to even, of -63.5) 1 0, then a block of zeros.
    const x = floatTensor([1, k], Float32Array.of(254, -127, 2.9, -0.9, 0, 0, 0, 0));
    const codes = [127, -64, 1, 0, 0, 0, 0, 0];
    const attributes = { N: n, K: k, bits: 8, block_size: size, accuracy_level: 4 };
    const [y] = run('com.microsoft.MatMulNBits', [x, packed, scales], attributes);
    const expected = [0, 1].map((row) =>
      codes.reduce((sum, code, i) => {
        const weight = (packed.data[row * k + i] - 128) * scales.data[row * 2 + Math.floor(i / size)];
        return sum + 2 * code * weight;
      }, 0),
    );
    expect([...y.data]).toEqual(expected);
  });

  it('GatherBlockQuantized: rows by index, negative ones from the end', () => {
    const [table, scales] = [bytes([4, 6], 'uint8'), reals([4, 2], 0.1)];
    const indices = integerTensor([2], 'int64', Float64Array.of(-1, 0));
    const attributes = { bits: 8, block_size: 4, gather_axis: 0, quantize_axis: 1 };
    const [y] = run('com.microsoft.GatherBlockQuantized', [table, indices, scales], attributes);
    const expected = Float32Array.from({ length: 12 }, (_, at) => {
      const [row, i] = [at < 6 ? 3 : 0, at % 6];
      return (table.data[row * 6 + i] - 128) * scales.data[row * 2 + Math.floor(i / 4)];
    });
    expect(y.data).toEqual(expected);
  });
});
