import { decode, encode, type Fit, fitTo, type Overflow, OVERFLOWS } from './codec.js';
import type { Format } from './format.js';
import { latticeOf } from './lattice.js';
import { finite, infinite, magnitudeExponent, type Raw } from './raw.js';

/** What a fit does with values that its format does not reach, in words: the codec is asked, so they say what it does. */
export function overflowRule(fit: Fit): string {
  const { format, overflow } = fit;
  const large = overflow === 'wrap' ? wrapped(format) : onBothSides(fit, beyond(format));
  const endless = onBothSides(fit, infinite(false));
  const finiteOnes = 'a finite value beyond the largest';
  if (endless === 'infinity') return `${finiteOnes} becomes ${large}, an infinity stays`;
  if (endless === large) return `${finiteOnes} and an infinity become ${large}`;
  return `${finiteOnes} becomes ${large}, an infinity ${endless}`;
}

/** The rule of every overflow policy, those of one rule together. */
export function overflowRules(format: Format): { policies: Overflow[]; rule: string }[] {
  const rules: { policies: Overflow[]; rule: string }[] = [];
  for (const overflow of OVERFLOWS) {
    if (overflow === 'wrap' && format.kind !== 'int') continue;
    const rule = overflowRule(fitTo(format, { overflow }));
    const known = rules.find((each) => each.rule === rule);
    if (known === undefined) rules.push({ policies: [overflow], rule });
    else known.policies.push(overflow);
  }
  return rules;
}

function wrapped(format: Format): string {
  return `what is left of it modulo 2^${format.kind === 'int' ? format.bits : 0} units`;
}

/** Far beyond the largest finite value. */
function beyond(format: Format): Raw {
  const lattice = latticeOf(format);
  return finite(false, 1n, magnitudeExponent(lattice.valueAt(lattice.maxIndex(false))) + 8);
}

function onBothSides(fit: Fit, above: Raw): string {
  const [up, down] = [above, { ...above, sign: true }].map((raw) => nameOf(fit, raw));
  const oneSided = fit.format.kind === 'float' && !fit.format.signed;
  return up === down || oneSided ? up : `${up} (${down} where it is negative)`;
}

function nameOf(fit: Fit, raw: Raw): string {
  // Random bits change nothing far away.
  const { code } = encode(raw, fit, () => 0n);
  const { kind } = decode(fit.format, code);
  if (kind === 'inf') return 'infinity';
  return kind === 'nan' ? 'NaN' : 'the largest finite value';
}

const NO_NAN = 'NaN becomes the largest value, as in PTX; ml_dtypes makes it -0';

/** Where documents or libraries differ on a format, by its name: what is done here, and who does otherwise. */
const DISPUTED: Readonly<Record<string, readonly string[]>> = {
  e8m0fnu: [
    'ties: to the even code here and in IEEE P3109, 3 becomes 2; up in ml_dtypes and ONNX "nearest", 3 becomes 4: rounding rna does that',
    'below 2^-127: 2^-127 here and in ml_dtypes, whatever the rounding; NaN in the table of ONNX Cast without saturation',
    'zero and negative values: NaN here and in ml_dtypes, 2^-127 where overflow saturates',
  ],
  e3m2fn: [NO_NAN],
  e2m3fn: [NO_NAN],
  e2m1fn: [NO_NAN],
};

export function disputesOf(format: Format): readonly string[] {
  return DISPUTED[format.name] ?? [];
}
