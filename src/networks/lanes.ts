import { saturates } from '../formats/codec.js';
import { type Code, FunctionBuilder, i32, type Local } from '../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../wasm/memory.js';
import { f32x4, i16x8, i32x4, i8x16, splat32, v128 } from '../wasm/vector.js';
import type { Quantization } from './tensor.js';

/** One step over float32 elements, four at a time, that kernels run among others while the elements are in registers. */
export interface LaneStep {
  /** Steps of one name have one code: they are told apart by their constants. */
  name: string;
  /** Bits of what every lane holds. */
  constants: Int32Array;
  /** Of a first step that reads two; else one. */
  operands?: 2;
  compute(x: Code, constants: readonly Code[], y?: Code): Code;
  /** Of a last step whose lanes are integers: the codes of a byte that these become, saturated already. */
  codes?: Quantization;
}

/** No steps: always the same array, as kernels are kept by it. */
export const NO_STEPS: readonly LaneStep[] = [];

export const floatBits = (...values: readonly number[]): Int32Array => new Int32Array(Float32Array.from(values).buffer);

/** What is compiled for steps in a row is told apart by this. */
export function keyOf(steps: readonly LaneStep[]): string {
  return JSON.stringify([bytesOf(steps), steps.map(({ name }) => name)]);
}

export interface ByteForm {
  bits: number;
  signed: boolean;
}

/** What steps end in; undefined for real numbers. */
export function bytesOf(steps: readonly LaneStep[]): ByteForm | undefined {
  const format = steps.at(-1)?.codes?.fit.format;
  return format?.kind === 'int' ? { bits: format.bits, signed: format.signed } : undefined;
}

/** Four vectors of four integers as bytes, one after the other. */
export function joined([p, q, r, s]: readonly Code[], { bits, signed }: ByteForm): Code {
  const halves = [i16x8.narrowS(p, q), i16x8.narrowS(r, s)] as const;
  const bytes = signed ? i8x16.narrowS(...halves) : i8x16.narrowU(...halves);
  return bits === 8 ? bytes : v128.and(bytes, splat32((2 ** bits - 1) * 0x01010101));
}

/** Puts the constants of steps where kernels read them. */
export function putConstants(arena: Arena, steps: readonly LaneStep[]): number {
  const values = steps.flatMap(({ constants }) => [...constants]);
  const place = arena.take(4 * values.length);
  new Int32Array(sharedMemory().buffer, place, values.length).set(values);
  return place;
}

/** Code that takes lanes through steps, whose constants are in locals from here on. */
export function throughSteps(
  f: FunctionBuilder,
  steps: readonly LaneStep[],
  constants: Local,
): (x: Code, y?: Code) => Code {
  let at = 0;
  const own = steps.map((step) =>
    Array.from(step.constants, () => f.keep('v128', v128.load32Splat(constants.get, 4 * at++))),
  );
  return (lanes, y) => steps.reduce((x, step, i) => step.compute(f.keep('v128', x), own[i], y), lanes);
}

/**
 * Real numbers, or sums that are multiplied already, as the integers of codes of up to 8 bits: `encodeAll`. NaN is 0 before
 * the zero point is added, as in the codec. Undefined where the fit rounds or overflows otherwise.
 * @param divisor the scale, where they have not been divided by it
 */
export function codesStep(codes: Quantization, divisor?: number): LaneStep | undefined {
  const { fit, scale, zeroPoint } = codes;
  const { format, rounding, overflow } = fit;
  if (format.kind !== 'int' || format.exponent !== 0 || format.bits > 8 || scale.length > 1) return undefined;
  if (rounding !== 'rne' || !saturates(overflow) || typeof zeroPoint !== 'number') return undefined;
  const lowest = format.signed ? -(2 ** (format.bits - 1)) : 0;
  const highest = lowest + 2 ** format.bits - 1;
  if (zeroPoint < lowest || zeroPoint > highest) return undefined;
  const ends = floatBits(lowest - zeroPoint, highest - zeroPoint, ...(divisor === undefined ? [] : [divisor]));
  return {
    name: divisor === undefined ? 'codes' : 'quotient codes',
    constants: Int32Array.of(zeroPoint, ...ends),
    compute: (x, [zero, least, most, by]) => {
      const number = by === undefined ? x : f32x4.div(x, by);
      const kept = f32x4.min(f32x4.max(number, least), most);
      return i32x4.add(i32x4.truncate(f32x4.nearest(kept)), zero);
    },
    codes,
  };
}

/** Elements that are in the kernels' memory together. */
const CHUNK = 2 ** 14;
const LANES = 4;

/** A function of float32 elements, one or two of them, on four at a time. */
export type LaneFunction = (inputs: readonly Float32Array[], out: Float32Array) => void;

/** @param compute vectors of the results, from locals that hold the operands' */
export function laneFunction(operands: 1 | 2, compute: (...lanes: readonly Code[]) => Code): LaneFunction {
  let compiled: Kernel | undefined;
  return (inputs, out) => {
    compiled ??= kernelOf([loop(operands, compute)]);
    const arena = new Arena();
    const places = [...inputs, out].map(() => arena.take(4 * CHUNK));
    const { buffer } = sharedMemory();
    const views = places.map((place) => new Float32Array(buffer, place, CHUNK));
    for (let first = 0; first < out.length; first += CHUNK) {
      const count = Math.min(CHUNK, out.length - first);
      inputs.forEach((input, i) => views[i].set(input.subarray(first, first + count)));
      compiled.lanes(...places, Math.ceil(count / LANES));
      out.set(views[inputs.length].subarray(0, count), first);
    }
  };
}

/** (operands, out, vectors) */
function loop(operands: number, compute: (...lanes: readonly Code[]) => Code): FunctionBuilder {
  const f = new FunctionBuilder('lanes', operands + 2);
  const places = f.parameters.slice(0, operands + 1);
  const advance = (local: Local) => f.emit(local.set(i32.add(local.get, i32.const(16))));
  f.repeat(f.parameters[operands + 1].get, () => {
    const lanes = places.slice(0, operands).map((place) => f.keep('v128', v128.load(place.get)));
    f.emit(v128.store(places[operands].get, compute(...lanes)));
    places.forEach(advance);
  });
  return f;
}

const compiled = new Map<string, Kernel>();

/** Real numbers, one operand or two, through steps, which end in codes of a byte or in real numbers again. */
export function throughLanes(steps: readonly LaneStep[], ...given: readonly Float32Array[]): Uint8Array | Float32Array {
  const [{ length }] = given;
  const form = bytesOf(steps);
  const key = keyOf(steps);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf([walk(steps, form)])));
  const arena = new Arena();
  const constants = putConstants(arena, steps);
  const [to, ...places] = [steps, ...given].map(() => arena.take(4 * CHUNK));
  const { buffer } = sharedMemory();
  const own = places.map((place) => new Float32Array(buffer, place, CHUNK));
  const result = form === undefined ? new Float32Array(buffer, to, CHUNK) : new Uint8Array(buffer, to, CHUNK);
  const out = form === undefined ? new Float32Array(length) : new Uint8Array(length);
  for (let first = 0; first < length; first += CHUNK) {
    const count = Math.min(CHUNK, length - first);
    given.forEach((numbers, i) => own[i].set(numbers.subarray(first, first + count)));
    kernel.walk(places[0], places[places.length - 1], to, constants, Math.ceil(count / (LANES * VECTORS)));
    out.set(result.subarray(0, count), first);
  }
  return out;
}

/** Vectors of a turn, which are one of bytes. */
const VECTORS = 4;

/** (real numbers, those of a second operand, out, constants, turns) */
function walk(steps: readonly LaneStep[], form: ByteForm | undefined): FunctionBuilder {
  const f = new FunctionBuilder('walk', 5);
  const [from, other, to, constants, turns] = f.parameters;
  const through = throughSteps(f, steps, constants);
  f.repeat(turns.get, () => {
    const lanes = Array.from({ length: VECTORS }, (_, i) =>
      f.keep('v128', through(v128.load(from.get, 16 * i), v128.load(other.get, 16 * i))),
    );
    const results = form === undefined ? lanes : [joined(lanes, form)];
    results.forEach((result, i) => f.emit(v128.store(to.get, result, 16 * i)));
    for (const place of [from, other]) f.emit(place.set(i32.add(place.get, i32.const(16 * VECTORS))));
    f.emit(to.set(i32.add(to.get, i32.const(16 * results.length))));
  });
  return f;
}
