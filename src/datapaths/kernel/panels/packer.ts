import { type Kernel, sharedMemory } from '../../../wasm/memory.js';
import type { CodeArray, GemmJob } from '../contract/gemm.js';
import { ROWS } from './frame.js';
import { type Layout, packColumns, packRows, type Panel } from './pack.js';
import { extensionOf } from './packLanes.js';
import { packersFor } from './packNest.js';
import type { Shape } from './shape.js';

/** A job, and how its operands lie in panels. */
export interface Packed {
  job: GemmJob;
  layout: Layout;
  shape: Shape;
  /** Additions are counted: what a last tile has beyond the job's lines is then zero, which counts for nothing. */
  count?: boolean;
}

/** Puts codes into panels, as lane values that tables name. */
export interface Packer {
  columns(table: ArrayLike<number>, address: number, columns: number, shape: Shape): void;
  rows(table: ArrayLike<number>, address: number, first: number, lines: number, shape: Shape): void;
}

/** Packs in WebAssembly where places are in k order and codes are bytes or pairs of bytes, else in JavaScript. */
export function packerOf({ job, layout, shape, count }: Packed, at: { codes: number; table: number }): Packer {
  const { width, group } = shape;
  const places = layout.source.length;
  const inOrder = layout.inOrder ?? 0;
  const { buffer } = sharedMemory();
  const quick = (codes: CodeArray) => inOrder > 0 && codes.BYTES_PER_ELEMENT <= 2;
  const panel = (address: number, length: number, { operand }: Shape): Panel =>
    new operand(buffer, address, length * places);
  const load = (codes: CodeArray, table: ArrayLike<number>, elements: Shape): Kernel => {
    new elements.operand(buffer, at.table, table.length).set(table);
    const bytes = codes.BYTES_PER_ELEMENT as 1 | 2;
    new Uint8Array(buffer, at.codes).set(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength));
    return packersFor(bytes, elements, bytes === 1 ? extensionOf(table, elements) : undefined);
  };
  /** Steps of `group` places, places of one that is not full, and steps of padding. */
  const steps = [Math.floor(inOrder / group), inOrder % group, Math.floor((places - inOrder) / group)] as const;
  return {
    columns(table, address, columns, shape) {
      const { b, n } = job;
      if (!quick(b)) return packColumns(panel(address, columns, shape).fill(0), b, table, layout, { n, width, group });
      const { columns: pack } = load(b, table, shape);
      pack(at.codes, at.table, address, ...steps, columns / width, n * b.BYTES_PER_ELEMENT);
      if (count === true) blank(panel(address, columns, shape), { valid: n, width, group, places });
    },
    rows(table, address, first, lines, shape) {
      const row = { ...shape, ...shape.row };
      const { k } = job;
      const tiles = Math.ceil(lines / ROWS);
      const to = panel(address, tiles * ROWS, row);
      if (!quick(job.a))
        return packRows(to.fill(0), job.a, table, layout, { first, count: lines, k, width: ROWS, group });
      const codes = job.a.subarray(first * k, (first + lines) * k);
      const { rows: pack } = load(codes, table, row);
      pack(at.codes, at.table, address, ...steps, tiles, k * codes.BYTES_PER_ELEMENT);
      if (count === true) blank(to, { valid: lines, width: ROWS, group, places });
    },
  };
}

/** Zeros in what the last tile has beyond the valid lines. */
function blank(
  panel: Panel,
  { valid, width, group, places }: { valid: number; width: number; group: number; places: number },
): void {
  const kept = valid % width;
  if (kept === 0) return;
  const step = width * group;
  for (let at = panel.length - width * places; at < panel.length; at += step)
    panel.fill(0, at + kept * group, at + step);
}
