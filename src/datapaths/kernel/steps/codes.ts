import type { Fit } from '../../../formats/codec.js';
import { encode } from '../../../formats/codec.js';
import { type FloatFormat, quantumExponentOf } from '../../../formats/format.js';
import { latticeOf } from '../../../formats/lattice.js';
import { NAN } from '../../../formats/raw.js';
import { factsOf } from '../contract/facts.js';
import { type Code, FunctionBuilder, i32 } from '../../../wasm/assembler.js';
import type { Step } from './step.js';
import { type Kernel, kernelOf } from '../../../wasm/memory.js';
import { f32x4, i32x4, splat32, v128 } from '../../../wasm/vector.js';

/** Turns carried sums in the kernels' memory into codes of 32 bits, in place; `vectors` of four sums. */
export type Encoder = (address: number, vectors: number) => void;

const compiled = new Map<string, Kernel>();

/**
 * A code is the float32 pattern with its exponent rebiased and its low bits cut; below the smallest normal number it is
 * the magnitude's multiple of the quantum, which the adder finds. Undefined for formats that float32 does not contain.
 * @param nanCode of NaN sums; the format's canonical one by default
 */
export function encoderIn(carrier: Step['carrier'], { format }: Fit, nanCode?: number): Encoder | undefined {
  if (format.kind !== 'float' || format.radix !== 2 || !format.signed || (format.shift ?? 0) !== 0) return undefined;
  const { quantum, max } = factsOf(format);
  const known = format.lowest !== 'none' && format.mantissaBits <= 23 && format.bias <= 127;
  if (!known || quantum < -149 || max >= 2 ** 128) return undefined;
  // Elsewhere a NaN can be carried as an infinity.
  if (nanCode !== undefined && format.specials !== 'ieee') return undefined;
  const canonical = encode(NAN, { format, rounding: 'rne', overflow: 'ieee', subnormals: 'keep' }).code;
  const nan = nanCode ?? Number(canonical);
  const key = JSON.stringify([carrier, format, nan]);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf([encoder(carrier, format, nan)])));
  return kernel.encode;
}

function encoder(carrier: Step['carrier'], format: FloatFormat, nan: number): FunctionBuilder {
  const f = new FunctionBuilder('encode', 2);
  const [from, vectors] = f.parameters;
  const to = f.local('i32');
  f.emit(to.set(from.get));
  f.repeat(vectors.get, () => {
    const at = [0, 16].map((offset) => v128.load(from.get, offset));
    const sums = carrier === 'f32' ? at[0] : narrowed(at[0], at[1]);
    f.emit(v128.store(to.get, codes(f, format, nan, f.keep('v128', sums))));
    f.emit(from.set(i32.add(from.get, i32.const(carrier === 'f32' ? 16 : 32))), to.set(i32.add(to.get, i32.const(16))));
  });
  return f;
}

/** Four float64 as float32, which holds them. */
export function narrowed(low: Code, high: Code): Code {
  const lanes = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  return v128.shuffle(f32x4.demote(low), f32x4.demote(high), lanes);
}

function codes(f: FunctionBuilder, format: FloatFormat, nan: number, x: Code): Code {
  const { mantissaBits: m, bias, lowest, specials, exponentBits } = format;
  const padding = format.paddingBits ?? 0;
  const magnitude = f.keep('v128', v128.and(x, splat32(0x7fffffff)));
  const isNan = i32x4.gtS(magnitude, splat32(0x7f800000));
  if (m === 23 && bias === 127 && specials === 'ieee' && padding === 0) return v128.select(splat32(nan), x, isNan);
  const nonzero = f.keep('v128', i32x4.ne(magnitude, splat32(0)));
  const normal = i32x4.sub(i32x4.shrU(magnitude, 23 - m), splat32((127 - bias) << m));
  const finite = f.keep(
    'v128',
    lowest === 'subnormal' ? belowNormal(format, magnitude, normal) : v128.and(normal, nonzero),
  );
  const infinity = splat32(Number(latticeOf(format).maxIndex(false)) + 1);
  const code = v128.select(infinity, finite, i32x4.eq(magnitude, splat32(0x7f800000)));
  const sign = i32x4.shl(i32x4.shrU(x, 31), exponentBits + m + padding);
  const signed = v128.or(i32x4.shl(code, padding), specials === 'fnuz' ? v128.and(sign, nonzero) : sign);
  return v128.select(splat32(nan), signed, isNan);
}

/** Multiples of the quantum, found by adding the power of two whose last place it is. */
function belowNormal(format: FloatFormat, magnitude: Code, normal: Code): Code {
  const { bias } = format;
  // Float32's own subnormals are patterns like the others.
  if (bias === 127) return normal;
  const unit = splat32((quantumExponentOf(format) + 23 + 127) << 23);
  const multiple = i32x4.sub(f32x4.add(magnitude, unit), unit);
  return v128.select(multiple, normal, i32x4.gtS(splat32((128 - bias) << 23), magnitude));
}
