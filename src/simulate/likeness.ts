import { sqnrDb } from './errors.js';
import { agreementOf, cosineOf, largestDifferenceOf, type OutputRows } from './measures.js';

/** How alike outputs are to others that they are held against. */
export interface Likeness {
  sqnrDb: number;
  cosine: number;
  largestDifference: number;
  /** Share of images with the same largest output; of the first output. */
  agreement: number;
}

/** All outputs in one row of numbers. */
function allOf(outputs: readonly OutputRows[]): Float32Array {
  return outputs.length === 1 ? outputs[0].data : Float32Array.from(outputs.flatMap(({ data }) => [...data]));
}

type Pair = readonly [wanted: OutputRows, output: OutputRows];

/**
 * Outputs of one name and size in both; undefined where there are none.
 * @returns `left`: names of those whose shapes the data decide, and that differ for some image
 */
export function pairsOf(
  wanted: readonly OutputRows[],
  outputs: readonly OutputRows[],
): { pairs: readonly Pair[]; left: readonly string[] } | undefined {
  const same =
    wanted.length === outputs.length && wanted.every((rows, i) => rows.data.length === outputs[i].data.length);
  const all = same
    ? wanted.map((rows, i): Pair => [rows, outputs[i]])
    : wanted.flatMap((rows) => outputs.filter(({ name }) => name === rows.name).map((other): Pair => [rows, other]));
  const pairs = all.filter(([x, y]) => y.shapes === undefined || x.shapes?.join() === y.shapes.join());
  if (all.length === 0 || pairs.some(([x, y]) => x.data.length !== y.data.length)) return undefined;
  return { pairs, left: all.filter((pair) => !pairs.includes(pair)).map(([, { name }]) => name) };
}

/** All numbers of either side. */
export function sidesOf(pairs: readonly Pair[]): readonly [Float32Array, Float32Array] {
  return [allOf(pairs.map(([x]) => x)), allOf(pairs.map(([, y]) => y))];
}

/** Of outputs of one name and shape in both; undefined where there are none. */
export function likenessOf(wanted: readonly OutputRows[], outputs: readonly OutputRows[]): Likeness | undefined {
  const { pairs = [] } = pairsOf(wanted, outputs) ?? {};
  if (pairs.length === 0) return undefined;
  const [x, y] = sidesOf(pairs);
  const [first, other] = pairs.find(([, { shapes }]) => shapes === undefined) ?? pairs[0];
  return {
    sqnrDb: sqnrDb(x, y),
    cosine: cosineOf(x, y),
    largestDifference: largestDifferenceOf(x, y),
    agreement: agreementOf({ ...first, rows: other.rows, width: other.width }, other),
  };
}
