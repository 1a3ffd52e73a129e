import type { Format } from '../formats/format.js';
import { quantumExponentOf } from '../formats/format.js';
import { latticeOf } from '../formats/lattice.js';
import { toNumber } from '../formats/raw.js';

/** How far a layer's sums lie from exact ones. Errors are got - exact; ulp is the sum format's unit at the exact value. */
export interface ErrorReport {
  /** Sums compared. */
  sums: number;
  /** Sums that differ from the exact one. */
  wrong: number;
  maxUlp: number;
  meanUlp: number;
  /** Mean of the signed error in ulp: a cut toward minus infinity shows as a negative one. */
  biasUlp: number;
  /** 10 log10 of signal power over error power; Infinity when no sum differs, NaN as `sqnrOf` says. */
  sqnrDb: number;
  /** Sums that came out as infinity or NaN although the exact one is finite. */
  notFinite: number;
  /** Largest magnitude of an exact sum: what the register must be able to hold. */
  largest: number;
  worst?: WorstSum;
}

/** The sum with the largest error, by its place in the layer's [m, n] matrix. */
export interface WorstSum {
  row: number;
  column: number;
  exact: number;
  got: number;
  ulp: number;
}

/** What is known of exact sums alone. */
interface Truth {
  sums: number;
  signal: number;
  largest: number;
}

/** Gathers an ErrorReport over any number of matrices of sums. */
export class ErrorMeter {
  private readonly units: Float64Array;
  private readonly truth: Truth;
  private readonly measures: boolean;
  private wrong = 0;
  private notFinite = 0;
  private max = 0;
  private absolute = 0;
  private signed = 0;
  private noise = 0;
  private worst: WorstSum | undefined;

  /** @param first a meter that has been given, or will be given, the same exact sums in the same order */
  constructor(format: Format, first?: ErrorMeter) {
    this.units = ulpsOf(format);
    this.measures = first === undefined;
    this.truth = first?.truth ?? { sums: 0, signal: 0, largest: 0 };
  }

  /** Sums that differ from the exact ones, so far. */
  get differing(): number {
    return this.wrong;
  }

  /**
   * Compares two matrices [m, n] of exact values and of the datapath's; `firstRow` numbers the rows across calls.
   * @returns the worst sum of all, when it is among these
   */
  add(exact: Float64Array, got: Float64Array, n: number, firstRow = 0): WorstSum | undefined {
    if (this.measures) measure(exact, this.truth);
    const place = got === exact ? -1 : this.compare(exact, got);
    if (place < 0) return undefined;
    const ulp = (got[place] - exact[place]) / this.units[exponentField(exact[place])];
    this.worst = {
      row: firstRow + Math.floor(place / n),
      column: place % n,
      exact: exact[place],
      got: got[place],
      ulp,
    };
    return this.worst;
  }

  /**
   * Totals live in locals while the loop runs: each is a chain of additions, and these run side by side.
   * @returns where the worst sum of all is, -1 when it is not among these
   */
  private compare(exact: Float64Array, got: Float64Array): number {
    const words = new Uint32Array(exact.buffer, exact.byteOffset, 2 * exact.length);
    const { units } = this;
    let { wrong, notFinite, noise, absolute, signed, max } = this;
    let [place, none] = [-1, this.worst === undefined];
    for (let i = 0; i < exact.length; i++) {
      if (got[i] === exact[i]) continue;
      const error = got[i] - exact[i];
      const ulp = error / units[(words[2 * i + 1] >>> 20) & 0x7ff];
      wrong++;
      if (got[i] - got[i] !== 0) notFinite++;
      noise += error * error;
      absolute += Math.abs(ulp);
      signed += ulp;
      if (!none && !(Math.abs(ulp) > max)) continue;
      [place, none, max] = [i, false, Math.abs(ulp)];
    }
    Object.assign(this, { wrong, notFinite, noise, absolute, signed, max });
    return place;
  }

  /** So many sums that are the exact ones; their signal is left out, for which nobody asks where there is no noise. */
  count(sums: number, largest: number): void {
    this.truth.sums += sums;
    this.truth.largest = Math.max(this.truth.largest, largest);
  }

  report(): ErrorReport {
    const { wrong, notFinite, max, worst } = this;
    const { sums, signal, largest } = this.truth;
    return {
      sums,
      wrong,
      maxUlp: max,
      meanUlp: sums === 0 ? 0 : this.absolute / sums,
      biasUlp: sums === 0 ? 0 : this.signed / sums,
      sqnrDb: sqnrOf(signal, this.noise),
      notFinite,
      largest,
      ...(worst === undefined ? {} : { worst }),
    };
  }
}

function measure(exact: Float64Array, truth: Truth): void {
  let { signal, largest } = truth;
  for (let i = 0; i < exact.length; i++) {
    const magnitude = Math.abs(exact[i]);
    signal += magnitude * magnitude;
    if (magnitude > largest) largest = magnitude;
  }
  Object.assign(truth, { sums: truth.sums + exact.length, signal, largest });
}

/**
 * 10 log10 of the power of a signal over that of its errors: Infinity where there are none, and NaN where a value is not
 * finite or all of the signal is zero, as then there is no ratio to speak of.
 */
export function sqnrOf(signal: number, noise: number): number {
  if (noise === 0) return Infinity;
  return Number.isFinite(noise) && signal > 0 ? 10 * Math.log10(signal / noise) : Number.NaN;
}

/** SQNR in dB of a vector of values against the truth. */
export function sqnrDb(truth: ArrayLike<number>, got: ArrayLike<number>): number {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < truth.length; i++) {
    signal += truth[i] * truth[i];
    noise += (got[i] - truth[i]) ** 2;
  }
  return sqnrOf(signal, noise);
}

/** The unit in the last place that the format has at a value's magnitude. */
export function ulpOf(format: Format): (value: number) => number {
  const units = ulpsOf(format);
  return (value) => units[exponentField(value)];
}

/** The same by the exponent field of a float64: magnitudes beyond the format's largest have the unit of that one. */
function ulpsOf(format: Format): Float64Array {
  const smallest = 2 ** quantumExponentOf(format);
  const units = new Float64Array(2048).fill(smallest);
  if (format.kind !== 'float') return units;
  const largest = exponentField(toNumber(latticeOf(format).valueAt(latticeOf(format).maxIndex(false))));
  for (let field = 1; field < units.length; field++)
    units[field] = Math.max(2 ** (Math.min(field, largest) - 1023 - format.mantissaBits), smallest);
  return units;
}

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

function exponentField(value: number): number {
  float64[0] = value;
  return (words[1] >>> 20) & 0x7ff;
}
