/**
 * IEEE 754 binary16 as float32, bit by bit: sign, infinities, subnormals, and the payload of a NaN, which conversion by
 * way of numbers would lose.
 */
export function widenHalves(codes: Uint16Array): Float32Array {
  const floats = new Float32Array(codes.length);
  const words = new Uint32Array(floats.buffer);
  for (let i = 0; i < codes.length; i++) words[i] = wordOfHalf(codes[i]);
  return floats;
}

function wordOfHalf(code: number): number {
  const sign = (code & 0x8000) << 16;
  const exponent = (code >> 10) & 31;
  const mantissa = code & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // A subnormal is mantissa * 2^-24: its leading one, at bit 31 - zeros, becomes the one that float32 implies.
  const top = 31 - Math.clz32(mantissa);
  return sign | ((top - 24 + 127) << 23) | ((mantissa << (23 - top)) & 0x7fffff);
}

/** bfloat16 as float32: its 16 bits are the upper half. */
export function widenBrainFloats(codes: Uint16Array): Float32Array {
  const words = Uint32Array.from(codes, (code) => code << 16);
  return new Float32Array(words.buffer);
}
