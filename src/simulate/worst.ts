import { type CodeArray, windowAt } from '../datapaths/kernel/index.js';
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
export function operandsOf(sums: LayerSums, worst: WorstSum, firstRow: number): WorstOperands {
  const { exact, got, ulp } = worst;
  const { row, column } = codesOf(sums, worst.row - firstRow, worst.column);
  return { a: hexList(row, sums.unit.a), b: hexList(column, sums.unit.b), exact, got, ulp };
}

function codesOf({ job, a, b, windows }: LayerSums, row: number, column: number) {
  const { n, k } = job;
  if (windows === undefined)
    return {
      row: a.subarray(row * k, (row + 1) * k),
      column: Uint32Array.from({ length: k }, (_, i) => b[i * n + column]),
    };
  const rows = job.m / windows.groups;
  const group = Math.floor(row / rows);
  const filter = group * n + column;
  return { row: windowAt(windows, group, row % rows), column: b.subarray(filter * k, (filter + 1) * k) };
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
