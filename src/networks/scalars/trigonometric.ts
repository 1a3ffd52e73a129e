/**
 * Sine, cosine, tangent and their inverses for every float32, from additions, multiplications and roots alone; in float64.
 * Angles are reduced by a pi of as many bits as the largest float32 needs, so that none is beyond reach.
 */

const BITS = 320n;

/** arctan(1 / n) times 2^BITS, by its series. */
function arcOfInverse(n: bigint): bigint {
  let [power, sum, k] = [(1n << BITS) / n, 0n, 1n];
  for (; power !== 0n; power /= -(n * n), k += 2n) sum += power / k;
  return sum;
}

/** pi / 2 times 2^BITS (Machin: pi / 4 = 4 arctan(1/5) - arctan(1/239)). */
const QUARTER = 2n * (4n * arcOfInverse(5n) - arcOfInverse(239n));

/** pi / 2 in three parts, each of 30 bits but the last: multiples up to 2^20 of the first two are exact. */
const PARTS = partsOf(QUARTER);

function partsOf(quarter: bigint): readonly [number, number, number] {
  const step = BITS - 30n;
  const [first, second] = [quarter >> step, (quarter >> (step - 30n)) & 0x3fffffffn];
  const rest = quarter - (first << step) - (second << (step - 30n));
  return [Number(first) * 2 ** -30, Number(second) * 2 ** -60, Number(rest >> (step - 110n)) * 2 ** -140];
}

const PI = Number(QUARTER >> (BITS - 60n)) * 2 ** -59;

/** The angle less `turns` quarters, in [-pi/4, pi/4]; `turns` is left in a variable, so that nothing is allocated. */
function reduced(x: number): number {
  if (Math.abs(x) < 2 ** 20) {
    const n = Math.round((x * 2) / PI);
    turns = ((n % 4) + 4) % 4;
    return x - n * PARTS[0] - n * PARTS[1] - n * PARTS[2];
  }
  // A float32 from 2^20 on is a multiple of 2^-3.
  const exact = BigInt(Math.abs(x) * 8) << (BITS - 3n);
  const n = (exact + QUARTER / 2n) / QUARTER;
  const rest = Number((exact - n * QUARTER) >> (BITS - 120n)) * 2 ** -120;
  turns = x < 0 ? Number((4n - (n % 4n)) % 4n) : Number(n % 4n);
  return x < 0 ? -rest : rest;
}
let turns = 0;

function sineSeries(r: number): number {
  let series = 1;
  for (let i = 19; i >= 3; i -= 2) series = 1 - (series * r * r) / (i * (i - 1));
  return r * series;
}

function cosineSeries(r: number): number {
  let series = 1;
  for (let i = 18; i >= 2; i -= 2) series = 1 - (series * r * r) / (i * (i - 1));
  return series;
}

export function sine(x: number): number {
  if (x === 0) return x;
  if (!Number.isFinite(x)) return Number.NaN;
  const r = reduced(x);
  const value = turns % 2 === 0 ? sineSeries(r) : cosineSeries(r);
  return turns < 2 ? value : -value;
}

export function cosine(x: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  const r = reduced(x);
  const value = turns % 2 === 0 ? cosineSeries(r) : sineSeries(r);
  return turns === 0 || turns === 3 ? value : -value;
}

export function tangent(x: number): number {
  if (x === 0) return x;
  if (!Number.isFinite(x)) return Number.NaN;
  const r = reduced(x);
  return turns % 2 === 0 ? sineSeries(r) / cosineSeries(r) : -cosineSeries(r) / sineSeries(r);
}

/** Two halvings of the angle leave a slope of at most 1/5, whose series is short. */
export function arctangent(x: number): number {
  if (Math.abs(x) > 1) return Math.sign(x) * (PI / 2) - arctangent(1 / x);
  const half = x / (1 + Math.sqrt(1 + x * x));
  const slope = half / (1 + Math.sqrt(1 + half * half));
  const square = slope * slope;
  let series = 0;
  for (let i = 23; i >= 1; i -= 2) series = 1 / i - series * square;
  return 4 * slope * series;
}

/** NaN outside [-1, 1]. */
export function arcsine(x: number): number {
  return arctangent(x / Math.sqrt((1 - x) * (1 + x)));
}

/** NaN outside [-1, 1]. */
export function arccosine(x: number): number {
  return 2 * arctangent(Math.sqrt((1 - x) / (1 + x)));
}
