import type { CodeArray } from '../datapaths/kernel/index.js';
import { type Format, hexCode, hexDigitsOf, quantumExponentOf } from '../formats/format.js';
import { floorLog2 } from '../formats/raw.js';
import type { LayerSums } from './arithmetic.js';
import type { WorstSum } from './errors.js';

/** One sum and what it was made of: the columns of a file that `eval` and `check` read. */
export interface WorstOperands {
  /** Codes, hex with 0x, separated by spaces. */
  a: string;
  b: string;
  exact: number;
  got: number;
  ulp: number;
}

/** @param firstRow number of the first row of these sums among all of the layer's */
export function operandsOf({ job, unit, a, b }: LayerSums, worst: WorstSum, firstRow: number): WorstOperands {
  const { n, k } = job;
  const row = worst.row - firstRow;
  const column = Uint32Array.from({ length: k }, (_, i) => b[i * n + worst.column]);
  const { exact, got, ulp } = worst;
  return { a: hexList(a.subarray(row * k, (row + 1) * k), unit.a), b: hexList(column, unit.b), exact, got, ulp };
}

function hexList(codes: CodeArray, format: Format): string {
  const digits = hexDigitsOf(format);
  return Array.from(codes, (code) => hexCode(code, digits)).join(' ');
}

/** An integer register's bits, or the largest exponent of a float one. */
export interface Sufficient {
  bits?: number;
  exponent?: number;
}

export function sufficientFor(format: Format, magnitude: number): Sufficient {
  if (format.kind === 'float') return { exponent: magnitude === 0 ? 0 : floorLog2(magnitude) };
  const quanta = magnitude / 2 ** quantumExponentOf(format);
  return { bits: quanta === 0 ? 1 : floorLog2(quanta) + 2 };
}
