import type { Channel } from './channel.js';
import { type Cycles, delayed, loadOf, noCycles, slotAfter, streamOf, type Timing, type Turn } from './schedule.js';
import { exactCount, type Run, type Tile } from './tiling.js';

/**
 * Itemised cycles of all tiles of a run, without going through each: where a repetition leaves the array, and the channel,
 * as an earlier one did, all between happens again, only later. Every time is a sum or the later one of earlier times and
 * constants, so only differences of times matter, and such a recurrence becomes periodic (F. Baccelli et al.,
 * Synchronization and Linearity, 1992, theorem 3.109). Without a channel the one difference is how far loading is ahead of
 * streaming; it only grows or only shrinks, between bounds, so the period is one repetition.
 *
 * With two buffers only the first load and the last tile's tail are in sight.
 *
 * @param layer to be named
 * @param channel brings operands and takes results; without, they are there at once
 * @throws RangeError naming the layer where its cycles are beyond 2^53 - 1
 */
export function cyclesOf(run: Run, timing: Timing, layer: string, channel?: Channel): Cycles {
  const walk = new Walk(timing, layer, channel);
  walk.run(run);
  return walk.cycles();
}

/** The latest of each, over some tiles: they are not in order, as a narrow tile can be done before a wide one ahead of it. */
interface Peaks {
  streamed: number;
  added: number;
  done: number;
}

const NONE: Peaks = { streamed: 0, added: 0, done: 0 };

/** How things stood after some repetition. */
interface Mark {
  repetitions: number;
  now: number;
  state: readonly number[];
  spent: Readonly<Cycles>;
}

class Walk {
  readonly #timing: Timing;
  readonly #layer: string;
  readonly #channel: Channel | undefined;
  readonly #spent = noCycles();
  #before: Turn | undefined;
  #peaks = NONE;

  constructor(timing: Timing, layer: string, channel: Channel | undefined) {
    this.#timing = timing;
    this.#layer = layer;
    this.#channel = channel;
  }

  run(run: Run): void {
    if (run.times > 1) this.#repeat(run);
    else this.#once(run);
  }

  cycles(): Cycles {
    const cycles = { ...this.#spent };
    const { streamed, added, done } = this.#peaks;
    if (this.#timing.doubleBuffer) {
      cycles.fill = added - streamed;
      cycles.drain = done - added;
    }
    // Results may still be on their way to DRAM when the array is done.
    cycles.total = Math.max(done, this.#before === undefined ? 0 : (this.#channel?.finish(this.#before) ?? 0));
    exactCount(this.#layer, 'cycles', cycles.total);
    cycles.stall = cycles.total - cycles.load - cycles.stream - cycles.fill - cycles.drain;
    return cycles;
  }

  #once(run: Run): void {
    if ('tile' in run) this.#take(run.tile);
    else for (const part of run.parts) this.run(part);
  }

  #take(tile: Tile): void {
    const { doubleBuffer } = this.#timing;
    const arrived = this.#channel?.arrival(tile, this.#before) ?? 0;
    const slot = slotAfter(this.#before, tile, this.#timing, arrived);
    const streamed = slot.stream + streamOf(tile, this.#timing);
    exactCount(this.#layer, 'cycles', slot.done);
    this.#spent.stream += tile.steps;
    if (this.#before === undefined || !doubleBuffer) {
      this.#spent.load += loadOf(tile, this.#timing);
      this.#spent.fill += slot.added - streamed;
      this.#spent.drain += slot.done - slot.added;
    }
    this.#peaks = later(this.#peaks, { streamed, added: slot.added, done: slot.done });
    this.#before = { tile, slot };
  }

  /** Marks are further and further apart (R. P. Brent, BIT 20, 1980), so that any period is found in constant memory. */
  #repeat(run: Run): void {
    let peaks = this.#peaks;
    this.#peaks = NONE;
    let mark: Mark | undefined;
    let next = 1;
    for (let repetitions = 1; repetitions <= run.times; repetitions++) {
      this.#once(run);
      if (mark !== undefined && this.#isAt(mark)) {
        const period = repetitions - mark.repetitions;
        const periods = Math.floor((run.times - repetitions) / period);
        this.#again(periods, mark);
        repetitions += periods * period;
        [mark, next] = [undefined, Infinity];
      } else if (repetitions === next) {
        peaks = later(peaks, this.#peaks);
        this.#peaks = NONE;
        mark = { repetitions, now: this.#now, state: this.#state(), spent: { ...this.#spent } };
        next *= 2;
      }
    }
    this.#peaks = later(peaks, this.#peaks);
  }

  get #now(): number {
    return this.#before?.slot.stream ?? 0;
  }

  /** All that later times depend on, as differences of times. */
  #state(): number[] {
    const ahead = this.#timing.loads && this.#before !== undefined ? this.#before.slot.load - this.#now : 0;
    return [ahead, ...(this.#channel?.state(this.#before) ?? [])];
  }

  #isAt({ state }: Mark): boolean {
    return this.#state().every((difference, i) => difference === state[i]);
  }

  /** What has happened since the mark happens so many times more. */
  #again(times: number, { now, spent }: Mark): void {
    const by = times * (this.#now - now);
    exactCount(this.#layer, 'cycles', this.#now + by);
    for (const item of ['load', 'stream', 'fill', 'drain'] as const)
      this.#spent[item] += times * (this.#spent[item] - spent[item]);
    const { streamed, added, done } = this.#peaks;
    this.#peaks = { streamed: streamed + by, added: added + by, done: done + by };
    if (this.#before !== undefined) this.#before = delayed(this.#before, by);
    this.#channel?.delay(by);
  }
}

function later(x: Peaks, y: Peaks): Peaks {
  return {
    streamed: Math.max(x.streamed, y.streamed),
    added: Math.max(x.added, y.added),
    done: Math.max(x.done, y.done),
  };
}
