import { DATAFLOWS, type MacArray, orderOf } from '../../arrays/dataflow.js';
import { extentsOf } from '../../arrays/tiling.js';
import type { Datapath } from '../../datapaths/datapath.js';
import { codeArray } from '../../datapaths/kernel/index.js';
import { decode } from '../../formats/codec.js';
import { type Format, hasZero, widthOf } from '../../formats/format.js';
import type { PeFeed } from '../../gates/feed.js';
import { heldColumns, heldFeed, type HeldTile } from '../../gates/heldFeed.js';
import { outputFeed, type PeOperands } from '../../gates/outputFeed.js';
import { CASES } from '../../gates/simulator.js';
import { type Random, randomFrom } from '../../random/random.js';
import type { TileOperands } from '../vectors/tileVectors.js';

/** Operands of one kind, as the PEs of an array get them. */
export interface NamedFeed {
  name: string;
  feed: PeFeed;
}

type Draws = { name: string; a: (at: number) => number; b: (at: number) => number }[];

/**
 * Kinds of drawn operands, each from a stream of its own: codes of finite values all alike, zeros where a has one, and
 * operands that do not change. `at` counts codes; those of a case, or of a place in the array, are `alike` apart.
 */
function drawsOf({ a, b }: Datapath, seed: number, length: { a: number; b: number }, alike: { a: number; b: number }) {
  const random = randomFrom(seed, 0x6a7e);
  const fill = (format: Format, count: number) => {
    const draw = finiteCodes(format, random);
    return Float64Array.from({ length: count }, draw);
  };
  const first = fill(a, length.a);
  const second = fill(b, length.b);
  const draws: Draws = [{ name: 'uniform codes', a: (at) => first[at], b: (at) => second[at] }];
  if (hasZero(a)) draws.push({ name: 'a is zero', a: () => 0, b: (at) => second[at] });
  draws.push({ name: 'constant', a: (at) => first[at % alike.a], b: (at) => second[at % alike.b] });
  return draws;
}

/** Draws codes of finite values, all alike. */
function finiteCodes(format: Format, random: Random): () => number {
  const count = 2 ** widthOf(format);
  return () => {
    for (;;) {
      const code = random.below(count);
      if (decode(format, code).kind === 'finite') return code;
    }
  };
}

/** Feeds of drawn operands. */
export function drawnFeeds(datapath: Datapath, array: MacArray, seed: number): NamedFeed[] {
  return array.dataflow === 'os' ? drawnOutputs(datapath, array, seed) : drawnHeld(datapath, array, seed);
}

/** The feed of a layer's operands. */
export function layerFeed(layer: TileOperands, array: MacArray, seed: number): NamedFeed {
  const feed = array.dataflow === 'os' ? layerOutputs(layer, array, seed) : layerHeld(layer, array, seed);
  return { name: layer.job.layer, feed };
}

const TILES = 8;
const STEPS = 32;

function drawnOutputs(datapath: Datapath, array: MacArray, seed: number): NamedFeed[] {
  const k = STEPS * datapath.lanes;
  const length = TILES * k * CASES;
  const alike = { a: CASES, b: CASES };
  return drawsOf(datapath, seed, { a: length, b: length }, alike).map(({ name, a, b }) => {
    const codes = (draw: (at: number) => number) => Float64Array.from({ length }, (_, at) => draw(at));
    const operands: PeOperands = { tiles: TILES, k, a: codes(a), b: codes(b) };
    return { name, feed: outputFeed(datapath, orderOf(array, datapath), operands, array.multiplyStages) };
  });
}

/** Tiles of drawn words of an array whose PEs hold an operand, and their words: as many of these as a layer has pixels. */
const HELD_TILES = 3;
const HELD_STEPS = 128;

function drawnHeld(datapath: Datapath, array: MacArray, seed: number): NamedFeed[] {
  const { moving, held } = heldPorts(array);
  const products = array.rows * datapath.lanes;
  // A sum that is re-injected has been through the array before.
  const before = array.accumulation === 'reinject' ? products : 0;
  const k = before + products;
  const columns = heldColumns(array.rows);
  const [ofMoving, ofHeld] = [HELD_STEPS * k, k * columns];
  const length = { [moving]: HELD_TILES * ofMoving, [held]: HELD_TILES * ofHeld } as { a: number; b: number };
  // One word, and one tile, again and again.
  const alike = { [moving]: k, [held]: ofHeld } as { a: number; b: number };
  return drawsOf(datapath, seed, length, alike).map((draws) => {
    const codes = (port: 'a' | 'b', from: number, count: number) =>
      codeArray(datapath[port], count).map((_, at) => draws[port](from + at));
    const tiles = Array.from({ length: HELD_TILES }, (_, tile) => ({
      before,
      k,
      moving: codes(moving, tile * ofMoving, ofMoving),
      held: codes(held, tile * ofHeld, ofHeld),
    }));
    return { name: draws.name, feed: heldFeedOf(datapath, array, HELD_STEPS, tiles) };
  });
}

function heldPorts({ dataflow }: MacArray): { moving: 'a' | 'b'; held: 'a' | 'b' } {
  return dataflow === 'is' ? { moving: 'b', held: 'a' } : { moving: 'a', held: 'b' };
}

function heldFeedOf(datapath: Datapath, array: MacArray, steps: number, tiles: readonly HeldTile[]): PeFeed {
  const { rows, doubleBuffer } = array;
  return heldFeed(datapath, { holds: heldPorts(array).held, doubleBuffer, rows, steps, tiles });
}

/** Most steps of a layer's tiles that are simulated. */
const MOST_STEPS = 4096;

/**
 * Tiles of a layer, drawn from all of it: 16 rows of a meet 8 columns of b in each, as in a part of the array, and all k
 * pass. Where the layer has fewer rows or columns they come again.
 */
function layerOutputs({ job, unit, a, b }: TileOperands, array: MacArray, seed: number): PeFeed {
  const { m, n, k, groups } = job;
  const { lanes } = unit;
  const steps = Math.ceil(k / lanes);
  const tiles = Math.max(1, Math.min(TILES * 4, Math.floor(MOST_STEPS / steps)));
  const random = randomFrom(seed, 0x7115);
  const [rows, cols] = [16, CASES / 16];
  const codes = [a, b].map(() => new Float64Array(tiles * steps * lanes * CASES));
  for (let tile = 0; tile < tiles; tile++) {
    const group = random.below(groups);
    const [top, left] = [random.below(Math.ceil(m / rows)) * rows, random.below(Math.ceil(n / cols)) * cols];
    for (let at = 0; at < k; at++)
      for (let c = 0; c < CASES; c++) {
        const [row, col] = [(top + Math.floor(c / cols)) % m, (left + (c % cols)) % n];
        const place = (tile * steps * lanes + at) * CASES + c;
        codes[0][place] = a[(group * m + row) * k + at];
        codes[1][place] = b[(group * k + at) * n + col];
      }
  }
  const operands = { tiles, k, a: codes[0], b: codes[1] };
  return outputFeed(unit, orderOf(array, unit), operands, array.multiplyStages);
}

/** Words of a layer's tile that are looked at, from a drawn one on. */
const MOST_WORDS = 512;

/** Tiles of a layer, drawn from all of it. Where the layer has fewer columns than are looked at they come again. */
function layerHeld({ job, unit, a, b }: TileOperands, array: MacArray, seed: number): PeFeed {
  const { m, n, k, groups } = job;
  const { lanes } = unit;
  const weights = DATAFLOWS[array.dataflow].col === 'n';
  const { row: firings, col: across, time } = extentsOf(job, array, lanes);
  const { moving, held } = heldPorts(array);
  const [steps, columns] = [Math.min(time, MOST_WORDS), heldColumns(array.rows)];
  const count = Math.max(2, Math.min(TILES, Math.floor(MOST_STEPS / steps)));
  const random = randomFrom(seed, 0x7115);
  const codeOfA = (group: number, row: number, at: number) => a[(group * m + row) * k + at];
  const codeOfB = (group: number, at: number, col: number) => b[(group * k + at) * n + col];
  const tiles = Array.from({ length: count }, (): HeldTile => {
    const group = random.below(groups);
    const first = random.below(Math.ceil(firings / array.rows)) * array.rows * lanes;
    const last = Math.min(k, first + array.rows * lanes);
    const begin = array.accumulation === 'reinject' ? 0 : first;
    const [left, from] = [random.below(across), random.below(time - steps + 1)];
    const own = { before: first - begin, k: last - begin };
    const words = codeArray(unit[moving], steps * own.k).map((_, i) => {
      const [word, at] = [from + Math.floor(i / own.k), begin + (i % own.k)];
      return weights ? codeOfA(group, word, at) : codeOfB(group, at, word);
    });
    const stays = codeArray(unit[held], own.k * columns).map((_, i) => {
      const [at, col] = [begin + Math.floor(i / columns), (left + (i % columns)) % across];
      return weights ? codeOfB(group, at, col) : codeOfA(group, col, at);
    });
    return { ...own, moving: words, held: stays };
  });
  return heldFeedOf(unit, array, steps, tiles);
}
