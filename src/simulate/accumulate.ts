import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import { encoderOf } from '../datapaths/kernel/encode.js';
import {
  codeArray,
  type CodeArray,
  compileGemm,
  decoderOf,
  OPERAND_BITS,
  outputFormatOf,
  sumArray,
  sumValues,
} from '../datapaths/kernel/index.js';
import { factsOf } from '../datapaths/kernel/facts.js';
import { rounderOf } from '../datapaths/kernel/rounder.js';
import { exactSum } from '../datapaths/exact.js';
import { type Order, SEQUENTIAL } from '../datapaths/order.js';
import { termsPerFiring } from '../datapaths/products.js';
import { drawingOf, reduce } from '../datapaths/reference.js';
import { decode, encode, type Fit, fitTo } from '../formats/codec.js';
import { type Format, widthOf } from '../formats/format.js';
import { fromNumber, toNumber } from '../formats/raw.js';
import { randomFrom } from '../training/random.js';
import { ulpOf } from './errors.js';
import { ExactSum } from './exactSum.js';

/** Where the addends come from; `uniform` is given by its mean and its standard deviation, as in the fp8-training paper. */
export type Distribution =
  | { kind: 'uniform'; mean: number; deviation: number }
  | { kind: 'normal'; mean: number; deviation: number }
  | { kind: 'ones' }
  | { kind: 'values'; values: readonly number[] };

/** A sum of `length` addends, each a code of the datapath's `a` times the code of 1 in `b`. */
export interface Accumulation {
  datapath: string;
  length: number;
  exact: number;
  got: number;
  /** (got - exact) / |exact|. */
  relativeError: number;
  errorUlp: number;
  /** Additions of something nonzero that changed nothing. */
  swamped: number;
  overflowed: number;
}

/** `length` reals, the same for the same seed; a longer list begins with the shorter one. */
export function addendsOf(distribution: Distribution, length: number, seed: number): Float64Array {
  const random = randomFrom(seed);
  const addends = new Float64Array(length);
  switch (distribution.kind) {
    case 'ones':
      return addends.fill(1);
    case 'values':
      for (let i = 0; i < length; i++) addends[i] = distribution.values[i % distribution.values.length];
      return addends;
    case 'normal':
      for (let i = 0; i < length; i++) addends[i] = distribution.mean + distribution.deviation * random.normal();
      return addends;
    default: {
      const half = distribution.deviation * Math.sqrt(3);
      const [low, high] = [distribution.mean - half, distribution.mean + half];
      for (let i = 0; i < length; i++) addends[i] = random.between(low, high);
      return addends;
    }
  }
}

/** The swamping curve of a datapath: how a running sum fares as it grows (Wang et al., NeurIPS 2018, figure 3b). */
export function accumulationCurve(...parts: Parameters<typeof accumulating>): Accumulation[] {
  const work = accumulating(...parts);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** The same curve in pieces: each `next` does a little of it and gives the share that is done, 0..1. */
export function* accumulating(
  datapath: Datapath,
  lengths: readonly number[],
  distribution: Distribution,
  seed: number,
): Generator<number, Accumulation[]> {
  const addends = addendsOf(distribution, Math.max(...lengths), seed);
  yield 0;
  const codes = yield* encoded(addends, datapath.a);
  const { code: one } = encode(fromNumber(1), fitTo(datapath.b));
  const sums = yield* handsOn(datapath, one)
    ? runningSums(datapath, codes, one, lengths)
    : singleSums(datapath, codes, one, lengths);
  const ulp = ulpOf(outputFormatOf(datapath));
  return lengths.map((length, i) => {
    const { got, exact, swamped, overflowed } = sums[i];
    const error = got - exact;
    return {
      datapath: datapath.name,
      length,
      exact,
      got,
      relativeError: exact === 0 ? error : error / Math.abs(exact),
      errorUlp: error / ulp(exact),
      swamped,
      overflowed,
    };
  });
}

type Sum = Pick<Accumulation, 'got' | 'exact' | 'swamped' | 'overflowed'>;
type Codes = CodeArray | BigUint64Array;

/** Addends that are encoded, or added, at a time. */
const PIECE = 2 ** 16;
/** Pieces that the reference adds are smaller, to be as quick. */
const SLOW_PIECE = 2 ** 12;

/** Codes of reals, saturating. */
function* encoded(addends: Float64Array, format: Format): Generator<number, Codes> {
  const codes = widthOf(format) > OPERAND_BITS ? new BigUint64Array(addends.length) : codeArray(format, addends.length);
  const fit = { ...fitTo(format), overflow: 'saturate' as const };
  const quick = quickEncoder(fit);
  for (let i = 0; i < addends.length; i++) {
    if (codes instanceof BigUint64Array) codes[i] = encode(fromNumber(addends[i]), fit).code;
    else codes[i] = quick === undefined ? Number(encode(fromNumber(addends[i]), fit).code) : quick(addends[i]);
    if (i % SLOW_PIECE === 0) yield (0.1 * i) / addends.length;
  }
  return codes;
}

/** The codec in float64 arithmetic; undefined where that does not carry the fit. */
function quickEncoder(fit: Fit): ((value: number) => number) | undefined {
  const rounder = rounderOf(fit, { swamped: 0, overflowed: 0 });
  if (rounder === undefined) return undefined;
  const codeOf = encoderOf(fit);
  return (value) => codeOf(rounder.round(value));
}

/**
 * Whether sums can go on from one another: nothing is drawn at random, products come in the order of the addends, and are
 * these, float64 numbers, so that their exact sum is easily kept.
 */
function handsOn(datapath: Datapath, one: bigint): boolean {
  const { a, b, operands } = datapath;
  if (wholeOf(datapath) === undefined || drawingOf(datapath) !== undefined) return false;
  if (toNumber(decode(b, one, operands)) !== 1) return false;
  return a.kind === 'float' ? a.mantissaBits <= 52 && a.exponentBits <= 11 : a.kind === 'int' && a.bits <= OPERAND_BITS;
}

/** So many products, or as many again, are added before the next ones begin; undefined where all are added together. */
function wholeOf(datapath: Datapath, order: Order = datapath.order): number | undefined {
  if (order.kind === 'sequential') return termsPerFiring(datapath);
  if (order.kind === 'chunked') return order.length;
  if (order.kind !== 'permuted') return undefined;
  const after = wholeOf(datapath, order.after ?? SEQUENTIAL);
  return after && after * order.indices.length;
}

/** What a register holds after some products, and what has become of them on the way. */
interface Held {
  code: number | bigint;
  swamped: number;
  overflowed: number;
}

type Add = (held: Held | undefined, from: number, to: number) => Held;

/** Sums of the first so many codes, each times one, in one pass. */
function* runningSums(
  datapath: Datapath,
  codes: Codes,
  one: bigint,
  lengths: readonly number[],
): Generator<number, Sum[]> {
  const format = outputFormatOf(datapath);
  const isSlow = codes instanceof BigUint64Array || compileGemm(datapath).route === 'reference';
  const adderOf = (unit: Datapath) => (isSlow ? addByReference(unit, codes, one) : addByKernel(unit, codes, one));
  // On the way the register's own code is needed, which the unit may give out as something else.
  const addOn = adderOf({ ...datapath, result: undefined, requantize: undefined, nanCode: undefined });
  const addLast = adderOf(datapath);
  const whole = wholeOf(datapath) ?? 1;
  const piece = whole * Math.ceil((isSlow ? SLOW_PIECE : PIECE) / whole);
  const exact = new ExactSum();
  const keep = exactKeeper(datapath, codes, exact);
  const longest = Math.max(...lengths);
  const sums: Sum[] = [];
  let held: Held | undefined;
  let at = 0;
  for (const i of [...lengths.keys()].sort((x, y) => lengths[x] - lengths[y])) {
    const length = lengths[i];
    for (; at + piece < length; at += piece) {
      held = addOn(held, at, at + piece);
      keep(at + piece);
      yield 0.1 + (0.9 * at) / longest;
    }
    keep(length);
    const { code, swamped, overflowed } = addLast(held, at, length);
    sums[i] = { got: toNumber(decode(format, code)), exact: exact.value, swamped, overflowed };
  }
  return sums;
}

/** Adds the values of the codes up to a place, times one, to an exact sum: by float64 as many as it adds exactly. */
function exactKeeper({ a, operands }: Datapath, codes: Codes, exact: ExactSum): (to: number) => void {
  const { max, quantum } = factsOf(a);
  const most = Math.max(1, Math.floor(2 ** (53 + quantum) / max));
  const read = widthOf(a) > OPERAND_BITS ? undefined : decoderOf(a, operands);
  let at = 0;
  return (to) => {
    while (at < to) {
      const end = Math.min(to, at + most);
      let sum = 0;
      for (; at < end; at++) sum += read?.(codes[at] as number) ?? toNumber(decode(a, codes[at], operands));
      exact.add(sum);
    }
  };
}

function addByKernel(datapath: Datapath, codes: CodeArray, one: bigint): Add {
  const gemm = compileGemm(datapath);
  const ones = codeArray(datapath.b, Math.min(codes.length, 2 * PIECE)).fill(Number(one));
  const { format } = totalFitOf(datapath);
  return (held, from, to) => {
    const k = to - from;
    const b = k <= ones.length ? ones.subarray(0, k) : codeArray(datapath.b, k).fill(Number(one));
    const c = sumArray(format, 1);
    if (held !== undefined) c.fill(held.code as never);
    return added(held, gemm.stats({ m: 1, n: 1, k, a: codes.subarray(from, to), b, ...(held !== undefined && { c }) }));
  };
}

function addByReference(datapath: Datapath, codes: Codes, one: bigint): Add {
  return (held, from, to) => {
    const a = Array.from<number | bigint>(codes.subarray(from, to));
    const b = new Array<bigint>(to - from).fill(one);
    const { code, ...counts } = reduce(datapath, { a, b, ...(held !== undefined && { c: held.code }) });
    return added(held, { sums: [code], ...counts });
  };
}

function added(
  held: Held | undefined,
  found: Pick<Held, 'swamped' | 'overflowed'> & { sums: ArrayLike<number | bigint> },
): Held {
  return {
    code: found.sums[0],
    swamped: (held?.swamped ?? 0) + found.swamped,
    overflowed: (held?.overflowed ?? 0) + found.overflowed,
  };
}

/** Each sum from its first addend on. */
function* singleSums(
  datapath: Datapath,
  codes: Codes,
  one: bigint,
  lengths: readonly number[],
): Generator<number, Sum[]> {
  const format = outputFormatOf(datapath);
  const all = lengths.reduce((total, length) => total + length, 0);
  const sums: Sum[] = [];
  let done = 0;
  for (const length of lengths) {
    yield 0.1 + (0.9 * done) / all;
    sums.push(
      codes instanceof BigUint64Array
        ? byReference(datapath, codes, one, length)
        : byKernel(datapath, codes, one, length, format),
    );
    done += length;
  }
  return sums;
}

function byKernel(datapath: Datapath, codes: CodeArray, one: bigint, length: number, format: Format): Sum {
  const b = codeArray(datapath.b, length).fill(Number(one));
  const found = compileGemm(datapath).stats({ m: 1, n: 1, k: length, a: codes.subarray(0, length), b });
  const { sums, exact, swamped, overflowed } = found;
  return { got: sumValues(format, sums)[0], exact: exact[0], swamped, overflowed };
}

function byReference(datapath: Datapath, codes: BigUint64Array, one: bigint, length: number): Sum {
  const operands = { a: [...codes.subarray(0, length)], b: new Array<bigint>(length).fill(one) };
  const { code, swamped, overflowed } = reduce(datapath, operands);
  const got = toNumber(decode(outputFormatOf(datapath), code));
  return { got, exact: toNumber(exactSum(datapath, operands)), swamped, overflowed };
}
