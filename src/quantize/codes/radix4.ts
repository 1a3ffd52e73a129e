import { mapped, type Reals } from '../algebra/reals.js';

/**
 * Radix-4 fp4 gradients of ultra-low precision training (Sun et al., NeurIPS 2020; US 12,443,841): sign and three
 * exponent bits, magnitudes 4^-3 .. 4^3 and zero. A magnitude between 4^(n-1) and 4^n goes down where x <= 4^n / 1.6 and
 * up where it is larger; 4^n / 1.6 is the arithmetic middle of the two.
 */
export interface Radix4Options {
  /** The grid is multiplied by 2^shift: 0 for the even phase, -1 or +1 for the odd one. */
  shift: number;
  /** Below the smallest level: the rule taken literally (zero up to 4^-3 / 1.6), or zero up to its half. */
  underflow: 'literal' | 'half';
}

export const RADIX4_LARGEST = 64;
const SMALLEST = 1 / 64;
const EVEN: Radix4Options = { shift: 0, underflow: 'literal' };

/** Beyond the largest level values are clipped; GradScale is there to prevent it. NaN stays NaN. */
export function roundRadix4(x: number, { shift, underflow }: Radix4Options = EVEN): number {
  const unit = 2 ** shift;
  const magnitude = Math.abs(x) / unit;
  if (magnitude <= SMALLEST * (underflow === 'literal' ? 1 / 1.6 : 0.5)) return 0 * x;
  let level = SMALLEST;
  while (level < RADIX4_LARGEST && magnitude > (4 * level) / 1.6) level *= 4;
  return x === x ? Math.sign(x) * level * unit : x;
}

export function radix4<T extends Reals>(x: T, options: Radix4Options = EVEN): T {
  return mapped(x, (value) => roundRadix4(value, options));
}

/**
 * Two-phase rounding: the same gradient is rounded on powers of four for one product and on twice the odd powers of two
 * for the other, so that what one rounds up the other tends to round down.
 */
export interface TwoPhase {
  /** Which product takes the even phase; the paper's text does not settle it. */
  even: 'inputGradient' | 'weightGradient';
  /** Where the odd grid lies: half of the even one, or twice. */
  alignment: -1 | 1;
  underflow: Radix4Options['underflow'];
}

export const TWO_PHASE: TwoPhase = { even: 'inputGradient', alignment: -1, underflow: 'literal' };

export function phaseShift(pass: TwoPhase['even'], { even, alignment }: TwoPhase): number {
  return pass === even ? 0 : alignment;
}

export function twoPhaseRound<T extends Reals>(
  gradient: T,
  phases: TwoPhase = TWO_PHASE,
): { inputGradient: T; weightGradient: T } {
  const rounded = (pass: TwoPhase['even']) =>
    radix4(gradient, { shift: phaseShift(pass, phases), underflow: phases.underflow });
  return { inputGradient: rounded('inputGradient'), weightGradient: rounded('weightGradient') };
}

/**
 * GradScale, a power of two for each layer: after an iteration whose largest scaled gradient was at most half of the
 * largest level it doubles, beyond the largest level it halves, else it stays. A gradient of zeros, or one that is no
 * number, changes nothing.
 */
export function nextGradScale(scale: number, largestGradient: number, largest = RADIX4_LARGEST): number {
  const scaled = largestGradient * scale;
  if (!(scaled > 0) || scaled === Infinity) return scale;
  if (scaled > largest) return scale / 2;
  return scaled <= largest / 2 ? scale * 2 : scale;
}

/** The scale at which `nextGradScale` would come to rest for a steady gradient: a start without the way up to it. */
export function restingGradScale(largestGradient: number, largest = RADIX4_LARGEST): number {
  let scale = 1;
  for (let next = nextGradScale(scale, largestGradient, largest); next !== scale; ) {
    scale = next;
    next = nextGradScale(scale, largestGradient, largest);
  }
  return scale;
}
