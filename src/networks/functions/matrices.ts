import { transpose } from '../products/gemm.js';
import { codeTensor } from '../quantization.js';
import { floatTensor, type IntegerType, type Operand, type TensorFacts } from '../tensor.js';

/** Matrices that functions multiply. */

const turned = new WeakMap<Operand, Operand>();

/** The transpose of a matrix, scales along with it; kept, because a stored one is asked for again. */
export function transposedMatrix(x: Operand): Operand {
  let result = turned.get(x);
  if (result === undefined) turned.set(x, (result = made(x)));
  return result;
}

function made(x: Operand): Operand {
  const [rows, columns] = x.shape;
  const shape = [columns, rows];
  if (x.kind === 'float')
    return { ...floatTensor(shape, transpose(x.data, rows, columns, x.data.slice())), ...(x.type && { type: x.type }) };
  const q = x.quantization;
  const axis = q.scale.length === 1 ? 0 : 1 - q.axis;
  return codeTensor(shape, transpose(x.data, rows, columns, x.data.slice()), { ...q, axis });
}

export function isIntegerType(type: TensorFacts['type']): type is IntegerType {
  return type !== undefined && !type.includes('float');
}

/** An integer in the range of its type, as machine words wrap; those of 64 bits are kept as float64 has them. */
export function wrapped(value: number, type: IntegerType): number {
  const bits = Number(/\d+$/.exec(type)?.[0] ?? 8);
  if (bits > 32) return value;
  const low = ((value % 2 ** bits) + 2 ** bits) % 2 ** bits;
  return !type.startsWith('u') && low >= 2 ** (bits - 1) ? low - 2 ** bits : low;
}
