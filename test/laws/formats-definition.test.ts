import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/formats/catalog.js';
import { encode, flagNames, type Fit, fitTo } from '../../src/formats/codec.js';
import type { FloatFormat, Format } from '../../src/formats/format.js';
import { finite } from '../../src/formats/raw.js';
import { ROUNDINGS, type Rounding, stochastic } from '../../src/formats/rounding.js';
import { records } from '../formats/records.js';
import { fit, magnitudesOf, shown } from './definition/fit.js';
import { number, UNIT } from './definition/value.js';
import { outcome } from './outside.js';

/**
 * Codes and all four flags of every format, the widest too, in every rounding, with subnormals kept and flushed and tininess
 * seen before and after rounding, against the scalar definition: at every edge, at the ties on both sides of it, and a hair
 * beside each.
 */
const formats: readonly Format[] = [...FORMATS, ...records(), ...scaled()];

/** Records with a shift, padding, a radix of 4. */
function scaled(): FloatFormat[] {
  const parts = { kind: 'float', signed: true, exponentBits: 3, bias: 3, shift: -5, paddingBits: 3 } as const;
  const binary = (['subnormal', 'zero-only', 'normal', 'none'] as const).map(
    (lowest) => ({ ...parts, name: `shifted ${lowest}`, mantissaBits: 2, radix: 2, lowest, specials: 'ieee' }) as const,
  );
  const quaternary = (['zero-only', 'normal', 'none'] as const).map(
    (lowest) => ({ ...parts, name: `radix 4 ${lowest}`, mantissaBits: 0, radix: 4, lowest, specials: 'fn' }) as const,
  );
  return [...binary, ...quaternary];
}

/** Of all that a fit can be but the policy of overflow. */
const fitsOf = (roundings: readonly Rounding[]): Partial<Fit>[] =>
  roundings.flatMap((rounding) =>
    (['keep', 'flush'] as const).flatMap((subnormals) =>
      (['before', 'after'] as const).map((tininess) => ({ rounding, subnormals, tininess })),
    ),
  );

/** Each way to go up or down once, which is enough for formats that differ in what their codes mean alone. */
const FEW = fitsOf(['rne', 'rna', 'rdn']);
const ALL = fitsOf([...ROUNDINGS, stochastic(3)]);
const isRecord = new Set(records().map(({ name }) => name));

/** A hair: less than anything that any format holds. */
const HAIR = 1n;

function* probesOf(format: Format): Generator<bigint> {
  for (const [low, high] of magnitudesOf(format)) {
    const middle = (low + high) / 2n;
    for (const units of [low, low + HAIR, (low + middle) / 2n, middle - HAIR, middle, middle + HAIR, high - HAIR])
      yield units;
  }
}

describe.each(formats.map((format) => [format.name, format] as const))('%s', (_name, format) => {
  it('is encoded as it is defined, with the flags', () => {
    const wrong: string[] = [];
    let checked = 0;
    for (const units of probesOf(format))
      for (const minus of [false, true])
        for (const parts of isRecord.has(format.name) ? FEW : ALL) {
          const to = fitTo(format, parts);
          const draw = () => 5n;
          const { code, flags } = encode(finite(minus, units, -UNIT), to, draw);
          const got = outcome(code, flagNames(flags));
          const want = shown(fit(number(minus, units), to, draw));
          checked++;
          if (got !== want) wrong.push(`${JSON.stringify(parts)} ${minus} ${units.toString(16)}: ${got}, not ${want}`);
        }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(checked).toBeGreaterThan(400);
  });
});
