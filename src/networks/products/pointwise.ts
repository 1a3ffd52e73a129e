import { FunctionBuilder, i32, type Code } from '../../wasm/assembler.js';
import { Arena, type Kernel, kernelOf, sharedMemory } from '../../wasm/memory.js';
import { v128 } from '../../wasm/vector.js';

/** Bytes of a vector: so many channels and pixels are turned at a time. */
const SIDE = 16;

/** Whether `turnedRows` takes so many channels. */
export function turnsChannels(channels: number): boolean {
  return channels > 0 && channels % SIDE === 0;
}

/**
 * Windows of one element, as rows: pixels [first, first + count) of bytes [channels, pixels] as [count, channels], in memory
 * that is used again.
 */
export function turnedRows(
  planes: Uint8Array,
  channels: number,
  pixels: number,
  { first, count }: { first: number; count: number },
): Uint8Array {
  const arena = new Arena();
  // The last vectors reach beyond what they are for.
  const from = arena.take(planes.length + SIDE);
  const to = arena.take((count + SIDE) * channels);
  const { buffer } = sharedMemory();
  new Uint8Array(buffer, from, planes.length).set(planes);
  compiled ??= kernelOf([turn()]);
  compiled.turn(from + first, pixels, to, channels, Math.ceil(count / SIDE), channels / SIDE);
  return new Uint8Array(buffer, to, count * channels);
}

let compiled: Kernel | undefined;

/** (planes, bytes of a plane, rows, bytes of a row, tiles of pixels, tiles of channels) */
function turn(): FunctionBuilder {
  const f = new FunctionBuilder('turn', 6);
  const [planes, planeBytes, rows, rowBytes, tiles, groups] = f.parameters;
  const [from, column, to] = [f.local('i32'), f.local('i32'), f.local('i32')];
  f.repeat(tiles.get, () => {
    f.emit(from.set(planes.get), column.set(rows.get));
    f.repeat(groups.get, () => {
      const lines = Array.from({ length: SIDE }, () => {
        const line = f.keep('v128', v128.load(from.get));
        f.emit(from.set(i32.add(from.get, planeBytes.get)));
        return line;
      });
      f.emit(to.set(column.get));
      for (const line of turned(f, lines)) f.emit(v128.store(to.get, line), to.set(i32.add(to.get, rowBytes.get)));
      f.emit(column.set(i32.add(column.get, i32.const(SIDE))));
    });
    f.emit(planes.set(i32.add(planes.get, i32.const(SIDE))));
    f.emit(rows.set(i32.add(rows.get, i32.mul(rowBytes.get, i32.const(SIDE)))));
  });
  return f;
}

/** The transpose of SIDE vectors of SIDE bytes: each step lays every line's bytes between those of the line half as far on. */
function turned(f: FunctionBuilder, lines: readonly Code[]): readonly Code[] {
  let now = lines;
  for (let step = 1; step < SIDE; step *= 2)
    now = now.map((_, i) => {
      const [x, y] = [now[i >> 1], now[(i >> 1) + SIDE / 2]];
      const first = (i % 2) * (SIDE / 2);
      const lanes = Array.from({ length: SIDE }, (_, j) => first + (j >> 1) + (j % 2) * SIDE);
      return f.keep('v128', v128.shuffle(x, y, lanes));
    });
  return now;
}
