import type { Format } from '../formats/format.js';
import { quantumExponentOf } from '../formats/format.js';
import { latticeOf } from '../formats/lattice.js';
import { floorLog2, toNumber } from '../formats/raw.js';

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
  /** 10 log10 of signal power over error power; Infinity when no sum differs, NaN when a sum is not finite. */
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

/** Gathers an ErrorReport over any number of matrices of sums. */
export class ErrorMeter {
  private readonly ulp: (value: number) => number;
  private sums = 0;
  private wrong = 0;
  private notFinite = 0;
  private max = 0;
  private absolute = 0;
  private signed = 0;
  private signal = 0;
  private noise = 0;
  private largest = 0;
  private worst: WorstSum | undefined;

  constructor(format: Format) {
    this.ulp = ulpOf(format);
  }

  /**
   * Compares two matrices [m, n] of exact values and of the datapath's; `firstRow` numbers the rows across calls.
   * @returns the worst sum of all, when it is among these
   */
  add(exact: Float64Array, got: Float64Array, n: number, firstRow = 0): WorstSum | undefined {
    const before = this.worst;
    for (let i = 0; i < exact.length; i++) {
      const truth = exact[i];
      this.signal += truth * truth;
      if (Math.abs(truth) > this.largest) this.largest = Math.abs(truth);
      if (got[i] === truth) continue;
      this.wrong++;
      if (!Number.isFinite(got[i])) this.notFinite++;
      this.compare(truth, got[i], firstRow + Math.floor(i / n), i % n);
    }
    this.sums += exact.length;
    return this.worst === before ? undefined : this.worst;
  }

  private compare(exact: number, got: number, row: number, column: number): void {
    const error = got - exact;
    const ulp = error / this.ulp(exact);
    this.noise += error * error;
    this.absolute += Math.abs(ulp);
    this.signed += ulp;
    if (this.worst !== undefined && !(Math.abs(ulp) > this.max)) return;
    this.max = Math.abs(ulp);
    this.worst = { row, column, exact, got, ulp };
  }

  report(): ErrorReport {
    const { sums, wrong, notFinite, max, largest, worst } = this;
    return {
      sums,
      wrong,
      maxUlp: max,
      meanUlp: sums === 0 ? 0 : this.absolute / sums,
      biasUlp: sums === 0 ? 0 : this.signed / sums,
      sqnrDb: sqnr(this.signal, this.noise),
      notFinite,
      largest,
      ...(worst === undefined ? {} : { worst }),
    };
  }
}

function sqnr(signal: number, noise: number): number {
  if (noise === 0) return Infinity;
  return Number.isFinite(noise) ? 10 * Math.log10(signal / noise) : Number.NaN;
}

/** SQNR in dB of a vector of values against the truth. */
export function sqnrDb(truth: ArrayLike<number>, got: ArrayLike<number>): number {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < truth.length; i++) {
    signal += truth[i] * truth[i];
    noise += (got[i] - truth[i]) ** 2;
  }
  return sqnr(signal, noise);
}

/** The unit in the last place that the format has at a value's magnitude. */
export function ulpOf(format: Format): (value: number) => number {
  if (format.kind !== 'float') return () => 2 ** quantumExponentOf(format);
  const { mantissaBits } = format;
  const smallest = 2 ** quantumExponentOf(format);
  const largest = toNumber(latticeOf(format).valueAt(latticeOf(format).maxIndex(false)));
  return (value) => {
    const magnitude = Math.min(Math.abs(value), largest);
    if (magnitude === 0) return smallest;
    return Math.max(2 ** (floorLog2(magnitude) - mantissaBits), smallest);
  };
}
