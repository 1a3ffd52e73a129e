import { type Tensor } from '../tensor.js';
import { combined } from './binary.js';
import { broadcastShape } from './broadcast.js';
import type { TensorFunction } from './function.js';
import { factsAt, numberFacts, typeTogether } from './numbers.js';
import type { RowLoop } from './rows.js';

/** Functions of any number of operands, broadcast together. */

function nary(loop: RowLoop): TensorFunction {
  return {
    oneType: true,
    facts: (operands) => {
      const all = operands.map((_, place) => factsAt(operands, place));
      return [numberFacts(broadcastShape(all.map(({ shape }) => shape)), typeTogether(all))];
    },
    run: (operands: readonly (Tensor | undefined)[]) => [combined(operands, loop, () => loop)],
  };
}

/** Folds all operands element by element, in float64, and lays down what `last` makes of it. */
function folded(fold: (sum: number, x: number) => number, last: (sum: number, count: number) => number): RowLoop {
  return (spans, to, at, length) => {
    for (let i = 0; i < length; i++) {
      let sum = spans[0].data[spans[0].at + i * spans[0].step];
      for (let k = 1; k < spans.length; k++) sum = fold(sum, spans[k].data[spans[k].at + i * spans[k].step]);
      to[at + i] = last(sum, spans.length);
    }
  };
}

const itself = (x: number) => x;

export const NARY: Readonly<Record<string, TensorFunction>> = {
  Sum: nary(folded((sum, x) => sum + x, itself)),
  Mean: nary(
    folded(
      (sum, x) => sum + x,
      (sum, count) => sum / count,
    ),
  ),
  Max: nary(folded(Math.max, itself)),
  Min: nary(folded(Math.min, itself)),
};
