import { decode, encode, fitTo } from '../formats/codec.js';
import { type Format, hasNan, hexCode, hexDigitsOf, widthOf } from '../formats/format.js';
import { holds } from '../formats/holds.js';
import { NAN } from '../formats/raw.js';
import { type Datapath, totalFitOf } from './datapath.js';
import { resultFormatOf } from './exact.js';
import { groupOf } from './products.js';

/** A field, by its path, and what is wrong with it. */
type Complaint = [path: string[], message: string];
type NamelessUnit = Omit<Datapath, 'name'>;

/** What no unit can be, and what would have no effect, by field. */
export function* complaintsAbout(unit: NamelessUnit): Generator<Complaint> {
  yield* aboutOrder(unit);
  yield* aboutAlignment(unit);
  yield* aboutRequantize(unit);
  yield* aboutBlockScale(unit);
  yield* aboutWidened(unit);
  yield* aboutNanCode(unit);
}

function* aboutOrder({ order, lanes }: NamelessUnit): Generator<Complaint> {
  const inner = order.kind === 'permuted' ? order.after : order;
  if (inner?.kind === 'chunked' && inner.length % lanes !== 0)
    yield [
      order === inner ? ['order', 'length'] : ['order', 'after', 'length'],
      `must be a multiple of the ${lanes} lanes`,
    ];
}

/** Fields that say how the running sum is cut need one in the alignment. */
function* aboutAlignment({ combine }: NamelessUnit): Generator<Complaint> {
  if (combine.kind !== 'aligned') return;
  const { sumInside, sumFractionBits, twoStage, evenOdd = false } = combine;
  if (!sumInside && twoStage !== undefined && !evenOdd)
    yield [['combine', 'twoStage'], 'joins the running sum, which sumInside: false keeps apart: leave one of them out'];
  if (sumFractionBits === undefined) return;
  const path = ['combine', 'sumFractionBits'];
  if (!sumInside) yield [path, 'cuts the running sum, which sumInside: false keeps apart: leave one of them out'];
  else if (twoStage !== undefined) yield [path, 'has no effect beside twoStage, which has its own: leave it out'];
}

function* aboutRequantize(unit: NamelessUnit): Generator<Complaint> {
  const { requantize } = unit;
  if (requantize === undefined) return;
  const last = (unit.result ?? totalFitOf(unit)).format;
  if (last.kind !== 'int') yield [['requantize'], `needs an integer sum, and ${last.name} is a float`];
  if (requantize.format.kind !== 'int') yield [['requantize', 'format'], 'must be an integer format'];
  if (requantize.kind !== 'shift' && requantize.multiplier === undefined)
    yield [['requantize'], `of kind "${requantize.kind}" needs a multiplier`];
  if (requantize.clamp === undefined || requantize.format.kind !== 'int') return;
  const [low, high] = requantize.clamp;
  const { bits, signed } = requantize.format;
  const least = signed ? -(2 ** (bits - 1)) : 0;
  const most = 2 ** (bits - Number(signed)) - 1;
  if (low > high || low < least || high > most)
    yield [['requantize', 'clamp'], `must be two numbers in order from ${least} to ${most}`];
}

function* aboutBlockScale({ blockScale, lanes, order }: NamelessUnit): Generator<Complaint> {
  if (blockScale?.apply === 'group') {
    const inner = order.kind === 'permuted' ? order.after : order;
    const length = inner?.kind === 'chunked' ? inner.length : inner?.kind === 'tree' ? inner.width : 0;
    if (length % groupOf(blockScale) !== 0)
      yield [['order'], `must take whole groups of ${groupOf(blockScale)} products`];
  }
  if (blockScale?.apply === 'group' && lanes > 1 && lanes % groupOf(blockScale) !== 0)
    yield [['blockScale', 'size'], `must divide the ${lanes} lanes when it applies to groups`];
  if (blockScale?.group !== undefined && blockScale.size % blockScale.group !== 0)
    yield [['blockScale', 'group'], `must divide the size, ${blockScale.size}`];
}

/** Widening is exact, or it would be a rounding of its own. */
function* aboutWidened({ widened, a, b }: NamelessUnit): Generator<Complaint> {
  const lost = widened === undefined ? undefined : [a, b].find((operand) => !holds(widened, operand));
  if (lost !== undefined)
    yield [['widened'], `must hold every value of ${lost.name}, so that operands are converted exactly`];
}

function* aboutNanCode(unit: NamelessUnit): Generator<Complaint> {
  const { nanCode } = unit;
  if (nanCode === undefined) return;
  const format = resultFormatOf(unit);
  if (!hasNan(format)) yield [['nanCode'], `must be left out: results are of ${format.name}, which has no NaN`];
  else if (BigInt(nanCode) >> BigInt(widthOf(format)) !== 0n || decode(format, nanCode).kind !== 'nan')
    yield [['nanCode'], `must be a code of NaN in ${format.name}, such as ${nanOf(format)}`];
}

function nanOf(format: Format): string {
  const { code } = encode(NAN, fitTo(format));
  return hexCode(code, hexDigitsOf(format));
}
