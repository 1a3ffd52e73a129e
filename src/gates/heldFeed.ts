import type { Datapath } from '../datapaths/datapath.js';
import { type CodeArray, codeArray, compileGemm, type SumArray } from '../datapaths/kernel/index.js';
import { SEQUENTIAL } from '../datapaths/order.js';
import { reduce } from '../datapaths/reference.js';
import { widthOf } from '../formats/format.js';
import { type ExpectedSum, lookedAt, type PeFeed, type PortWord, raised } from './feed.js';
import { CASES } from './simulator.js';

/** Tiles of products on an array whose PEs hold an operand, ws or is. */
export interface HeldTiles {
  holds: 'a' | 'b';
  doubleBuffer: boolean;
  /** Rows of the array. */
  rows: number;
  /** Words of a tile. */
  steps: number;
  tiles: readonly HeldTile[];
}

export interface HeldTile {
  /** Products of a sum before it enters at the top, where sums are re-injected. */
  before: number;
  /** Those and the tile's own, of at most rows x lanes. */
  k: number;
  /** Codes [steps, k] of the operand that moves. */
  moving: CodeArray;
  /** Codes [k, columns] of the operand that stays. */
  held: CodeArray;
}

/** Most rows of an array that are looked at; of more, so many that are spread over all. */
const MOST_ROWS = 16;

/** Columns of the held codes of a tile, whatever the array has. */
export const heldColumns = (rows: number): number => Math.ceil(CASES / Math.min(rows, MOST_ROWS));

/**
 * The feed of a PE that holds an operand (rtl/pe.ts): cases are PEs of several rows and columns, each in its own time. While
 * a tile is loaded the words of lower rows pass a PE; then its own stays, words move and the sum of the rows above comes with
 * each. With one buffer nothing moves while a tile is loaded; with two the next one is loaded as words begin to move.
 */
export function heldFeed(datapath: Datapath, { holds, doubleBuffer, rows, steps, tiles }: HeldTiles): PeFeed {
  const { lanes } = datapath;
  const plain: Datapath = {
    ...datapath,
    order: SEQUENTIAL,
    result: undefined,
    requantize: undefined,
    nanCode: undefined,
  };
  const seen = Math.min(rows, MOST_ROWS);
  const columns = heldColumns(rows);
  const rowOf = (c: number) => Math.floor(((c % seen) * rows) / seen);
  const columnOf = (c: number) => Math.floor(c / seen);
  const begin = doubleBuffer ? 0 : rows;
  const period = doubleBuffer ? Math.max(rows, steps) : rows + steps;
  const [movingBits, heldBits] = (holds === 'b' ? ['a', 'b'] : ['b', 'a']).map((port) =>
    widthOf(datapath[port as 'a' | 'b']),
  );
  const sumBits = widthOf(datapath.sum.format);
  const above = tiles.map((tile) => partialSums(plain, holds, tile, steps, columns, seen, rowOf));
  const productOf = ({ before, k }: HeldTile, row: number, lane: number) => {
    const at = before + row * lanes + lane;
    return at < k ? at : undefined;
  };
  const movingOf = (tile: HeldTile, step: number, row: number, lane: number) => {
    const at = productOf(tile, row, lane);
    return at === undefined ? 0 : tile.moving[step * tile.k + at];
  };
  const heldOf = (tile: HeldTile, row: number, lane: number, column: number) => {
    const at = productOf(tile, row, lane);
    return at === undefined ? 0 : tile.held[at * columns + column];
  };
  const sumInto = (tile: number, step: number, c: number) =>
    above[tile][c % seen][holds === 'b' ? step * columns + columnOf(c) : columnOf(c) * steps + step];

  /** What a word on its way through the array brings to the PE. */
  function streaming(tile: number, step: number): PortWord[] {
    const own = tiles[tile];
    const words: PortWord[] = step === 0 ? [raised('moving_first')] : [];
    for (let lane = 0; lane < lanes; lane++) {
      const isLive = (c: number) => Number(productOf(own, rowOf(c), lane) !== undefined);
      words.push(
        { port: 'moving_valid', bit: lane, bits: 1, codeOf: isLive },
        {
          port: 'moving',
          bit: lane * movingBits,
          bits: movingBits,
          codeOf: (c) => movingOf(own, step, rowOf(c), lane),
        },
      );
    }
    for (let bit = 0; bit < sumBits; bit += 32) {
      const codeOf = (c: number) => Number((BigInt(sumInto(tile, step, c)) >> BigInt(bit)) & 0xffffffffn);
      words.push({ port: 'sum_in', bit, bits: Math.min(32, sumBits - bit), codeOf });
    }
    return words;
  }

  /** The words for the rows below, from the last one's on, pass a PE, and its own comes last and stays. */
  function loading(tile: number, own: number): PortWord[] {
    const shifts = (c: number) => Number(own < rows - rowOf(c));
    // The column goes on until row 0 has its word, which in this PE's time is earlier.
    const loads = (c: number) => Number(own < rows - rowOf(c) || own >= period - rowOf(c));
    const words: PortWord[] = [
      { port: 'shifts', bit: 0, bits: 1, codeOf: shifts },
      { port: 'loads', bit: 0, bits: 1, codeOf: loads },
    ];
    for (let lane = 0; lane < lanes; lane++) {
      const codeOf = (c: number) => {
        // The PE above keeps its own word; above row 0 there is none.
        const row = Math.max(rows - 1 - own, rowOf(c) - 1);
        return row < 0 ? 0 : heldOf(tiles[tile], row, lane, columnOf(c));
      };
      words.push({ port: 'held', bit: lane * heldBits, bits: heldBits, codeOf });
    }
    return words;
  }

  function* expected(): Generator<ExpectedSum> {
    const apart = lookedAt(tiles.length * steps * CASES * lanes);
    for (const [index, tile] of tiles.entries())
      for (let step = 0; step < steps; step++)
        for (let c = (index + step) % apart; c < CASES; c += apart) {
          const row = rowOf(c);
          const live = Math.min(lanes, Math.max(0, tile.k - tile.before - row * lanes));
          const a = Array.from({ length: live }, (_, lane) => movingOf(tile, step, row, lane));
          const b = Array.from({ length: live }, (_, lane) => heldOf(tile, row, lane, columnOf(c)));
          const given = BigInt(sumInto(index, step, c));
          const operands = holds === 'b' ? { a, b, c: given } : { a: b, b: a, c: given };
          const code = live === 0 ? given : reduce(plain, operands, SEQUENTIAL).code;
          yield { cycle: index * period + begin + step + 1, c, code };
        }
  }

  return {
    unit: datapath.name,
    tiles: tiles.length,
    period,
    after: 1,
    firings: tiles.length * steps,
    // What is loaded in the last tile is the first one's.
    warm: [(tiles.length - 1) * period, tiles.length * period],
    wordsIn(cycle) {
      const [tile, own] = [Math.floor(cycle / period), cycle % period];
      const step = own - begin;
      return [
        ...loading(doubleBuffer ? (tile + 1) % tiles.length : tile, own),
        ...(step >= 0 && step < steps ? streaming(tile, step) : []),
      ];
    },
    since: (cycle) => (Math.floor(cycle / period) - (doubleBuffer ? 2 : 1)) * period,
    sums: { port: 'sum', bits: sumBits, expected },
  };
}

/** What the rows above those that are seen have summed up: of each row the sums, [steps, columns] or [columns, steps]. */
function partialSums(
  plain: Datapath,
  holds: 'a' | 'b',
  { before, k, moving, held }: HeldTile,
  steps: number,
  columns: number,
  seen: number,
  rowOf: (c: number) => number,
): SumArray[] {
  const gemm = compileGemm(plain, SEQUENTIAL);
  return Array.from({ length: seen }, (_, c) => {
    const length = Math.min(k, before + rowOf(c) * plain.lanes);
    const [m, n] = holds === 'b' ? [steps, columns] : [columns, steps];
    const [a, b] = [codeArray(plain.a, m * length), codeArray(plain.b, length * n)];
    const [ofMoving, ofHeld] = holds === 'b' ? [a, b] : [b, a];
    for (let at = 0; at < length; at++) {
      for (let step = 0; step < steps; step++)
        ofMoving[holds === 'b' ? step * length + at : at * n + step] = moving[step * k + at];
      for (let column = 0; column < columns; column++)
        ofHeld[holds === 'b' ? at * n + column : column * length + at] = held[at * columns + column];
    }
    return gemm.sums({ m, n, k: length, a, b });
  });
}
