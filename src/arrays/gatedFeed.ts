import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import type { CodeArray, SumArray } from '../datapaths/kernel/index.js';
import type { Order } from '../datapaths/order.js';
import { widthOf } from '../formats/format.js';
import type { MacArray } from './dataflow.js';
import type { PortWords } from './portWords.js';
import { slotAfter, timingOf } from './schedule.js';
import { type ArrayJob, type Tile, tileAt, tileCount } from './tiling.js';

/** A product on an output-stationary array whose PEs are gates. */
export interface GatedProduct {
  job: ArrayJob;
  unit: Datapath;
  order: Order;
  /** Codes [groups, m, k] and [groups, k, n]. */
  a: CodeArray;
  b: CodeArray;
  /** Codes [groups, m, n], which have to leave the netlist. */
  sums: SumArray;
}

/** A tile in cycles from its first word on. */
export interface GatedTurn {
  tile: Tile;
  /** Until the next tile's first word, or all is done. */
  period: number;
  /** In which its sums leave their own PE. */
  ready: number;
  /** In which the sum of row 0 goes on to row 1, in row 0's own time; row r hands its own on r cycles earlier. */
  drain: number;
}

/** Turns whose sums may be about at once. */
const UNDERWAY = 3;
/** The cycle in which the next tile's sums are there. */
const endOf = ({ period, ready }: GatedTurn) => period + ready;

/** The turn itself and those before it whose sums are still about, and the cycles since each began. */
export function underwayIn(turns: readonly GatedTurn[], i: number, from: number): { turn: GatedTurn; since: number }[] {
  const underway = [{ turn: turns[i], since: from }];
  for (let since = from, j = i - 1; j >= 0; j--) {
    const turn = turns[j];
    since += turn.period;
    if (since >= endOf(turn)) break;
    underway.push({ turn, since });
  }
  return underway;
}

export function turnOf(array: MacArray, { job, unit, order }: GatedProduct, index: number): GatedTurn {
  const timing = timingOf(array, order);
  const tile = tileAt(job, array, unit.lanes, index);
  const slot = slotAfter(undefined, tile, timing, 0);
  const last = index + 1 === tileCount(job, array, unit.lanes);
  const period = last
    ? slot.done
    : slotAfter({ tile, slot }, tileAt(job, array, unit.lanes, index + 1), timing, 0).stream;
  return { tile, period, ready: tile.steps + timing.settle, drain: slot.drain };
}

/** Words of operands that are kept. */
const MOST_PLANES = 2 ** 23;

/** What the ports of some PEs get of tiles. */
export class GatedFeed {
  readonly #words: PortWords;
  readonly #product: GatedProduct;
  readonly #moving: { bits: number; place: number; valid: number; first: number; restart: number; last: number };
  readonly #down: { bits: number; place: number; valid: number };
  readonly #above: { bits: number; place: number; drain: number };
  /** Words of a chunk of the sum. */
  readonly #chunk: number;
  readonly #all: Uint32Array;
  readonly #rows: number;
  /** What the rows hand on in each turn that is underway, [rows, bits, words of a pattern]. */
  readonly #patterns = new Map<GatedTurn, Uint32Array>();
  readonly #planes: Map<string, Uint32Array>;
  /** What stays in the PEs when a turn is over, the sums of its first row, [bits, words of a pattern]. */
  #kept: Uint32Array;

  /** @param planes of the operand that moves down, kept for all PEs */
  constructor(
    words: PortWords,
    array: MacArray,
    product: GatedProduct,
    swapped: boolean,
    planes: Map<string, Uint32Array>,
  ) {
    const { unit, order } = product;
    const [right, down] = swapped ? ['b', 'a'] : ['a', 'b'];
    const port = (name: string) => words.placeOf(name);
    this.#words = words;
    this.#planes = planes;
    this.#product = product;
    this.#moving = {
      bits: widthOf(unit.a),
      place: port(right),
      valid: port(`${right}_valid`),
      first: port('a_first'),
      restart: port('a_restart'),
      last: port('a_last'),
    };
    this.#down = { bits: widthOf(unit.b), place: port(down), valid: port(`${down}_valid`) };
    this.#above = { bits: widthOf(totalFitOf(unit, order).format), place: port('above'), drain: port('drain') };
    this.#chunk = order.kind === 'chunked' ? order.length / unit.lanes : Infinity;
    this.#all = this.#patternOf(array.cols);
    this.#rows = array.rows;
    this.#kept = new Uint32Array(this.#above.bits * words.patternWords);
  }

  /** The first columns of a row. */
  #patternOf(cols: number): Uint32Array {
    const pattern = new Uint32Array(this.#words.patternWords);
    for (let col = 0; col < cols; col++) pattern[col >> 5] |= 1 << (col & 31);
    return pattern;
  }

  /** Operands, and what goes with them, in some cycles of a turn. */
  stream({ tile }: GatedTurn, from: number, count: number): void {
    const { job, unit, a } = this.#product;
    const { m, k } = job;
    const { lanes } = unit;
    const words = this.#words;
    const { firstRow, lastRow, patternWords } = words;
    const lastOwn = Math.min(lastRow, tile.rows - 1);
    const [moving, down, all] = [this.#moving, this.#down, this.#all];
    const own = this.#patternOf(tile.cols);
    const planes = this.#planesOf(tile);
    for (let step = from; step < Math.min(from + count, tile.steps); step++) {
      const cycle = step - from;
      for (let lane = 0; lane < lanes && step * lanes + lane < k; lane++) {
        const at = step * lanes + lane;
        for (let row = firstRow; row <= lastOwn; row++) {
          words.put(cycle, moving.valid + lane, row, all);
          let code = a[(tile.group * m + tile.row + row) * k + at];
          for (let bit = moving.place + lane * moving.bits; code !== 0; bit++, code >>>= 1)
            if ((code & 1) === 1) words.put(cycle, bit, row, all);
        }
        for (let row = firstRow; row <= lastRow; row++) words.put(cycle, down.valid + lane, row, own);
        for (let bit = 0, plane = at * down.bits * patternWords; bit < down.bits; bit++, plane += patternWords)
          for (let row = firstRow; row <= lastRow; row++)
            words.put(cycle, down.place + lane * down.bits + bit, row, planes, plane);
      }
      const marks = [
        ...(step === 0 ? [moving.first] : step % this.#chunk === 0 ? [moving.restart] : []),
        ...(step === tile.steps - 1 ? [moving.last] : []),
      ];
      for (const mark of marks) for (let row = firstRow; row <= lastOwn; row++) words.put(cycle, mark, row, all);
    }
  }

  /** The operand that moves down, [k, bits, words of a pattern]: tiles of the same columns have the same. */
  #planesOf({ group, col: left, cols }: Tile): Uint32Array {
    const key = `${group} ${left}`;
    const known = this.#planes.get(key);
    if (known !== undefined) return known;
    const { job, b } = this.#product;
    const { n, k } = job;
    const size = this.#words.patternWords;
    const each = this.#down.bits * size;
    if (this.#planes.size * k * each > MOST_PLANES) this.#planes.clear();
    const planes = new Uint32Array(k * each);
    for (let at = 0; at < k; at++) {
      const first = (group * k + at) * n + left;
      for (let col = 0; col < cols; col++)
        for (let code = b[first + col], plane = at * each + (col >> 5); code !== 0; plane += size, code >>>= 1)
          if ((code & 1) === 1) planes[plane] |= 1 << (col & 31);
    }
    this.#planes.set(key, planes);
    return planes;
  }

  /**
   * Finished sums on their way down. In its own time row r sees its upper neighbour's leave from cycle ready - 1 on, and
   * from cycle drain - r on, when it shifts r times, that of one row further up each cycle; row 0's stays until the next
   * tile's.
   */
  drain(turn: GatedTurn, from: number, count: number): void {
    const { ready, drain } = turn;
    const words = this.#words;
    const end = Math.min(from + count, endOf(turn) - 1);
    if (end <= ready - 1) return;
    const { bits, place, drain: shift } = this.#above;
    const patterns = this.#patterns.get(turn) as Uint32Array;
    for (let row = Math.max(1, words.firstRow); row <= words.lastRow; row++) {
      const begin = drain - row;
      for (let now = Math.max(from, begin); now < Math.min(end, drain); now++)
        words.put(now - from, shift, row, this.#all);
      for (let now = Math.max(from, ready - 1); now < Math.min(end, Math.max(from, drain) + 1); now++) {
        const source = now < begin ? row - 1 : Math.max(0, drain - 1 - now);
        for (let bit = 0; bit < bits; bit++)
          words.put(now - from, place + bit, row, patterns, (source * bits + bit) * words.patternWords);
      }
    }
    const kept = Math.max(from, drain);
    if (kept + 1 < end) words.repeat(kept - from, place, bits, end - kept);
  }

  /** Takes up a turn: what each row hands on is its sum, or without one what it has kept of the turns before. */
  begin(turn: GatedTurn): void {
    const { tile } = turn;
    const { m, n } = this.#product.job;
    const { bits } = this.#above;
    const size = this.#words.patternWords;
    const patterns = new Uint32Array(this.#rows * bits * size);
    const own = this.#patternOf(tile.cols);
    for (let row = 0; row < this.#rows; row++)
      for (let at = 0; at < bits * size; at++)
        patterns[row * bits * size + at] = row < tile.rows ? this.#kept[at] & ~own[at % size] : this.#kept[at];
    for (let row = 0; row < tile.rows; row++)
      for (let col = 0; col < tile.cols; col++) {
        const sum = this.#product.sums[(tile.group * m + tile.row + row) * n + tile.col + col];
        const mask = 1 << (col & 31);
        const mark = (code: number, from: number) => {
          for (let rest = code, at = (row * bits + from) * size + (col >> 5); rest !== 0; rest >>>= 1, at += size)
            if ((rest & 1) === 1) patterns[at] |= mask;
        };
        if (typeof sum === 'number') mark(sum, 0);
        else {
          mark(Number(sum & 0xffffffffn), 0);
          mark(Number(sum >> 32n), 32);
        }
      }
    this.#kept = patterns.slice(0, bits * size);
    this.#patterns.set(turn, patterns);
    const [oldest] = this.#patterns.keys();
    if (this.#patterns.size > UNDERWAY) this.#patterns.delete(oldest);
  }

  /** @throws Error naming the layer and the first sum that leaves its PE as another than the product's */
  check(turn: GatedTurn, from: number, count: number, leaving: Uint8Array): void {
    const { tile, ready } = turn;
    if (ready < from || ready >= from + count) return;
    const words = this.#words;
    const patterns = this.#patterns.get(turn) as Uint32Array;
    const own = this.#patternOf(tile.cols);
    for (let row = words.firstRow; row <= Math.min(words.lastRow, tile.rows - 1); row++)
      for (let bit = 0; bit < this.#above.bits; bit++) {
        const place = (row * this.#above.bits + bit) * words.patternWords;
        const col = words.differs(leaving, ready - from, bit, row, patterns, place, own);
        if (col !== undefined) this.#fail(tile, row, col, words.codeAt(leaving, ready - from, row, col));
      }
  }

  #fail({ group, row: top, col: left }: Tile, row: number, col: number, found: bigint): never {
    const { job, sums, unit } = this.#product;
    const place = (group * job.m + top + row) * job.n + left + col;
    throw new Error(
      `internal error, please report it: layer ${job.layer}, sum ${place}: the gates of ${unit.name} give code ${found}, the kernel ${sums[place]}`,
    );
  }
}
