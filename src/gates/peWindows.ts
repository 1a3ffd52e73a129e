import { randomFrom } from '../random/random.js';
import type { PeFeed } from './feed.js';
import type { GlitchWindow } from './glitches.js';
import { placesOf } from './pe.js';
import { CASES, simulatorOf } from './simulator.js';
import { type NetlistTables, settled, settleGates } from './tables.js';

/**
 * The bits of one PE's input ports in a cycle, as `peActivity` feeds all of them: tile after tile, and after the last the
 * first again.
 * @returns 0 or 1 for each of `names` in cycle 0, 1, ... of case `c`
 */
export function peInputs(names: readonly string[], feed: PeFeed): (c: number, cycle: number) => Uint8Array {
  const place = placesOf(names, feed);
  return (c, cycle) => {
    const all = new Uint8Array(names.length);
    for (const { port, bit, bits, codeOf } of feed.wordsIn(cycle % (feed.tiles * feed.period))) {
      const code = codeOf(c);
      for (let n = 0; n < bits; n++) all[place(port, bit + n)] = (code >>> n) & 1;
    }
    return all;
  };
}

/** Parts of a tile that are strata, as sums grow from its begin to its end. */
const PARTS = 4;
/** Of each part, so that all windows are cases of one run. */
const WINDOWS = CASES / PARTS;
const CYCLES = 4;
/** Rounds of all tiles before the one that is looked at: more than inputs matter for. */
const ROUNDS = 16;
/** Cycles whose input words are held at a time. */
const BLOCK = 64;

/**
 * Windows of 4 cycles, 32 from each quarter of a tile, of any PE and tile: 512 PE-cycles. Each begins where the PE would be
 * after what came before.
 * @returns the windows, and the share of each stratum in a tile
 */
export function peWindows(
  tables: NetlistTables,
  feed: PeFeed,
  seed: number,
): { windows: GlitchWindow[]; shares: number[] } {
  const { tiles, period } = feed;
  const parts = Math.min(PARTS, period);
  const begins = Array.from({ length: parts + 1 }, (_, part) => Math.floor((part * period) / parts));
  const random = randomFrom(seed, 0x91c4);
  const drawn = Array.from({ length: parts * WINDOWS }, (_, n): Placed => {
    const stratum = Math.floor(n / WINDOWS);
    const c = random.below(CASES);
    const step = begins[stratum] + random.below(begins[stratum + 1] - begins[stratum]);
    const begin = (random.below(tiles) + ROUNDS * tiles) * period + step;
    return { stratum, c, begin, from: feed.since(begin, CYCLES) };
  });
  const names = tables.inputs.map(({ name }) => name);
  const inputsAt = peInputs(names, feed);
  const starts = startsOf(tables, drawn, inputsAt);
  const windows = drawn.map(({ stratum, c, begin }, n) => {
    const inputs = new Uint8Array(CYCLES * names.length);
    for (let t = 0; t < CYCLES; t++) inputs.set(inputsAt(c, begin + t), t * names.length);
    return { stratum, start: starts[n], inputs };
  });
  return { windows, shares: begins.slice(1).map((end, part) => (end - begins[part]) / period) };
}

/** A window: the cycle that it begins at, of case `c`, and the cycle from which what is before matters. */
interface Placed {
  stratum: number;
  c: number;
  begin: number;
  from: number;
}

/** All nets before each window: what comes before them is simulated without delays, side by side, as their ends are one. */
function startsOf(
  tables: NetlistTables,
  placed: readonly Placed[],
  inputsAt: ReturnType<typeof peInputs>,
): Uint8Array[] {
  const { netlist } = tables;
  const stored = netlist.registers.flatMap(({ outputs }) => outputs.filter((net) => net !== undefined));
  const ports = new Map(netlist.ports).set('registers', { direction: 'output', bits: stored });
  const simulator = simulatorOf({ ...netlist, ports });
  const [width, given] = [simulator.inputs.length, simulator.outputs.length];
  const longest = Math.max(...placed.map(({ begin, from }) => begin - from));
  let outputs: Uint8Array = new Uint8Array();
  for (let done = 0; done < longest; done += BLOCK) {
    const cycles = Math.min(BLOCK, longest - done);
    const words = new Uint8Array((cycles * width * CASES) / 8);
    placed.forEach(({ c, begin, from }, own) => {
      for (let t = 0; t < cycles; t++) {
        const cycle = begin - longest + done + t;
        if (cycle < from) continue;
        const row = inputsAt(c, cycle);
        for (let bit = 0; bit < width; bit++)
          if (row[bit] === 1) words[((t * width + bit) * CASES) / 8 + (own >> 3)] |= 1 << (own & 7);
      }
    });
    outputs = simulator.run(words, cycles).subarray(((cycles - 1) * given * CASES) / 8);
  }
  const first = simulator.outputs.indexOf('registers[0]');
  return placed.map(({ c, begin }, own) => {
    const values = settled(tables, inputsAt(c, begin - 1));
    stored.forEach((net, n) => {
      values[net] = (outputs[((first + n) * CASES) / 8 + (own >> 3)] >> (own & 7)) & 1;
    });
    settleGates(tables, values);
    return values;
  });
}
