/**
 * KL(P || Q) in float32, bit for bit as numpy and scipy.stats.entropy give it: both are smoothed and normalised, and the
 * terms are summed pairwise. Infinite where a distribution has not enough to give to its empty bins.
 * @param smoothing what an empty bin gets; the others give it in equal parts
 */
export function relativeEntropy(p: Float32Array, q: Float32Array, smoothing: number): number {
  const [ownP, ownQ] = [smoothed(p, smoothing), smoothed(q, smoothing)];
  if (ownP === undefined || ownQ === undefined) return Infinity;
  const [inP, inQ] = [ownP, ownQ].map((x) => pairwiseSum(x, 0, x.length));
  const terms = ownP.map((x, i) => {
    const own = Math.fround(x / inP);
    return own * Math.log(own / Math.fround(ownQ[i] / inQ));
  });
  return pairwiseSum(terms, 0, terms.length);
}

function smoothed(x: Float32Array, smoothing: number): Float32Array | undefined {
  let empty = 0;
  for (let i = 0; i < x.length; i++) empty += Number(x[i] === 0);
  const given = (smoothing * empty) / (x.length - empty);
  if (!(given < 1)) return undefined;
  const less = Math.fround(given);
  return x.map((value) => (value === 0 ? smoothing : value - less));
}

/** numpy's order: halves down to 128 numbers, of which every eighth has a sum of its own (pairwise_sum, loops_utils.h). */
function pairwiseSum(x: Float32Array, first: number, count: number): number {
  const f = Math.fround;
  if (count > 128) {
    const half = Math.floor(count / 16) * 8;
    return f(pairwiseSum(x, first, half) + pairwiseSum(x, first + half, count - half));
  }
  const whole = count - (count % 8);
  let sum = 0;
  if (whole > 0) {
    const s = x.slice(first, first + 8);
    for (let i = first + 8; i < first + whole; i++) s[(i - first) % 8] += x[i];
    sum = f(f(f(s[0] + s[1]) + f(s[2] + s[3])) + f(f(s[4] + s[5]) + f(s[6] + s[7])));
  }
  for (let i = first + whole; i < first + count; i++) sum = f(sum + x[i]);
  return sum;
}
