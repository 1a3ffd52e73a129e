import { type Code, FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { type Kernel, kernelOf } from '../../../wasm/memory.js';
import { ROWS } from './frame.js';
import { BLOCK, columnLanes, rowLanes } from './packLanes.js';
import { splat32, v128 } from '../../../wasm/vector.js';
import type { Extension, PackShape, Shape } from './shape.js';

const compiled = new Map<string, Kernel>();

/**
 * Packing in WebAssembly, for operands in plain k order: every code is looked up in a table of lane values on its way
 * into the panels, or widened with others where the table does no more. Functions take (codes, table, panels, steps, rest,
 * blanks, tiles, rowBytes): a step is `group` places; then come `rest` places that are fewer, and `blanks` steps of
 * zeros.
 */
export function packersFor(codeBytes: 1 | 2, { operandBytes, width, group }: Shape, extension?: Extension): Kernel {
  const shape: PackShape = { codeBytes, elementBytes: operandBytes, width, group, extension };
  const key = JSON.stringify(shape);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf([rowPacker(shape), columnPacker(shape)])));
  return kernel;
}

/** ROWS rows at a time side by side. */
function rowPacker(shape: PackShape): FunctionBuilder {
  const { codeBytes, group, extension } = shape;
  const f = new FunctionBuilder('rows', 8);
  const [codes, table, out, steps, rest, blanks, tiles, rowBytes] = f.parameters;
  const rows = Array.from({ length: ROWS }, () => f.local('i32'));
  const bytes = ROWS * group * shape.elementBytes;
  const move = (count: number) =>
    rows.forEach((row, r) => {
      for (let g = 0; g < count; g++) f.emit(lookUp(shape, out, r * group + g, table, row.get, g * codeBytes));
      f.emit(row.set(i32.add(row.get, i32.const(count * codeBytes))));
    });
  f.repeat(tiles.get, () => {
    rows.forEach((row, r) => f.emit(row.set(r === 0 ? codes.get : i32.add(rows[r - 1].get, rowBytes.get))));
    f.emit(codes.set(i32.add(rows[ROWS - 1].get, rowBytes.get)));
    const left = f.local('i32');
    f.emit(left.set(steps.get));
    if (extension !== undefined)
      whole(f, left, BLOCK / group, () => rowLanes(f, shape, extension, rows, out, (BLOCK / group) * bytes));
    f.when(left.get, () => f.repeat(left.get, () => (move(group), advance(f, out, bytes))));
    ends({ f, out, bytes, rest, blanks }, () => move(1));
  });
  return f;
}

/** `width` columns of every k at a time. */
function columnPacker(shape: PackShape): FunctionBuilder {
  const { codeBytes, width, group, extension } = shape;
  const f = new FunctionBuilder('columns', 8);
  const [codes, table, out, steps, rest, blanks, tiles, rowBytes] = f.parameters;
  const row = f.local('i32');
  const bytes = width * group * shape.elementBytes;
  const move = (count: number) => {
    for (let g = 0; g < count; g++) {
      for (let j = 0; j < width; j++) f.emit(lookUp(shape, out, j * group + g, table, row.get, j * codeBytes));
      f.emit(row.set(i32.add(row.get, rowBytes.get)));
    }
  };
  f.repeat(tiles.get, () => {
    f.emit(row.set(codes.get), codes.set(i32.add(codes.get, i32.const(width * codeBytes))));
    f.when(steps.get, () =>
      f.repeat(steps.get, () => {
        if (extension === undefined) move(group);
        else columnLanes(f, shape, extension, row, out, rowBytes);
        advance(f, out, bytes);
      }),
    );
    ends({ f, out, bytes, rest, blanks }, () => move(1));
  });
  return f;
}

/** Does a body for every `size` of what is left. */
function whole(f: FunctionBuilder, left: Local, size: number, body: () => void): void {
  const times = f.keep('i32', i32.divU(left.get, i32.const(size)));
  f.emit(left.set(i32.sub(left.get, i32.mul(times, i32.const(size)))));
  f.when(times, () => f.repeat(times, body));
}

/** A last step of one place, the others zero, and steps of zeros. */
function ends(
  { f, out, bytes, rest, blanks }: { f: FunctionBuilder; out: Local; bytes: number; rest: Local; blanks: Local },
  moveOne: () => void,
): void {
  const clear = () => {
    for (let i = 0; i < bytes; i += 16) f.emit(v128.store(out.get, splat32(0), i));
  };
  f.when(rest.get, () => (clear(), moveOne(), advance(f, out, bytes)));
  f.when(blanks.get, () => f.repeat(blanks.get, () => (clear(), advance(f, out, bytes))));
}

function advance(f: FunctionBuilder, out: Local, bytes: number): void {
  f.emit(out.set(i32.add(out.get, i32.const(bytes))));
}

/** out[place] = table[code]. */
function lookUp(shape: PackShape, out: Local, place: number, table: Local, from: Code, offset: number): Code {
  const { codeBytes, elementBytes } = shape;
  const code = codeBytes === 1 ? i32.load8(from, offset) : i32.load16(from, offset);
  const value = i32.add(table.get, i32.shl(code, i32.const(Math.log2(elementBytes))));
  return i32.copy(elementBytes, out.get, place * elementBytes, value);
}
