import type { MacArray } from '../arrays/dataflow.js';
import { CHUNK, tileEnergies, type TileEnergy, type WantedWindow } from '../arrays/gated.js';
import { type GatedProduct, turnOf } from '../arrays/gatedFeed.js';
import { tileAt, tileCount } from '../arrays/tiling.js';
import { eventSimulatorOf } from '../gates/events.js';
import { type GlitchFactor, glitchFactor, type GlitchWindow, student95 } from '../gates/glitches.js';
import { CASES } from '../gates/simulator.js';
import type { GateUnit } from '../gates/unit.js';
import { type Random, randomFrom, shuffle } from '../random/random.js';
import { operandToggles } from './operandToggles.js';

/** Cycles of a window; in tiles that follow upon each other sooner, as many as these have. */
const LOOKED = 4;

/** An estimate of what all tiles of a product take, and the variance of its total. */
export interface Estimate extends TileEnergy {
  variance: number;
  /** Of each stratum's part of the variance the square over its degrees of freedom, summed: for `half95`. */
  doubt: number;
}

/**
 * Half of the 95 % interval of a sum of estimates: Student's of the degrees of freedom that the variances are known with
 * (Satterthwaite; Cochran, Sampling Techniques, 3rd ed., 5.4).
 */
export function half95(estimates: readonly Pick<Estimate, 'variance' | 'doubt'>[]): number {
  const variance = estimates.reduce((sum, each) => sum + each.variance, 0);
  const doubt = estimates.reduce((sum, each) => sum + each.doubt, 0);
  const freedom = doubt === 0 ? Infinity : Math.max(1, Math.floor(variance ** 2 / doubt));
  return student95(freedom) * Math.sqrt(variance);
}

/** Tiles that are alike. */
interface Stratum {
  /** In the order in which they are drawn. */
  tiles: Uint32Array;
  /** Of the first ones, those that were simulated. */
  found: TileEnergy[];
}

/** Steps of a tile up to which the one before it is run, too. */
const SHORT = 64;

/** Parts of the range of bits that toggle. */
const PARTS = 2;

/**
 * The tiles of a product, of which so many are simulated as it takes: drawn without replacement within strata of tiles that
 * fill the array alike and at whose sides about as many bits of operands toggle, as what a tile takes goes with that (those at
 * the border of an image have the zeros around it). Cochran, Sampling Techniques, 3rd ed., chapter 5: the estimate, its
 * variance, and sizes by Neyman's rule.
 */
export class GateSample {
  readonly product: GatedProduct;
  readonly #gates: GateUnit;
  readonly #array: MacArray;
  readonly #swapped: boolean;
  readonly #strata: Stratum[];
  readonly #random: Random;
  /** Windows of PEs at work, and of others, in the tiles that were simulated first. */
  readonly #windows: GlitchWindow[] = [];
  #shares: readonly [number, number] = [1, 0];

  /** @param stream of random numbers, another for each product, so that their errors are independent */
  constructor(
    gates: GateUnit,
    array: MacArray,
    product: GatedProduct,
    swapped: boolean,
    [seed, ...stream]: readonly number[],
  ) {
    this.product = product;
    this.#gates = gates;
    this.#array = array;
    this.#swapped = swapped;
    this.#random = randomFrom(seed, ...stream);
    this.#strata = strataOf(product, array).map((places) => {
      const tiles = Uint32Array.from(places);
      shuffle(tiles, this.#random);
      return { tiles, found: [] };
    });
  }

  /** Cycles of 128 PEs that a tile takes to simulate, about. */
  get cost(): number {
    const { rows, cols } = this.#array;
    const { job, unit } = this.product;
    return Math.ceil((rows * cols) / CASES) * (Math.ceil(job.k / unit.lanes) + 2 * rows + cols);
  }

  get tiles(): number {
    return this.#strata.reduce((sum, { tiles }) => sum + tiles.length, 0);
  }

  get simulated(): number {
    return this.#strata.reduce((sum, { found }) => sum + found.length, 0);
  }

  /** How far tiles are from each other within a stratum, in joules, weighted by the strata's sizes. */
  get spread(): number {
    const within = this.#strata.map(({ tiles, found }) => tiles.length * Math.sqrt(varianceOf(found.map(totalOf))));
    return within.reduce((sum, each) => sum + each, 0) / this.tiles;
  }

  /**
   * Simulates tiles until there are so many, at least two of each stratum.
   * @param looked windows of cycles that are kept for `glitches`
   */
  extend(count: number, looked = 0): void {
    const share = Math.min(1, count / this.tiles);
    const drawn = this.#strata.map((stratum) => {
      const wanted = Math.min(stratum.tiles.length, Math.max(2, Math.ceil(share * stratum.tiles.length)));
      return Array.from(stratum.tiles.subarray(stratum.found.length, wanted), (tile) => ({ tile, stratum }));
    });
    const ordered = drawn.flat().sort((x, y) => x.tile - y.tile);
    if (ordered.length === 0) return;
    // A tile finds the array as the one before it has left it, which matters where it is short.
    const { job, unit } = this.product;
    const before = job.k <= SHORT * unit.lanes ? 1 : 0;
    const places = [...new Set(ordered.flatMap(({ tile }) => [Math.max(0, tile - before), tile]))];
    const windows = looked === 0 ? [] : this.#windowsIn(places, looked);
    const at = new Map(places.map((tile, i) => [tile, i]));
    const energies = tileEnergies(this.#gates, this.#array, this.product, places, this.#swapped, {
      windows,
      seen: (window, what) => void this.#windows.push({ stratum: (window as Looked).stratum, ...what }),
    });
    ordered.forEach(({ stratum, tile }) => stratum.found.push(energies[at.get(tile) as number]));
  }

  /** Windows drawn alike from the cycles of PEs at work, and a quarter as many from the others. */
  #windowsIn(places: readonly number[], count: number): Looked[] {
    const { rows, cols } = this.#array;
    const { job, unit } = this.product;
    const tiles = places.map((index) => tileAt(job, this.#array, unit.lanes, index));
    const period = tiles[0].steps + rows + cols;
    const looked = places.reduce(
      (least, index) => Math.min(least, turnOf(this.#array, this.product, index).period),
      LOOKED,
    );
    const busy = tiles.reduce((sum, tile) => sum + tile.rows * tile.cols * tile.steps, 0);
    const share = busy / (tiles.length * rows * cols * period);
    this.#shares = [share, 1 - share];
    const draw = (stratum: 0 | 1) => {
      for (;;) {
        const tile = this.#random.below(tiles.length);
        const [row, col, cycle] = [rows, cols, period].map((most) => this.#random.below(most));
        const works = row < tiles[tile].rows && col < tiles[tile].cols && cycle < tiles[tile].steps;
        // A window lies within the cycles whose words are made at once.
        const from = cycle - Math.max(0, (cycle % CHUNK) + looked - CHUNK);
        if (works === (stratum === 0)) return { stratum, tile, row, col, cycle: from, cycles: looked };
      }
    };
    return Array.from({ length: count }, (_, i) => draw(share < 1 && i % 4 === 3 ? 1 : 0));
  }

  /** What glitches make of the energy of its nets, from the windows that were looked at. */
  glitches(): GlitchFactor {
    const { netlist, energy, delays } = this.#gates;
    const has = (stratum: number) => this.#windows.filter((each) => each.stratum === stratum).length > 1;
    const shares = this.#shares.filter((_, stratum) => has(stratum));
    const known = this.#windows
      .filter(({ stratum }) => has(stratum))
      .map((each) => (has(0) ? each : { ...each, stratum: 0 }));
    if (shares.length === 0) return { factor: 1, low: 1, high: 1 };
    return glitchFactor(eventSimulatorOf(netlist, delays), energy.perToggle, known, shares);
  }

  estimate(): Estimate {
    const sum: Estimate = { logic: 0, registers: 0, wires: 0, clock: 0, variance: 0, doubt: 0 };
    for (const { tiles, found } of this.#strata) {
      const scale = tiles.length / found.length;
      for (const { logic, registers, wires, clock } of found) {
        sum.logic += logic * scale;
        sum.registers += registers * scale;
        sum.wires += wires * scale;
        sum.clock += clock * scale;
      }
      const variance = scale * (tiles.length - found.length) * varianceOf(found.map(totalOf));
      sum.variance += variance;
      if (found.length > 1) sum.doubt += variance ** 2 / (found.length - 1);
    }
    return sum;
  }
}

/** Places of tiles in the array's order, by stratum. */
function strataOf(product: GatedProduct, array: MacArray): number[][] {
  const { job, unit } = product;
  const toggles = operandToggles(product, array);
  const shapes = new Map<string, { place: number; bits: number }[]>();
  const all = tileCount(job, array, unit.lanes);
  for (let place = 0; place < all; place++) {
    const tile = tileAt(job, array, unit.lanes, place);
    const key = `${tile.rows} ${tile.cols}`;
    const alike = shapes.get(key) ?? [];
    shapes.set(key, alike);
    alike.push({ place, bits: toggles(tile) });
  }
  return [...shapes.values()].flatMap((alike) => {
    const least = alike.reduce((x, { bits }) => Math.min(x, bits), Infinity);
    const most = alike.reduce((x, { bits }) => Math.max(x, bits), -Infinity);
    const parts = Array.from({ length: PARTS }, (): number[] => []);
    for (const { place, bits } of alike)
      parts[most === least ? 0 : Math.min(PARTS - 1, Math.floor((PARTS * (bits - least)) / (most - least)))].push(
        place,
      );
    return parts.filter((places) => places.length > 0);
  });
}

/** A window of a PE at work, or of one that idles or hands sums on. */
interface Looked extends WantedWindow {
  stratum: 0 | 1;
}

export const totalOf = ({ logic, registers, wires, clock }: TileEnergy): number => logic + registers + wires + clock;

/** Of a sample; 0 where it has one value. */
export function varianceOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
