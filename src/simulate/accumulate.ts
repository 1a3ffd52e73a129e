import type { Datapath } from '../datapaths/datapath.js';
import { codeArray, compileGemm, OPERAND_BITS, outputFormatOf, sumValues } from '../datapaths/kernel/index.js';
import { exactSum } from '../datapaths/exact.js';
import { reduce } from '../datapaths/reference.js';
import { decode, encode, fitTo } from '../formats/codec.js';
import { widthOf } from '../formats/format.js';
import { fromNumber, toNumber } from '../formats/raw.js';
import { randomFrom } from '../training/random.js';
import { ulpOf } from './errors.js';

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
  switch (distribution.kind) {
    case 'ones':
      return new Float64Array(length).fill(1);
    case 'values':
      return Float64Array.from({ length }, (_, i) => distribution.values[i % distribution.values.length]);
    case 'normal': {
      const { mean, deviation } = distribution;
      return Float64Array.from({ length }, () => mean + deviation * random.normal());
    }
    default: {
      const { mean, deviation } = distribution;
      const half = deviation * Math.sqrt(3);
      return Float64Array.from({ length }, () => random.between(mean - half, mean + half));
    }
  }
}

/** The swamping curve of a datapath: how a running sum fares as it grows (Wang et al., NeurIPS 2018, figure 3b). */
export function accumulationCurve(
  datapath: Datapath,
  lengths: readonly number[],
  distribution: Distribution,
  seed: number,
): Accumulation[] {
  const addends = addendsOf(distribution, Math.max(...lengths), seed);
  const fit = { ...fitTo(datapath.a), overflow: 'saturate' as const };
  const codes = Array.from(addends, (value) => encode(fromNumber(value), fit).code);
  const { code: one } = encode(fromNumber(1), fitTo(datapath.b));
  const sumOf = summer(datapath, codes, one);
  const format = outputFormatOf(datapath);
  return lengths.map((length) => {
    const { got, exact, swamped, overflowed } = sumOf(length);
    const error = got - exact;
    return {
      datapath: datapath.name,
      length,
      exact,
      got,
      relativeError: exact === 0 ? error : error / Math.abs(exact),
      errorUlp: error / ulpOf(format)(exact),
      swamped,
      overflowed,
    };
  });
}

type Sum = Pick<Accumulation, 'got' | 'exact' | 'swamped' | 'overflowed'>;

/** Sums of the first so many codes, each times one: by the kernels, or by the reference where codes are wider than theirs. */
function summer(datapath: Datapath, codes: readonly bigint[], one: bigint): (length: number) => Sum {
  const format = outputFormatOf(datapath);
  if (Math.max(widthOf(datapath.a), widthOf(datapath.b)) > OPERAND_BITS)
    return (length) => {
      const operands = { a: codes.slice(0, length), b: new Array<bigint>(length).fill(one) };
      const { code, swamped, overflowed } = reduce(datapath, operands);
      const got = toNumber(decode(format, code));
      return { got, exact: toNumber(exactSum(datapath, operands)), swamped, overflowed };
    };
  const gemm = compileGemm(datapath);
  const a = codeArray(datapath.a, codes.length);
  a.set(codes.map(Number));
  return (length) => {
    const b = codeArray(datapath.b, length).fill(Number(one));
    const found = gemm.stats({ m: 1, n: 1, k: length, a: a.subarray(0, length), b });
    const { sums, exact, swamped, overflowed } = found;
    return { got: sumValues(format, sums)[0], exact: exact[0], swamped, overflowed };
  };
}
