import { type Code, unsigned } from './assembler.js';

/** SIMD instructions as functions of code (WebAssembly 2.0, fixed-width SIMD; no relaxed SIMD). */
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
const unary =
  (opcode: number) =>
  (x: Code): Code => [...x, ...simd(opcode)];
const binary =
  (opcode: number) =>
  (x: Code, y: Code): Code => [...x, ...y, ...simd(opcode)];
const shift =
  (opcode: number) =>
  (x: Code, bits: number): Code => [...x, 0x41, bits, ...simd(opcode)];
const memory =
  (opcode: number, align: number) =>
  (address: Code, offset = 0): Code => [...address, ...simd(opcode), align, ...unsigned(offset)];

export const v128 = {
  load: memory(0, 4),
  /** Eight bytes in 16-bit lanes. */
  load8x8S: memory(1, 3),
  load8x8U: memory(2, 3),
  load8Splat: memory(7, 0),
  load16Splat: memory(8, 1),
  load32Splat: memory(9, 2),
  load64Splat: memory(10, 3),
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(11), 4, ...unsigned(offset)],
  const: (bytes: Uint8Array): Code => [...simd(12), ...bytes],
  shuffle: (x: Code, y: Code, lanes: readonly number[]): Code => [...x, ...y, ...simd(13), ...lanes],
  not: unary(77),
  and: binary(78),
  andnot: binary(79),
  or: binary(80),
  xor: binary(81),
  /** x where the mask is set, else y. */
  select: (x: Code, y: Code, mask: Code): Code => [...x, ...y, ...mask, ...simd(82)],
  anyTrue: unary(83),
  /** One 64-bit lane of a vector to memory. */
  store64Lane: (address: Code, value: Code, lane: number): Code => [...address, ...value, ...simd(91), 3, 0, lane],
};

/** The same bits in every lane. */
export function splat32(bits: number): Code {
  return v128.const(new Uint8Array(new Uint32Array([bits, bits, bits, bits]).buffer));
}
export function splat64(bits: bigint): Code {
  return v128.const(new Uint8Array(new BigUint64Array([bits, bits]).buffer));
}
export function splat16(bits: number): Code {
  return v128.const(new Uint8Array(new Uint16Array(8).fill(bits).buffer));
}

export const i8x16 = {
  add: binary(110),
  sub: binary(113),
  popcnt: unary(98),
  bitmask: unary(100),
  /** Of 16-bit lanes, the first vector's before the second's; saturating. */
  narrowS: binary(101),
  narrowU: binary(102),
  extract: (x: Code, lane: number): Code => [...x, ...simd(22), lane],
  shl: shift(107),
};
export const i16x8 = {
  abs: unary(128),
  eq: binary(45),
  ne: binary(46),
  shl: shift(139),
  shrS: shift(140),
  shrU: shift(141),
  sub: binary(145),
  add: binary(142),
  addSat: binary(143),
  mul: binary(149),
  minS: binary(150),
  maxS: binary(152),
  extaddPairwiseU: unary(125),
  /** Of 32-bit lanes, the first vector's before the second's; saturating. */
  narrowS: binary(133),
  extendLowU: unary(137),
  extendHighU: unary(138),
};
export const i32x4 = {
  extract: (x: Code, lane: number): Code => [...x, ...simd(27), lane],
  abs: unary(160),
  splat: unary(17),
  eq: binary(55),
  ne: binary(56),
  extaddPairwiseU: unary(127),
  gtS: binary(59),
  shl: shift(171),
  shrS: shift(172),
  shrU: shift(173),
  add: binary(174),
  sub: binary(177),
  mul: binary(181),
  minS: binary(182),
  maxS: binary(184),
  dot: binary(186),
  extendLowU: unary(169),
  extendHighU: unary(170),
  /** Of float32 lanes, toward zero; saturating, and 0 of NaN. */
  truncate: unary(248),
};
export const i64x2 = {
  extendLowS: unary(199),
  extendLowU: unary(201),
  extendHighU: unary(202),
  eq: binary(214),
  shl: shift(203),
  shrS: shift(204),
  shrU: shift(205),
  add: binary(206),
  sub: binary(209),
  gtS: binary(217),
};
export const f32x4 = {
  /** Two float64 to the lower lanes. */
  demote: unary(94),
  /** Signed integers of 32 bits, rounded half to even. */
  convert: unary(250),
  eq: binary(65),
  ne: binary(66),
  lt: binary(67),
  gt: binary(68),
  ge: binary(70),
  trunc: unary(105),
  floor: unary(104),
  nearest: unary(106),
  abs: unary(224),
  neg: unary(225),
  sqrt: unary(227),
  add: binary(228),
  sub: binary(229),
  mul: binary(230),
  div: binary(231),
  min: binary(232),
  max: binary(233),
  pmin: binary(234),
  pmax: binary(235),
};
export const f64x2 = {
  /** The two lower float32. */
  promote: unary(95),
  /** The two lower integers of 32 bits. */
  convertLowS: unary(254),
  eq: binary(71),
  ne: binary(72),
  lt: binary(73),
  gt: binary(74),
  ge: binary(76),
  trunc: unary(122),
  floor: unary(117),
  nearest: unary(148),
  abs: unary(236),
  neg: unary(237),
  add: binary(240),
  sub: binary(241),
  mul: binary(242),
  div: binary(243),
  min: binary(244),
  max: binary(245),
  pmin: binary(246),
  pmax: binary(247),
};
