import type { MacArray } from '../arrays/dataflow.js';
import { CHUNK, tileEnergies, type TileEnergy, type WantedWindow } from '../arrays/gated.js';
import type { GatedProduct } from '../arrays/gatedFeed.js';
import { tileAt, tileCount } from '../arrays/tiling.js';
import { eventSimulatorOf } from '../gates/events.js';
import { type GlitchFactor, glitchFactor, type GlitchWindow } from '../gates/glitches.js';
import { CASES } from '../gates/simulator.js';
import type { GateUnit } from '../gates/unit.js';
import { type Random, randomFrom, shuffle } from '../random/random.js';

/** Standard deviations from the mean within which 95 % of a normal distribution lie. */
export const NORMAL_95 = 1.96;

/** Cycles of a window. */
const LOOKED = 4;

/** An estimate of what all tiles of a product take, and the variance of its total. */
export interface Estimate extends TileEnergy {
  variance: number;
}

/** Tiles that fill the array alike. */
interface Stratum {
  /** In the order in which they are drawn. */
  tiles: Uint32Array;
  /** Of the first ones, those that were simulated. */
  found: TileEnergy[];
}

/**
 * The tiles of a product, of which so many are simulated as it takes: drawn without replacement within strata of tiles that
 * fill the array alike (Cochran, Sampling Techniques, 3rd ed., 5.3 and 5A: the estimate's variance, sizes by Neyman's rule).
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

  constructor(gates: GateUnit, array: MacArray, product: GatedProduct, swapped: boolean, seed: number) {
    this.product = product;
    this.#gates = gates;
    this.#array = array;
    this.#swapped = swapped;
    const all = tileCount(product.job, array, product.unit.lanes);
    const strata = new Map<string, number[]>();
    for (let index = 0; index < all; index++) {
      const { rows, cols } = tileAt(product.job, array, product.unit.lanes, index);
      const key = `${rows} ${cols}`;
      const stratum = strata.get(key);
      if (stratum === undefined) strata.set(key, [index]);
      else stratum.push(index);
    }
    const random = randomFrom(seed, 0x9a7e);
    this.#random = random;
    this.#strata = [...strata.values()].map((places) => {
      const tiles = Uint32Array.from(places);
      shuffle(tiles, random);
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
    const places = ordered.map(({ tile }) => tile);
    if (places.length === 0) return;
    const windows = looked === 0 ? [] : this.#windowsIn(places, looked);
    const energies = tileEnergies(this.#gates, this.#array, this.product, places, this.#swapped, {
      windows,
      seen: (window, what) => void this.#windows.push({ stratum: (window as Looked).stratum, ...what }),
    });
    ordered.forEach(({ stratum }, i) => stratum.found.push(energies[i]));
  }

  /** Windows drawn alike from the cycles of PEs at work, and a quarter as many from the others. */
  #windowsIn(places: readonly number[], count: number): Looked[] {
    const { rows, cols } = this.#array;
    const { job, unit } = this.product;
    const tiles = places.map((index) => tileAt(job, this.#array, unit.lanes, index));
    const period = tiles[0].steps + rows + cols;
    const busy = tiles.reduce((sum, tile) => sum + tile.rows * tile.cols * tile.steps, 0);
    const share = busy / (tiles.length * rows * cols * period);
    this.#shares = [share, 1 - share];
    const draw = (stratum: 0 | 1) => {
      for (;;) {
        const tile = this.#random.below(tiles.length);
        const [row, col, cycle] = [rows, cols, period].map((most) => this.#random.below(most));
        const works = row < tiles[tile].rows && col < tiles[tile].cols && cycle < tiles[tile].steps;
        // A window lies within the cycles whose words are made at once.
        const from = cycle - Math.max(0, (cycle % CHUNK) + LOOKED - CHUNK);
        if (works === (stratum === 0)) return { stratum, tile, row, col, cycle: from, cycles: LOOKED };
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
    const sum: Estimate = { logic: 0, registers: 0, wires: 0, clock: 0, variance: 0 };
    for (const { tiles, found } of this.#strata) {
      const scale = tiles.length / found.length;
      for (const { logic, registers, wires, clock } of found) {
        sum.logic += logic * scale;
        sum.registers += registers * scale;
        sum.wires += wires * scale;
        sum.clock += clock * scale;
      }
      sum.variance += (tiles.length * (tiles.length - found.length) * varianceOf(found.map(totalOf))) / found.length;
    }
    return sum;
  }
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
