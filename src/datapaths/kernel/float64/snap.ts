import { type NamedRounding, type Rounding, ROUNDING_RULES, type RoundingRule } from '../../../formats/rounding.js';

/** Takes x to a multiple of the power of two q; |x| must stay below 2^51 q. `drawn` is for stochastic rounding. */
export type Snap = (x: number, q: number, drawn: number) => number;

const PHI = 2 ** 52 + 1;
const PSI = 1 - 2 ** -53;

/** 2^floor(log2 |x|) of a float64 below 2^970, with its sign, in four flops (Rump, Ogita, Oishi 2008, algorithm 3.5). */
export function unitInFirstPlace(x: number): number {
  const q = PHI * x;
  return q - PSI * q;
}

const MAGIC = 1.5 * 2 ** 52;

/** Nearest even: the adder itself drops the bits. */
const nearest: Snap = (x, q) => x + MAGIC * q - MAGIC * q;

/** Toward zero. */
const chop: Snap = (x, q) => {
  const t = nearest(x, q, 0);
  return Math.abs(t) <= Math.abs(x) ? t : x < 0 ? t + q : t - q;
};

/** Ties of nearest even are moved where the mode wants them: d is the part that was dropped, exact. */
const tiesAway: Snap = (x, q) => {
  const t = nearest(x, q, 0);
  const d = x - t;
  return Math.abs(d) * 2 === q && d > 0 === x > 0 ? t + d * 2 : t;
};

const tiesToZero: Snap = (x, q) => {
  const t = nearest(x, q, 0);
  const d = x - t;
  return Math.abs(d) * 2 === q && d > 0 !== x > 0 ? t + d * 2 : t;
};

const up: Snap = (x, q) => {
  const t = nearest(x, q, 0);
  return t < x ? t + q : t;
};

const down: Snap = (x, q) => {
  const t = nearest(x, q, 0);
  return t > x ? t - q : t;
};

const toOdd: Snap = (x, q) => {
  const t = chop(x, q, 0);
  return t === x || (t / q) % 2 !== 0 ? t : x < 0 ? t - q : t + q;
};

/** Any rounding by its rule, which sees the part that is dropped: exact, as it is a difference of neighbours. */
export function snapByRule({ up: goesUp }: RoundingRule): Snap {
  return (x, q) => {
    const t = chop(x, q, 0);
    if (t === x) return t;
    const half = Math.sign(Math.abs(x - t) * 2 - q);
    if (!goesUp(half, (t / q) % 2 !== 0, x < 0)) return t;
    return x < 0 ? t - q : t + q;
  };
}

/** Roundings that need fewer steps than their rule. */
const QUICK: Readonly<Partial<Record<NamedRounding, Snap>>> = {
  rne: nearest,
  rna: tiesAway,
  rnz: tiesToZero,
  rtz: chop,
  rup: up,
  rdn: down,
  rto: toOdd,
};

/** 'rne' and the like to the function that does it. */
export function snapperOf(rounding: Rounding): Snap {
  if (typeof rounding === 'string') return QUICK[rounding] ?? snapByRule(ROUNDING_RULES[rounding]);
  const span = 2 ** rounding.stochastic.bits;
  return (x, q, drawn) => {
    const t = chop(x, q, 0);
    const rest = Math.floor((Math.abs(x - t) / q) * span);
    return rest + drawn < span ? t : x < 0 ? t - q : t + q;
  };
}

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);

/** x + y, rounded to odd where float64 cannot hold it: a later rounding to 51 bits or fewer is as of the exact sum. */
export function addOdd(x: number, y: number): number {
  const s = x + y;
  const t = s - x;
  const e = x - (s - t) + (y - t);
  return e === 0 || e !== e ? s : makeOdd(s, e);
}

/** One step from an even float64 toward the sign of e; an odd one stays. */
function makeOdd(s: number, e: number): number {
  float64[0] = s;
  if ((words[0] & 1) === 1) return s;
  if (e > 0 === s > 0) words[0] += 1;
  else {
    if (words[0] === 0) words[1] -= 1;
    words[0] -= 1;
  }
  return float64[0];
}

const partials: number[] = [];

/**
 * An exact sum, rounded to odd: terms [from, from + count) and the running sum. The partial sums do not overlap
 * (Shewchuk 1997, grow-expansion), so that the largest that is left below the nearest float64 tells which way it is off.
 */
export function sumOdd(terms: Float64Array, from: number, count: number, running = 0): number {
  let length = 0;
  for (let i = -1; i < count; i++) {
    let x = i < 0 ? running : terms[from + i];
    let kept = 0;
    for (let j = 0; j < length; j++) {
      const y = partials[j];
      const s = x + y;
      const t = s - x;
      const e = x - (s - t) + (y - t);
      if (e !== 0) partials[kept++] = e;
      x = s;
    }
    partials[kept++] = x;
    length = kept;
  }
  let total = partials[length - 1];
  for (let j = length - 2; j >= 0; j--) {
    const y = partials[j];
    const s = total + y;
    const e = y - (s - total);
    total = s;
    if (e !== 0) return makeOdd(total, e);
  }
  return total;
}
