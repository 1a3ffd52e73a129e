import { gemm } from '../products/gemm.js';
import { floatTensor, sizeOf, type Tensor } from '../tensor.js';
import { int } from './attributes.js';
import { halfEven } from './fma.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { axisOf, floatsOf, integersOf } from './operands.js';

/** Weights in blocks of few bits with a scale each, read as real numbers: products with them are beside the array. */

/** Codes of `bits` bits, low bits of each byte first, `length` from a row of bytes. */
function unpacked(bytes: ArrayLike<number>, first: number, length: number, bits: number): Float64Array {
  const each = 8 / bits;
  return Float64Array.from(
    { length },
    (_, i) => (bytes[first + Math.floor(i / each)] >> ((i % each) * bits)) & (2 ** bits - 1),
  );
}

/** [n, k] real weights of rows of blocks; a last block may be short; the zero point left out is half of the range. */
function blockedWeights(
  { data: packed }: Tensor,
  { data: scales }: Tensor,
  zero: Tensor | undefined,
  order: Tensor | undefined,
  [n, k, bits, size]: readonly number[],
): Float64Array {
  const blocks = Math.ceil(k / size);
  const bytes = (size * bits) / 8;
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const weights = new Float64Array(n * k);
  for (let row = 0; row < n; row++) {
    const codes = unpacked(packed, row * blocks * bytes, blocks * size, bits);
    const zeros = zero?.kind === 'integers' ? unpacked(zero.data, row * zeroBytes, blocks, bits) : undefined;
    for (let i = 0; i < k; i++) {
      const block = order === undefined ? Math.floor(i / size) : order.data[i];
      const own = zeros?.[block] ?? zero?.data[row * blocks + block] ?? 2 ** (bits - 1);
      weights[row * k + i] = Math.fround((codes[i] - own) * scales[row * blocks + block]);
    }
  }
  return weights;
}

const matMulNBits: TensorFunction = {
  operands: 6,
  attributes: {
    K: int(undefined),
    N: int(undefined),
    bits: int(4),
    block_size: int(undefined),
    accuracy_level: int(0),
  },
  facts: ([x], { N }) => [{ shape: [...(x as OperandFacts).shape.slice(0, -1), N as number] }],
  run: ([x, packed, scales, zero, order, bias], { N, K, bits, block_size: size, accuracy_level: level }) => {
    const { shape, data } = floatsOf(x, 0);
    const [n, k] = [N as number, K as number];
    if (shape[shape.length - 1] !== k) throw new Error(`has K = ${k} over ${shape.join('x')}`);
    if (![2, 4, 8].includes(bits as number)) throw new Error(`has bits = ${bits as number}: 2, 4 and 8 are supported`);
    const weights = blockedWeights(integersOf(packed, 1), floatsOf(scales, 2), zero, order, [
      n,
      k,
      bits as number,
      size as number,
    ]);
    const turned = new Float64Array(n * k);
    for (let j = 0; j < n; j++) for (let i = 0; i < k; i++) turned[i * n + j] = weights[j * k + i];
    const rows = level === 4 ? coarse(data, k, size as number) : Float64Array.from(data);
    const sums = gemm(rows, turned, data.length / k, n, k);
    const result = floatTensor([...shape.slice(0, -1), n], Float32Array.from(sums));
    if (bias !== undefined) for (let i = 0; i < sums.length; i++) result.data[i] = result.data[i] + bias.data[i % n];
    return [result];
  },
};

/** Activations as int8 codes of blocks stand for them (accuracy level 4): the largest of a block is 127. */
function coarse(data: Float32Array, k: number, size: number): Float64Array {
  const reals = new Float64Array(data.length);
  for (let row = 0; row < data.length; row += k)
    for (let first = row; first < row + k; first += size) {
      const end = Math.min(first + size, row + k);
      let most = 0;
      for (let i = first; i < end; i++) most = Math.max(most, Math.abs(data[i]));
      const scale = Math.fround(most / 127);
      const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
      for (let i = first; i < end; i++) reals[i] = halfEven(Math.fround(data[i] * inverse)) * scale;
    }
  return reals;
}

/** Rows of a table of codes with scales of blocks along an axis: int4 and uint4 one an element, bytes packed along the last. */
const gatherBlockQuantized: TensorFunction = {
  operands: 4,
  attributes: { bits: int(4), block_size: int(128), gather_axis: int(0), quantize_axis: int(1) },
  facts: ([x, indices], { bits }) => [
    { shape: gatheredShape(x as OperandFacts, (indices as OperandFacts).shape, bits as number) },
  ],
  run: ([x, indices, scales, zero], { bits, block_size: size, gather_axis: gather, quantize_axis: axis }) => {
    const table = integersOf(x, 0);
    const rank = table.shape.length;
    if (axisOf(gather as number, rank) !== 0 || axisOf(axis as number, rank) !== rank - 1)
      throw new Error(
        `has gather_axis = ${gather as number} and quantize_axis = ${axis as number}: the first and the last are supported`,
      );
    const packed = table.type === 'uint8';
    const width = packed ? (bits as number) : 4;
    const shape = gatheredShape(table, (indices as Tensor).shape, width);
    const [length, line] = [table.shape[0], sizeOf(table.shape.slice(1))];
    const last = shape[rank + (indices as Tensor).shape.length - 2];
    const all = packed ? unpacked(table.data, 0, (table.data.length * 8) / width, width) : table.data;
    const each = packed ? (line * 8) / width : line;
    const blocks = Math.ceil(last / (size as number));
    const zeros = zero && (packed ? unpackedRows(integersOf(zero, 3).data, blocks, width) : zero.data);
    const absent = packed ? 2 ** (width - 1) : 0;
    const result = floatTensor(shape);
    integersOf(indices, 1).data.forEach((index, at) => {
      if (!(index >= -length && index < length)) throw new Error(`takes row ${index} of ${length}`);
      const row = index < 0 ? index + length : index;
      for (let i = 0; i < each; i++) {
        const block = Math.floor((row * each + i) / last) * blocks + Math.floor((i % last) / (size as number));
        result.data[at * each + i] =
          Math.fround(all[row * each + i] - (zeros?.[block] ?? absent)) * (scales as Tensor).data[block];
      }
    });
    return [result];
  },
};

/** Zero points of rows of blocks; each row begins with a byte of its own. */
function unpackedRows(bytes: Float64Array, blocks: number, bits: number): Float64Array {
  const row = Math.ceil((blocks * bits) / 8);
  const rows = Array.from({ length: bytes.length / row }, (_, i) => unpacked(bytes, i * row, blocks, bits));
  return Float64Array.from(rows.flatMap((each) => [...each]));
}

function gatheredShape(
  { shape, type }: { shape: readonly number[]; type?: string },
  indices: readonly number[],
  bits: number,
): number[] {
  const inner = shape.slice(1);
  if (type === 'uint8') inner[inner.length - 1] *= 8 / bits;
  return [...indices, ...inner];
}

export const PACKED_WEIGHTS: Readonly<Record<string, TensorFunction>> = {
  'com.microsoft.MatMulNBits': matMulNBits,
  'com.microsoft.GatherBlockQuantized': gatherBlockQuantized,
};
