import type { EventSimulator } from './events.js';

/** Some cycles of one case, drawn from one stratum of all that there are; all windows of a sample have as many cycles. */
export interface GlitchWindow {
  stratum: number;
  /** Values of all nets before the first of them, settled. */
  start: Uint8Array;
  /** As `EventSimulator.run` takes them. */
  inputs: ArrayLike<number>;
}

/** Energy of all toggles over that of the toggles without delays, and its 95 % interval. */
export interface GlitchFactor {
  factor: number;
  low: number;
  high: number;
}

/**
 * The factor that glitches make of the energy of nets, the clock's apart, estimated from a stratified sample of windows.
 * @param perToggle joules of one toggle of each net (`EnergyOfToggles`)
 * @param shares of each stratum in all cycles
 */
export function glitchFactor(
  simulator: EventSimulator,
  perToggle: Float64Array,
  windows: Iterable<GlitchWindow>,
  shares: readonly number[],
): GlitchFactor {
  const energyOf = (toggles: Float64Array) => toggles.reduce((sum, count, net) => sum + count * perToggle[net], 0);
  const width = simulator.tables.inputs.length;
  const samples = Array.from(windows, ({ stratum, start, inputs }) => {
    const { toggles, settledToggles } = simulator.run(start, inputs, inputs.length / width);
    return { stratum, x: energyOf(settledToggles), y: energyOf(toggles) };
  });
  const { ratio, error } = ratioOf(samples, shares);
  return { factor: ratio, low: ratio - error, high: ratio + error };
}

/**
 * The ratio of two means over strata of known shares W, R = sum W y / sum W x, the combined ratio estimate of Cochran,
 * "Sampling Techniques", 3rd edition (1977), chapter 6. Its variance is that of the residuals d = y - R x (linearisation),
 * sum of W^2 s^2 / n over the strata, s^2 the variance of d among a stratum's n samples, over the square of the mean of x.
 * Samples are few of many, so there is no correction for a finite population.
 * @returns the ratio, 1 where nothing is measured, and half of its 95 % interval
 * @throws RangeError naming a stratum of less than two samples, which has no variance
 */
export function ratioOf(
  samples: readonly { stratum: number; x: number; y: number }[],
  shares: readonly number[],
): { ratio: number; error: number } {
  const strata = shares.map((share, stratum) => ({ share, own: samples.filter((each) => each.stratum === stratum) }));
  strata.forEach(({ own }, stratum) => {
    if (own.length < 2)
      throw new RangeError(`glitches: stratum ${stratum} has ${own.length} windows; a variance takes two at least`);
  });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const total = (of: 'x' | 'y') =>
    strata.reduce((sum, { share, own }) => sum + share * mean(own.map((each) => each[of])), 0);
  const [x, y] = [total('x'), total('y')];
  if (x === 0) return { ratio: 1, error: 0 };
  const ratio = y / x;
  let variance = 0;
  for (const { share, own } of strata) {
    const residuals = own.map((each) => each.y - ratio * each.x);
    const centre = mean(residuals);
    const squares = residuals.reduce((sum, d) => sum + (d - centre) ** 2, 0);
    variance += (share ** 2 * squares) / (own.length - 1) / own.length;
  }
  return { ratio, error: (student95(samples.length - shares.length) * Math.sqrt(variance)) / x };
}

/** Of one to four degrees of freedom, for which the series is not near enough. */
const FEW = [12.7062, 4.30265, 3.18245, 2.77645];

/** Of Student's distribution the point that 97.5 % lie below (Abramowitz and Stegun, 26.7.5, two terms). */
export function student95(freedom: number): number {
  const z = 1.959964;
  return (
    FEW[freedom - 1] ?? z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
  );
}
