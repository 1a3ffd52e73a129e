import { type Code, type FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { i16x8, v128 } from '../../../wasm/vector.js';
import type { WindowJob } from '../contract/windows.js';
import { widened } from './packLanes.js';
import type { Extension } from './shape.js';

/**
 * A group's planes as 16-bit lane values, with their padding around them, so that windows of neighbouring outputs lie side
 * by side whatever the stride: rows and columns that leave the same rest when divided by it make planes of their own. The
 * element under tap t of output (y, x) is the one at taps[t] + y * pitch + x; all places are in bytes.
 */
export interface PlaneFrame {
  bytes: number;
  /** From a row of outputs to the next, and lanes from the first output to the last: between rows lie some that are none. */
  pitch: number;
  lanes: number;
  taps: Int32Array;
  /** Where each row of each plane goes, and what there is to a row: place and length of the elements of each rest. */
  rows: Int32Array;
  rests: Int32Array;
}

const BYTES = 2;
/** Lanes behind each plane, into which the last vector of its last row may reach. */
const SLACK = 16;

export function planeFrame(job: WindowJob): PlaneFrame {
  const { plane, kernel, output, stride, dilation, before, channels } = job;
  const [height, width] = [0, 1].map((axis) => {
    const reach = (output[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
    return Math.ceil(Math.max(reach, before[axis] + plane[axis]) / stride[axis]);
  });
  const size = height * width + SLACK;
  const place = (c: number, y: number, x: number) => {
    const rest = (y % stride[0]) * stride[1] + (x % stride[1]);
    const within = Math.floor(y / stride[0]) * width + Math.floor(x / stride[1]);
    return BYTES * ((c * stride[0] * stride[1] + rest) * size + within);
  };
  const over = (count: number) => Array.from({ length: count }, (_, i) => i);
  const each = over(channels);
  const taps = each.flatMap((c) =>
    over(kernel[0]).flatMap((i) => over(kernel[1]).map((j) => place(c, i * dilation[0], j * dilation[1]))),
  );
  const rests = over(stride[1]).flatMap((rest) => [
    place(0, 0, before[1] + rest),
    BYTES * Math.max(0, Math.ceil((plane[1] - rest) / stride[1])),
  ]);
  return {
    bytes: BYTES * (channels * stride[0] * stride[1] * size + SLACK),
    pitch: BYTES * width,
    lanes: (output[0] - 1) * width + output[1],
    taps: Int32Array.from(taps),
    rows: Int32Array.from(each.flatMap((c) => over(plane[0]).map((y) => place(c, before[0] + y, 0)))),
    rests: Int32Array.from(rests),
  };
}

/** Codes of one row, whose elements go to `to` and the places in `rests` from there. */
export interface RowMove {
  f: FunctionBuilder;
  from: Local;
  to: Code;
  rests: Local;
  /** What one row takes, in bytes of codes. */
  length: Local;
  table: Local;
  /** Lanes of the value of padding. */
  padding: Code;
}

/** How a kernel reads rows: by a table, or widened where that does no more, with a stride that it has a shuffle for. */
export interface RowReading {
  codeBytes: 1 | 2;
  stride: number;
  extension?: Extension;
}

/** Puts a row of codes where it belongs. */
export function moveRow(move: RowMove, reading: RowReading): void {
  const { extension, stride, codeBytes } = reading;
  if (extension !== undefined && stride <= 2) moveVectors(move, extension, stride);
  else moveEach(move, stride, codeBytes);
}

/** One element after the other. */
function moveEach({ f, from, to, rests, table }: RowMove, stride: number, codeBytes: 1 | 2): void {
  const [at, out] = [f.local('i32'), f.local('i32')];
  for (let rest = 0; rest < stride; rest++) {
    const count = f.keep('i32', i32.shrU(i32.load(rests.get, rest * 8 + 4), i32.const(1)));
    f.emit(at.set(i32.add(from.get, i32.const(rest * codeBytes))));
    f.emit(out.set(i32.add(to, i32.load(rests.get, rest * 8))));
    f.when(count, () =>
      f.repeat(count, () => {
        const code = codeBytes === 1 ? i32.load8(at.get) : i32.load16(at.get);
        f.emit(i32.copy(BYTES, out.get, 0, i32.add(table.get, i32.shl(code, i32.const(1)))));
        f.emit(at.set(i32.add(at.get, i32.const(stride * codeBytes))), out.set(i32.add(out.get, i32.const(BYTES))));
      }),
    );
  }
}

/** Eight lanes of each rest at a time; what the last ones write beyond the row is made padding again. */
function moveVectors({ f, from, to, rests, length, padding }: RowMove, extension: Extension, stride: number): void {
  const at = f.local('i32');
  const outs = Array.from({ length: stride }, () => f.local('i32'));
  f.emit(at.set(from.get));
  outs.forEach((out, rest) => f.emit(out.set(i32.add(to, i32.load(rests.get, rest * 8)))));
  const codes = 8 * stride;
  f.repeat(i32.divU(i32.add(length.get, i32.const(codes - 1)), i32.const(codes)), () => {
    const lanes = stride === 1 ? [widened(extension, at.get)] : everyOther(f, extension, at.get);
    outs.forEach((out, rest) => f.emit(v128.store(out.get, lanes[rest]), out.set(i32.add(out.get, i32.const(16)))));
    f.emit(at.set(i32.add(at.get, i32.const(codes))));
  });
  outs.forEach((_, rest) => {
    const end = i32.add(i32.load(rests.get, rest * 8), i32.load(rests.get, rest * 8 + 4));
    f.emit(v128.store(i32.add(to, end), padding));
  });
}

/** The even and the odd ones of sixteen codes. */
export function everyOther(f: FunctionBuilder, { bits, signed }: Extension, address: Code): Code[] {
  const both = f.keep('v128', v128.load(address));
  const shift = signed ? i16x8.shrS : i16x8.shrU;
  return [16 - bits, 8 - bits].map((left) => shift(i16x8.shl(both, left), 16 - bits));
}
