import type { WindowJob } from '../contract/windows.js';

/**
 * Where the elements of planes go, four bytes each, so that a vector has what lies under one tap of four neighbouring outputs
 * whatever the stride: rows and columns that leave the same rest when divided by it make planes of their own, with their
 * padding around them. All places are in bytes within a plane.
 */
export interface WindowFrame {
  /** Bytes of a plane: an odd number of cache lines, so that those of many are not of one set. */
  planeBytes: number;
  /** Where the element under each tap lies from the one under the first. */
  taps: Int32Array;
  /** For each row of elements: the place of its first one among a plane's, and where it goes. */
  rows: Int32Array;
  /** Elements of a row; place and number of bytes of those of each rest. */
  length: number;
  rests: Int32Array;
  /** Outputs, four at a time: the first one's element under the first tap, and bytes of it among the outputs of 32 bits. */
  vectors: Int32Array;
  outs: Int32Array;
  padded: boolean;
}

type Geometry = Pick<WindowJob, 'plane' | 'kernel' | 'output' | 'stride' | 'dilation' | 'before'>;

const LANES = 4;
const BYTES = 4;
/** Bytes of a cache line. */
export const LINE = 64;
/** Elements behind each plane, into which the last vectors of its last row are written. */
const SLACK = 8;

/** Undefined where a row of outputs is shorter than a vector. */
export function windowFrame(given: Geometry): WindowFrame | undefined {
  const job = inOneLine(given);
  const { plane, kernel, output, stride, dilation, before } = job;
  if (output[1] < LANES) return undefined;
  const [height, width] = [0, 1].map((axis) => {
    const reach = (output[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
    return Math.ceil(Math.max(reach, before[axis] + plane[axis]) / stride[axis]);
  });
  const size = height * width + SLACK;
  const place = (y: number, x: number) => {
    const rest = (y % stride[0]) * stride[1] + (x % stride[1]);
    return BYTES * (rest * size + Math.floor(y / stride[0]) * width + Math.floor(x / stride[1]));
  };
  const lines = Math.ceil((BYTES * stride[0] * stride[1] * size) / LINE);
  const over = (count: number) => Array.from({ length: count }, (_, i) => i);
  const taps = over(kernel[0]).flatMap((i) => over(kernel[1]).map((j) => place(i * dilation[0], j * dilation[1])));
  const used = new Set(over(kernel[0]).map((i) => (i * dilation[0]) % stride[0]));
  const rows = over(plane[0]).filter((y) => used.has((y + before[0]) % stride[0]));
  // The last four outputs of a row begin where they end: some are then computed twice.
  const firsts = over(Math.ceil(output[1] / LANES)).map((i) => Math.min(LANES * i, output[1] - LANES));
  const vectors = over(output[0]).flatMap((y) => firsts.map((x) => [y, x] as const));
  if (vectors.length % 2 === 1) vectors.push(vectors[vectors.length - 1]);
  return {
    planeBytes: LINE * (lines + 1 - (lines % 2)),
    taps: Int32Array.from(taps),
    rows: Int32Array.from(rows.flatMap((y) => [y * plane[1], place(y + before[0], 0)])),
    length: plane[1],
    rests: Int32Array.from(
      over(stride[1]).flatMap((rest) => [
        place(0, before[1] + rest),
        BYTES * Math.max(0, Math.ceil((plane[1] - rest) / stride[1])),
      ]),
    ),
    vectors: Int32Array.from(vectors, ([y, x]) => BYTES * (y * width + x)),
    outs: Int32Array.from(vectors, ([y, x]) => BYTES * (y * output[1] + x)),
    padded: stride[0] * stride[1] * height * width > plane[0] * plane[1],
  };
}

/** Windows of one element that lie side by side: rows do not matter to them. */
function inOneLine(job: Geometry): Geometry {
  const { plane, output, kernel, stride, before } = job;
  const plain = [...kernel, ...stride].every((length) => length === 1) && before.every((length) => length === 0);
  if (!plain || plane[0] !== output[0] || plane[1] !== output[1]) return job;
  const line = [1, plane[0] * plane[1]] as const;
  return { ...job, plane: line, output: line };
}
