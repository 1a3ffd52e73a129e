import { type Code, FunctionBuilder, i32, type Local } from './assembler.js';
import { type Kernel, kernelOf } from './memory.js';
import { ROWS } from './nest.js';
import type { Shape } from './walk.js';

/**
 * Packing in WebAssembly, for operands in plain k order: every code is looked up in a table of lane values on its way
 * into the panels. Functions take (codes, table, panels, steps, tiles, rowBytes); a step is `group` places.
 */
interface PackShape {
  codeBytes: 1 | 2;
  elementBytes: number;
  width: number;
  group: number;
}

const compiled = new Map<string, Kernel>();

export function packersFor(codeBytes: 1 | 2, { operandBytes, width, group }: Shape): Kernel {
  const shape: PackShape = { codeBytes, elementBytes: operandBytes, width, group };
  const key = JSON.stringify(shape);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf([rowPacker(shape), columnPacker(shape)])));
  return kernel;
}

/** ROWS rows at a time side by side. */
function rowPacker(shape: PackShape): FunctionBuilder {
  const { codeBytes, group } = shape;
  const f = new FunctionBuilder('rows', 6);
  const [codes, table, out, steps, tiles, rowBytes] = f.parameters;
  const rows = Array.from({ length: ROWS }, () => f.local('i32'));
  f.repeat(tiles.get, () => {
    rows.forEach((row, r) => f.emit(row.set(r === 0 ? codes.get : i32.add(rows[r - 1].get, rowBytes.get))));
    f.emit(codes.set(i32.add(rows[ROWS - 1].get, rowBytes.get)));
    f.repeat(steps.get, () => {
      rows.forEach((row, r) => {
        for (let g = 0; g < group; g++) f.emit(move(shape, out, r * group + g, table, row.get, g * codeBytes));
        f.emit(row.set(i32.add(row.get, i32.const(group * codeBytes))));
      });
      f.emit(out.set(i32.add(out.get, i32.const(ROWS * group * shape.elementBytes))));
    });
  });
  return f;
}

/** `width` columns of every k at a time. */
function columnPacker(shape: PackShape): FunctionBuilder {
  const { codeBytes, width, group } = shape;
  const f = new FunctionBuilder('columns', 6);
  const [codes, table, out, steps, tiles, rowBytes] = f.parameters;
  const row = f.local('i32');
  f.repeat(tiles.get, () => {
    f.emit(row.set(codes.get), codes.set(i32.add(codes.get, i32.const(width * codeBytes))));
    f.repeat(steps.get, () => {
      for (let g = 0; g < group; g++) {
        for (let j = 0; j < width; j++) f.emit(move(shape, out, j * group + g, table, row.get, j * codeBytes));
        f.emit(row.set(i32.add(row.get, rowBytes.get)));
      }
      f.emit(out.set(i32.add(out.get, i32.const(width * group * shape.elementBytes))));
    });
  });
  return f;
}

/** out[place] = table[code]. */
function move(shape: PackShape, out: Local, place: number, table: Local, from: Code, offset: number): Code {
  const { codeBytes, elementBytes } = shape;
  const code = codeBytes === 1 ? i32.load8(from, offset) : i32.load16(from, offset);
  const value = i32.add(table.get, i32.shl(code, i32.const(Math.log2(elementBytes))));
  return i32.copy(elementBytes, out.get, place * elementBytes, value);
}
