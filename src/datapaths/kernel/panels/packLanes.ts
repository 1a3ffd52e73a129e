import { type Code, type FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { i16x8, v128 } from '../../../wasm/vector.js';
import type { Extension, PackShape, Shape } from './shape.js';

/** Codes of a row that are taken together. */
export const BLOCK = 8;

/** @returns how a table of lane values widens its codes; undefined where it does something else, or lanes are wider */
export function extensionOf(table: ArrayLike<number>, { operand }: Pick<Shape, 'operand'>): Extension | undefined {
  const twice = (operand as unknown) === Int32Array;
  if (table.length > 256 || !(twice || (operand as unknown) === Int16Array)) return undefined;
  for (const signed of [true, false]) {
    const half = signed ? table.length / 2 : table.length;
    let code = 0;
    for (; code < table.length; code++) {
      const value = code < half ? code : code - table.length;
      if (table[code] !== (twice ? (value << 16) | (value & 0xffff) : value)) break;
    }
    if (code === table.length) return { bits: Math.log2(table.length), signed };
  }
  return undefined;
}

/** Eight codes in 16-bit lanes. */
export function widened({ bits, signed }: Extension, address: Code, offset = 0): Code {
  if (!signed) return v128.load8x8U(address, offset);
  if (bits === 8) return v128.load8x8S(address, offset);
  return i16x8.shrS(i16x8.shl(v128.load8x8U(address, offset), 16 - bits), 16 - bits);
}

/** Byte numbers of a shuffle of lanes of so many bytes. */
const lanesOf = (bytes: number, lanes: readonly number[]): number[] =>
  lanes.flatMap((lane) => Array.from({ length: bytes }, (_, i) => lane * bytes + i));

/** Lanes of x and y in turn, from their lower or upper halves. */
export function interleaved(x: Code, y: Code, bytes: number, half: 0 | 1): Code {
  const count = 16 / bytes;
  const lanes = Array.from({ length: count }, (_, i) => (i >> 1) + (half * count) / 2 + (i % 2) * count);
  return v128.shuffle(x, y, lanesOf(bytes, lanes));
}

/** BLOCK codes of each of four rows, turned so that what a step takes lies together. */
export function rowLanes(
  f: FunctionBuilder,
  { group }: PackShape,
  extension: Extension,
  rows: readonly Local[],
  out: Local,
  bytes: number,
): void {
  const keep = (code: Code) => f.keep('v128', code);
  const [p, q, r, s] = rows.map((row) => keep(widened(extension, row.get)));
  // Two products in a lane of 32 bits, or one code twice.
  const unit = group === 2 ? 4 : 2;
  const halves = [0, 1] as const;
  const turned = halves.flatMap((half) => {
    const [above, below] = [keep(interleaved(p, q, unit, half)), keep(interleaved(r, s, unit, half))];
    return halves.map((part) => keep(interleaved(above, below, 2 * unit, part)));
  });
  const steps = group === 2 ? turned : turned.flatMap((both) => halves.map((half) => interleaved(both, both, 2, half)));
  steps.forEach((step, i) => f.emit(v128.store(out.get, step, i * 16)));
  f.emit(out.set(i32.add(out.get, i32.const(bytes))));
  for (const row of rows) f.emit(row.set(i32.add(row.get, i32.const(BLOCK))));
}

/** The columns of one step: 8 of two k, or 16 of one. */
export function columnLanes(
  f: FunctionBuilder,
  { group }: PackShape,
  extension: Extension,
  row: Local,
  out: Local,
  rowBytes: Local,
): void {
  const second = group === 2 ? i32.add(row.get, rowBytes.get) : row.get;
  const x = f.keep('v128', widened(extension, row.get));
  const y = f.keep('v128', widened(extension, second, group === 2 ? 0 : 8));
  const stored = group === 2 ? [interleaved(x, y, 2, 0), interleaved(x, y, 2, 1)] : [x, y];
  stored.forEach((lanes, i) => f.emit(v128.store(out.get, lanes, i * 16)));
  f.emit(row.set(group === 2 ? i32.add(second, rowBytes.get) : i32.add(row.get, rowBytes.get)));
}
