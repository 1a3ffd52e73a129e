import type { ResizedAxis } from './coordinates.js';

/** Linear Resize of planes in the float32 steps of ONNX Runtime, so that codes that come of it are the same. */

const f32 = Math.fround;

/** Two elements for each new one, and the distances from them. */
function pairsAlong(axis: ResizedAxis, coordinate: (i: number, axis: ResizedAxis) => number) {
  const { from, to, scale } = axis;
  const [first, second] = [new Int32Array(to), new Int32Array(to)];
  const [near, far] = [new Float32Array(to), new Float32Array(to)];
  for (let i = 0; i < to; i++) {
    const place = scale === 1 ? i : coordinate(i, axis);
    const x = Math.min(Math.max(place, 0), from - 1);
    first[i] = Math.trunc(x);
    second[i] = Math.min(first[i] + 1, from - 1);
    const same = first[i] === second[i];
    near[i] = same ? 0.5 : x - first[i];
    far[i] = same ? 0.5 : second[i] - x;
  }
  return { first, second, near, far };
}

/** @param data planes [.., rows.from, columns.from]; the result has [.., rows.to, columns.to] */
export function bilinear(
  data: ArrayLike<number>,
  rows: ResizedAxis,
  columns: ResizedAxis,
  coordinate: (i: number, axis: ResizedAxis) => number,
): Float32Array {
  const [y, x] = [pairsAlong(rows, coordinate), pairsAlong(columns, coordinate)];
  const plane = rows.from * columns.from;
  const planes = plane === 0 ? 0 : data.length / plane;
  const output = new Float32Array(planes * rows.to * columns.to);
  for (let p = 0, at = 0; p < planes; p++)
    for (let i = 0; i < rows.to; i++) {
      const [top, bottom] = [p * plane + y.first[i] * columns.from, p * plane + y.second[i] * columns.from];
      const [down, up] = [y.near[i], y.far[i]];
      for (let j = 0; j < columns.to; j++, at++) {
        const [left, right, near, far] = [x.first[j], x.second[j], x.near[j], x.far[j]];
        const upper = f32(f32(f32(far * up) * data[top + left]) + f32(f32(near * up) * data[top + right]));
        const three = f32(upper + f32(f32(far * down) * data[bottom + left]));
        output[at] = three + f32(f32(near * down) * data[bottom + right]);
      }
    }
  return output;
}
