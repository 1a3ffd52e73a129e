import { encodeAll } from '../codes.js';
import type { Arithmetic } from '../network.js';
import { codeTensor, dequantize, zeroCode, zeroPointAt } from '../quantization.js';
import {
  type CodeTensor,
  floatTensor,
  type FloatTensor,
  type IntegerTensor,
  integerTensor,
  oneZeroPoint,
  type Operand,
  type Quantization,
  sizeOf,
} from '../tensor.js';
import { type Factor, sumsOf } from './factors.js';

/** Convolutions as matrix products of patches, over any number of axes; those over two with stored weights have patches.ts. */
export interface Convolution {
  /** Of the output: images, filters, and lengths. */
  shape: readonly number[];
  groups: number;
  filters: number;
  channels: number;
  /** Elements of a window and of a plane of the input. */
  taps: number;
  size: number;
  /** What lies under each window: places in a plane [pixels, taps], -1 where there is padding. */
  places: Int32Array;
  /** Weights are [channels, filters / groups, taps] with taps from last to first, else [filters, channels / groups, taps]. */
  turned: boolean;
}

/** Bytes of patches that are made at a time. */
const CHUNK = 4 << 20;

/** As real numbers: f32(f32(sum) * f32(sx * sw)) + bias of codes, or the float32 sums + bias. */
export function convolved(
  own: Convolution,
  x: Operand,
  w: Operand,
  bias: Float32Array | undefined,
  layer: string,
  arithmetic: Arithmetic,
): FloatTensor {
  const output = floatTensor(own.shape);
  if (x.kind === 'codes' && w.kind === 'codes' && separable(own, x, w)) {
    const scales = scalesOf(own, x.quantization, w.quantization);
    codeSums(own, x, w, layer, arithmetic, (sums, part) =>
      spread(own, sums, part, output.data, (sum, filter) => Math.fround(sum) * scales[filter], bias),
    );
    return output;
  }
  const [reals, weights] = [dequantize(x).data, dequantize(w).data];
  eachPart(own, x.shape[0], arithmetic, (part) => {
    const { count, n, k } = part;
    const b = weightsOf(own, weights, part.group, new Float32Array(k * n));
    const sums = arithmetic.values(patches(own, reals, part, 0), b, { layer, m: count, n, k });
    spread(own, sums, part, output.data, (sum) => sum, bias);
  });
  return output;
}

/** As codes, by ONNX Runtime's QLinearConv: rne(f32(f32(sum + bias) * f32(f32(sx * sw) / sy))) + zy. */
export function convolvedCodes(
  own: Convolution,
  x: CodeTensor,
  w: CodeTensor,
  bias: Float64Array | undefined,
  output: Quantization,
  layer: string,
  arithmetic: Arithmetic,
): CodeTensor {
  if (!separable(own, x, w)) throw new Error('has scales along an axis that its products sum over');
  const scales = scalesOf(own, x.quantization, w.quantization).map((scale) => scale / output.scale[0]);
  const out = new Float32Array(sizeOf(own.shape));
  codeSums(own, x, w, layer, arithmetic, (sums, part) =>
    spread(
      own,
      sums,
      part,
      out,
      (sum, filter) => Math.fround(bias === undefined ? sum : (sum + bias[filter]) | 0) * scales[filter],
    ),
  );
  return codeTensor(own.shape, encodeAll(out, output.fit, oneZeroPoint(output)), output);
}

/** Int32 sums of (x - zx) (w - zw), whatever the codes' scales are; what goes beyond 32 bits is dropped, as ConvInteger has it. */
export function convolvedSums(
  own: Convolution,
  x: CodeTensor,
  w: CodeTensor,
  layer: string,
  arithmetic: Arithmetic,
): IntegerTensor {
  const output = integerTensor(own.shape, 'int32');
  codeSums(own, x, w, layer, arithmetic, (sums, part) => spread(own, sums, part, output.data, (sum) => sum | 0));
  return output;
}

/** Whether scales come out of the sums: one of the input, and one or one for each filter of the weights. */
function separable({ turned }: Convolution, x: CodeTensor, w: CodeTensor): boolean {
  const [a, b] = [x.quantization, w.quantization];
  return (
    a.scale.length === 1 && typeof a.zeroPoint === 'number' && (b.scale.length === 1 || b.axis === (turned ? 1 : 0))
  );
}

/** The index of a filter among the weights' scales. */
function channelOf({ turned, filters, groups }: Convolution, filter: number): number {
  return turned ? filter % (filters / groups) : filter;
}

function scalesOf(own: Convolution, a: Quantization, b: Quantization): Float32Array {
  return Float32Array.from(
    { length: own.filters },
    (_, filter) => a.scale[0] * b.scale[b.scale.length === 1 ? 0 : channelOf(own, filter)],
  );
}

/** Rows of the product of a group: pixels of all images. */
interface Part {
  group: number;
  first: number;
  count: number;
  n: number;
  k: number;
  pixels: number;
}

function eachPart(own: Convolution, images: number, arithmetic: Arithmetic, run: (part: Part) => void): void {
  const { groups, filters, channels, taps, places } = own;
  const [n, k, pixels] = [filters / groups, (channels / groups) * taps, places.length / taps];
  const m = images * pixels;
  const chunk = arithmetic.whole === true ? m : Math.max(4, Math.floor(CHUNK / (4 * k) / 4) * 4);
  for (let group = 0; group < groups; group++)
    for (let first = 0; first < m; first += chunk)
      run({ group, first, count: Math.min(chunk, m - first), n, k, pixels });
}

function codeSums(
  own: Convolution,
  x: CodeTensor,
  w: CodeTensor,
  layer: string,
  arithmetic: Arithmetic,
  take: (sums: Float64Array, part: Part) => void,
): void {
  const zero = zeroCode(x.quantization);
  eachPart(own, x.shape[0], arithmetic, (part) => {
    const { group, count, n, k } = part;
    const a: Factor = {
      ...meaning(x.quantization, [oneZeroPoint(x.quantization)]),
      codes: patches(own, x.data, part, zero),
    };
    const b: Factor = {
      ...meaning(w.quantization, zerosOf(own, w.quantization, group)),
      codes: packedCodes(own, w, group, k * n),
    };
    take(sumsOf(a, b, { m: count, n, k }, layer, arithmetic), part);
  });
}

function meaning(quantization: Quantization, zeros: ArrayLike<number>): Omit<Factor, 'codes'> {
  return { quantization, scales: quantization.scale, zeros };
}

function zerosOf(own: Convolution, q: Quantization, group: number): ArrayLike<number> {
  if (typeof q.zeroPoint === 'number') return [q.zeroPoint];
  const n = own.filters / own.groups;
  return Int32Array.from({ length: n }, (_, j) => zeroPointAt(q, channelOf(own, group * n + j)));
}

/** Rows [count, channels / groups * taps] of a group. */
function patches<T extends Operand['data']>(own: Convolution, x: T, part: Part, padding: number): T {
  const { channels, groups, taps, size, places } = own;
  const each = channels / groups;
  const rows = new (x.constructor as new (length: number) => T)(part.count * part.k);
  for (let row = 0, at = 0; row < part.count; row++) {
    const pixel = (part.first + row) % part.pixels;
    const image = (part.first + row - pixel) / part.pixels;
    let plane = (image * channels + part.group * each) * size;
    for (let c = 0; c < each; c++, plane += size)
      for (let t = pixel * taps, end = t + taps; t < end; t++)
        rows[at++] = places[t] < 0 ? padding : x[plane + places[t]];
  }
  return rows;
}

/** Weights of a group as [channels / groups * taps, filters / groups]. */
function weightsOf<T extends Operand['data']>(own: Convolution, w: T, group: number, out: T): T {
  const { channels, groups, filters, taps, turned } = own;
  const [each, n] = [channels / groups, filters / groups];
  for (let c = 0, at = 0; c < each; c++)
    for (let t = 0; t < taps; t++)
      for (let j = 0; j < n; j++, at++)
        out[at] = turned
          ? w[((group * each + c) * n + j) * taps + taps - 1 - t]
          : w[((group * n + j) * each + c) * taps + t];
  return out;
}

const packed = new WeakMap<CodeTensor, Map<string, CodeTensor['data']>>();

/** Kept, so that an arithmetic can keep what it derives from these arrays. */
function packedCodes(own: Convolution, w: CodeTensor, group: number, length: number): CodeTensor['data'] {
  let known = packed.get(w);
  if (known === undefined) packed.set(w, (known = new Map()));
  const key = `${own.turned ? 'turned' : 'plain'} ${own.groups} ${group}`;
  let codes = known.get(key);
  if (codes === undefined) known.set(key, (codes = weightsOf(own, w.data, group, w.data.slice(0, length))));
  return codes;
}

/** Puts sums [count, n] where they belong in [images, filters, pixels]. */
function spread(
  { filters }: Convolution,
  sums: Float32Array | Float64Array,
  { group, first, count, n, pixels }: Part,
  output: Float32Array | Float64Array,
  become: (sum: number, filter: number) => number,
  bias?: Float32Array,
): void {
  for (let row = 0, from = 0; row < count; row++) {
    const pixel = (first + row) % pixels;
    let at = ((first + row - pixel) / pixels) * filters * pixels + group * n * pixels + pixel;
    for (let filter = group * n; filter < (group + 1) * n; filter++, from++, at += pixels) {
      const value = become(sums[from], filter);
      output[at] = bias === undefined ? value : Math.fround(value) + bias[filter];
    }
  }
}
