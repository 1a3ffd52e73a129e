import { type Datapath, totalFitOf } from '../datapaths/datapath.js';
import type { CodeArray, SumArray } from '../datapaths/kernel/index.js';
import type { Order } from '../datapaths/order.js';
import { widthOf } from '../formats/format.js';
import type { GlitchWindow } from '../gates/glitches.js';
import { byDriver } from '../gates/power.js';
import { CASES, type Simulator, simulatorOf } from '../gates/simulator.js';
import type { GateUnit } from '../gates/unit.js';
import { wiresOf } from '../gates/wires.js';
import type { MacArray } from './dataflow.js';
import { PortWords } from './portWords.js';
import { slotAfter, timingOf } from './schedule.js';
import { type ArrayJob, type Tile, tileAt, tileCount } from './tiling.js';

/** Why the PEs of an array cannot be looked at as gates; undefined where they can. */
export function whyNotGated({ dataflow, multiplyStages, addStages, operands, edge }: MacArray): string | undefined {
  if (dataflow !== 'os') return `is an array of dataflow ${dataflow}; its PE is read where it is os`;
  if (multiplyStages > 0 || addStages > 1)
    return `has pipelined PEs (${multiplyStages} multiplier and ${addStages} adder stages); its PE is read where they are 0 and 1`;
  if (operands !== 'systolic') return 'broadcasts operands; its PE is read where they are systolic';
  if (edge !== 'whole') return 'takes edge tiles at their own size; the mesh takes whole ones';
  return undefined;
}

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

/** Joules that the nets of all PEs took during a tile. */
export interface TileEnergy {
  logic: number;
  registers: number;
  /** In their wires, by an estimate (gates/wires.ts). */
  wires: number;
  /** What the clock took more for registers that hold ones. */
  clock: number;
}

/** Some cycles of one PE that somebody wants to see, in the tile of that place among those that are run. */
export interface WantedWindow {
  tile: number;
  row: number;
  col: number;
  /** From the tile's first word on, in the PE's own time. */
  cycle: number;
  cycles: number;
}

/** What the PE was before them, every net, and what it got: as `EventSimulator.run` takes them. */
export type SeenWindow = Pick<GlitchWindow, 'start' | 'inputs'>;

/** Cycles whose words are made at once. */
export const CHUNK = 64;

/**
 * Runs tiles of a product on the array, gate for gate: every PE gets the words that it gets in the emitted mesh, those
 * without work zeros or what passes them, and finished sums go down through the PEs below. Each PE is looked at in its own
 * time, r + c cycles after the first one's, which changes no toggle. Tiles follow upon each other as in the schedule; those
 * that are left out between them are as if they were not there.
 * @param tiles their places in the array's order, rising
 * @param swapped whether the unit's ports a and b take the product's b and a
 * @param wanted hears of each window that lies whole within 64 cycles of its tile, in any order
 * @throws Error naming the layer where a sum that leaves the netlist is not the product's
 */
export function tileEnergies(
  gates: GateUnit,
  array: MacArray,
  product: GatedProduct,
  tiles: readonly number[],
  swapped = false,
  wanted?: { windows: readonly WantedWindow[]; seen(window: WantedWindow, what: SeenWindow): void },
): TileEnergy[] {
  const turns = tiles.map((index) => turnOf(array, product, index));
  const simulator = simulatorFor(gates);
  const { logic, registers } = byDriver(gates.netlist, gates.energy);
  const [ofLogic, ofRegisters, ofWires] = [logic, registers, wiresOf(gates)].map((toggles) =>
    simulator.weightsOf({ toggles }),
  );
  const ofClock = simulator.weightsOf({ ones: gates.energy.perOne });
  const energies = turns.map(() => ({ logic: 0, registers: 0, wires: 0, clock: 0 }));
  const planes = new Map<string, Uint32Array>();
  for (let first = 0; first < array.rows * array.cols; first += CASES) {
    simulator.restart();
    const words = new PortWords(simulator, array, first, CHUNK);
    const feed = new Feed(words, array, product, swapped, planes);
    // The state before: an array at rest.
    simulator.run(words.bytes(1), 1);
    turns.forEach((turn, i) => {
      feed.begin(turn);
      for (let from = 0; from < turn.period; from += CHUNK) {
        const count = Math.min(CHUNK, turn.period - from);
        const underway = underwayIn(turns, i, from);
        words.clear();
        feed.stream(turn, from, count);
        for (const { turn: each, since } of underway) feed.drain(each, since, count);
        const looked = wanted?.windows.filter((each) => each.tile === i) ?? [];
        const leaving = runLooking(simulator, words, count, within(looked, from, count), (window, what) =>
          wanted?.seen(window, what),
        );
        for (const { turn: each, since } of underway) feed.check(each, since, count, leaving);
      }
      energies[i].logic += simulator.weighed(ofLogic);
      energies[i].registers += simulator.weighed(ofRegisters);
      energies[i].wires += simulator.weighed(ofWires);
      energies[i].clock += simulator.weighed(ofClock);
      simulator.forget();
    });
  }
  return energies;
}

/** The windows that lie whole within some cycles, counted from the first of these. */
function within(windows: readonly WantedWindow[], from: number, count: number): { window: WantedWindow; at: number }[] {
  return windows
    .map((window) => ({ window, at: window.cycle - from }))
    .filter(({ window, at }) => at >= 0 && at + window.cycles <= count)
    .sort((x, y) => x.at - y.at);
}

/** Runs cycles, and stops before each window. @returns the outputs' words after each cycle */
function runLooking(
  simulator: Simulator,
  words: PortWords,
  count: number,
  windows: readonly { window: WantedWindow; at: number }[],
  seen: (window: WantedWindow, what: SeenWindow) => void,
): Uint8Array {
  if (windows.length === 0) return simulator.run(words.bytes(count), count);
  const parts: Uint8Array[] = [];
  let done = 0;
  const runTo = (cycle: number) => {
    if (cycle > done) parts.push(simulator.run(words.bytes(cycle - done, done), cycle - done));
    done = cycle;
  };
  for (const { window, at } of windows) {
    runTo(at);
    const { row, col, cycles } = window;
    const own = words.caseOf(row, col);
    if (own !== undefined) seen(window, { start: simulator.valuesOf(own), inputs: words.bitsOf(row, col, at, cycles) });
  }
  runTo(count);
  return new Uint8Array(Buffer.concat(parts));
}

/** A netlist is compiled once. */
const compiled = new WeakMap<GateUnit['netlist'], Simulator>();

function simulatorFor({ netlist }: GateUnit): Simulator {
  const known = compiled.get(netlist);
  const simulator = known ?? simulatorOf(netlist, ['leaving']);
  if (known === undefined) compiled.set(netlist, simulator);
  return simulator;
}

/** A tile in cycles from its first word on. */
interface Turn {
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
const endOf = ({ period, ready }: Turn) => period + ready;

/** The turn itself and those before it whose sums are still about, and the cycles since each began. */
function underwayIn(turns: readonly Turn[], i: number, from: number): { turn: Turn; since: number }[] {
  const underway = [{ turn: turns[i], since: from }];
  for (let since = from, j = i - 1; j >= 0; j--) {
    const turn = turns[j];
    since += turn.period;
    if (since >= endOf(turn)) break;
    underway.push({ turn, since });
  }
  return underway;
}

function turnOf(array: MacArray, { job, unit, order }: GatedProduct, index: number): Turn {
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
class Feed {
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
  readonly #patterns = new Map<Turn, Uint32Array>();
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
  stream({ tile }: Turn, from: number, count: number): void {
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
  drain(turn: Turn, from: number, count: number): void {
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
  begin(turn: Turn): void {
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
  check(turn: Turn, from: number, count: number, leaving: Uint8Array): void {
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
