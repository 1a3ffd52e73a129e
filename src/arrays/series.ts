/**
 * `total` after `add` was applied so many times, in the order and with the roundings of float64, for an `add` that adds
 * positive constants one after the other.
 *
 * Within a binade such an addition moves the total by a fixed number of its units, but for ties, which go by whether the
 * total is even: so by the second time the same two steps repeat, and as many pairs as stay within the binade are one
 * product. It and the totals are multiples of the binade's unit below 2^53 of it, hence exact.
 */
export function addedAgain(start: number, times: number, add: (total: number) => number): number {
  let total = start;
  let left = times;
  while (left > 0) {
    const one = add(total);
    if (one === total) return total;
    if (left < 6 || total === 0 || !(total < Infinity)) {
      total = one;
      left--;
      continue;
    }
    const top = 2 ** (Math.floor(Math.log2(total)) + 1);
    const two = add(one);
    const four = add(add(two));
    const pairs = four < top && two > one ? Math.floor((top - four) / (four - two)) - 1 : 0;
    const skipped = Math.max(0, Math.min(pairs, Math.floor((left - 4) / 2)));
    total = skipped > 0 ? four + skipped * (four - two) : two;
    left -= skipped > 0 ? 4 + 2 * skipped : 2;
  }
  return total;
}
