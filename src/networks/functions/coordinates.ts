/**
 * Where the elements of a resized axis lie in the old one (ONNX Resize), in the float32 steps of ONNX Runtime, because
 * the nearest element and the weights follow from the last bit.
 */

const f32 = Math.fround;

/** One axis that is resized. */
export interface ResizedAxis {
  from: number;
  to: number;
  /** float32 */
  scale: number;
  /** Part of the axis that is looked at, by tf_crop_and_resize, as shares of it. */
  start: number;
  end: number;
}

type Coordinate = (i: number, axis: ResizedAxis) => number;

const halfPixel: Coordinate = (i, { scale }) => f32(f32(f32(i + 0.5) / scale) - 0.5);

/** By coordinate_transformation_mode. */
export const COORDINATES: Readonly<Record<string, Coordinate>> = {
  half_pixel: halfPixel,
  half_pixel_symmetric: (i, { from, to, scale }) => {
    const adjustment = f32(to / f32(scale * from));
    const offset = f32(f32(from / 2) * f32(1 - adjustment));
    return f32(f32(offset + f32(f32(i + 0.5) / scale)) - 0.5);
  },
  pytorch_half_pixel: (i, axis) => (axis.to > 1 ? halfPixel(i, axis) : 0),
  align_corners: (i, { from, to }) => (to === 1 ? 0 : f32(f32(i * (from - 1)) / (to - 1))),
  asymmetric: (i, { scale }) => f32(i / scale),
  tf_half_pixel_for_nn: (i, { scale }) => f32(f32(i + 0.5) / scale),
  tf_crop_and_resize: (i, { from, to, start, end }) =>
    to > 1
      ? f32(f32(start * (from - 1)) + f32(f32(i * f32(end - start)) * (from - 1)) / (to - 1))
      : f32(f32(0.5 * f32(start + end)) * (from - 1)),
};

/** By nearest_mode, and `simple` of opset 10, which looks at whether the axis gets shorter. */
export const NEAREST: Readonly<Record<string, (x: number, shorter: boolean) => number>> = {
  round_prefer_floor: (x) => (x === Math.trunc(x) + 0.5 ? Math.floor(x) : Math.round(x)),
  round_prefer_ceil: (x) => Math.round(x),
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  simple: (x, shorter) => (shorter ? Math.ceil(x) : Math.trunc(x)),
};

/** Elements that one is made of, and their shares. */
export interface Taps {
  /** For each new element, `width` places of old ones, cut to the axis. */
  width: number;
  places: Int32Array;
  shares: Float64Array;
  /** New elements that lie outside of the old axis. */
  outside: Uint8Array;
}

/** Shares by the distance from an element, in its own steps; they are zero from `reach` on. */
interface Kernel {
  reach: number;
  share(distance: number): number;
}

/** @param a cubic_coeff_a */
export function kernelOf(mode: 'linear' | 'cubic', a: number): Kernel {
  if (mode === 'linear') return { reach: 1, share: (x) => Math.max(0, 1 - x) };
  return {
    reach: 2,
    share: (x) => {
      if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
    },
  };
}

/**
 * @param antialias the kernel is made as wide as an element that the axis gets shorter by
 * @param alone elements outside of the axis have no share; else the axis goes on with its last ones
 */
export function tapsOf(
  axis: ResizedAxis,
  coordinate: Coordinate,
  kernel: Kernel,
  { antialias, alone }: { antialias: boolean; alone: boolean },
): Taps {
  const { from, to } = axis;
  const step = antialias ? Math.min(axis.scale, 1) : 1;
  const before = Math.floor(-kernel.reach / step) + 1;
  const width = 2 - 2 * before;
  const taps: Taps = {
    width,
    places: new Int32Array(to * width),
    shares: new Float64Array(to * width),
    outside: new Uint8Array(to),
  };
  for (let i = 0; i < to; i++) {
    const x = coordinate(i, axis);
    taps.outside[i] = Number(x < 0 || x > from - 1);
    // The element before it: of one that is hit, the last share is its own.
    const first = Math.ceil(x) - 1 + before;
    let sum = 0;
    for (let j = 0; j < width; j++) {
      const place = first + j;
      const off = place < 0 || place >= from;
      const share = alone && off ? 0 : kernel.share(Math.abs(place - x) * step);
      taps.places[i * width + j] = Math.min(Math.max(place, 0), from - 1);
      taps.shares[i * width + j] = share;
      sum += share;
    }
    if (antialias || alone) for (let j = 0; j < width; j++) taps.shares[i * width + j] /= sum;
  }
  return taps;
}
