import { type Format, widthOf } from '../../formats/format.js';
import { landmarksOf } from '../../formats/landmarks.js';
import { type Random, randomFrom } from '../../random/random.js';
import type { Port } from '../words/port.js';

/**
 * Operands for golden vectors: every landmark of `a` against every landmark of `b` first, then seeded random codes.
 * Odd random rows are of all codes; even ones keep to codes near one, because in sums of all codes the largest term
 * swamps the rest. A row has the codes of each input port, lane by lane.
 */
export type RowCodes = readonly (readonly bigint[])[];

export function* sampledRows(inputs: readonly Port[], count: number, seed: number): Generator<RowCodes> {
  let row = 0;
  for (const codes of landmarkRows(inputs)) {
    if (row++ === count) return;
    yield codes;
  }
  yield* randomRows(inputs, row, count, randomFrom(seed));
}

/** Random rows with the numbers `from` to `to` - 1. */
export function* randomRows(inputs: readonly Port[], from: number, to: number, random: Random): Generator<RowCodes> {
  const draws = inputs.map(({ format }) => drawer(format, random));
  for (let row = from; row < to; row++)
    yield inputs.map(({ lanes }, i) =>
      Array.from({ length: lanes }, () => (row % 2 === 0 ? draws[i].nearOne() : draws[i].anyCode())),
    );
}

/** All pairs with the same in every lane, which reaches the largest sums; then, for several lanes, all pairs mixed. */
export function* landmarkRows(inputs: readonly Port[]): Generator<RowCodes> {
  const marks = inputs.map(({ format }) => landmarksOf(format).map((mark) => mark.code));
  const pairs = marks[0].length * marks[1].length;
  for (const mixed of inputs[0].lanes > 1 ? [0, 1] : [0])
    for (let pair = 0; pair < pairs; pair++)
      yield inputs.map(({ lanes }, port) => {
        const own = marks[port];
        const first = port === 0 ? Math.floor(pair / marks[1].length) : port === 1 ? pair : pair * 7 + port;
        return Array.from({ length: lanes }, (_, lane) => own[(first + mixed * lane * (3 + 2 * port)) % own.length]);
      });
}

export interface Drawer {
  anyCode(): bigint;
  nearOne(): bigint;
}

/** Exponents at most this far from one's, and integers of half the width, count as near one. */
const NEAR = 4;

/** Random codes of a format: all of them, or those near one. */
export function drawer(format: Format, random: Random): Drawer {
  if (format.kind === 'table') {
    const used = usedCodes(format);
    const anyCode = () => used[random.below(used.length)];
    return { anyCode, nearOne: anyCode };
  }
  const width = widthOf(format);
  if (format.kind === 'int') {
    const half = Math.ceil(width / 2);
    const small = () =>
      BigInt.asUintN(width, format.signed ? BigInt.asIntN(half, bits(random, half)) : bits(random, half));
    return { anyCode: () => bits(random, width), nearOne: small };
  }
  const { exponentBits, mantissaBits, bias, paddingBits = 0 } = format;
  const padding = BigInt(paddingBits);
  const top = 2 ** exponentBits - 2;
  const low = Math.max(0, Math.min(bias - NEAR, top));
  const high = Math.max(low, Math.min(bias + NEAR, top));
  return {
    anyCode: () => bits(random, width - paddingBits) << padding,
    nearOne() {
      const field = BigInt(low + random.below(high - low + 1));
      const sign = format.signed ? bits(random, 1) << BigInt(exponentBits + mantissaBits) : 0n;
      const mantissa = mantissaBits === 0 ? 0n : bits(random, mantissaBits);
      return (sign | (field << BigInt(mantissaBits)) | mantissa) << padding;
    },
  };
}

function bits(random: Random, count: number): bigint {
  if (count <= 32) return BigInt(random.word() >>> (32 - count));
  return (BigInt(random.word()) << BigInt(count - 32)) | bits(random, count - 32);
}

/** Codes that mean something: a table format may leave some out. */
function usedCodes(format: Format): bigint[] {
  const all = Array.from({ length: 2 ** widthOf(format) }, (_, code) => BigInt(code));
  return format.kind === 'table' ? all.filter((code) => typeof format.values[Number(code)] === 'number') : all;
}

/** Exhausting takes at most 2^24 rows of operands. */
const EXHAUSTIBLE_BITS = 24;

/** How many rows an exhaustive set has. @throws RangeError when there are too many operands */
export function exhaustiveCount(inputs: readonly Port[]): number {
  const { whole, varied } = exhaustive(inputs);
  return whole ? varied : 2 * varied;
}

/** Bits of all codes together. */
function bitsOf(ports: readonly Port[]): number {
  return ports.reduce((sum, { format, lanes }) => sum + widthOf(format) * lanes, 0);
}

function exhaustive(inputs: readonly Port[]) {
  const [a, b, ...rest] = inputs;
  const whole = bitsOf(inputs) <= EXHAUSTIBLE_BITS;
  if (bitsOf([a, b]) > EXHAUSTIBLE_BITS)
    throw new RangeError(
      `exhaustive vectors have at most 2^${EXHAUSTIBLE_BITS} operand rows, and a and b of ${a.lanes} lanes have 2^${bitsOf([a, b])}: give a smaller --k, or --count`,
    );
  const ports = whole ? inputs : [a, b];
  const varied = ports.reduce((rows, { format, lanes }) => rows * usedCodes(format).length ** lanes, 1);
  return { whole, varied, ports, rest };
}

/**
 * Every combination of the operands' codes. The sum's codes are exhausted with them where they fit; else all operands
 * come once with a zero sum, which shows the product, and once with sums that are landmarks and then random.
 */
export function* exhaustiveRows(inputs: readonly Port[], seed: number): Generator<RowCodes> {
  const { whole, varied, ports, rest } = exhaustive(inputs);
  const used = ports.map(({ format }) => usedCodes(format));
  const zeros = rest.map(({ lanes }) => Array<bigint>(lanes).fill(0n));
  for (let row = 0; row < varied; row++) yield [...combination(ports, used, row), ...(whole ? [] : zeros)];
  if (whole) return;
  const random = randomFrom(seed);
  const marks = rest.map(({ format }) => landmarksOf(format).map((mark) => mark.code));
  const draws = rest.map(({ format }) => drawer(format, random));
  for (let row = 0; row < varied; row++) {
    const drawn = rest.map(({ lanes }, i) =>
      Array.from({ length: lanes }, () => marks[i][row] ?? (row % 2 === 0 ? draws[i].nearOne() : draws[i].anyCode())),
    );
    yield [...combination(ports, used, row), ...drawn];
  }
}

/** The row's number read as digits, one for each lane, the last lane of the last port turning fastest. */
function combination(ports: readonly Port[], used: readonly bigint[][], row: number): bigint[][] {
  let rest = row;
  const codes = ports.map(({ lanes }) => Array<bigint>(lanes).fill(0n));
  for (let port = ports.length - 1; port >= 0; port--)
    for (let lane = ports[port].lanes - 1; lane >= 0; lane--) {
      codes[port][lane] = used[port][rest % used[port].length];
      rest = Math.floor(rest / used[port].length);
    }
  return codes;
}
