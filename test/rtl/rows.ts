import type { Datapath } from '../../src/datapaths/datapath.js';
import { type RowCodes, exhaustiveCount, exhaustiveRows, sampledRows } from '../../src/outputs/vectors/stimulus.js';
import { type Design, inputsOf } from './bench.js';

/** All pairs of 8-bit operands, each with a sum: landmarks first, then random. */
export function everyPair(datapath: Datapath, seed = 1): Design {
  const rows = [...exhaustiveRows(inputsOf({ datapath, k: 1 }), seed)];
  return { datapath, k: 1, rows: rows.slice(rows.length / 2) };
}

/** All codes of all ports, of which there are at most 2^24 rows, in parts. */
export function everyCode(datapath: Datapath, parts: number): Design[] {
  const inputs = inputsOf({ datapath, k: 1 });
  const rows = exhaustiveRows(inputs, 1);
  return inParts({ datapath, k: 1, rows }, Math.ceil(exhaustiveCount(inputs) / parts), parts);
}

/** So many rows to a design; each is run before the next one's are drawn. */
export function inParts({ rows, ...design }: Design, size: number, parts: number): Design[] {
  const left = rows[Symbol.iterator]();
  return Array.from({ length: parts }, () => ({ ...design, rows: next(left, size) }));
}

/** The next rows of a generator, which goes on where the part before has ended. */
function* next(rows: Iterator<RowCodes>, count: number): Generator<RowCodes> {
  for (let row = 0; row < count; row++) {
    const { done, value } = rows.next();
    if (done) return;
    yield value;
  }
}

/** Landmarks of the operands against each other, then random codes; of `among` such rows `count` at even distances. */
export function sampled(datapath: Datapath, count: number, k = datapath.lanes, among = count, seed = 1): Design {
  return { datapath, k, rows: thinned(sampledRows(inputsOf({ datapath, k }), among, seed), count, among) };
}

function* thinned(rows: Iterable<RowCodes>, count: number, among: number): Generator<RowCodes> {
  let at = 0;
  for (const row of rows) if (Math.floor((at++ * count) / among) !== Math.floor((at * count) / among)) yield row;
}
