import { randomFrom } from '../../src/random/random.js';
import type { Code } from '../../src/wasm/assembler.js';
import * as vector from '../../src/wasm/vector.js';

/** The instructions' definitions on numbers (WebAssembly 2.0, 4.3), and operands that tell them from each other. */
type Views = Record<
  'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64',
  ArrayLike<number | bigint>
>;

export function viewsOf(bytes: Uint8Array) {
  const { buffer } = bytes;
  return {
    i8: new Int8Array(buffer),
    u8: bytes,
    i16: new Int16Array(buffer),
    u16: new Uint16Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    i64: new BigInt64Array(buffer),
    u64: new BigUint64Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  } satisfies Views;
}
export type Word = ReturnType<typeof viewsOf>;
type Lane = keyof Word;

/** What an instruction writes, lane by lane. */
type Definition = (x: Word, y: Word, out: Word) => void;
const lanesOf = (lane: Lane) => 128 / Number(lane.slice(1));
const each =
  <T extends number | bigint>(lane: Lane, f: (x: T, y: T) => T): Definition =>
  (x, y, out) => {
    for (let i = 0; i < lanesOf(lane); i++)
      (out[lane] as unknown as T[])[i] = f((x[lane] as unknown as T[])[i], (y[lane] as unknown as T[])[i]);
  };
const mask =
  <T extends number | bigint>(lane: Lane, f: (x: T, y: T) => boolean): Definition =>
  (x, y, out) => {
    const size = 16 / lanesOf(lane);
    for (let i = 0; i < lanesOf(lane); i++)
      out.u8.fill(
        f((x[lane] as unknown as T[])[i], (y[lane] as unknown as T[])[i]) ? 255 : 0,
        i * size,
        (i + 1) * size,
      );
  };
/** Wider lanes of the lower or upper half. */
const extended =
  (from: Lane, to: Lane, upper: boolean): Definition =>
  (x, _, out) => {
    const half = lanesOf(to);
    for (let i = 0; i < half; i++) {
      const value = (x[from] as unknown as (number | bigint)[])[i + (upper ? half : 0)];
      (out[to] as unknown as (number | bigint)[])[i] =
        to.endsWith('64') && typeof value === 'number' ? BigInt(value) : value;
    }
  };
const paired =
  (from: Lane, to: Lane): Definition =>
  (x, _, out) => {
    for (let i = 0; i < lanesOf(to); i++)
      out[to][i as never] = (Number(x[from][2 * i]) + Number(x[from][2 * i + 1])) as never;
  };
/** Narrower lanes, the first operand's before the second's, held between two ends. */
const narrowed =
  (from: Lane, to: Lane, low: number, high: number): Definition =>
  (x, y, out) => {
    const half = lanesOf(from);
    for (let i = 0; i < lanesOf(to); i++) {
      const value = Number(i < half ? x[from][i] : y[from][i - half]);
      out[to][i as never] = Math.min(Math.max(value, low), high) as never;
    }
  };
const clamp = (x: number) => Math.min(Math.max(x, -32768), 32767);
const bitsIn = (x: number) => x.toString(2).replaceAll('0', '').length;
/** Half to even, signs of zeros kept. */
const nearest = (x: number) => {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52 || Number.isInteger(x)) return x;
  const low = Math.floor(x);
  const rounded = x - low < 0.5 || (x - low === 0.5 && low % 2 === 0) ? low : low + 1;
  return rounded === 0 && x < 0 ? -0 : rounded;
};
const SHIFTS = [0, 1, 5, 7];
const n = (f: (x: number, y: number) => number) => f;

type Instructions = Readonly<Record<string, [Code | ((x: Code, y: Code) => Code), Definition]>>;

function floats(lane: 'f32' | 'f64', ops: typeof vector.f32x4 | typeof vector.f64x2): Instructions {
  return {
    eq: [ops.eq, mask<number>(lane, (x, y) => x === y)],
    ne: [ops.ne, mask<number>(lane, (x, y) => x !== y)],
    lt: [ops.lt, mask<number>(lane, (x, y) => x < y)],
    gt: [ops.gt, mask<number>(lane, (x, y) => x > y)],
    ge: [ops.ge, mask<number>(lane, (x, y) => x >= y)],
    trunc: [ops.trunc, each(lane, n(Math.trunc))],
    floor: [ops.floor, each(lane, n(Math.floor))],
    nearest: [ops.nearest, each(lane, n(nearest))],
    abs: [ops.abs, each(lane, n(Math.abs))],
    neg: [
      ops.neg,
      each(
        lane,
        n((x) => -x),
      ),
    ],
    add: [
      ops.add,
      each(
        lane,
        n((x, y) => x + y),
      ),
    ],
    sub: [
      ops.sub,
      each(
        lane,
        n((x, y) => x - y),
      ),
    ],
    mul: [
      ops.mul,
      each(
        lane,
        n((x, y) => x * y),
      ),
    ],
    div: [
      ops.div,
      each(
        lane,
        n((x, y) => x / y),
      ),
    ],
    min: [ops.min, each(lane, n(Math.min))],
    max: [ops.max, each(lane, n(Math.max))],
    pmin: [
      ops.pmin,
      each(
        lane,
        n((x, y) => (y < x ? y : x)),
      ),
    ],
    pmax: [
      ops.pmax,
      each(
        lane,
        n((x, y) => (x < y ? y : x)),
      ),
    ],
  };
}

/** A shift by some number of bits, each of `SHIFTS` in a table of its own. */
function shifts(
  name: string,
  op: (x: Code, bits: number) => Code,
  shifted: (bits: number) => Definition,
): Instructions {
  return Object.fromEntries(SHIFTS.map((bits) => [`${name} ${bits}`, [(x: Code) => op(x, bits), shifted(bits)]]));
}

const { v128, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 } = vector;
export const TABLES: Readonly<Record<string, Instructions>> = {
  v128: {
    not: [
      v128.not,
      each(
        'u32',
        n((x) => ~x),
      ),
    ],
    and: [
      v128.and,
      each(
        'u32',
        n((x, y) => x & y),
      ),
    ],
    andnot: [
      v128.andnot,
      each(
        'u32',
        n((x, y) => x & ~y),
      ),
    ],
    or: [
      v128.or,
      each(
        'u32',
        n((x, y) => x | y),
      ),
    ],
    xor: [
      v128.xor,
      each(
        'u32',
        n((x, y) => x ^ y),
      ),
    ],
    anyTrue: [
      (x) => i32x4.splat(v128.anyTrue(x)),
      (x, _, out) => out.u32.fill(Number(x.u8.some((byte) => byte !== 0))),
    ],
    const: [
      v128.const(Uint8Array.from({ length: 16 }, (_, i) => i * 15)),
      (_x, _y, out) => out.u8.forEach((_, i) => (out.u8[i] = i * 15)),
    ],
    select: [
      (x, y) => v128.select(x, y, v128.const(new Uint8Array(16).fill(0x5a))),
      each(
        'u8',
        n((x, y) => (x & 0x5a) | (y & 0xa5)),
      ),
    ],
    shuffle: [
      (x, y) => v128.shuffle(x, y, [31, 0, 16, 15, 1, 2, 3, 30, 20, 9, 9, 17, 4, 28, 7, 8]),
      (x, y, out) =>
        [31, 0, 16, 15, 1, 2, 3, 30, 20, 9, 9, 17, 4, 28, 7, 8].forEach(
          (at, i) => (out.u8[i] = at < 16 ? x.u8[at] : y.u8[at - 16]),
        ),
    ],
  },
  i8x16: {
    add: [
      i8x16.add,
      each(
        'u8',
        n((x, y) => x + y),
      ),
    ],
    sub: [
      i8x16.sub,
      each(
        'u8',
        n((x, y) => x - y),
      ),
    ],
    popcnt: [i8x16.popcnt, each('u8', n(bitsIn))],
    bitmask: [
      (x) => i32x4.splat(i8x16.bitmask(x)),
      (x, _, out) => out.u32.fill(x.u8.reduce((bits, byte, i) => bits + (byte >> 7) * 2 ** i, 0)),
    ],
    narrowS: [i8x16.narrowS, narrowed('i16', 'i8', -128, 127)],
    narrowU: [i8x16.narrowU, narrowed('i16', 'u8', 0, 255)],
    extract: [(x) => i32x4.splat(i8x16.extract(x, 5)), (x, _, out) => out.u32.fill(x.u8[5])],
    ...shifts('shl', i8x16.shl, (bits) =>
      each(
        'u8',
        n((x) => x << bits),
      ),
    ),
  },
  i16x8: {
    abs: [i16x8.abs, each('i16', n(Math.abs))],
    eq: [i16x8.eq, mask('i16', (x, y) => x === y)],
    ne: [i16x8.ne, mask('i16', (x, y) => x !== y)],
    sub: [
      i16x8.sub,
      each(
        'i16',
        n((x, y) => x - y),
      ),
    ],
    add: [
      i16x8.add,
      each(
        'i16',
        n((x, y) => x + y),
      ),
    ],
    addSat: [
      i16x8.addSat,
      each(
        'i16',
        n((x, y) => clamp(x + y)),
      ),
    ],
    mul: [i16x8.mul, each('i16', n(Math.imul))],
    minS: [i16x8.minS, each('i16', n(Math.min))],
    maxS: [i16x8.maxS, each('i16', n(Math.max))],
    extaddPairwiseU: [i16x8.extaddPairwiseU, paired('u8', 'u16')],
    narrowS: [i16x8.narrowS, narrowed('i32', 'i16', -32768, 32767)],
    extendLowU: [i16x8.extendLowU, extended('u8', 'u16', false)],
    extendHighU: [i16x8.extendHighU, extended('u8', 'u16', true)],
    ...shifts('shl', i16x8.shl, (bits) =>
      each(
        'i16',
        n((x) => x << bits),
      ),
    ),
    ...shifts('shrS', i16x8.shrS, (bits) =>
      each(
        'i16',
        n((x) => x >> bits),
      ),
    ),
    ...shifts('shrU', i16x8.shrU, (bits) =>
      each(
        'u16',
        n((x) => x >>> bits),
      ),
    ),
  },
  i32x4: {
    ...Object.fromEntries(
      [0, 3].map((lane) => [
        `extract ${lane}`,
        [(x) => i32x4.splat(i32x4.extract(x, lane)), (x, _, out) => out.i32.fill(x.i32[lane])],
      ]) satisfies [string, Instructions[string]][],
    ),
    splat: [(x) => i32x4.splat(i8x16.extract(x, 0)), (x, _, out) => out.u32.fill(x.u8[0])],
    abs: [i32x4.abs, each('i32', n(Math.abs))],
    truncate: [
      i32x4.truncate,
      (x, _, out) =>
        x.f32.forEach((value, i) => {
          const whole = Math.min(Math.max(Math.trunc(value), -(2 ** 31)), 2 ** 31 - 1);
          out.i32[i] = Number.isNaN(whole) ? 0 : whole;
        }),
    ],
    eq: [i32x4.eq, mask('i32', (x, y) => x === y)],
    ne: [i32x4.ne, mask('i32', (x, y) => x !== y)],
    gtS: [i32x4.gtS, mask('i32', (x, y) => x > y)],
    add: [
      i32x4.add,
      each(
        'i32',
        n((x, y) => x + y),
      ),
    ],
    sub: [
      i32x4.sub,
      each(
        'i32',
        n((x, y) => x - y),
      ),
    ],
    mul: [i32x4.mul, each('i32', n(Math.imul))],
    minS: [i32x4.minS, each('i32', n(Math.min))],
    maxS: [i32x4.maxS, each('i32', n(Math.max))],
    dot: [
      i32x4.dot,
      (x, y, out) =>
        out.i32.forEach((_, i) => (out.i32[i] = x.i16[2 * i] * y.i16[2 * i] + x.i16[2 * i + 1] * y.i16[2 * i + 1])),
    ],
    extaddPairwiseU: [i32x4.extaddPairwiseU, paired('u16', 'u32')],
    extendLowU: [i32x4.extendLowU, extended('u16', 'u32', false)],
    extendHighU: [i32x4.extendHighU, extended('u16', 'u32', true)],
    ...shifts('shl', i32x4.shl, (bits) =>
      each(
        'i32',
        n((x) => x << bits),
      ),
    ),
    ...shifts('shrS', i32x4.shrS, (bits) =>
      each(
        'i32',
        n((x) => x >> bits),
      ),
    ),
    ...shifts('shrU', i32x4.shrU, (bits) =>
      each(
        'u32',
        n((x) => x >>> bits),
      ),
    ),
  },
  i64x2: {
    extendLowS: [i64x2.extendLowS, extended('i32', 'i64', false)],
    extendLowU: [i64x2.extendLowU, extended('u32', 'u64', false)],
    extendHighU: [i64x2.extendHighU, extended('u32', 'u64', true)],
    eq: [i64x2.eq, mask<bigint>('i64', (x, y) => x === y)],
    gtS: [i64x2.gtS, mask<bigint>('i64', (x, y) => x > y)],
    add: [i64x2.add, each<bigint>('i64', (x, y) => x + y)],
    sub: [i64x2.sub, each<bigint>('i64', (x, y) => x - y)],
    ...shifts('shl', i64x2.shl, (bits) => each<bigint>('i64', (x) => x << BigInt(bits))),
    ...shifts('shrS', i64x2.shrS, (bits) => each<bigint>('i64', (x) => x >> BigInt(bits))),
    ...shifts('shrU', i64x2.shrU, (bits) => each<bigint>('u64', (x) => x >> BigInt(bits))),
  },
  f32x4: {
    ...floats('f32', f32x4),
    sqrt: [f32x4.sqrt, each('f32', n(Math.sqrt))],
    convert: [f32x4.convert, (x, _, out) => out.f32.set(x.i32)],
    demote: [f32x4.demote, (x, _, out) => out.f32.set([x.f64[0], x.f64[1], 0, 0])],
  },
  f64x2: {
    ...floats('f64', f64x2),
    promote: [f64x2.promote, (x, _, out) => out.f64.set([x.f32[0], x.f32[1]])],
    convertLowS: [f64x2.convertLowS, (x, _, out) => out.f64.set([x.i32[0], x.i32[1]])],
  },
};

/** Landmarks of every lane type, in all lanes at once and side by side, and random bits. */
export function operands(): Word[] {
  const random = randomFrom(31);
  const words: Word[] = [];
  const add = (fill: (word: Word) => void) => {
    const word = viewsOf(new Uint8Array(16));
    fill(word);
    words.push(word);
  };
  const numbers = [
    0,
    -0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    1e9 + 0.5,
    3e38,
    -1e-40,
    Infinity,
    -Infinity,
    Number.NaN,
    2 ** 31,
    1e300,
  ];
  for (const [i, value] of numbers.entries()) {
    add((word) => word.f32.forEach((_, lane) => (word.f32[lane] = numbers[(i + lane) % numbers.length])));
    add((word) => word.f64.set([value, numbers[(i + 3) % numbers.length]]));
  }
  for (const value of [1, 127, 128, 255, 32767, 32768, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])
    for (const lane of ['u8', 'u16', 'u32'] as const) add((word) => word[lane].fill(value));
  for (let i = 0; i < 24; i++) add((word) => word.u32.forEach((_, lane) => (word.u32[lane] = random.word())));
  return words;
}
