import { Arena, type Kernel, kernelOf, sharedMemory } from '../../../wasm/memory.js';
import type { IntegerPlanes, WindowJob } from '../contract/windows.js';
import { ROWS } from '../panels/frame.js';
import { roundUp } from '../panels/pack.js';
import { fillFunction, lengthsFunction, type PairReading, totalsFunction } from '../panels/pairs.js';
import type { WindowFrame } from '../panels/windowFrame.js';
import type { PairFactors } from './pairFactors.js';
import { PAIR_PARAMETERS, pairFunction, type PairParameters, widenFunction } from './pairNest.js';

/** Bytes of frames, weights and sums that are in the kernels' memory together; the last two stay in a second-level cache. */
const FRAMES = 2 ** 20;
const WEIGHTS = 2 ** 18;
const SUMS = 2 ** 19;
const VECTOR = 16;
/** Of bytes: more than one vector, and the last codes of a row that are read eight or sixteen together. */
const SLACK = 64;

/** How many images and filters go together. */
export interface PairBlocks {
  images: number;
  filters: number;
}

export function pairBlocksOf(job: WindowJob, frame: WindowFrame): PairBlocks {
  const { images, filters, output } = job;
  const together = Math.max(1, Math.min(images, Math.floor(FRAMES / (pairsOf(job) * frame.planeBytes))));
  const weights = WEIGHTS / (4 * pairsOf(job) * frame.taps.length);
  const fitting = Math.min(weights, SUMS / (4 * output[0] * output[1] * together));
  const whole = Math.min(roundUp(filters, ROWS), Math.floor(fitting / ROWS) * ROWS);
  return { images: together, filters: Math.max(ROWS, whole) };
}

/** Pairs of channels, the last of which may have one. */
function pairsOf({ channels }: WindowJob): number {
  return Math.ceil(channels / 2);
}

/** What a convolution of one group is computed from. */
export interface PairWork {
  job: WindowJob;
  frame: WindowFrame;
  blocks: PairBlocks;
  reading: PairReading;
  factors: PairFactors;
  /** The lane value of padding. */
  padding: number;
}

/**
 * Exact sums, modulo 2^32.
 * @param known sums of magnitudes are looked for that reach this power of two, or, where one does, the power above it
 */
export function* pairSums(work: PairWork, known: number): Generator<IntegerPlanes> {
  const { job, frame, blocks, factors } = work;
  const { images, filters, output } = job;
  const pixels = output[0] * output[1];
  const site = siteOf(work);
  const { at, step, kernels, free } = site;
  const { buffer } = sharedMemory();
  const found = new Int32Array(buffer, at.found, (3 * VECTOR) / 4).fill(0);
  new Float32Array(buffer, at.found + 2 * VECTOR, VECTOR / 4).fill(known);
  for (let firstImage = 0; firstImage < images; firstImage += blocks.images) {
    const count = Math.min(blocks.images, images - firstImage);
    for (let image = 0; image < count; image++) fill(work, site, firstImage + image, image);
    for (let first = 0; first < filters; first += blocks.filters) {
      const own = Math.min(blocks.filters, filters - first);
      const rows = roundUp(own, ROWS);
      putFactors(factors, site, first, rows);
      putPlaces(frame, site, { images: count, pixels, filters: own });
      const parameters: PairParameters = {
        ...{ panels: (count * frame.vectors.length) / 2, tiles: rows / ROWS, pairs: pairsOf(job) },
        ...{ taps: frame.taps.length, steps: step / 2, pairBytes: frame.planeBytes, offsets: at.taps },
        ...{ vectors: at.vectors, windows: at.windows, outs: at.outs, filters: at.filters, frame: at.frame },
        ...{ panel: at.panel, weights: at.weights, sums: at.sums, along: at.along, across: at.across },
        ...{ filterAlong: at.filterAlong, filterAcross: at.filterAcross, largest: at.found },
      };
      kernels.pairs(...PAIR_PARAMETERS.map((name) => parameters[name]));
      const [largest, peak] = [found.subarray(0, 4), found.subarray(4, 8)].map((lanes) => Math.max(...lanes));
      const sums = new Int32Array(buffer, at.sums, count * own * pixels);
      yield { sums, first, groups: 1, filters: own, firstImage, images: count, largest, peak, free };
    }
  }
}

const compiled = new Map<string, Kernel>();

function kernelsFor(reading: PairReading): Kernel {
  const key = JSON.stringify(reading);
  let kernel = compiled.get(key);
  if (kernel === undefined) compiled.set(key, (kernel = kernelOf([fillFunction(reading)])));
  return kernel;
}

let common: Kernel | undefined;

type Site = ReturnType<typeof siteOf>;

/** Where everything lies; what is the same for all images and filters is put there. */
function siteOf({ job, frame, blocks, reading, factors }: PairWork) {
  const { channels, plane, output } = job;
  const { planeBytes: pairBytes, taps, rows, rests, vectors } = frame;
  const pairs = pairsOf(job);
  const { images, filters } = blocks;
  const pixels = output[0] * output[1];
  const step = 2 * pairs * taps.length;
  const arena = new Arena();
  const at = {
    frame: arena.take(images * pairs * pairBytes + SLACK),
    ...{ squares: arena.take(pairBytes), totals: arena.take(pairBytes), direction: arena.take(4 * pairs) },
    ...{ along: arena.take(4 * images * pixels), across: arena.take(4 * images * pixels) },
    ...{
      filterAlong: arena.take((4 * filters) / ROWS),
      filterAcross: arena.take((4 * filters) / ROWS),
      filters: arena.take(4 * filters),
    },
    ...{ taps: arena.take(4 * taps.length), rows: arena.take(4 * rows.length), rests: arena.take(4 * rests.length) },
    vectors: arena.take(4 * images * vectors.length),
    windows: arena.take(4 * images * vectors.length),
    outs: arena.take(4 * images * vectors.length),
    ...{ unit: arena.take(4), padding: arena.take(3 * VECTOR), found: arena.take(3 * VECTOR) },
    panel: arena.take(VECTOR * step),
    weights: arena.take(2 * filters * step),
    // An image's codes until they are in the frame, then those of weights.
    codes: arena.take(Math.max(channels * plane[0] * plane[1], filters * step) + SLACK),
    // With filters beyond the last one.
    sums: arena.take(4 * pixels * (filters * images + ROWS)),
  };
  const { buffer } = sharedMemory();
  for (const [address, words] of [
    [at.taps, taps],
    [at.rows, rows],
    [at.rests, rests],
  ] as const)
    new Int32Array(buffer, address, words.length).set(words);
  new Int16Array(buffer, at.direction, 2 * pairs).fill(0).set(factors.direction);
  new Float32Array(buffer, at.unit, 1).fill(factors.unit);
  common ??= kernelOf([totalsFunction(), lengthsFunction(), pairFunction(), widenFunction()]);
  const kernels: Kernel = { ...common, ...kernelsFor(reading) };
  return { at, step, kernels, imageBytes: pairs * pairBytes, free: arena.end };
}

/** Puts an image's planes into the place of one, and the lengths of its windows among those of others. */
function fill({ job, frame, padding }: PairWork, { at, kernels }: Site, image: number, place: number): void {
  const { channels, plane, output, a } = job;
  const { planeBytes: pairBytes, rows, taps, vectors, outs, length, padded } = frame;
  const pairs = pairsOf(job);
  const { buffer } = sharedMemory();
  const size = plane[0] * plane[1];
  const whole = Math.floor(channels / 2);
  const own = at.frame + place * pairs * pairBytes;
  new Uint8Array(buffer, at.codes).set(a.subarray(image * channels * size, (image + 1) * channels * size));
  // A last channel without another has zeros beside it.
  for (const [first, count, mask] of [
    [0, whole, -1],
    [whole, channels - 2 * whole, 0xffff],
  ] as const) {
    if (count === 0) continue;
    const word = ((padding & 0xffff) | (padding << 16)) & mask;
    new Int32Array(buffer, at.padding, 9)
      .fill(word, 0, 4)
      .fill(mask, 4, 8)
      .fill(mask === -1 ? -1 : 0, 8);
    const to = own + first * pairBytes;
    if (padded) new Int32Array(buffer, to, (count * pairBytes) / 4).fill(word);
    const codes = at.codes + 2 * first * size;
    kernels.fill(codes, size, count, at.rows, rows.length / 2, at.rests, length, to, pairBytes, at.padding);
  }
  kernels.totals(own, pairs, pairBytes, pairBytes / 64, at.squares, at.totals, at.direction);
  new Int32Array(buffer, at.vectors, vectors.length).set(vectors);
  new Int32Array(buffer, at.outs, outs.length).set(outs);
  const lengths = [at.along, at.across].map((address) => address + 4 * place * output[0] * output[1]);
  kernels.lengths(
    at.squares,
    at.totals,
    at.vectors,
    at.outs,
    vectors.length,
    at.taps,
    taps.length,
    at.unit,
    ...lengths,
  );
}

/** Places of the vectors of several images. */
function putPlaces(
  { vectors, outs }: WindowFrame,
  { at, imageBytes }: Pick<Site, 'at' | 'imageBytes'>,
  { images, pixels, filters }: { images: number; pixels: number; filters: number },
): void {
  const tables: [number, Int32Array, number][] = [
    [at.vectors, vectors, imageBytes],
    [at.windows, outs, 4 * pixels],
    [at.outs, outs, 4 * pixels * filters],
  ];
  for (const [address, own, bytes] of tables) {
    const all = new Int32Array(sharedMemory().buffer, address, images * own.length);
    for (let image = 0; image < images; image++)
      all.set(image === 0 ? own : own.map((place) => place + image * bytes), image * own.length);
  }
  // Rows without a filter go behind the others.
  const places = new Int32Array(sharedMemory().buffer, at.filters, roundUp(filters, ROWS));
  for (let row = 0; row < places.length; row++) places[row] = 4 * pixels * (row < filters ? places[row] : row);
}

/** The factors of some filters; in place of their places, which of these they are. */
function putFactors(factors: PairFactors, { at, step, kernels }: Site, first: number, rows: number): void {
  const { buffer } = sharedMemory();
  const weights = factors.weights.subarray(first * step, (first + rows) * step);
  if (weights instanceof Int16Array) new Int16Array(buffer, at.weights, weights.length).set(weights);
  else {
    new Int8Array(buffer, at.codes, weights.length).set(weights);
    kernels.widen(at.codes, weights.length / 8, at.weights);
  }
  const [tile, end] = [first / ROWS, (first + rows) / ROWS];
  new Float32Array(buffer, at.filterAlong, end - tile).set(factors.along.subarray(tile, end));
  new Float32Array(buffer, at.filterAcross, end - tile).set(factors.across.subarray(tile, end));
  new Int32Array(buffer, at.filters, rows).set(factors.filters.subarray(first, first + rows).map((f) => f - first));
}
