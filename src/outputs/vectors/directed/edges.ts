import { finite, infinite, NAN, negate, sum } from '../../../formats/raw.js';
import type { RowCodes } from '../stimulus.js';
import { codeNear } from './draws.js';
import type { Aim, Tools } from './tools.js';

/** Each lane alone, zeros of every sign, sums that cancel to zero, infinities and NaN of products against those of the sum, and cuts. */
export function* edgeRows(aim: Aim, tools: Tools): Generator<RowCodes> {
  yield* laneRows(aim, tools);
  yield* zeroRows(aim, tools);
  yield* cancelledRows(aim, tools);
  yield* specialRows(tools);
  if (aim.datapath.combine.kind === 'aligned') yield* cutRows(aim, tools);
}

/** Each lane alone: one that is lost, or meets another's operands, shows whatever else is there. */
function* laneRows({ random }: Aim, { pairs, lanes, format, idleRow, rowWith }: Tools): Generator<RowCodes> {
  const { low, high } = pairs.extent;
  for (let lane = 0; lane < Math.min(lanes, MOST_ALONE); lane++) {
    const pair = pairs.draw(low + random.below(high - low + 1), 'any', lane % 2 === 0);
    yield rowWith(idleRow().with(lane, pair), codeNear(format, ZERO));
  }
}
const MOST_ALONE = 256;

const ZERO = finite(false, 0n, 0);
const MINUS_ZERO = finite(true, 0n, 0);

function* zeroRows({ datapath, random }: Aim, tools: Tools): Generator<RowCodes> {
  const { pairs, lanes, format } = tools;
  const zero = (sign: boolean, minus: boolean) =>
    pairs.pairOf(codeNear(datapath.a, minus ? MINUS_ZERO : ZERO), codeNear(datapath.b, finite(sign, 1n, 0)));
  for (const c of [ZERO, MINUS_ZERO])
    for (const minus of [false, true])
      for (const sign of [false, true]) {
        const all = Array.from({ length: lanes }, () => zero(sign, minus));
        yield tools.rowWith(all, codeNear(format, c));
        if (lanes > 1) yield tools.rowWith(all.with(tools.lane(), zero(!sign, minus)), codeNear(format, c));
      }
  const { low, high } = pairs.extent;
  for (let i = 0; i < CANCELLATIONS; i++) {
    const pair = pairs.draw(low + random.below(high - low + 1), i % 2 === 0 ? 'any' : 'power', i % 4 < 2);
    yield tools.rowWith(tools.idleRow().with(tools.lane(), pair), codeNear(format, negate(pair.product)));
    if (lanes === 1) continue;
    const filled = tools.idleRow();
    const at = tools.lane();
    filled[at] = pair;
    filled[(at + 1 + random.below(lanes - 1)) % lanes] = pairs.pairOf(
      pair.a,
      codeNear(datapath.b, negate(pairs.factor(pair.b))),
    );
    yield tools.rowWith(filled, codeNear(format, i % 3 === 0 ? ZERO : pair.product));
  }
}
const CANCELLATIONS = 24;

/** A product and nearly its opposite, in the sum or in another lane: so many leading bits go, and one is left. */
function* cancelledRows({ random, datapath }: Aim, tools: Tools): Generator<RowCodes> {
  const { pairs, lanes, format } = tools;
  const { low, high } = pairs.extent;
  for (let lost = 1; lost <= Math.min(MOST_LOST, high - low); lost++)
    for (const negative of [false, true])
      for (const shape of ['power', 'any'] as const) {
        const exponent = low + lost + random.below(high - low - lost + 1);
        const pair = pairs.draw(exponent, shape, negative);
        const left = finite(random.below(2) === 0, 1n, exponent - lost);
        yield tools.rowWith(
          tools.idleRow().with(tools.lane(), pair),
          codeNear(format, sum([negate(pair.product), left])),
        );
        if (lanes === 1) continue;
        const at = tools.lane();
        const other = pairs.pairOf(pair.a, codeNear(datapath.b, negate(pairs.factor(pair.b))));
        const filled = tools
          .idleRow()
          .with(at, pair)
          .with((at + 1 + random.below(lanes - 1)) % lanes, other);
        yield tools.rowWith(filled, codeNear(format, left));
      }
}
const MOST_LOST = 24;

/** Infinities and NaN, where the formats have them, in each of two lanes and in the sum. */
function* specialRows({ pairs, lanes, format, idleRow, rowWith, lane }: Tools): Generator<RowCodes> {
  const sums = [ZERO, infinite(false), infinite(true), NAN].map((raw) => codeNear(format, raw));
  const specials = pairs.specials();
  for (const first of specials)
    for (const c of sums) {
      yield rowWith(idleRow().with(lane(), first), c);
      if (lanes > 1)
        for (const second of specials) {
          const at = lane();
          yield rowWith(
            idleRow()
              .with(at, first)
              .with((at + 1) % lanes, second),
            c,
          );
        }
    }
}

/**
 * Of a unit that cuts its terms below the largest: two products that cancel, or a large one, and a term about where the
 * cut is, in a lane or in the sum.
 */
function* cutRows({ datapath, random }: Aim, tools: Tools): Generator<RowCodes> {
  const { combine } = datapath;
  if (combine.kind !== 'aligned') return;
  const { pairs, lanes, format } = tools;
  const kept = [
    combine.fractionBits,
    combine.sumFractionBits,
    combine.twoStage?.productFractionBits,
    combine.twoStage?.sumFractionBits,
  ];
  const { low, high } = pairs.extent;
  for (const bits of new Set(kept.filter((part) => part !== undefined)))
    for (let distance = bits - 6; distance <= bits + 3; distance++)
      for (let i = 0; i < CUTS; i++) {
        const [negative, inSum] = [i % 2 === 0, i % 4 >= 2];
        const exponent = high - random.below(Math.max(1, Math.min(high - low, high - low - distance + 4)));
        const big = pairs.draw(exponent, random.below(2) === 0 ? 'power' : 'any', random.below(2) === 0);
        const small = pairs.draw(exponent - distance, 'any', negative);
        const filled = tools.idleRow();
        const at = tools.lane();
        filled[at] = big;
        const opposite = pairs.pairOf(big.a, codeNear(datapath.b, negate(pairs.factor(big.b))));
        if (lanes > 1) filled[(at + 1 + random.below(lanes - 1)) % lanes] = inSum || lanes === 2 ? opposite : small;
        if (lanes > 2 && !inSum) {
          const free = filled.findIndex((pair) => pair !== big && pair !== small);
          filled[free] = opposite;
        }
        yield tools.rowWith(filled, codeNear(format, inSum ? small.product : lanes > 2 ? ZERO : opposite.product));
      }
}
const CUTS = 8;
