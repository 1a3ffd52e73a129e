import { codeArray, valuesOf } from '../../datapaths/kernel/index.js';
import { encodeAll } from '../codes.js';
import { lookUpPairs } from '../lookUp.js';
import { codeTensor, dequantize } from '../quantization.js';
import { type CodeArray, type CodeTensor, oneZeroPoint, type Quantization, sizeOf } from '../tensor.js';
import { broadcastPlaces, broadcastShape } from './broadcast.js';
import { fma, halfEven } from './fma.js';
import type { Around, TensorFunction } from './function.js';
import { softmaxOfCodes } from './fusedSoftmax.js';

/**
 * Operators from codes to codes in one step, as ONNX Runtime computes them (mlas, x86-64 with FMA; onnxruntime-node 1.30.0:
 * all 65,536 pairs of codes over several scales and both types). Elsewhere the standard's steps hold.
 */
type Fused = NonNullable<TensorFunction['fused']>;

/** What is taken off codes before they are added raw: fused QDQ nodes have int8 as uint8 inside, nodes of their own do not. */
function shiftOf({ fit: { format } }: Quantization, { rule }: Around): number {
  return rule === 'ort' && format.kind === 'int' && format.signed ? 2 ** (format.bits - 1) : 0;
}

/** One number of each pair of codes; the result's range and zero point are in the numbers' own units. */
type PairRule = (
  scales: readonly [number, number, number],
  zeros: readonly [number, number, number],
) => (a: number, b: number) => number;

/** c = a ra + b rb + rest, ra = sa / sc and rb = sb / sc, over raw codes, each step one float32 fused multiply-add. */
const added: PairRule = ([sa, sb, sc], [za, zb, zc]) => {
  const [ra, rb] = [Math.fround(sa / sc), Math.fround(sb / sc)];
  const rest = Math.fround(zc - fma(ra, za, Math.fround(rb * zb)));
  return (a, b) => fma(a, ra, fma(b, rb, rest));
};

/** c = (a - za) (b - zb) (sa sb / sc) + zc: the zero point comes in before the rounding. */
const multiplied: PairRule = ([sa, sb, sc], [za, zb, zc]) => {
  const scale = Math.fround(Math.fround(sa * sb) / sc);
  return (a, b) => Math.fround(Math.fround((a - za) * (b - zb) * scale) + zc);
};

function pairwise(rule: PairRule): Fused {
  const tables = new Map<string, CodeArray>();
  return ([x, y], _, output, around) => {
    const [a, b] = [x as CodeTensor, y as CodeTensor];
    const shape = broadcastShape([a.shape, b.shape]);
    const all = [a.quantization, b.quantization, output];
    const scales = all.map(({ scale }) => scale[0]) as [number, number, number];
    const shifts = all.map((each) => shiftOf(each, around));
    const zeros = all.map((each, i) => oneZeroPoint(each) + shifts[i]) as [number, number, number];
    const pair = rule(scales, zeros);
    const code = codeOf(output, shifts[2]);
    const [left, right] = [numbersOf(a, shifts[0]), numbersOf(b, shifts[1])];
    const large = size(left) * size(right) <= sizeOf(shape);
    const key = JSON.stringify([all.map(({ fit }) => fit.format.name), scales, zeros]);
    const table = large
      ? keptTable(tables, key, () =>
          tableOf(left, right, pair, code, codeArray(output.fit.format, size(left) * size(right))),
        )
      : undefined;
    const [from, other] = [a, b].map((each) => broadcastPlaces(each.shape, shape));
    const data = codeArray(output.fit.format, sizeOf(shape));
    const width = right.length;
    if (table !== undefined && from === undefined && other === undefined)
      lookUpPairs(table, width, a.data, b.data, data);
    else
      for (let i = 0; i < data.length; i++) {
        const p = a.data[from === undefined ? i : from[i]];
        const q = b.data[other === undefined ? i : other[i]];
        data[i] = table === undefined ? code(pair(left[p], right[q])) : table[p * width + q];
      }
    return codeTensor(shape, data, output);
  };
}

/** Tables that are kept: those of the layers of a large network, for its next images. */
const TABLES = 64;

function keptTable(tables: Map<string, CodeArray>, key: string, make: () => CodeArray): CodeArray {
  let table = tables.get(key);
  if (table === undefined) {
    if (tables.size >= TABLES) tables.clear();
    tables.set(key, (table = make()));
  }
  return table;
}

const size = ({ length }: { length: number }) => length;

/** The number of each code, moved by so much. */
function numbersOf({ quantization: { fit } }: CodeTensor, shift: number): Float64Array {
  return valuesOf(fit.format).map((value) => value + shift);
}

/** Of large tensors every pair of codes is computed once. */
function tableOf(
  left: Float64Array,
  right: Float64Array,
  pair: (a: number, b: number) => number,
  code: (value: number) => number,
  table: CodeArray,
): CodeArray {
  for (let p = 0, at = 0; p < left.length; p++)
    for (let q = 0; q < right.length; q++, at++) table[at] = code(pair(left[p], right[q]));
  return table;
}

/** The code of a number with its zero point, rounded half to even and saturated. */
function codeOf({ fit: { format } }: Quantization, shift: number): (value: number) => number {
  if (format.kind !== 'int') throw new Error(`gives codes of ${format.name}: integers are wanted`);
  const lowest = (format.signed ? -(2 ** (format.bits - 1)) : 0) + shift;
  const highest = lowest + 2 ** format.bits - 1;
  const mask = 2 ** format.bits - 1;
  return (value) => {
    const rounded = value <= lowest ? lowest : value >= highest ? highest : halfEven(value);
    return (rounded - shift) & mask;
  };
}

/** rne(sum (x - zx) * (sx / (sy n))) + zy, over all axes behind the channels. */
const averaged: Fused = ([x], _, output) => {
  const { shape, data, quantization } = x as CodeTensor;
  const [images, channels, ...rest] = shape;
  const count = sizeOf(rest);
  const values = valuesOf(quantization.fit.format);
  const scale = Math.fround(quantization.scale[0] / Math.fround(output.scale[0] * count));
  const zero = count * oneZeroPoint(quantization);
  const means = new Float32Array(images * channels);
  for (let i = 0, at = 0; i < means.length; i++) {
    let sum = -zero;
    for (let j = 0; j < count; j++, at++) sum += values[data[at]];
    means[i] = Math.fround(sum) * scale;
  }
  const pooled = [images, channels, ...rest.map(() => 1)];
  return codeTensor(pooled, encodeAll(means, output.fit, oneZeroPoint(output)), output);
};

/** The real function; the zero point comes in before the rounding. */
const beforeRounding =
  ({ run }: TensorFunction): Fused =>
  (inputs, attributes, output, around) => {
    const [real] = run(
      inputs.map((each) => each && dequantize(each)),
      attributes,
      // In the standard's order.
      { ...around, rule: undefined },
    );
    const shift = shiftOf(output, around);
    const zero = oneZeroPoint(output) + shift;
    const code = codeOf(output, shift);
    const { data, shape } = dequantize(real);
    const codes = codeArray(output.fit.format, data.length);
    for (let i = 0; i < data.length; i++) codes[i] = code(Math.fround(Math.fround(data[i] / output.scale[0]) + zero));
    return codeTensor(shape, codes, output);
  };

const FUSED: Readonly<Record<string, (record: TensorFunction) => Fused>> = {
  Add: () => pairwise(added),
  Mul: () => pairwise(multiplied),
  GlobalAveragePool: () => averaged,
  AveragePool: beforeRounding,
  Softmax: () => softmaxOfCodes,
};

/** The same functions, those that a runtime has in one step with its expression. */
export function withFused(functions: Readonly<Record<string, TensorFunction>>): Record<string, TensorFunction> {
  const entries = Object.entries(functions).map(([name, record]): [string, TensorFunction] => {
    const fused = Object.hasOwn(FUSED, name) ? FUSED[name](record) : undefined;
    return [name, fused === undefined ? record : { ...record, fused }];
  });
  return Object.fromEntries(entries);
}
