import type { FloatFormat, Format, IntFormat, TableFormat } from './format.js';

/**
 * The formats by name. Spelling follows ml_dtypes and OCP: `e4m3fn` is OCP's (max 448), `e4m3` the IEEE-style one (max
 * 240). Adding a format is one line here; every law in test/laws then runs over it.
 */
function float(
  name: string,
  exponentBits: number,
  mantissaBits: number,
  bias: number,
  specials: FloatFormat['specials'] = 'ieee',
  rest: Partial<FloatFormat> = {},
): FloatFormat {
  const lowest = 'subnormal';
  return { kind: 'float', name, signed: true, exponentBits, mantissaBits, bias, radix: 2, lowest, specials, ...rest };
}

/** int2..int64 and uint2..uint64, and fixed point where an exponent is given. */
export function int(bits: number, signed = true, exponent = 0): IntFormat {
  const point = exponent === 0 ? '' : `q${-exponent}`;
  return { kind: 'int', name: `${signed ? '' : 'u'}int${bits}${point}`, signed, bits, exponent };
}

export const fp64 = float('fp64', 11, 52, 1023);
export const fp32 = float('fp32', 8, 23, 127);
export const fp16 = float('fp16', 5, 10, 15);
export const e4m3fn = float('e4m3fn', 4, 3, 7, 'fn');
export const e5m2 = float('e5m2', 5, 2, 15);
/** Code 1 is +1, code 0 is -1: an XNOR of two codes is their product. */
export const binary: TableFormat = { kind: 'table', name: 'binary', bits: 1, values: [-1, 1] };
/** Two's complement in two bits, without -2. */
export const ternary: TableFormat = { kind: 'table', name: 'ternary', bits: 2, values: [0, 1, null, -1] };

/** IBM's radix-4 fp4 (1-3-0): code k is 4^(k-4), code 0 is zero (NeurIPS 2020, Sun et al.). */
function radix4(name: string, shift: number): FloatFormat {
  return float(name, 3, 0, 4, 'none', { radix: 4, lowest: 'normal', shift });
}

const NAMED: readonly Format[] = [
  fp64,
  fp32,
  float('tf32', 8, 10, 127, 'ieee', { paddingBits: 13 }),
  float('bf16', 8, 7, 127),
  fp16,
  float('dlfloat16', 6, 9, 31, 'merged', { lowest: 'normal' }),
  e5m2,
  e4m3fn,
  float('e4m3', 4, 3, 7),
  float('e5m2fnuz', 5, 2, 16, 'fnuz'),
  float('e4m3fnuz', 4, 3, 8, 'fnuz'),
  float('e4m3b11fnuz', 4, 3, 11, 'fnuz'),
  float('e3m4', 3, 4, 3),
  // IBM's hybrid fp8, forward: the paper's range needs bias 11, IBM's public code has 7, FBGEMM's 15 (ALGORITHMS f).
  float('hfp8', 4, 3, 11, 'none', { lowest: 'normal' }),
  float('hfp8b7', 4, 3, 7, 'merged', { lowest: 'normal' }),
  float('hfp8fbgemm', 4, 3, 15),
  float('hfp8e5m2', 5, 2, 15, 'merged', { lowest: 'normal' }),
  float('e3m2fn', 3, 2, 3, 'none'),
  float('e2m3fn', 2, 3, 1, 'none'),
  float('e2m1fn', 2, 1, 1, 'none'),
  // AdaptivFloat's 8, 6 and 4 bits (DAC 2020): no subnormals, code 0 is zero; the tensor's scale moves the bias.
  float('e3m4af', 3, 4, 3, 'none', { lowest: 'normal' }),
  float('e3m2af', 3, 2, 3, 'none', { lowest: 'normal' }),
  float('e2m1af', 2, 1, 1, 'none', { lowest: 'normal' }),
  float('e8m0fnu', 8, 0, 127, 'fn', { signed: false, lowest: 'none' }),
  radix4('radix4', 0),
  radix4('radix4odd', -1),
  float('fp4e3m0', 3, 0, 3, 'none', { lowest: 'normal' }),
  binary,
  ternary,
  ...[2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64].map((bits) => int(bits)),
  ...[2, 3, 4, 5, 6, 7, 8, 12, 16, 32, 64].map((bits) => int(bits, false)),
];

const byName = new Map(NAMED.map((format) => [format.name, format]));

/** Every named format, in the order of the catalogue. */
export const FORMATS: readonly Format[] = NAMED;

/**
 * Looks a name up: the catalogue's, `int<N>` or `uint<N>` with N in 2..64, or `int<N>q<F>` for fixed point with F
 * fraction bits. Undefined when there is none.
 */
export function findFormat(name: string): Format | undefined {
  const known = byName.get(name);
  if (known !== undefined) return known;
  const match = /^(u?)int(\d+)(?:q(\d+))?$/.exec(name);
  if (match === null) return undefined;
  const bits = Number(match[2]);
  if (bits < 2 || bits > 64) return undefined;
  const format = int(bits, match[1] === '', match[3] === undefined ? 0 : -Number(match[3]));
  byName.set(name, format);
  return format;
}

/** @throws RangeError naming the format and what there is */
export function formatNamed(name: string): Format {
  const format = findFormat(name);
  if (format !== undefined) return format;
  const names = NAMED.filter((f) => f.kind !== 'int').map((f) => f.name);
  throw new RangeError(`unknown format "${name}": there are ${names.join(' ')} and int2..int64, uint2..uint64`);
}
