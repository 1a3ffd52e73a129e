import { decode, encode, fitTo } from './codec.js';
import { type Format, hasInfinity, hasNan, widthOf } from './format.js';
import { latticeOf } from './lattice.js';
import { finite, infinite, NAN, type Raw } from './raw.js';

/** The codes where formats break: zeros, edges of the subnormals, one and its neighbours, the largest, specials. */
export interface Landmark {
  name: string;
  code: bigint;
  raw: Raw;
}

/** Landmarks in ascending magnitude, both signs, specials last; no code twice. */
export function landmarksOf(format: Format): Landmark[] {
  const lattice = latticeOf(format);
  const found = new Map<bigint, string>();
  const add = (name: string, code: bigint) => {
    if (!found.has(code)) found.set(code, name);
  };
  for (const [name, index] of magnitudes(format))
    for (const sign of [false, true])
      if (index <= lattice.maxIndex(sign)) add(sign ? `-(${name})` : name, lattice.codeOf(sign, index));
  for (const sign of [false, true]) {
    const max = lattice.maxIndex(sign);
    if (max > 0n) add(sign ? '-(largest - 1)' : 'largest - 1', lattice.codeOf(sign, max - 1n));
    if (max >= 0n) add(sign ? '-largest' : 'largest', lattice.codeOf(sign, max));
    if (hasInfinity(format)) add(sign ? '-infinity' : 'infinity', encode(infinite(sign), fitTo(format)).code);
  }
  for (const [name, code] of nans(format)) add(name, code);
  return [...found].map(([code, name]) => ({
    name: name.replace('-(zero)', '-zero'),
    code,
    raw: decode(format, code),
  }));
}

function* magnitudes(format: Format): Generator<[string, bigint]> {
  const lattice = latticeOf(format);
  const hasZero = lattice.valueAt(0n).significand === 0n;
  yield [hasZero ? 'zero' : 'smallest', 0n];
  yield [hasZero ? 'smallest' : 'smallest + 1 ulp', lattice.next(0n)];
  if (format.kind === 'float' && format.lowest === 'subnormal') {
    const normal = 1n << BigInt(format.mantissaBits);
    yield ['largest subnormal', normal - 1n];
    yield ['smallest normal', normal];
  }
  const one = lattice.locate(finite(false, 1n, 0)).index;
  if (one > 0n) yield ['one - 1 ulp', one - 1n];
  yield ['one', one];
  yield ['one + 1 ulp', lattice.next(one)];
}

function* nans(format: Format): Generator<[string, bigint]> {
  if (!hasNan(format)) return;
  const { code } = encode(NAN, fitTo(format));
  yield ['NaN', code];
  if (format.kind !== 'float' || format.specials !== 'ieee') return;
  if (format.mantissaBits > 1) {
    const { code: infinity } = encode(infinite(false), fitTo(format));
    yield ['signaling NaN', infinity | (1n << BigInt(format.paddingBits ?? 0))];
  }
  if (format.signed) yield ['-NaN', code | (1n << BigInt(widthOf(format) - 1))];
}
