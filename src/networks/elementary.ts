/**
 * exp, log, sine and cosine from additions and multiplications alone: JavaScript leaves the last bit of Math.exp and its
 * like to the engine, and a trained network must come out the same, bit for bit, on every version of Node.
 * Relative error below 1e-14 on the ranges used here (absolute for sine and cosine).
 */

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/** 2^n for an integer n in [-1022, 1023], from its bits. */
function powerOfTwo(n: number): number {
  words[1] = (n + 1023) << 20;
  words[0] = 0;
  return double[0];
}
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** e^x; 0 below -708 and Infinity above 709. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x > 709) return Infinity;
  if (x < -708) return 0;
  const n = Math.floor(x / LN2_HIGH + 0.5);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let series = 1;
  for (let i = 14; i >= 1; i--) series = 1 + (series * r) / i;
  return series * powerOfTwo(n);
}

/** Natural logarithm of a normal positive number: x = 2^n m with m near 1, log m = 2 atanh((m - 1) / (m + 1)). */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return Infinity;
  double[0] = x;
  let n = ((words[1] >>> 20) & 0x7ff) - 1023;
  words[1] = (words[1] & 0xfffff) | 0x3ff00000;
  let m = double[0];
  if (m > 1.4142135623730951) {
    m /= 2;
    n++;
  }
  const t = (m - 1) / (m + 1);
  let series = 0;
  for (let i = 25; i >= 1; i -= 2) series = series * t * t + 1 / i;
  return n * LN2_HIGH + (2 * t * series + n * LN2_LOW);
}

/** Sine of an angle in radians, |x| up to some thousands. */
export function sin(x: number): number {
  const turns = Math.floor(x / (2 * Math.PI) + 0.5);
  let r = x - turns * 2 * Math.PI;
  if (r > Math.PI / 2) r = Math.PI - r;
  else if (r < -Math.PI / 2) r = -Math.PI - r;
  let series = 1;
  for (let i = 21; i >= 3; i -= 2) series = 1 - (series * r * r) / (i * (i - 1));
  return r * series;
}

export function cos(x: number): number {
  return sin(x + Math.PI / 2);
}
