import type { Datapath } from '../../datapath.js';
import type { Order } from '../../order.js';
import { groupOf, termOrder, termsPerFiring } from '../../products.js';
import { factorWeight, weigherOf } from './align.js';
import type { CodeArray, GemmJob } from '../contract/gemm.js';
import { type Plan, planOf } from '../contract/plan.js';
import { decoderOf } from './values.js';

/** Terms of one output in the order of their places, and 2^exponent of each as an alignment sees it. */
export interface Terms {
  /** Puts terms of output [row][column] where `fire` reads them. */
  fill(index: number): void;
  terms: Float64Array;
  weights: Float64Array;
}

/** Terms that k products make: groups that share a scale are one term each. */
function termCount({ blockScale }: Datapath, k: number): number {
  return blockScale?.apply === 'group' ? Math.ceil(k / groupOf(blockScale)) : k;
}

/** An order worked out for the terms of k products. */
export function termPlan(datapath: Datapath, order: Order, k: number): Plan {
  return planOf(termOrder(datapath, order), termCount(datapath, k), termsPerFiring(datapath));
}

/** Codes of whole operands to values [rows][k] (or columns of b). */
export function decodeRows(codes: CodeArray, decodeCode: (code: number) => number): Float64Array {
  const values = new Float64Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = decodeCode(codes[i]);
  return values;
}

/** b [k][n] to [n][k]. */
export function transpose(values: Float64Array, k: number, n: number): Float64Array {
  const turned = new Float64Array(values.length);
  for (let i = 0; i < k; i++) for (let j = 0; j < n; j++) turned[j * k + i] = values[i * n + j];
  return turned;
}

/** @param product what the unit makes of an exact product */
export function termsOf(
  datapath: Datapath,
  job: GemmJob,
  product: (exact: number) => number,
  sequence?: Int32Array,
): Terms {
  const { a, b, operands: subnormals, combine, blockScale } = datapath;
  const { k, n } = job;
  const rows = decodeRows(job.a, decoderOf(a, subnormals));
  const columns = transpose(decodeRows(job.b, decoderOf(b, subnormals)), k, n);
  const length = termCount(datapath, k);
  const terms = new Float64Array(sequence?.length ?? length);
  const aligned = combine.kind === 'aligned';
  const weights = new Float64Array(aligned ? terms.length : 0);
  const scales = blockScale === undefined ? undefined : scalesOf(datapath, job);
  const size = blockScale?.size ?? 1;
  const inGroups = blockScale?.apply === 'group';
  const group = inGroups ? groupOf(blockScale) : 1;
  const weighed = weightsOf(datapath, weigherOf(datapath));

  function sumOf(row: number, column: number, place: number): number {
    let total = product(rows[row + place] * columns[column + place]);
    for (let i = place + 1; i < Math.min(place + group, k); i++) total += product(rows[row + i] * columns[column + i]);
    return total;
  }

  function fill(index: number): void {
    const [row, column] = [Math.floor(index / n) * k, (index % n) * k];
    scales?.at(index);
    for (let i = 0; i < terms.length; i++) {
      const place = (sequence === undefined ? i : sequence[i]) * group;
      const term = sumOf(row, column, place);
      const block = scales === undefined ? 0 : Math.floor(place / size);
      terms[i] = scales === undefined ? term : term * scales.values[block];
      if (aligned)
        weights[i] = weighed(rows[row + place], columns[column + place], term, terms[i], scales?.weights[block] ?? 1);
    }
  }
  return { fill, terms, weights };
}

/** 2^exponent of a term from its factors, its value without scales and with them, and that of the scales. */
function weightsOf(
  { combine, product, blockScale }: Datapath,
  weigh: ReturnType<typeof weigherOf>,
): (x: number, y: number, term: number, scaled: number, scale: number) => number {
  const apart = product === 'exact' && combine.kind === 'aligned' && combine.productExponent === 'unnormalised';
  if (!apart) return (x, y, _term, scaled) => weigh(x, y, scaled);
  if (blockScale?.apply === 'group') return (_x, _y, _term, _scaled, scale) => scale;
  return (x, y, term, _scaled, scale) => weigh(x, y, term) * scale;
}

/** The product of both operands' scales, and its weight, for every block of one output. */
function scalesOf({ blockScale }: Datapath, { k, n, aScales, bScales }: GemmJob) {
  if (blockScale === undefined) throw new RangeError('scalesOf: the datapath has no block scales');
  const { format, size } = blockScale;
  const blocks = Math.ceil(k / size);
  const read = decoderOf(format);
  const values = new Float64Array(blocks);
  const weights = new Float64Array(blocks);
  const at = (index: number): void => {
    const [row, column] = [Math.floor(index / n) * blocks, index % n];
    for (let i = 0; i < blocks; i++) {
      const x = aScales === undefined ? 1 : read(aScales[row + i]);
      const y = bScales === undefined ? 1 : read(bScales[i * n + column]);
      values[i] = x * y;
      weights[i] =
        (aScales === undefined ? 1 : factorWeight(format, x)) * (bScales === undefined ? 1 : factorWeight(format, y));
    }
  };
  return { at, values, weights };
}
