import { Arena, type Kernel, kernelOf, sharedMemory } from '../../../wasm/memory.js';
import type { WindowJob } from '../contract/windows.js';
import { extensionOf } from '../panels/packLanes.js';
import { planeFrame } from '../panels/planes.js';
import {
  PEAK_BYTES,
  TILE,
  WINDOW_PARAMETERS,
  windowFunction,
  type WindowParameters,
  type WindowShape,
} from './windowNest.js';

/** Bytes of sums that are in the kernels' memory together, so that they stay in the second-level cache. */
const BLOCK = 2 ** 19;

/** Some groups' dot products, in the kernels' memory until the next ones are asked for. */
interface WindowBlock {
  first: number;
  groups: number;
  /** Addresses: of their sums, and behind all that the convolution has there. */
  out: number;
  free: number;
  /** Of each group the largest sum of magnitudes, and the largest magnitude of a sum. */
  peaks: Int32Array;
  largest: Int32Array;
}

/**
 * Dot products of windows, modulo 2^32.
 * @param table lane values of a's codes
 * @param weights of two taps side by side, then their magnitudes below zero: [groups][filters][ceil(taps / 2)][2][2]
 */
export function* windowBlocks(
  job: WindowJob,
  table: Float64Array,
  weights: Int16Array,
  form: 'planes' | 'values',
): Generator<WindowBlock> {
  const { images, groups, a } = job;
  const { kernel, at, codeBytes, together, parameters, free } = siteOf(job, table, weights.length / groups, form);
  const { buffer } = sharedMemory();
  const [planes, own] = [a, weights].map(({ length }) => length / groups);
  const codes = codeBytes === 1 ? new Uint8Array(buffer, at.codes) : new Uint16Array(buffer, at.codes);
  for (let first = 0; first < groups; first += together) {
    const count = Math.min(together, groups - first);
    const block = (count * planes) / images;
    for (let image = 0; image < images; image++) {
      const from = ((image * groups + first) * planes) / images;
      codes.set(a.subarray(from, from + block), image * block);
    }
    new Int16Array(buffer, at.weights, count * own).set(weights.subarray(first * own, (first + count) * own));
    const now: WindowParameters = { ...parameters, groups: count, imageBytes: block * codeBytes };
    kernel.windows(...WINDOW_PARAMETERS.map((name) => now[name]));
    const [peaks, largest] = [0, 1].map((which) => largestLanes(at.peaks, count, which));
    yield { first, groups: count, out: at.out, free, peaks, largest };
  }
}

/** Of each group the largest of four lanes, the first or the second ones. */
function largestLanes(address: number, groups: number, which: number): Int32Array {
  const lanes = new Int32Array(sharedMemory().buffer, address, (groups * PEAK_BYTES) / 4);
  return Int32Array.from({ length: groups }, (_, g) => {
    const at = 8 * g + 4 * which;
    return Math.max(lanes[at], lanes[at + 1], lanes[at + 2], lanes[at + 3]);
  });
}

const compiled = new Map<string, Kernel>();

function kernelFor(shape: WindowShape): Kernel {
  const key = JSON.stringify(shape);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf([windowFunction(shape)])));
  return kernel;
}

/** Bytes of a vector, which may be read or written beyond an end. */
const VECTOR = 16;

/** Everything that is the same for all groups of a job, put into memory. */
function siteOf(job: WindowJob, table: Float64Array, ownWeights: number, form: 'planes' | 'values') {
  const { images, groups, channels, filters, plane, output, stride, a } = job;
  const codeBytes = a.BYTES_PER_ELEMENT as 1 | 2;
  const extension = codeBytes === 1 ? extensionOf(table, { operand: Int16Array }) : undefined;
  const own = form === 'values' && filters === 1 ? 'value' : form;
  const kernel = kernelFor({ codeBytes, stride: stride[1], extension, form: own });
  const frame = planeFrame(job);
  // Bytes of one sum, of a filter's from one output to the next, and of an image's.
  const bytes = form === 'planes' ? 4 : 8;
  const outBytes = form === 'planes' ? 4 : 8 * filters;
  const pixels = output[0] * output[1];
  const imageOutBytes = bytes * filters * pixels;
  const together = Math.max(1, Math.min(groups, Math.floor(BLOCK / (images * imageOutBytes))));
  const tiles = Math.ceil(frame.lanes / TILE);
  const [lines, lineBytes] = [channels * plane[0], plane[1] * codeBytes];
  const arena = new Arena();
  const at = {
    codes: arena.take(images * together * lines * lineBytes + VECTOR),
    table: arena.take(2 * table.length),
    frame: arena.take(frame.bytes),
    rows: arena.take(4 * frame.rows.length),
    rests: arena.take(4 * frame.rests.length),
    taps: arena.take(4 * frame.taps.length + 4),
    weights: arena.take(2 * together * ownWeights),
    scratch: arena.take(8 * tiles * TILE + VECTOR),
    mask: arena.take(VECTOR),
    out: arena.take(together * images * imageOutBytes + 4 * outBytes),
    peaks: arena.take(PEAK_BYTES * together),
    padding: arena.take(2),
  };
  const { buffer } = sharedMemory();
  new Int16Array(buffer, at.table, table.length).set(table);
  new Int16Array(buffer, at.frame, frame.bytes / 2).fill(table[job.padding]);
  new Int16Array(buffer, at.padding, 1).fill(table[job.padding]);
  const words: [number, ArrayLike<number>][] = [
    [at.rows, frame.rows],
    [at.rests, frame.rests],
    // The last tap of an odd number is read twice; once its weight is 0.
    [at.taps, [...frame.taps, frame.taps[frame.taps.length - 1]]],
    [at.mask, [0, 1, 2, 3].map((lane) => (lane < output[1] % 4 ? -1 : 0))],
  ];
  for (const [address, values] of words) new Int32Array(buffer, address, values.length).set(values);
  const parameters: Omit<WindowParameters, 'groups' | 'imageBytes'> = {
    ...{ ...at, images, filters, lines, lineBytes, tiles, outBytes },
    pairs: Math.ceil(frame.taps.length / 2),
    outputRows: output[0],
    vectors: Math.floor(output[1] / 4),
    rest: output[1] % 4,
    scratchBytes: 4 * tiles * TILE,
    // A lane is two bytes in the frame, four in the scratch.
    pitch: 2 * frame.pitch,
    outRowBytes: output[1] * outBytes,
    filterBytes: form === 'planes' ? bytes * pixels : bytes,
    imageOutBytes,
  };
  return { kernel, at, codeBytes, together, parameters, free: arena.end };
}
