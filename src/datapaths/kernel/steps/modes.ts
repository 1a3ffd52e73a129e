import type { Code, FunctionBuilder, Local } from '../../../wasm/assembler.js';
import { f64x2, splat64, v128 } from '../../../wasm/vector.js';
import { splatNumber } from './numbers.js';
import type { LaneRounding, Rules } from './step.js';

/** What a mode asks of a sum: its magnitude, and the random bits for it as a number. */
interface Rounded {
  f: FunctionBuilder;
  rules: Rules;
  x: Local;
  drawn: Code;
}

/** A rounding mode in float64 lanes; it sees magnitudes. */
interface Mode {
  /** A magnitude in units to one of the two whole numbers beside it. */
  snap(sum: Rounded, inUnits: Code): Code;
  /** Mask: a magnitude between zero and the smallest number becomes that number. */
  leavesGap(sum: Rounded, smallest: Code): Code;
}

/** Snaps to the whole number below, and one up where the mask says so of the rest beyond it, in [0, 1). */
function below(goesUp: (sum: Rounded, rest: Code, whole: Code) => Code): Mode['snap'] {
  return (sum, inUnits) => {
    const whole = sum.f.keep('v128', f64x2.floor(inUnits));
    const rest = f64x2.sub(inUnits, whole);
    return f64x2.add(whole, v128.and(goesUp(sum, rest, whole), splatNumber(1)));
  };
}

const HALF = splatNumber(0.5);
const ZERO = splat64(0n);
const twice = ({ x }: Rounded) => f64x2.add(x.get, x.get);
const nonzero = ({ x }: Rounded) => f64x2.gt(x.get, ZERO);
const spanOf = ({ randomBits }: Rules) => splatNumber(2 ** randomBits);

export const MODES: Readonly<Record<LaneRounding, Mode>> = {
  rne: {
    snap: (_sum, inUnits) => f64x2.nearest(inUnits),
    leavesGap: (sum, smallest) => f64x2.gt(twice(sum), smallest),
  },
  rnz: {
    snap: below((_sum, rest) => f64x2.gt(rest, HALF)),
    leavesGap: (sum, smallest) => f64x2.gt(twice(sum), smallest),
  },
  rna: {
    snap: below((_sum, rest) => f64x2.ge(rest, HALF)),
    leavesGap: (sum, smallest) => f64x2.ge(twice(sum), smallest),
  },
  rtz: {
    snap: ({ f }, inUnits) => f.keep('v128', f64x2.floor(inUnits)),
    leavesGap: () => ZERO,
  },
  rto: {
    snap: below(({ f }, rest, whole) => {
      const half = f.keep('v128', f64x2.mul(whole, HALF));
      return v128.and(f64x2.gt(rest, ZERO), f64x2.eq(half, f64x2.floor(half)));
    }),
    leavesGap: nonzero,
  },
  stochastic: {
    snap: below(({ rules, drawn }, rest) => {
      const span = spanOf(rules);
      return f64x2.ge(f64x2.add(f64x2.floor(f64x2.mul(rest, span)), drawn), span);
    }),
    // floor(x span / gap) + drawn >= span, without the quotient: x span >= (span - drawn) gap.
    leavesGap(sum, smallest) {
      const span = spanOf(sum.rules);
      const { x, drawn } = sum;
      return v128.and(nonzero(sum), f64x2.ge(f64x2.mul(x.get, span), f64x2.mul(f64x2.sub(span, drawn), smallest)));
    },
  },
};

/** Whether lanes know a rounding. */
export function isMode(name: string): name is LaneRounding {
  return Object.hasOwn(MODES, name);
}
