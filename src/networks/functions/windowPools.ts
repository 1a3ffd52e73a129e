import { exp, log } from '../elementary.js';
import { orderTable } from '../codes.js';
import { floatTensor, type FloatTensor, integerTensor, sizeOf, type Tensor, type TensorFacts } from '../tensor.js';
import { type Attributes, int } from './attributes.js';
import { stridesOf } from './broadcast.js';
import type { OperandFacts, TensorFunction } from './function.js';
import { movedTo, taken } from './moves.js';
import { floatsOf } from './operands.js';
import { isRuntimes, planeSum, windowSum } from './runtimeSums.js';
import { lengthsOf, placesUnder, ROUNDING_UP, SLIDING, type WindowGrid, windowsOver } from './sliding.js';

/** Pools over any number of axes: images and channels come first. */

function poolOf({ shape }: { shape: readonly number[] }, attributes: Attributes): WindowGrid {
  if (attributes.kernel_shape === undefined) throw new Error('has no kernel_shape');
  if (shape.length < 3)
    throw new Error(`pools ${shape.join('x') || 'a scalar'}: images x channels x lengths are wanted`);
  return windowsOver(shape.slice(2), lengthsOf(attributes, 'kernel_shape', shape.length - 2, 1), attributes);
}

/** One window over all of each plane. */
function whole({ shape }: { shape: readonly number[] }): WindowGrid {
  if (shape.length < 3)
    throw new Error(`pools ${shape.join('x') || 'a scalar'}: images x channels x lengths are wanted`);
  return windowsOver(shape.slice(2), shape.slice(2), { auto_pad: 'NOTSET' });
}

type Find = (x: { shape: readonly number[] }, attributes: Attributes) => WindowGrid;

const pooled = ({ shape }: { shape: readonly number[] }, { output }: WindowGrid) => [...shape.slice(0, 2), ...output];

/** Numbers in the order of what elements stand for. */
function ranked(x: Tensor): ArrayLike<number> {
  if (x.kind !== 'codes') return x.data;
  const ranks = orderTable(x.quantization.fit.format);
  return Int32Array.from(x.data, (code) => ranks[code]);
}

/** The place of the largest element under each window, the first of equals; a NaN is largest. @throws Error where all is padding */
function largestPlaces(x: Tensor, windows: WindowGrid): Int32Array {
  const [places, taps, size] = [placesUnder(windows), sizeOf(windows.kernel), sizeOf(windows.lengths)];
  const outputs = places.length / taps;
  const planes = x.shape[0] * x.shape[1];
  const values = ranked(x);
  const found = new Int32Array(planes * outputs);
  for (let plane = 0, at = 0; plane < planes; plane++)
    for (let o = 0; o < outputs; o++, at++) {
      let best = -1;
      for (let t = o * taps; t < (o + 1) * taps; t++) {
        if (places[t] < 0) continue;
        const from = plane * size + places[t];
        if (best < 0 || (values[best] === values[best] && !(values[from] <= values[best]))) best = from;
      }
      if (best < 0) throw new Error('has a window in the padding alone');
      found[at] = best;
    }
  return found;
}

function maxPool(find: Find, attributes: TensorFunction['attributes']): TensorFunction {
  const shapeOf = (x: { shape: readonly number[] }, given: Attributes) => pooled(x, find(x, given));
  return {
    operands: 1,
    ...(attributes && { attributes }),
    moves: true,
    operations: 1,
    facts([x], given): TensorFacts[] {
      const shape = shapeOf(x as OperandFacts, given);
      return [movedTo(x, shape), { shape, type: 'int64' }];
    },
    run([x], given, { outputs }) {
      const tensor = x as Tensor;
      const windows = find(tensor, given);
      const places = largestPlaces(tensor, windows);
      const shape = pooled(tensor, windows);
      const most = taken(tensor, shape, places);
      if (outputs < 2) return [most];
      const columns = given.storage_order === 1 ? byColumns(places, tensor.shape) : places;
      return [most, integerTensor(shape, 'int64', Float64Array.from(columns))];
    },
  };
}

/** Places where the first spatial axis runs fastest (storage_order 1). */
function byColumns(places: Int32Array, shape: readonly number[]): Int32Array {
  const lengths = shape.slice(2);
  const size = sizeOf(lengths);
  const [rows, columns] = [stridesOf(lengths), stridesOf([...lengths].reverse()).reverse()];
  return places.map((place) => {
    const inside = place % size;
    const index = lengths.map((length, axis) => Math.floor(inside / rows[axis]) % length);
    return place - inside + index.reduce((sum, i, axis) => sum + i * columns[axis], 0);
  });
}

/** What a pool makes of the elements under a window. */
type Reduce = (x: Float32Array, base: number, places: Int32Array, first: number, end: number) => number;

function reducing(
  find: Find,
  reduceOf: (attributes: Attributes, windows: WindowGrid, rule: string | undefined) => Reduce,
  attributes?: TensorFunction['attributes'],
): TensorFunction {
  return {
    operands: 1,
    ...(attributes && { attributes }),
    operations: 1,
    facts: ([x], given) => [{ shape: pooled(x as OperandFacts, find(x as OperandFacts, given)) }],
    run([x], given, { rule }) {
      const tensor = floatsOf(x, 0);
      const windows = find(tensor, given);
      return [reduced(tensor, windows, reduceOf(given, windows, rule))];
    },
  };
}

function reduced(x: FloatTensor, windows: WindowGrid, reduce: Reduce): FloatTensor {
  const [places, taps, size] = [placesUnder(windows), sizeOf(windows.kernel), sizeOf(windows.lengths)];
  const result = floatTensor(pooled(x, windows));
  const outputs = places.length / taps;
  for (let at = 0; at < result.data.length; at++) {
    const o = at % outputs;
    result.data[at] = reduce(x.data, ((at - o) / outputs) * size, places, o * taps, (o + 1) * taps);
  }
  return result;
}

/** The sum in float32, as runtimes have it, over so many elements; of padding where it counts. */
function meanOf(given: Attributes, windows: WindowGrid, rule: string | undefined): Reduce {
  const { count_include_pad, 'lastbit.rows': byRows } = given;
  const counts = count_include_pad === 1 ? countsOf(windows) : undefined;
  const taps = sizeOf(windows.kernel);
  const runtimes = isRuntimes(rule) && byRows !== 0;
  if (runtimes && coversAll(windows)) return (x, base) => planeSum(x, base, taps) / taps;
  const columns = runtimes ? windows.kernel[windows.kernel.length - 1] : taps;
  return (x, base, places, first, end) => {
    let count = 0;
    for (let t = first; t < end; t++) if (places[t] >= 0) count++;
    const sum =
      columns === taps ? sequence(x, base, places, first, end) : windowSum(x, base, places, first, end, columns);
    return sum / (counts === undefined ? count : counts[first / taps]);
  };
}

function sequence(x: Float32Array, base: number, places: Int32Array, first: number, end: number): number {
  let sum = 0;
  for (let t = first; t < end; t++) if (places[t] >= 0) sum = Math.fround(sum + x[base + places[t]]);
  return sum;
}

/** One window without padding, over all of each plane. */
function coversAll({ lengths, kernel, before, after }: WindowGrid): boolean {
  return lengths.every((length, axis) => kernel[axis] === length && before[axis] === 0 && after[axis] === 0);
}

/** Elements of each window that lie in the input or its padding: not beyond, where the number of windows is rounded up. */
function countsOf(windows: WindowGrid): Int32Array {
  const { lengths, before, after, output } = windows;
  const padded = lengths.map((length, axis) => length + before[axis] + after[axis]);
  const places = placesUnder({ ...windows, lengths: padded, before: before.map(() => 0), after: before.map(() => 0) });
  const taps = sizeOf(windows.kernel);
  const counts = new Int32Array(sizeOf(output));
  for (let i = 0; i < places.length; i++) if (places[i] >= 0) counts[Math.floor(i / taps)]++;
  return counts;
}

/** (sum of |x|^p)^(1/p). */
function normOf({ p }: Attributes): Reduce {
  const power = p as number;
  if (!(power >= 1)) throw new Error(`has p = ${power}: 1 and more are wanted`);
  return (x, base, places, first, end) => {
    let sum = 0;
    for (let t = first; t < end; t++) {
      if (places[t] < 0) continue;
      const value = Math.abs(x[base + places[t]]);
      sum += power === 1 ? value : wholePower(value, power);
    }
    return power === 1 ? sum : power === 2 ? Math.sqrt(sum) : sum === 0 ? 0 : exp(log(sum) / power);
  };
}

function wholePower(value: number, power: number): number {
  let result = 1;
  for (let i = 0; i < power; i++) result *= value;
  return result;
}

/** Attributes of pools whose number of windows may be rounded up. */
const rounding = { ...SLIDING, ...ROUNDING_UP };

export const WINDOW_POOLS: Readonly<Record<string, TensorFunction>> = {
  MaxPool: maxPool(poolOf, { ...rounding, storage_order: int(0) }),
  GlobalMaxPool: maxPool(whole, undefined),
  AveragePool: {
    // ONNX Runtime adds by rows until opset 19. `lastbit.rows` stands for the opset: no file has it.
    ...reducing(poolOf, meanOf, { ...rounding, count_include_pad: int(0), 'lastbit.rows': int(0) }),
    before: [{ opset: 19, attributes: { 'lastbit.rows': 1 } }],
  },
  GlobalAveragePool: reducing(whole, meanOf),
  LpPool: reducing(poolOf, normOf, { ...rounding, p: int(2) }),
  GlobalLpPool: reducing(whole, normOf, { p: int(2) }),
};
