import { type Code, FunctionBuilder, i32, type Local } from '../../../wasm/assembler.js';
import { f32x4, i16x8, i32x4, splat32, v128 } from '../../../wasm/vector.js';
import { interleaved, widened } from './packLanes.js';
import { everyOther } from './planes.js';
import type { Extension } from './shape.js';
import { LINE } from './windowFrame.js';

/**
 * Frames of pairs: two channels together as 16-bit lane values, so that a dot product of two takes both (panels/windowFrame.ts).
 * Codes are widened on their way there, with a stride that there is a shuffle for.
 */
export interface PairReading {
  extension: Extension;
  stride: 1 | 2;
}

/**
 * (codes, bytes of a channel, pairs, rows, their number, rests, codes of a row, frame, bytes of a pair, padding): planes into
 * a frame. `padding`: a vector of padding, a mask of what a
 * pair has, and -1, or 0 where it has no second channel.
 */
export function fillFunction({ extension, stride }: PairReading): FunctionBuilder {
  const f = new FunctionBuilder('fill', 10);
  const [codes, channelBytes, pairs, rows, count, rests, length, frame, pairBytes, padding] = f.parameters;
  const [row, x, y] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const outs = Array.from({ length: stride }, () => f.local('i32'));
  const pad = f.keep('v128', v128.load(padding.get));
  const mask = f.keep('v128', v128.load(padding.get, 16));
  const advance = (local: Local, by: Code) => f.emit(local.set(i32.add(local.get, by)));
  const taken = 8 * stride;
  const times = f.keep('i32', i32.divU(i32.add(length.get, i32.const(taken - 1)), i32.const(taken)));
  const second = f.local('i32');
  f.repeat(pairs.get, () => {
    // A channel that there is none of is read as the first one and masked.
    f.emit(second.set(i32.add(codes.get, i32.and(channelBytes.get, i32.load(padding.get, 32)))));
    f.emit(row.set(rows.get));
    f.repeat(count.get, () => {
      f.emit(x.set(i32.add(codes.get, i32.load(row.get))), y.set(i32.add(second.get, i32.load(row.get))));
      const to = f.keep('i32', i32.add(frame.get, i32.load(row.get, 4)));
      outs.forEach((out, rest) => f.emit(out.set(i32.add(to, i32.load(rests.get, rest * 8)))));
      f.repeat(times, () => {
        const read = (at: Local) => (stride === 1 ? [widened(extension, at.get)] : everyOther(f, extension, at.get));
        const [left, right] = [read(x), read(y)].map((all) => all.map((lanes) => f.keep('v128', lanes)));
        outs.forEach((out, rest) => {
          for (const half of [0, 1] as const)
            f.emit(v128.store(out.get, v128.and(interleaved(left[rest], right[rest], 2, half), mask), half * 16));
          advance(out, i32.const(32));
        });
        advance(x, i32.const(taken));
        advance(y, i32.const(taken));
      });
      // What was written beyond the row is padding again, or comes before what belongs there.
      outs.forEach((_, rest) => {
        const end = f.keep(
          'i32',
          i32.add(to, i32.add(i32.load(rests.get, rest * 8), i32.load(rests.get, rest * 8 + 4))),
        );
        f.emit(v128.store(end, pad), v128.store(end, pad, 16));
      });
      advance(row, i32.const(8));
    });
    advance(codes, i32.shl(channelBytes.get, i32.const(1)));
    advance(frame, pairBytes.get);
  });
  return f;
}

/**
 * (frame, pairs, bytes of a pair, lines of a pair, squares, along, direction): of each place of a pair, sums over all channels
 * of squares, and of magnitudes times the direction's weights.
 */
export function totalsFunction(): FunctionBuilder {
  const f = new FunctionBuilder('totals', 7);
  const [frame, pairs, pairBytes, lines, squares, along, direction] = f.parameters;
  const [at, weight] = [f.local('i32'), f.local('i32')];
  const sums = Array.from({ length: 8 }, () => f.local('v128'));
  const advance = (local: Local, by: Code) => f.emit(local.set(i32.add(local.get, by)));
  f.repeat(lines.get, () => {
    f.emit(at.set(frame.get), weight.set(direction.get), ...sums.map((sum) => sum.set(splat32(0))));
    f.repeat(pairs.get, () => {
      const weights = f.keep('v128', v128.load32Splat(weight.get));
      for (let i = 0; i < 4; i++) {
        const values = f.keep('v128', v128.load(at.get, 16 * i));
        const [square, part] = [sums[2 * i], sums[2 * i + 1]];
        f.emit(square.set(i32x4.add(square.get, i32x4.dot(values, values))));
        f.emit(part.set(i32x4.add(part.get, i32x4.dot(i16x8.abs(values), weights))));
      }
      advance(at, pairBytes.get);
      advance(weight, i32.const(4));
    });
    for (let i = 0; i < 4; i++) {
      f.emit(v128.store(squares.get, sums[2 * i].get, 16 * i));
      f.emit(v128.store(along.get, sums[2 * i + 1].get, 16 * i));
    }
    for (const address of [frame, squares, along]) advance(address, i32.const(LINE));
  });
  return f;
}

/** More than float32 may take off the square of a part, of the square of the whole. */
const TAKEN = 2 ** -20;

/**
 * (squares, along, vectors, outs, their number, taps, their number, unit, out along, out across): of the magnitudes under each
 * window the lengths of their parts along the direction, the sum times a unit, and across it, no smaller than they are.
 */
export function lengthsFunction(): FunctionBuilder {
  const f = new FunctionBuilder('lengths', 10);
  const [squares, along, vectors, outs, count, taps, length, unit, outAlong, outAcross] = f.parameters;
  const [tap, sum, part] = [f.local('i32'), f.local('v128'), f.local('v128')];
  const scale = f.keep('v128', v128.load32Splat(unit.get));
  const advance = (local: Local) => f.emit(local.set(i32.add(local.get, i32.const(4))));
  f.repeat(count.get, () => {
    const from = f.keep('i32', i32.load(vectors.get));
    f.emit(tap.set(taps.get), sum.set(splat32(0)), part.set(splat32(0)));
    f.repeat(length.get, () => {
      const place = f.keep('i32', i32.add(from, i32.load(tap.get)));
      f.emit(sum.set(i32x4.add(sum.get, v128.load(i32.add(squares.get, place)))));
      f.emit(part.set(i32x4.add(part.get, v128.load(i32.add(along.get, place)))));
      advance(tap);
    });
    const square = f.keep('v128', f32x4.convert(sum.get));
    const own = f.keep('v128', f32x4.mul(f32x4.convert(part.get), scale));
    const rest = f32x4.add(f32x4.sub(square, f32x4.mul(own, own)), f32x4.mul(square, splatFloat(TAKEN)));
    const to = f.keep('i32', i32.load(outs.get));
    f.emit(v128.store(i32.add(outAlong.get, to), own));
    f.emit(v128.store(i32.add(outAcross.get, to), f32x4.sqrt(f32x4.max(rest, splat32(0)))));
    advance(vectors);
    advance(outs);
  });
  return f;
}

function splatFloat(value: number): Code {
  return splat32(new Int32Array(Float32Array.of(value).buffer)[0]);
}
