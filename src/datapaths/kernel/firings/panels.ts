import { i32, type Local } from '../../../wasm/assembler.js';
import { type Body, type Firing, type Reads } from './body.js';
import { carrierOf } from '../steps/lanes.js';
import { type Frame, ROWS } from '../panels/frame.js';
import { v128 } from '../../../wasm/vector.js';

/** A tile of panels at work. */
export interface PanelBody extends Body, Frame {}

/** Operands as panels hold them: a's of ROWS rows together, b's of a tile's columns; b's exponents move along beside b. */
export function panelReads({ f, a, b, parameters }: Frame, firing: Firing, vectors: number): Reads {
  const { bytes, v } = carrierOf(firing.fit);
  const splat = bytes === 4 ? v128.load32Splat : v128.load64Splat;
  const weights = f.local('i32');
  f.emit(weights.set(i32.add(b.get, parameters[11].get)));
  const row = { step: i32.const(ROWS * bytes) };
  const moves = (pointer: Local, size: number) =>
    f.emit(pointer.set(i32.add(pointer.get, i32.const(firing.lanes * size))));
  return {
    x: { at: a.get, ...row },
    y: { at: b.get, step: i32.const(vectors * 16) },
    exponents: [
      { at: i32.add(a.get, parameters[10].get), ...row },
      { at: weights.get, step: i32.const(16) },
    ],
    row: (at, r) => {
      const kept = f.keep('v128', splat(at, r * bytes));
      return () => kept;
    },
    rowExponents: (at, r) => splat(at, r * bytes),
    times: v.mul,
    advance: () => {
      moves(a, ROWS * bytes);
      moves(b, vectors * 16);
      if (firing.alignment !== undefined && firing.group === undefined) moves(weights, 16);
    },
  };
}
