import type { MacArray } from '../../arrays/dataflow.js';
import type { TilePlace } from '../../arrays/ports.js';
import type { Timing, Turn } from '../../arrays/schedule.js';
import type { Tile } from '../../arrays/tiling.js';

/** Where the words belong that pass one side of an array at a clock edge, a row's or column's each; edges are asked in order. */
export type Feed = (edge: number) => readonly (TilePlace | undefined)[];

/** The words of each turn on one side of the array. */
interface Issue {
  /** Rows or columns. */
  count: number;
  /** The edge of a turn's first word at row or column 0. */
  start(turn: Turn): number;
  words(tile: Tile): number;
  /** Edges from one word to the next. */
  interval: number;
  /** Edges that a row or column lags behind the first. */
  delay(index: number): number;
  place(tile: Tile, step: number, index: number): TilePlace | undefined;
}

function feedOf(turns: readonly Turn[], { count, start, words, interval, delay, place }: Issue): Feed {
  const current = new Int32Array(count);
  let known = -1;
  let places: readonly (TilePlace | undefined)[] = [];
  function placeAt(edge: number, index: number): TilePlace | undefined {
    const time = edge - delay(index);
    while (turns[current[index]] && time >= start(turns[current[index]]) + words(turns[current[index]].tile) * interval)
      current[index]++;
    const turn = turns[current[index]];
    const since = turn === undefined ? -1 : time - start(turn);
    return since < 0 || since % interval !== 0 ? undefined : place(turn.tile, since / interval, index);
  }
  return (edge) => {
    if (edge !== known) places = Array.from({ length: count }, (_, index) => placeAt(edge, index));
    known = edge;
    return places;
  };
}

const stepsOf = (tile: Tile) => tile.steps;
const heightOf = (tile: Tile) => tile.height;
const streamStart = ({ slot }: Turn) => slot.stream;

/** Every side of an array that has words on it. */
export interface Feeds {
  /** The operand that moves right, entering a row each. */
  rows: Feed;
  /** os: the operand that moves down, entering a column each. */
  cols: Feed;
  /** ws, is: the operand that stays, shifted in at the top; rows past the tile's own carry nothing. */
  load: Feed;
  /** ws, is, re-injection: sums that go on, put in at the top. */
  top: Feed;
  /** ws, is: sums that leave below. */
  below: Feed;
  /** os: finished sums shifted out below; rows and columns past the tile's own carry nothing. */
  drain: Feed;
}

export function feedsOf(
  { rows, cols, multiplyStages, addStages }: MacArray,
  turns: readonly Turn[],
  timing: Timing,
): Feeds {
  const { interval, loadInterval, drainInterval, rowDelay, colDelay } = timing;
  const stream = { start: streamStart, words: stepsOf, interval };
  const perCol = { count: cols, delay: (col: number) => col * colDelay };
  const inCol: Issue['place'] = (tile, step, col) => (col < tile.cols ? { tile, row: 0, col, step } : undefined);
  const fromLowest: Issue['place'] = (tile, step, col) => ({ tile, row: tile.height - 1 - step, col, step: 0 });
  const bottom = ({ slot, tile }: Turn) => slot.stream + (tile.height - 1) * rowDelay + multiplyStages + addStages;
  return {
    rows: feedOf(turns, {
      ...stream,
      count: rows,
      delay: (row) => row * rowDelay,
      place: (tile, step, row) => (row < tile.rows ? { tile, row, col: 0, step } : undefined),
    }),
    cols: feedOf(turns, { ...stream, ...perCol, place: inCol }),
    load: feedOf(turns, {
      ...perCol,
      start: ({ slot }) => slot.load,
      words: heightOf,
      interval: loadInterval,
      place: (tile, step, col) => (col < tile.cols ? fromLowest(tile, step, col) : undefined),
    }),
    top: feedOf(turns, {
      ...stream,
      count: cols,
      delay: (col) => col * colDelay + multiplyStages,
      place: (tile, step, col) => (tile.continues ? inCol(tile, step, col) : undefined),
    }),
    below: feedOf(turns, { ...stream, ...perCol, start: bottom, place: inCol }),
    drain: feedOf(turns, {
      ...perCol,
      start: ({ slot }) => slot.drain,
      words: heightOf,
      interval: drainInterval,
      place: (tile, step, col) => (col < tile.width ? fromLowest(tile, step, col) : undefined),
    }),
  };
}

/** Whether a place is one of the tile's own, not past its last row or column. */
export function isOwn(place: TilePlace | undefined): place is TilePlace {
  return place !== undefined && place.row < place.tile.rows && place.col < place.tile.cols;
}
