import type { Datapath } from '../../../datapaths/datapath.js';
import { randomFrom } from '../../../random/random.js';
import type { Port } from '../../words/port.js';
import { type RowCodes, landmarkRows, randomRows } from '../stimulus.js';
import { type Class, type Coverage, indexOf, overRow, type Site, UNDER } from './coverage.js';
import { edgeRows } from './edges.js';
import { isWorthwhile } from './reach.js';
import { type Aim, toolsOf } from './tools.js';
import { towards } from './ways.js';

/** Of the rows that landmarks leave, at most so many are directed: the others are random. */
const DIRECTED_SHARE = 0.75;

/**
 * The rows of golden vectors: landmarks, then directed rows, then random ones.
 * @param coverage must have counted each row before the next one is asked for
 */
export function* unitRows(
  datapath: Datapath,
  inputs: readonly Port[],
  count: number,
  seed: number,
  coverage: Coverage,
): Generator<RowCodes> {
  let row = 0;
  for (const codes of landmarkRows(inputs)) {
    if (row++ === count) return;
    yield codes;
  }
  const aim: Aim = { datapath, inputs, random: randomFrom(seed, DIRECTED_STREAM) };
  for (const codes of directedRows(aim, coverage, Math.floor((count - row) * DIRECTED_SHARE))) {
    row++;
    yield codes;
  }
  yield* randomRows(inputs, row, count, randomFrom(seed));
}
const DIRECTED_STREAM = 1;

/** After so many rows in turn that missed a class, it is left. */
const MOST_MISSES = 16;
/** Passes over the classes, in the first of which only those are aimed at that were never hit. */
const PASSES = 24;
const FIRST_PASSES = 12;
/** Positions in the order of what they tell: a rounder that truncates, or loses a bit, fails the first. */
const IMPORTANCE = [6, 7, 5, 4, 3, 1, 8, 2, 0] as const;
/** What is cut has few bits left below the last one: there, positions with bits far below come last. */
const IMPORTANCE_OF_CUT = [7, 5, 4, 2, 6, 3, 1, 8, 0] as const;

/**
 * Rows that aim at each class of each rounding of a unit (coverage.ts). Products are drawn whose bits lie where the class
 * wants them, and the initial sum is chosen so that the exact sum falls into the class; the coverage then tells what was
 * hit. Random rows hardly ever do: of fp8 products in fp32, one in thousands comes near a tie.
 * `coverage` must have counted each row before the next one is asked for; at most `most` rows come.
 */
export function* directedRows(aim: Aim, coverage: Coverage, most: number): Generator<RowCodes> {
  const tools = toolsOf(aim);
  let left = most;
  for (const codes of edgeRows(aim, tools)) {
    if (left-- <= 0) return;
    yield codes;
  }
  const plans = coverage.sites.map((site) => ({ site, misses: new Uint8Array(site.counts.length) }));
  for (let pass = 0; pass < PASSES; pass++)
    for (const position of aim.datapath.combine.kind === 'aligned' ? IMPORTANCE_OF_CUT : IMPORTANCE)
      for (const { site, misses } of plans)
        for (const aimed of classesAt(site, position)) {
          const index = indexOf(site, aimed);
          if (site.counts[index] > Math.max(0, pass - FIRST_PASSES) || misses[index] >= MOST_MISSES) continue;
          if (pass === 0 && !isWorthwhile(aim.datapath, site, aimed, tools)) {
            misses[index] = MOST_MISSES;
            continue;
          }
          if (left-- <= 0) return;
          const before = site.counts[index];
          yield towards(aim, tools, site, aimed, pass);
          misses[index] = site.counts[index] > before ? 0 : misses[index] + 1;
        }
}

function* classesAt(site: Site, position: number): Generator<Class> {
  for (let row = UNDER; row <= overRow(site); row++)
    for (const negative of [true, false]) yield { negative, row, position };
}
